"""Names that the file gives, in place of those that a hint makes up: `⟨tag:crm⟩` is the first tag, else crm."""

import re
from collections.abc import Callable, Iterator, Mapping

from gateway.language.nodes import child, entries
from gateway.language.plain_yaml import Map
from gateway.language.schema.build import NAME
from gateway.language.texts import fits
from gateway.problems import LIST_AT_MOST

_MADE_UP = re.compile(r"⟨(\w+):([^⟩]+)⟩")


def with_own_names(hint: str, root: Map) -> str:
    """The hint in the file's own words."""
    return _MADE_UP.sub(lambda found: _KINDS[found[1]](root) or found[2], hint)


def _named(root: Map, *path: str) -> Iterator[str]:
    return (key.text for key, _ in entries(child(root, *path)) if fits(NAME, key.text))


def _first(*path: str) -> Callable[[Map], str]:
    return lambda root: next(_named(root, *path), "")


def _asking(*line: str) -> Callable[[Map], str]:
    """The first trigger with such a line."""
    return lambda root: next((name for name in _named(root, "triggers") if child(root, "triggers", name, *line)), "")


_KINDS: Mapping[str, Callable[[Map], str]] = {
    "tag": _first("tags"),
    "tags": lambda root: ", ".join(list(_named(root, "tags"))[:LIST_AT_MOST]),
    "purpose": _first("consent", "purposes"),
    "purposes": lambda root: ", ".join(list(_named(root, "consent", "purposes"))[:LIST_AT_MOST]),
    "event": _asking("event"),
    "ok": _asking("consent", "granted"),
}
