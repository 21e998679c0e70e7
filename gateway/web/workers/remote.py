"""The worker's side: the desk, the counters and the health of a gateway whose keeper is another process."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from gateway.decide.day import DayNumber
from gateway.model import Hit, Known
from gateway.outbox.protocol import Unusable
from gateway.people.visits import FINGERPRINT, fingerprint
from gateway.web.desk import Change, Look, Stale
from gateway.web.gateway import Report
from gateway.web.metrics import Counting
from gateway.web.runtime import Runtime
from gateway.web.workers.link import Link
from gateway.web.workers.messages import (
    GUESTS,
    Ask,
    AskHealth,
    AskMetrics,
    Counted,
    Exposition,
    Found,
    Health,
    Store,
    Stored,
    Withdraw,
    Withdrawn,
)


class FarLook(Look, frozen=True, kw_only=True):
    """A look at what the keeper has; it is told when it was made, what it was about, and what was read of it."""

    moment: int
    keys: list[bytes]
    visits: "FarVisits"
    repeats: "FarRepeats"


class FarVisits:
    """What receivers saw last, as it was when the keeper was asked, and what hits of this request added."""

    def __init__(self, key: bytes, seen: Mapping[bytes, Mapping[str, str]]) -> None:
        self._key = key
        self._seen = seen
        self.read: dict[tuple[str, bytes], str | None] = {}
        self.added: dict[tuple[str, bytes], str] = {}

    def fingerprint(self, ip: str | None, user_agent: str | None) -> bytes:
        """See Visits."""
        return fingerprint(self._key, ip, user_agent)

    def last(self, container: str, key_name: str, chain: bytes, arrived: int) -> str | None:
        """See Visits."""
        if (key_name, chain) in self.added:
            return self.added[key_name, chain]
        found = self._seen.get(chain, {}).get(key_name)
        # After somebody with an ID a new visit begins, whoever else came since: that cannot be outdated.
        if not (chain.startswith(FINGERPRINT) and found not in GUESTS):
            self.read[key_name, chain] = found
        return found

    def saw(self, container: str, key_name: str, chain: bytes, visitor: str, arrived: int) -> None:
        """See Visits."""
        self.added[key_name, chain] = visitor


class FarRepeats:
    """Which of these hits were stored when the keeper was asked."""

    def __init__(self, ids: Iterable[str], repeated: Iterable[str]) -> None:
        self._repeated = frozenset(repeated)
        self.fresh = [id for id in ids if id not in self._repeated]

    def has(self, hit: Hit) -> bool:
        """See Repeats."""
        return hit.id in self._repeated


class _OneDay:
    """The key of the one day on which a request came; it is not kept."""

    def __init__(self, day: date, key: bytes | None) -> None:
        self._day, self._key = day, key

    def of(self, day: date) -> bytes:
        """See DailyKey."""
        if self._key is None or day != self._day:
            raise Unusable("the day's key was not asked for")
        return self._key


class FarDesk:
    """See Desk. Everything raises Unusable once the keeper is gone, Full when it is asked too much."""

    def __init__(self, link: Link, print_key: bytes) -> None:
        self._link = link
        self._print_key = print_key

    async def look(self, runtime: Runtime, keys: Iterable[bytes], hits: Sequence[Hit] = ()) -> Look:
        """See Desk."""
        wanted = list(dict.fromkeys(keys))
        ids = list(dict.fromkeys(hit.id for hit in hits if hit.id is not None))
        day = _day(hits)
        while True:
            found = await self._found(runtime, wanted, hits, ids)
            heirs = [key for life in found.lives.values() if (key := runtime.attendant.successor(life))]
            more = [key for key in heirs if key not in wanted]
            if not more:
                break
            # All of it anew: what a look tells is of one moment.
            wanted += more
        return FarLook(
            known=Known(found.lives, found.choices),
            visits=FarVisits(self._print_key, found.visits),
            repeats=FarRepeats(ids, found.repeated),
            day_number=DayNumber(_OneDay(day, found.day_key)),
            ticket=found.ticket,
            moment=found.moment,
            keys=wanted,
        )

    async def _found(self, runtime: Runtime, keys: list[bytes], hits: Sequence[Hit], ids: list[str]) -> Found:
        container = runtime.container
        guests = container.visitor.without_cookie == "day_number" and any(hit.ip for hit in hits)
        ask = Ask(
            container=container.name,
            keys=keys,
            prints=[*{fingerprint(self._print_key, hit.ip, hit.user_agent) for hit in hits}],
            tags=list(container.tags) if hits else [],
            ids=ids,
            arrived=hits[0].arrived if hits else 0,
            day=_day(hits).toordinal() if guests else None,
        )
        return await self._link.ask(ask, Found)

    async def store(self, look: Look, change: Change) -> Sequence[bool]:
        """See Desk."""
        if not isinstance(look, FarLook):
            raise TypeError("a look of another desk")
        if not (change.arrivals or change.lives or change.choices):
            return ()
        store = Store(
            container=change.container,
            moment=look.moment,
            ticket=look.ticket,
            keys=look.keys,
            arrived=change.hits[0].arrived if change.hits else 0,
            read=[(tag, key, last) for (tag, key), last in look.visits.read.items()],
            saw=[(tag, key, visitor) for (tag, key), visitor in look.visits.added.items()],
            ids=look.repeats.fresh,
            lives=change.lives,
            choices=change.choices,
            arrivals=list(change.arrivals),
        )
        answer = await self._link.ask(store, Stored)
        if answer.new is None:
            raise Stale
        return answer.new

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Desk."""
        return (await self._link.ask(Withdraw(list(known_by), list(purposes), patience), Withdrawn)).discarded


def _day(hits: Sequence[Hit]) -> date:
    return datetime.fromtimestamp(hits[0].arrived / 1000 if hits else 0, UTC).date()


class Tallies(Counting):
    """Adds up what is counted within one turn of the loop, and tells the keeper."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._counts: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def count(self, name: str, labels: Sequence[str], number: int = 1) -> None:
        """See Counting."""
        if not self._counts:
            asyncio.get_running_loop().call_soon(self._tell)
        self._counts[name, tuple(labels)] += number

    def untold(self) -> Counted:
        """What the keeper does not know yet."""
        counts, self._counts = self._counts, Counter()
        return Counted([(*key, number) for key, number in counts.items()])

    def _tell(self) -> None:
        if self._counts:
            self._link.tell(self.untold())


class FarHealth:
    """The keeper's word for all of them."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def report(self) -> Report:
        """See Health."""
        answer = await self._link.ask(AskHealth(), Health)
        return Report(answer.unready, answer.degraded, answer.containers)

    async def exposition(self) -> bytes:
        """See Health."""
        return (await self._link.ask(AskMetrics(), Exposition)).text
