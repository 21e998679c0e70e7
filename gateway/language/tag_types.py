"""What the language knows of a tag type: a frozen description, from which check, editor schema and docs derive."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from gateway.model import Form


class SettingKind(StrEnum):
    """What a setting's value must be."""

    URL = "url"
    TEXT = "text"
    WHOLE_NUMBER = "whole_number"
    PATH = "path"
    SECRET = "secret"  # noqa: S105  the word, not one
    GOALS = "goals"
    """A map of event name to whole number."""
    FLAG = "flag"
    TEXTS = "texts"
    """A map of name to text; `pattern` is that of a name."""
    CODE = "code"
    """JavaScript, on as many lines as it has."""


class Setting(Struct, frozen=True, kw_only=True):
    """One setting of a tag type; described once. `pattern` (with `say` and `advice`): what a text must look like.
    `beside`: another setting without which it means nothing. `odd`: what is possible and hardly meant, as a pattern,
    and what to write instead."""

    kind: SettingKind
    description: str
    example: str
    required: bool = False
    pattern: str = ""
    say: str = "text"
    advice: str = ""
    beside: str = ""
    odd: Mapping[str, str] = {}


class Fixed(Struct, frozen=True):
    """An option of which the container has no choice: its only value, and why."""

    value: str
    why: str


class TagType(Struct, frozen=True, kw_only=True):
    """One kind of receiver.

    `forms`: the forms of a User ID it takes (NONE always). `address`: the settings that together name one receiver.
    `endings`: what may stand at the end of an address there without making it another one.
    `fields`: the receiver's field names (re fullmatch) that `fields:` may list; None: any name.
    `identifiers`: likewise for `identifiers:`; an empty tuple: it takes none.
    `sends`: what it sends by itself, for the documentation.
    `details`: event name (or "*") → the event's own fields it sends by itself (events.md).
    `one_of`: settings of which exactly one must be there. `fixed`: options of a tag that have one value only.
    `without_id`: whether it can take a hit without a User ID. `deletes`: how a person is deleted there, in words.
    """

    name: str
    description: str
    settings: Mapping[str, Setting]
    address: tuple[str, ...]
    endings: tuple[str, ...] = ()
    forms: frozenset[Form] = frozenset(Form)
    fields: tuple[str, ...] | None = None
    identifiers: tuple[str, ...] | None = None
    sends: tuple[str, ...] = ()
    details: Mapping[str, tuple[str, ...]] = {}
    without_id: bool = True
    one_of: tuple[str, ...] = ()
    fixed: Mapping[str, Fixed] = {}
    by_browser: bool = False
    """The page runs it when the gateway's answer to the hit says so: nothing of it is queued or sent again."""
    in_page: bool = False
    """It runs in the page, and can read there who is signed in."""
    deletes: str | None = None
    ip_needs: str | None = None
    """A setting without which the receiver cannot be told the visitor's address."""
