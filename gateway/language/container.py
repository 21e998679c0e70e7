"""A container as it runs: frozen, compiled once at load."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from gateway.language.questions import Program
from gateway.language.tag_types import TagType
from gateway.model import Consent, Form, Json, Value
from gateway.problems import Place


class Site(Struct, frozen=True, kw_only=True):
    """The website a container is for."""

    name: str
    domains: tuple[str, ...]
    timezone: str = "UTC"
    drop_query: frozenset[str] = frozenset()

    def has(self, host: str) -> bool:
        """Whether a page on this host may send hits; `*.` leaves the bare domain out."""
        host = host.lower().rstrip(".")
        return any(host.endswith(d[1:]) and host != d[2:] if d.startswith("*.") else host == d for d in self.domains)


class WhileUnknown(StrEnum):
    """What the snippet does with hits while a purpose is unknown."""

    HOLD = "hold"
    SEND = "send"


class ConsentSource(Struct, frozen=True, kw_only=True):
    """The section `consent`. `kind` as in YAML (see choices.KINDS); `where`: the cookie's or key's name, the path, or
    the banner; `needs`: the words of tcf or google_consent_mode without which no purpose is granted."""

    kind: str
    where: str
    needs: tuple[str, ...] = ()
    purposes: Mapping[str, str]
    """Our word → the banner's word."""
    while_unknown: WhileUnknown = WhileUnknown.HOLD
    gpc_refuses: frozenset[str] = frozenset()


class Calls(Struct, frozen=True, kw_only=True):
    """Whose calls the pages may keep: `accept.matomo`, `accept.segment`, `accept.gtag`."""

    matomo: bool = False
    segment: bool = False
    gtag: bool = False
    consent_purpose: str | None = None
    """What the consent calls of `_paq` stand for."""


class Dialects(Struct, frozen=True, kw_only=True):
    """Who may speak other tools' HTTP APIs to the gateway: `accept.matomo` and `accept.segment`. Secrets by name."""

    site_ids: tuple[int, ...] = ()
    """By which Matomo's clients name this site."""
    server_token: str | None = None
    """What a server shows as token_auth."""
    browser_key: str | None = None
    """The write key that stands in pages; no secret."""
    server_key: str | None = None
    """The write key of servers."""
    matomo_apps: bool = False
    """Whether who is no page may send too, as apps are none."""
    segment_apps: bool = False


class Event(Struct, frozen=True, kw_only=True):
    """Something the snippet listens for. `kind` as in YAML (see events.KINDS); `source` is a CSS selector, outbound or
    download; `amount` the percent or seconds of a scroll or timer."""

    name: str
    kind: str
    source: str = ""
    amount: float | None = None
    percent: float | None = None
    """How much of an element must be in view."""
    repeat: bool = False
    limit: str = "every_time"
    delay: float = 0.0
    """In seconds."""
    place: Place


class Variable(Struct, frozen=True, kw_only=True):
    """A named value that may be read. `kind` and `source` as in YAML: `{data_layer: user.id}`."""

    name: str
    kind: str
    source: str
    attribute: str | None = None
    """Of an `element`; None: its text."""
    parts: tuple[str, ...] = ()
    """The variables that it is built from; `event` may be among them."""
    table: Mapping[Value, Value] = {}
    """Of a `lookup`."""
    type: str = "text"
    default: Value | None = None
    decimal_comma: bool = False
    personal: bool = False
    place: Place


class Matcher(Struct, frozen=True, kw_only=True):
    """One comparison of a variable: the word, what is wanted, and how it is said in YAML."""

    word: str
    wanted: Value | tuple[Value, ...]
    ignore_case: bool = False
    negated: bool = False

    @property
    def text(self) -> str:
        """The matcher as a person would write it."""
        word = f"not_{self.word}" if self.negated else self.word
        wanted = self.wanted
        said = f"[{', '.join(map(_said, wanted))}]" if isinstance(wanted, tuple) else _said(wanted)
        return f"{word}: {said}" + (" (ignoring case)" if self.ignore_case else "")


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


class Line(Struct, frozen=True):
    """One line of a trigger: every matcher on the variable must hold."""

    variable: str
    matchers: tuple[Matcher, ...]
    place: Place


class Join(Struct, frozen=True, kw_only=True):
    """Triggers put together; all three parts must hold. A single name is `all_of` with one."""

    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    place: Place

    @property
    def names(self) -> tuple[str, ...]:
        """Every trigger it names."""
        return self.all_of + self.any_of + self.none_of


class Trigger(Struct, frozen=True, kw_only=True):
    """A named question about a hit."""

    name: str
    lines: tuple[Line, ...] = ()
    join: Join
    place: Place

    def asking(self, variable: str) -> list[Line]:
        """The lines that ask for this variable."""
        return [line for line in self.lines if line.variable == variable]


class Schedule(Struct, frozen=True, kw_only=True):
    """When a tag may send: `begins` and `ends` in ms since 1970, the end not included; None: no such limit."""

    begins: int | None = None
    ends: int | None = None
    text: str
    """As a person would say it."""

    def covers(self, at: int) -> bool:
        """Whether what happened at this time may be sent."""
        return (self.begins is None or at >= self.begins) and (self.ends is None or at < self.ends)


