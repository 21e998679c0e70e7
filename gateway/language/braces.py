"""Keys that stand on one line without the braces around them: what to write."""

import re
from itertools import takewhile

import yaml

_KEY = re.compile(r"([A-Za-z_][\w-]*):(?:\s+(\S.*))?")
_OURS = re.compile(r"[a-z][a-z0-9_]*:\s+\S.*")
_JOIN = re.compile(r"(all_of|any_of|none_of):.*")
_SENTENCES = frozenset({"name", "purpose"})
_OPEN, _CLOSE = "{[", "}]"


def braces_missing(line: str, below: str) -> tuple[str, str] | None:
    """Words and a hint for a line of a block, like `- when: signed_in, attach: [crm]`. `below`: the line after it."""
    found = re.fullmatch(r"(\s*)(- +)?(.*?)(\s+#.*)?", line)
    parts = _parts(found[3]) if found else []
    first = _KEY.fullmatch(parts[0]) if parts else None
    if found is None or first is None:
        return None
    if first[1] not in _SENTENCES and _OURS.fullmatch(first[2] or ""):
        return _behind(first[1], [first[2], *parts[1:]], found[2] or "")
    keys = [part for part in parts[1:] if _KEY.fullmatch(part)]
    if not keys:
        return None
    is_whole = len(below) - len(below.lstrip()) <= len(found[1])
    written = f"- {{ {', '.join(_as_lists(parts))} }}"
    if found[2] and is_whole and _reads(written):
        return "Several keys on one line need braces around them.", f"Write {written}"
    name = keys[0].partition(":")[0]
    hint = f"End the line before {name}, without a comma: each key has a line of its own, below the others."
    return "Two keys stand on one line.", hint


def braces_within(line: str, column: int) -> tuple[str, str] | None:
    """The same for the second colon of `{ total: at_least: 100 }`, in this column."""
    before, after = line[: column - 1], line[column - 1 :]
    names = re.search(r"([A-Za-z_][\w-]*):\s+([a-z][a-z0-9_]*)$", before)
    if names is None or names[1] in _SENTENCES or not re.match(r":\s+\S", after):
        return None
    return _behind(names[1], [names[2] + _until_closed(after)], "")


def _behind(key: str, parts: list[str], dash: str) -> tuple[str, str]:
    """Of a join only its own keys belong into its braces."""
    is_join = _JOIN.fullmatch(parts[0])
    inner = list(takewhile(lambda part: _JOIN.fullmatch(part) or not _KEY.fullmatch(part), parts)) if is_join else parts
    rest = parts[len(inner) :]
    written = f"{key}: {{ {', '.join(_as_lists(inner))} }}"
    if rest and dash:
        written = f"{{ {', '.join([written, *_as_lists(rest)])} }}"
    hint = f"Write {dash and '- '}{written}"
    if rest and not dash:
        hint += f" and below it, on a line of its own, {rest[0].partition(':')[0]}."
    if not _reads(written):
        hint = f"Write {key}: {{ … }}, and braces likewise around what stands behind each key in it."
    return f"What stands behind {key} needs braces around it.", hint


def _as_lists(parts: list[str]) -> list[str]:
    """Each key with its value; what stands between two keys belongs to the first one's list."""
    values: list[list[str]] = []
    for part in parts:
        if _KEY.fullmatch(part) or not values:
            values.append([part])
        else:
            values[-1].append(part)
    return [_listed(*some) for some in values]


def _listed(first: str, *others: str) -> str:
    key, _, value = first.partition(": ")
    if key in _SENTENCES:
        return f'{key}: "{", ".join([value.strip(), *others])}"' if others else first
    return f"{key}: [{', '.join([value.strip(), *others])}]" if others else first


def _parts(text: str) -> list[str]:
    """What commas part that stand in no brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in _OPEN) - (char in _CLOSE)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def _until_closed(text: str) -> str:
    """Up to the comma or bracket that ends a value."""
    depth = 0
    for at, char in enumerate(text):
        if depth == 0 and char in ",}]":
            return text[:at].rstrip()
        depth += (char in _OPEN) - (char in _CLOSE)
    return text.rstrip()


def _reads(written: str) -> bool:
    try:
        return yaml.compose(written, Loader=yaml.SafeLoader) is not None
    except yaml.YAMLError:
        return False
