"""One sentence about what a new version of a container changes."""

from msgspec import Struct


class Change(Struct, frozen=True):
    """`wider`: somebody gets more, or less is promised. `hit`: an example, in the words of `taggate try`."""

    text: str
    wider: bool
    tag: str = ""
    hit: str = ""
