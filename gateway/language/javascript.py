"""The JavaScript of a tag → what cannot be read of it. It is parsed and never run."""

import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

_ODD_QUOTES = re.compile("[“”„‟‘’‚«»]")
_CLOSING = frozenset(")]}")
_SHOWN = 60


def mistake(code: str) -> str:
    """The first place where a browser would stop reading, in words; nothing where all can be read."""
    source = code.encode()
    found = _first(_root(code))
    if found is None:
        return ""
    row = found.start_point.row
    said = f"In line {row + 1} of this JavaScript"
    if found.is_missing:
        return f"{said} {_missing(source, found)}."
    if odd := _ODD_QUOTES.search(found.text.decode()):
        return f"{said} {odd[0]} is a typographic quote, as word processors make them: write a plain one."
    return f"From its line {row + 1} on this JavaScript cannot be read: `{_cut(source.splitlines()[row].decode())}`."


def unexplained(code: str) -> set[str]:
    """The names that it uses and nowhere makes: what the page must have."""
    used: set[str] = set()
    made: set[str] = set()
    waiting = [_root(code)]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            (made if _makes(node.parent, node) else used).add(node.text.decode())
        elif node.type == "shorthand_property_identifier_pattern":
            made.add(node.text.decode())
        waiting += node.children
    return used - made


def _makes(parent: Any, node: Any) -> bool:
    """Whether a name stands where it is given something to stand for."""
    if parent.type in ("formal_parameters", "array_pattern", "rest_pattern"):
        return True
    fields = ("name", "parameter") if parent.type == "binary_expression" else ("name", "parameter", "left")
    return any(parent.child_by_field_name(field) == node for field in fields)


def _first(root: Any) -> Any:
    """The first node that stands for a mistake, or for a name with a quote in it; None where there is none."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            return node
        if node.type == "identifier" and _ODD_QUOTES.search(node.text.decode()):
            return node
        waiting += reversed(node.children)
    return None


def _missing(source: bytes, node: Any) -> str:
    what = f"a {node.type}" if node.type in _CLOSING else "something"
    before = source[: node.start_byte].decode().rstrip().rsplit("\n", 1)[-1]
    return f"{what} is missing behind `{_cut(before)}`"


def _cut(line: str) -> str:
    shown = line.strip()
    return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]}…"


@lru_cache(1)
def _root(code: str) -> Any:
    """Of one code more than one thing is asked."""
    return _parser().parse(code.encode()).root_node


@cache
def _parser() -> Any:
    # Not at the top: few containers have code, and what reads it takes a tenth of a second at each start.
    made = import_module("tree_sitter")
    return made.Parser(made.Language(import_module("tree_sitter_javascript").language()))
