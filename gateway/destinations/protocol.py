"""The plug every tag type is: deliveries → Request → Verdicts. Pure; no I/O."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from gateway.decide.bounds import Bounds
from gateway.language.tag_types import TagType
from gateway.model import Append, Delivery, Json, Reply, Request, Verdict

THREE_DAYS = 72 * 3600.0


class Target(Struct, frozen=True, kw_only=True):
    """One tag as its type sees it. `secrets`: setting → the secret's text; they go into the Request only.
    `site`: the site's name; the container's stands in for it. `bounds`: the most that it may
    get; None: whatever comes."""

    container: str
    tag: str
    settings: Mapping[str, Json]
    secrets: Mapping[str, str] = {}
    site: str = ""
    bounds: Bounds | None = None

    def __repr__(self) -> str:
        """Without settings: there are secrets and addresses in them."""
        return f"Target({self.container}/{self.tag})"


class Example(Struct, frozen=True, kw_only=True):
    """A worked example: the tag type's golden test and its documentation."""

    name: str
    settings: Mapping[str, Json]
    deliveries: tuple[Delivery, ...]
    request: Request | Append
    secrets: Mapping[str, str] = {}
    now: float = 1_780_000_000.0


class Destination(Protocol):
    """One file a tag type; an instance of it is one row of `destinations.TABLE`."""

    type: TagType
    batch: int
    """Deliveries in one request at the most."""
    timeout: float
    """Seconds for the whole exchange."""
    oldest: float
    """Seconds since acceptance after which a delivery that still fails is given up; at most THREE_DAYS."""
    examples: tuple[Example, ...]

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Request | Append:
        """The request that carries these deliveries, in order; `now` in seconds since 1970."""
        ...

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        """One verdict for each delivery: *recorded*, not *2xx*, is success."""
        ...

    def exclusive(self, settings: Mapping[str, Json]) -> str | None:
        """Requests with the same text are never in flight together; None: no such limit."""
        ...