class Tag(Struct, frozen=True, kw_only=True):
    """One receiver: what it gets, and when."""

    name: str
    type: TagType
    send_when: Join
    settings: Mapping[str, Json]
    secrets: Mapping[str, str] = {}
    """Setting → the secret's name."""
    fields: Mapping[str, str] = {}
    identifiers: Mapping[str, str] = {}
    consent_not_needed: bool = False
    ip: str = "anonymous"
    page: str = "url"
    hash_group: str | None = None
    purpose: str | None = None
    """For the record of processing."""
    schedule: Schedule | None = None
    sample: float | None = None
    """Of how many visitors in a hundred it gets the hits; None: of all."""
    exempt: bool = False
    """`exempt: cnil`: audience measurement without consent."""
    place: Place

    @property
    def key_name(self) -> str:
        """The name that its pseudonyms are keyed by."""
        return self.hash_group or self.name


class Rule(Struct, frozen=True, kw_only=True):
    """One User ID rule: the form each tag it names gets when it is true."""

    when: Join
    forms: Mapping[str, Form]
    places: Mapping[str, Place]
    """Where each tag is named."""
    consent_not_needed: bool = False
    place: Place

    @property
    def line(self) -> int:
        """Its line in the file."""
        return self.place.line


class Proof(Struct, frozen=True, kw_only=True):
    """`verified_by`: `kind` is token or signature, in this variable, checked with this secret."""

    kind: str
    variable: str
    secret: str


class UserId(Struct, frozen=True, kw_only=True):
    """The section `user_id`."""

    variable: str
    hash_with: str | None = None
    """The secret's name; there whenever a rule hashes."""
    place: Place
    account: str | None = None
    verified_by: Proof | None = None
    at_login: str = "new_visit"
    at_logout: str = "new_visitor"
    rules: tuple[Rule, ...] = ()


class Act(StrEnum):
    """What a guarantee can rule out."""

    SEND = "send"
    ATTACH = "attach"
    HASH = "hash"
    REMEMBER = "remember"
    SHARE = "share"


class Guarantee(Struct, frozen=True, kw_only=True):
    """What never happens, for every possible hit. `to`: these tags; None: all."""

    never: tuple[Act, ...]
    to: tuple[str, ...] | None = None
    unless: Join | None = None
    place: Place


class Visitor(Struct, frozen=True, kw_only=True):
    """The anonymous ID: when a cookie may be kept, and what stands in for it."""

    remember_when: Join | None = None
    consent_not_needed: bool = False
    days: int = 390
    without_cookie: str = "day_number"


class Given(Struct, frozen=True, kw_only=True):
    """One hit as a test or `taggate try` puts it. A purpose left out of `consent` is unknown."""

    event: str
    values: Mapping[str, str | tuple[str, ...]] = {}
    cannot_tell: tuple[str, ...] = ()
    """Variables that the sender did not say."""
    consent: Mapping[str, Consent] = {}
    gpc: bool = False
    signed: bool = True


class Case(Struct, frozen=True, kw_only=True):
    """One test: what is given, and the form each tag must get; a tag left out must receive nothing."""

    name: str
    given: Given
    expect: Mapping[str, Form]
    place: Place


class Container(Struct, frozen=True, kw_only=True):
    """All that one file says."""

    name: str
    file: str
    revision: str
    """The first 16 hex digits of the file's SHA-256."""
    site: Site
    server_key: str | None = None
    """`accept.server.key`: the secret's name."""
    calls: Calls = Calls()
    dialects: Dialects = Dialects()
    consent: ConsentSource | None = None
    """None: `consent: not_needed`."""
    visitor: Visitor = field(default_factory=Visitor)
    events: Mapping[str, Event] = {}
    variables: Mapping[str, Variable]
    triggers: Mapping[str, Trigger]
    tags: Mapping[str, Tag]
    user_id: UserId | None = None
    guarantees: tuple[Guarantee, ...] = ()
    tests: tuple[Case, ...] = ()
    program: Program
    may_leave: Mapping[str, frozenset[str]] = {}
    """For each personal browser variable (and `user_id`, which stands for `identify`): the consent states
    under which it may leave the browser. A state is one letter a purpose, in the order of `consent.purposes`:
    g(ranted), r(efused), u(nknown). Without the section consent the only state is the empty text."""
    grants: Mapping[str, Mapping[Form, frozenset[frozenset[str]]]] = {}
    """For each tag that the gateway sends to, and each form: the least grants of consent under which it gets a hit with
    this much of the User ID, or more."""

    @property
    def secrets(self) -> frozenset[str]:
        """The name of every secret this container needs."""
        return self.keys | {name for tag in self.tags.values() for name in tag.secrets.values()}

    @property
    def keys(self) -> frozenset[str]:
        """Those of them that are keys of the gateway's, and no receiver's token."""
        user = self.user_id
        proof = user.verified_by.secret if user and user.verified_by else None
        senders = (self.server_key, self.dialects.server_token, self.dialects.server_key)
        return frozenset(name for name in (user and user.hash_with, proof, *senders) if name)
