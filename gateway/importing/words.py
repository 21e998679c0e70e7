"""What a row of a vocabulary's table says: what becomes of a word of another tag manager."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.model import Json


def unknown(what: str) -> str:
    """What is said of a word that stands in no table."""
    return f"the importer does not know this {what}"


def compared(kind: str) -> str:
    """The same of a comparison."""
    return unknown(f"comparison: {kind[:40] or '(none)'}")


class Compared(Struct, frozen=True):
    """A comparison → a matcher. `changed`: what it means here that it did not mean there."""

    word: str
    ignore_case: bool = False
    changed: str = ""


class Read(Struct, frozen=True, kw_only=True):
    """A variable → its definition here. `parameter`: of a variable type, the parameter that says where."""

    kind: str = ""
    parameter: str = ""
    source: Json = None
    parts: Mapping[str, tuple[str, str]] = {}
    """Where a parameter chooses a part: the part → kind and source."""
    changed: str = ""
    other: bool = False
    """Whether its values are others here, so that no trigger may ask for them."""
    why: str = ""
    is_event: bool = False
    is_element: bool = False


class TagWord(Struct, frozen=True, kw_only=True):
    """A tag type. `reader`: which function of the reader makes a receiver of it; else `why` it is none.
    `type`: the tag type that would take it. `banner`: the consent banner that it loads."""

    reader: str = ""
    type: str = ""
    why: str = ""
    banner: str = ""
    purposes: tuple[str, ...] = ("analytics",)


class TriggerWord(Struct, frozen=True, kw_only=True):
    """A trigger type: the event that is always there, or what is listened for (`reader`: by its parameters)."""

    event: str = ""
    listens: Json = None
    reader: str = ""
    page_start: bool = False
    changed: str = ""
    why: str = ""
