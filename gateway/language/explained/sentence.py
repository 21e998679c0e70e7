"""One sentence about what a new version of a container changes, and what some of them have in common."""

from collections.abc import Collection, Sequence

from msgspec import Struct


class Change(Struct, frozen=True):
    """`wider`: somebody gets more, or less is promised. `hit`: an example, in the words of `taggate try`."""

    text: str
    wider: bool
    tag: str = ""
    hit: str = ""


def when(granted: Collection[frozenset[str]], purposes: Sequence[str]) -> str:
    """Of what was granted in each case, in words."""
    if not purposes:
        return "whoever visits"
    if len(granted) == 2 ** len(purposes):
        return "whatever was granted"
    said = sorted(granted, key=lambda one: (len(one), sorted(one)))
    return "when " + ", or ".join(_granted(one, purposes) for one in said)


def _granted(names: frozenset[str], purposes: Sequence[str]) -> str:
    if not names:
        return "nothing is granted"
    if len(names) == len(purposes):
        return "everything is granted"
    if len(names) == 1:
        return f"{next(iter(names))} alone is granted"
    return f"{' and '.join(name for name in purposes if name in names)} are granted"
