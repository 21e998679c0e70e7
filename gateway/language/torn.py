"""Lines that stand too far left or right: several mistakes of shape that are one."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from gateway.language.mistake import Mistake

Path = tuple[str | int, ...]
Strangers = Mapping[tuple[Path, str], Mistake]
"""Keys that do not belong where they stand: the map's path, the key."""


def put_together(mistakes: Sequence[Mistake], whole: Any) -> list[Mistake]:
    """What follows from another mistake is left out, and that one says how to move the lines. `whole`: the file."""
    strangers = {(_path(one), one.key): one for one in mistakes if one.code == "unknown-key"}
    gone: list[Mistake] = []
    for one in mistakes:
        if one.code == "no-value" and not one.message.endswith(": text."):
            if below := list(_cut_off(_path(one), whole, strangers)):
                one.hint = f"Put two more spaces before the lines that belong to it: {', '.join(below)}."
                gone += [strangers[_path(one)[:-1], key] for key in below]
        elif one.code == "missing-key" and _strayed(one, strangers):
            gone.append(one)
    return [one for one in mistakes if not any(one is other for other in gone)]


def _path(one: Mistake) -> Path:
    return tuple(one.absolute_path)


def _cut_off(path: Path, whole: Any, strangers: Strangers) -> Iterator[str]:
    """The keys that stand right below an empty one, and do not belong there."""
    for part in path[:-1]:
        whole = whole[part]
    if isinstance(whole, dict) and path:
        keys = list(whole)
        yield from takewhile(lambda key: (path[:-1], key) in strangers, keys[keys.index(path[-1]) + 1 :])


def _strayed(missing: Mistake, strangers: Strangers) -> bool:
    """Whether what is missing in a map stands in one around it, or within it."""
    home = _path(missing)
    for (path, key), stranger in strangers.items():
        if key not in missing.lacks:
            continue
        if path != home and path[: len(home)] == home:
            if stranger.hint.startswith("Possible here"):
                beside = f"it belongs beside {path[len(home)]}" if home else "it is a section, with no spaces before it"
                stranger.hint = f"It stands too far to the right: {beside}."
            return True
        if path != home and home[: len(path)] == path:
            return True
    return False
