"""The nouns of the flow, one direction, all frozen:
Hit (+ Known) → Facts → Decision → Delivery → Parcel → Request → Verdict.

Those that every hit makes are made of what was there before them, so that there are no cycles of them and the garbage
collector need not know them (`gc=False`)."""

from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum
from typing import Any

from msgspec import UNSET, Struct, UnsetType

Json = Any
"""A value as `json.loads` makes it."""


class Answer(IntEnum):
    """What a trigger answers; the order makes `min` the and, `max` the or (Kleene's logic)."""

    NO = 0
    CANNOT_TELL = 1
    YES = 2


class Form(IntEnum):
    """The form in which a User ID may leave, weakest first. The YAML words are drop, hash, attach."""

    NONE = 0
    PSEUDONYM = 1
    RAW = 2

    @property
    def word(self) -> str:
        """The word a container uses for it."""
        return ("drop", "hash", "attach")[self]


class Consent(StrEnum):
    """The state of one purpose."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Absent(Enum):
    """What a sender looked for and did not find."""

    ABSENT = "absent"

    # It is looked up with most hits, and an Enum's own is a function in Python.
    __hash__ = object.__hash__


ABSENT = Absent.ABSENT


class CannotTell(Struct, frozen=True):
    """A reading nobody can judge; `cause` is words for a person, never a value."""

    cause: str


Value = str | float | bool | frozenset[str]
Reading = Value | Absent | CannotTell


class Signed(StrEnum):
    """What a hit says of who is signed in."""

    NOBODY = "nobody"
    UNSAID = "unsaid"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


class Cookie(Struct, frozen=True, gc=False):
    """A visitor cookie with our MAC. `issued` in ms since 1970."""

    visitor: bytes
    issued: int


class Hit(Struct, frozen=True, gc=False):
    """What arrived, cleaned and limited. Times in ms since 1970 by our clock."""

    container: str
    event: str
    at: int
    arrived: int
    id: str | None = None
    url: str | None = None
    title: str | None = None
    """None: left out, which says nothing; empty: looked for and not there. So with referrer and language."""
    referrer: str | None = None
    language: str | None = None
    fields: Mapping[str, Json] = {}
    values: Mapping[str, Json] = {}
    page: str | None = None
    consent: Mapping[str, bool] = {}
    consent_at: int | None = None
    user_id: Json | UnsetType = UNSET
    proof: str | None = None
    account: Json | UnsetType = UNSET
    traits: Mapping[str, Json] | None = None
    """None: left out, which says nothing."""
    reset: bool = False
    trusted: bool = False
    """The sender showed a secret of the container."""
    ip: str | None = None
    user_agent: str | None = None
    country: str | None = None
    """Two letters, as a proxy that is believed tells it; empty: it does not know."""
    headers: Mapping[str, str] = {}
    """Only the headers the container names, lower case."""
    cookies: Mapping[str, str] = {}
    """Only the cookies the container names."""
    gpc: bool = False
    cookie: Cookie | None = None
    visitor: str | None = None
    """A visitor as the sender names it: a server, or a browser in another tool's words. A claim."""
    before: str | None = None
    """The ID that a person had before, as an alias tells it: used up here, and in no text that leaves."""
    ignored: int = 0
    """How many names it gave that the container does not read."""
    stray: tuple[Json, ...] = ()
    """What a page told under them: one that is older than the container may tell who somebody is by another name."""


class Identity(Struct, frozen=True, gc=False):
    """Who a hit says is signed in. `id` and `account` are normalised, and None unless `signed` is verified."""

    signed: Signed
    id: str | None = None
    account: str | None = None
    refused: tuple[str, ...] = ()
    """Why claims were refused, as metric labels, never values."""
    unverified: tuple[str, ...] = ()
    """Claims without valid proof and the proof itself: to be scrubbed from everything."""


class Life(Struct, frozen=True, kw_only=True, gc=False):
    """What is kept of one chain of hits (one cookie, or one page number): who was last signed in, keyed."""

    session: bytes
    """Random, 16 bytes; drawn anew at each login, logout and switch."""
    since: int
    """When the last change happened, ms since 1970."""
    person: bytes | None = None
    """Keyed digest of the normalised ID; None: nobody."""
    successor: bytes | None = None
    """The visitor ID that took over when this one was signed out."""
    traces: tuple[tuple[int, bytes], ...] = ()
    """Of the person signed in: length and keyed digest of each encoding of the ID, for scrubbing after a logout."""
    before: tuple[tuple[int, bytes], ...] = ()
    """The same of the person signed in before."""
    counted: tuple[str, ...] = ()
    """The events that count once for a visitor, and did."""


