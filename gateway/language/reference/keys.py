"""Every key of a section, with what may stand there, as its schema says."""

from collections.abc import Iterator
from typing import Any

from gateway.language.reference.page import code, codes, table
from gateway.language.schema.build import Schema

NAMED = "…"
"""What stands for a name of the file's own."""
_LEAVES = ("x-join", "x-secret")


def keys(schema: Schema, name: str = "") -> str:
    """A table of all that may stand in a section, below its own name."""
    return table(("key", "what stands there", "meaning"), _rows(schema, name))


def _rows(schema: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", ())
    for key, part in schema.get("properties", {}).items():
        at = f"{path}.{key}" if path else key
        must = " (must be there)" if key in required else ""
        must += f" ({code(str(part['default']))} if not said)" if "default" in part else ""
        yield code(at), _stands(part) + must, part.get("description", "")
        yield from _below(part, at)


def _below(part: Schema, at: str) -> Iterator[tuple[str, str, str]]:
    if any(word in part for word in _LEAVES):
        return
    yield from _rows(part, at)
    items = part.get("items")
    if isinstance(items, dict) and items.get("properties"):
        yield from _rows(items, f"{at}[]")
    elif isinstance(items, dict):
        yield code(f"{at}[]"), _stands(items), items.get("description", "")
    named = part.get("additionalProperties")
    if isinstance(named, dict):
        yield code(f"{at}.{NAMED}"), _stands(named), named.get("description", "")
        yield from _below(named, f"{at}.{NAMED}")


def _stands(part: Schema) -> str:
    """What may stand there, in words."""
    if "enum" in part and "type" not in part:
        said = codes(_word(choice) for choice in part["enum"])
        return "yes or no" if part.get("x-say") == "true or false" else said
    if "x-secret" in part:
        return code("{ secret: name }")
    said = str(part.get("x-say", "text"))
    examples = part.get("examples", ())
    return said if " like " in said or not examples else f"{said}, like {codes(str(one) for one in examples)}"


def _word(choice: Any) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)
