"""What keeper and workers say to each other. Only between processes of one version on one machine."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.model import Choice, Form, Life
from gateway.outbox.protocol import Arrival
from gateway.settings import Country, Limits, Traces
from gateway.web.runtime import Recipe

GUESTS = (None, Form.NONE.name)
"""What may have been seen under a fingerprint where nobody with an ID came."""
Address = tuple[int, str, int]
"""Address family, host, port."""


class Ask(Struct, array_like=True, tag=True, frozen=True, kw_only=True):
    """What is known now? Answered by Found or Failed."""

    container: str
    keys: list[bytes]
    prints: list[bytes]
    """Fingerprints, see Visits."""
    ids: list[str]
    """Which of these hits were stored already?"""
    arrived: int
    day: int | None
    """Whose key is needed, as date.toordinal tells it."""


class Found(Struct, array_like=True, tag=True, frozen=True, kw_only=True):
    """All that is known at `moment`."""

    moment: int
    ticket: int
    lives: dict[bytes, Life]
    choices: dict[bytes, dict[str, Choice]]
    visits: dict[bytes, dict[str, str]]
    """Key or fingerprint → tag → the visitor seen last."""
    repeated: list[str]
    day_key: bytes | None


class Part(Struct, array_like=True, frozen=True, kw_only=True):
    """Keep this, if nothing of `keys` and `read` changed."""

    container: str
    moment: int
    ticket: int
    keys: list[bytes]
    arrived: int
    read: list[tuple[str, bytes, str | None]]
    """Tag, key, and the visitor that was told as seen last."""
    saw: list[tuple[str, bytes, str]]
    ids: list[str]
    """Hits that were not stored before, as far as the worker knows."""
    lives: Mapping[bytes, Life]
    choices: Mapping[bytes, Mapping[str, Choice]]
    arrivals: list[Arrival]


class Store(Struct, array_like=True, tag=True, frozen=True):
    """Each of these, or none that is outdated. Answered by Stored or Failed."""

    parts: list[Part]


class Done(Struct, array_like=True, frozen=True):
    """It is on disk, as it is at `moment`; for each arrival whether it was new. None: something changed, and nothing
    was done; or it could not be."""

    new: list[bool] | None = None
    moment: int = 0
    failed: "Failed | None" = None


class Stored(Struct, array_like=True, tag=True, frozen=True):
    """What became of each part."""

    parts: list[Done]


class Withdraw(Struct, array_like=True, tag=True, frozen=True):
    """See Outbox.withdraw. Answered by Withdrawn or Failed."""

    known_by: list[bytes]
    purposes: list[str]
    patience: float


class Withdrawn(Struct, array_like=True, tag=True, frozen=True):
    """It is on disk."""

    discarded: int


class Failed(Struct, array_like=True, tag=True, frozen=True):
    """An OutboxError or StoreError, by its name."""

    error: str
    text: str


class AskHealth(Struct, array_like=True, tag=True, frozen=True):
    """Answered by Health."""


class Health(Struct, array_like=True, tag=True, frozen=True):
    """See Report."""

    unready: list[str]
    degraded: list[str]
    containers: dict[str, str]


class AskMetrics(Struct, array_like=True, tag=True, frozen=True):
    """Answered by Exposition."""


class Exposition(Struct, array_like=True, tag=True, frozen=True):
    """The metrics of the whole gateway."""

    text: bytes


class AskCounts(Struct, array_like=True, tag=True, frozen=True):
    """Of a worker: what did it count that it did not tell yet? Answered by Counted."""


class Counted(Struct, array_like=True, tag=True, frozen=True):
    """Counter, labels, how many more."""

    counts: list[tuple[str, tuple[str, ...], int]]


class Spent(Struct, array_like=True, tag=True, frozen=True):
    """Requests that counted against the limits: which limit, whose, how many."""

    requests: list[tuple[str, str, int]]


class AskDraft(Struct, array_like=True, tag=True, frozen=True):
    """An unpublished version. Answered by Draft."""

    container: str
    revision: str


class Draft(Struct, array_like=True, tag=True, frozen=True):
    """Its recipe; or None, and why it cannot be shown."""

    recipe: Recipe | None
    why: str = ""


class Hello(Struct, array_like=True, tag=True, frozen=True, kw_only=True):
    """The keeper's first word: all that a worker needs to begin."""

    own: bytes
    print_key: bytes
    addresses: list[Address]
    workers: int
    public_url: str
    environment: str
    trusted_proxies: list[str]
    limits: Limits
    country: Country
    traces: Traces | None
    run: "Run"

    def __repr__(self) -> str:
        return "Hello(…)"


class Up(Struct, array_like=True, tag=True, frozen=True):
    """The worker listens."""


class CannotServe(Struct, array_like=True, tag=True, frozen=True):
    """The worker cannot listen, and ends; the text is for the operator."""

    text: str


class Run(Struct, array_like=True, tag=True, frozen=True):
    """These containers from now on, and no others; `broken`: those that have errors; `absent`: those and others that
    do not run, and of which something may be kept. Answered by Running."""

    recipes: list[Recipe]
    broken: list[str] = []
    absent: list[str] = []


class Running(Struct, array_like=True, tag=True, frozen=True):
    """They run."""


class Stop(Struct, array_like=True, tag=True, frozen=True):
    """Take nothing more, finish, end."""


Message = (
    Ask
    | Found
    | Store
    | Stored
    | Withdraw
    | Withdrawn
    | Failed
    | AskHealth
    | Health
    | AskMetrics
    | Exposition
    | AskCounts
    | Counted
    | Spent
    | AskDraft
    | Draft
    | Hello
    | Up
    | CannotServe
    | Run
    | Running
    | Stop
)