class Choice(Struct, frozen=True, gc=False):
    """One purpose, granted or refused, and when (ms since 1970)."""

    state: Consent
    at: int


class Known(Struct, frozen=True, gc=False):
    """What the gateway remembers, by keyed digest of what a visitor is known by."""

    lives: Mapping[bytes, Life] = {}
    choices: Mapping[bytes, Mapping[str, Choice]] = {}


class Facts(Struct, frozen=True, gc=False):
    """All that rules may see of a hit."""

    event: str
    readings: Mapping[str, Reading]
    """By variable; every variable of the container is in it."""
    consent: Mapping[str, Consent]
    """By purpose, in force for this hit."""
    identity: Identity


class TagDecision(Struct, frozen=True, gc=False):
    """What one tag gets. `rests` are the purposes that must not be refused before it leaves."""

    tag: str
    sent: bool
    form: Form = Form.NONE
    rule: int | None = None
    """Index of the deciding rule in `user_id.rules`; None: otherwise."""
    rests: frozenset[str] = frozenset()
    held: str | None = None
    """Why nothing is sent although `send_when` is yes, in words."""


class Decision(Struct, frozen=True, gc=False):
    """For every tag of the container, in its order, what it gets; and whether the visitor may be remembered."""

    tags: tuple[TagDecision, ...]
    remember: bool
    remember_rests: frozenset[str]


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One hit in the form one receiver may have it: scrubbed, no secret in it.
    The raw ID is in `user` only when `form` is RAW."""

    id: str
    """Idempotency key, 32 hex digits, keyed per receiver, the same for every attempt."""
    event: str
    at: int
    form: Form = Form.NONE
    user: str | None = None
    account: str | None = None
    visitor: str = ""
    """64 hex digits, keyed per receiver: visitor, session number and form."""
    new_visit: bool = False
    page_view: str | None = None
    """32 hex digits, keyed per receiver."""
    url: str | None = None
    title: str | None = None
    referrer: str | None = None
    language: str | None = None
    user_agent: str | None = None
    ip: str | None = None
    """Cut as the tag's `ip:` says; None for `none`."""
    fields: Mapping[str, str | float | bool | list[str]] = {}
    """Receiver's field → value, as listed under `fields`."""
    details: Mapping[str, Json] = {}
    """The event's own fields that the tag type sends by itself (see TagType.sends)."""
    identifiers: Mapping[str, str] = {}


class Parcel(Struct, frozen=True, gc=False):
    """A delivery as the outbox keeps it: opaque bytes and what routing and withdrawal need."""

    container: str
    tag: str
    lane: bytes
    """Deliveries of one lane keep their order."""
    body: bytes
    """The Delivery, encoded by `outbox.codec`."""
    at: int
    """The event's time, ms since 1970; age limits count from acceptance."""
    rests: tuple[str, ...] = ()
    known_by: tuple[bytes, ...] = ()
    """Keyed digests of what the visitor was known by: cookie, ID, page number."""


class Request(Struct, frozen=True, kw_only=True):
    """What goes over the wire. Secrets are in it: never logged, printed or stored."""

    url: str
    body: bytes
    method: str = "POST"
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        """Without address, headers and body: there are secrets and persons in them."""
        return f"Request({self.method}, {len(self.body)} bytes)"


class Append(Struct, frozen=True):
    """Lines for a local file, each ending with a line end."""

    path: str
    lines: bytes


class Reply(Struct, frozen=True):
    """What a receiver answered: at most 64 KiB of body. Header names in lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Fault(StrEnum):
    """No usable answer; the text is a metric label."""

    NO_CONNECTION = "no_connection"
    TLS = "tls"
    FORBIDDEN_ADDRESS = "forbidden_address"
    NO_ANSWER = "no_answer"
    """Sent, and no full answer came: it may have been recorded."""


class Outcome(StrEnum):
    """What an attempt meant for a delivery (durability.md, failure classes)."""

    DELIVERED = "delivered"
    TRANSIENT = "transient"
    THROTTLE = "throttle"
    SETUP = "setup"
    INVALID = "invalid"
    AMBIGUOUS = "ambiguous"
    UNNAMED = "unnamed"
    """The receiver refused some of a bulk and did not say which."""


class Verdict(Struct, frozen=True):
    """`reason` is a short label like `http_503`, never the receiver's text. `wait` in seconds."""

    outcome: Outcome
    reason: str = ""
    wait: float | None = None
    sent: bool = True
    """False: it ended without an attempt."""
