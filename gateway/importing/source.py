"""What an export says, in words that both tag managers share: what their readers make and what is assembled from."""

from collections.abc import Mapping

from msgspec import Struct, field

from gateway.importing.report import Fate
from gateway.model import Json


class BadExport(ValueError):
    """Not an export that can be read; the text says why and what to do."""


class Condition(Struct, frozen=True, kw_only=True):
    """One comparison. `word` is a matcher, or `selector` (of an element); `wanted` may hold `{{names}}`."""

    variable: str
    word: str
    wanted: str
    negated: bool = False
    ignore_case: bool = False
    changed: str = ""
    """What it means here that it did not mean there."""


class Table(Struct, frozen=True):
    """A lookup table: rows, how many could not be kept, and whose value is looked up (None: its own). `exact`:
    whether it gives the same here for every value."""

    rows: tuple[tuple[str, str], ...]
    skipped: int = 0
    of: str | None = None
    exact: bool = False


class SourceVariable(Struct, frozen=True, kw_only=True):
    """One variable. `reads`: its definition in a container; None, with the reason in `why`, where there is none."""

    name: str
    type: str
    what: str = "variable"
    listed: bool = True
    """Whether the export itself names it; else it is told of only where something uses it."""
    reads: Mapping[str, Json] | None = None
    why: str = ""
    changed: str = ""
    other: bool = False
    """Whether its values are others here, so that no trigger may ask for them."""
    default: str = ""
    table: Table | None = None
    mentions: tuple[str, ...] = ()
    """The variables that its code names."""
    is_event: bool = False
    """Whether it is the event's name."""
    is_element: bool = False
    """Whether it is an element of the page, which only a selector can be compared with."""


class SourceTrigger(Struct, frozen=True, kw_only=True):
    """One trigger: the event it waits for, or what it listens for, and its conditions."""

    id: str
    name: str
    type: str
    event: Json = None
    """The event's name, or a map of matchers on it."""
    listens: tuple[Mapping[str, Json], ...] = ()
    """Entries of the section `events`; any of them."""
    conditions: tuple[Condition, ...] = ()
    asked: tuple[Condition, ...] = ()
    """Of a click or a form all conditions, those too that what is listened for says by itself."""
    why: str = ""
    changed: str = ""
    page_start: bool = False
    """Whether it happens at the beginning of every page."""


class Receiver(Struct, frozen=True):
    """Where a tag sends to: a tag type, its settings (texts may hold `{{names}}`) and names of secrets."""

    type: str
    settings: Mapping[str, Json]
    secrets: Mapping[str, str] = {}


class SourceTag(Struct, frozen=True, kw_only=True):
    """One tag. Without a `receiver` there is a reason in `why`."""

    name: str
    type: str
    receiver: Receiver | None = None
    why: str = ""
    fires: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    """The receiver's field → a text that may hold `{{names}}`."""
    pages: bool = False
    """Whether what it sends counts as a page view there."""
    any_event: bool = False
    """Whether it is the same for the receiver which event it is."""
    goal: str = ""
    """The goal's number, where it counts one."""
    event_name: str = ""
    """What the receiver called the event."""
    user: str = ""
    """The User ID, as a text with `{{names}}`."""
    purposes: tuple[str, ...] = ("analytics",)
    asked: bool = False
    """Whether the export itself asks for consent."""
    limit: str = ""
    delay: float = 0
    schedule: Mapping[str, str] = {}
    changed: tuple[str, ...] = ()


class Export(Struct, frozen=True, kw_only=True):
    """All of an export."""

    of: str
    """The tag manager's name."""
    name: str
    domains: tuple[str, ...] = ()
    tags: tuple[SourceTag, ...]
    triggers: tuple[SourceTrigger, ...]
    variables: tuple[SourceVariable, ...]
    blocks_page: bool = False
    """Whether a trigger that blocks a tag blocks it for the rest of the page, not only for one event."""
    consent: Mapping[str, Json] = field(default_factory=dict)
    """The section's `from`, where the export says it; else nobody can say where the choice is kept."""
    words: Mapping[str, str] = {}
    """Purpose → the banner's word."""
    inlined: frozenset[str] = frozenset()
    """Constants whose text now stands where they were named."""
    remembers: bool = False
    """Whether a tag kept a cookie of its own."""
    others: tuple[tuple[Fate, str, str, str], ...] = ()
    """What else has a name: its fate, what it is, its name, and what is to be said."""
