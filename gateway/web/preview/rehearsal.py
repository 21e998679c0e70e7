"""The flow of hits of an unpublished version: the same as of any other, with nothing behind it. What it would keep of a
visit is kept in memory, for this visit; what it would send goes nowhere."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from secrets import token_bytes

from gateway.decide.day import DayNumber
from gateway.model import Choice, Cookie, Hit, Known, Life
from gateway.outbox.protocol import Arrival
from gateway.people.known import People
from gateway.web.desk import OwnDesk
from gateway.web.ingest import Ingest, Watch
from gateway.web.metrics import Counting
from gateway.web.runtime import Runtime

MOST = 64
MOST_KEPT = 1_000


class Rehearsal:
    """One visit, of one tab."""

    def __init__(self, now: Callable[[], int]) -> None:
        people = People(_Memory(), now, MOST_KEPT)
        self._desk = OwnDesk(_Nowhere(), people, DayNumber(_AnyDay()))
        self.cookie: Cookie | None = None
        """What the browser would have got."""

    async def accept(self, runtime: Runtime, hits: Sequence[Hit], watch: Watch) -> None:
        """What becomes of these hits is told to `watch`."""
        answered = await Ingest(self._desk, Counting(), watch).take(runtime, hits)
        if answered.cookie:
            self.cookie = answered.cookie.cookie


class Rehearsals:
    """Those that were seen last, by what tells a tab."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._known: OrderedDict[tuple[str, str], Rehearsal] = OrderedDict()

    def of(self, token: str, tab: str) -> Rehearsal:
        """One tab's."""
        key = (token, tab)
        found = self._known.pop(key, None) or Rehearsal(self._now)
        self._known[key] = found
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return found


class _Nowhere:
    """As an outbox that every hit is new to."""

    def ticket(self) -> int:
        return 0

    async def put(self, arrivals: Sequence[Arrival], ticket: int) -> Sequence[bool]:
        return [True] * len(arrivals)

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        return 0


class _Memory:
    """As a store in which nobody is known: `People` remembers what it is told, as long as it lives."""

    async def know(self, container: str, keys: Sequence[bytes]) -> Known:
        return Known()

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]], now: int
    ) -> None:
        pass

    async def forget(self, older_than: int) -> int:
        return 0


class _AnyDay:
    """A key of no day."""

    def __init__(self) -> None:
        self._key = token_bytes(32)

    def of(self, day: date) -> bytes:
        return self._key
