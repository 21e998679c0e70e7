"""The worker's side: the desk, the counters and the health of a gateway whose keeper is another process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from msgspec import structs

from gateway.decide.day import DayNumber
from gateway.model import Decision, Facts, Hit, Known
from gateway.outbox.protocol import Unusable
from gateway.people.life import MOST_HEIRS
from gateway.people.visits import (
    FINGERPRINT,
    Chain,
    Fingerprints,
    Noted,
    Track,
    Trail,
    exact,
    first_of,
    number_of,
)
from gateway.web.desk import Change, Look, Stale
from gateway.web.gateway import Report
from gateway.web.logs import LOG
from gateway.web.metrics import Counting
from gateway.web.preview.drafts import CannotPreview
from gateway.web.runtime import Recipe, Runtime
from gateway.web.workers.link import Link
from gateway.web.workers.messages import (
    GUESTS,
    Ask,
    AskDraft,
    AskHealth,
    AskMetrics,
    Counted,
    Draft,
    Exposition,
    Found,
    Health,
    Store,
    Stored,
    Withdraw,
    Withdrawn,
)
from gateway.web.workers.recent import Recent, Told, Whom

EVERY = 1.0
"""Seconds between two looks at what may be forgotten."""


class FarLook(Look, frozen=True, kw_only=True):
    """A look at what the keeper has, or had a moment ago; and what was read of it."""

    told: Told
    whom: Whom
    visits: "FarVisits"
    repeats: "FarRepeats"


class FarVisits:
    """What receivers saw last, as it was when the keeper was asked, and what hits of this request added."""

    def __init__(self, prints: Fingerprints, seen: Mapping[bytes, Mapping[str, str]]) -> None:
        self.fingerprint = prints.of
        self._seen = seen
        self._chains: dict[bytes, Chain] = {}
        self._noted: Noted = []

    def trail(self, track: Track) -> Trail:
        """See Walk."""
        own = None if track.chain is None else self._chain(track.chain, track.arrived)
        return Trail(track, own, self._chain(track.browser, track.arrived), self._noted)

    def number(self, container: str, keys: Iterable[bytes], arrived: int) -> str:
        """See Walk."""
        return number_of([self._chain(key, arrived) for key in keys], self._noted, arrived)

    def first(self, container: str, keys: Iterable[bytes], event: str, visit: str, arrived: int) -> bool:
        """See Walk."""
        return first_of([self._chain(key, arrived) for key in keys], event, visit, self._noted, arrived)

    def _chain(self, key: bytes, arrived: int) -> Chain:
        if key not in self._chains:
            self._chains[key] = {tag: (visitor, arrived) for tag, visitor in self._seen.get(key, {}).items()}
        return self._chains[key]

    def undo(self) -> None:
        """See Walk. What a look showed is its own."""

    def added(self) -> list[tuple[str, bytes, str]]:
        """Tag, key, and the visitor that is seen last now."""
        return [(tag, key, seen[-1]) for tag, key, seen in self._steps() if seen[-1] is not None]

    def read(self) -> list[tuple[str, bytes, str | None]]:
        """Tag, key, and the visitor that was seen last before, where it mattered."""
        return [(tag, key, seen[0]) for tag, key, seen in self._steps() if _matters(tag, key, seen)]

    def _steps(self) -> Iterator[tuple[str, bytes, list[str | None]]]:
        """Tag, key, and the visitors seen one after the other, the first before these hits."""
        keys = {id(chain): key for key, chain in self._chains.items()}
        steps: dict[tuple[str, bytes], list[str | None]] = {}
        for chain, tag, before in self._noted:
            steps.setdefault((tag, keys[id(chain)]), []).append(before[0] if before else None)
        for (tag, key), seen in steps.items():
            yield tag, key, [*seen, self._chains[key][tag][0]]


def _matters(tag: str, key: bytes, seen: Sequence[str | None]) -> bool:
    # Of a browser only that nobody with an ID came before a guest: after one the guest begins a visit, whoever else
    # came since, and that cannot be outdated.
    return exact(tag) or not key.startswith(FINGERPRINT) or (seen[0] in GUESTS and seen[1] in GUESTS)


class FarRepeats:
    """Which of these hits were stored when the keeper was asked."""

    def __init__(self, ids: Iterable[str], repeated: Iterable[str]) -> None:
        self._repeated = frozenset(repeated)
        self.fresh = [id for id in ids if id not in self._repeated]

    def has(self, hit: Hit) -> bool:
        """See Repeats."""
        return hit.id in self._repeated


class _OneDay:
    """The key of the one day on which a request came."""

    def __init__(self, day: date, key: bytes | None) -> None:
        self._day, self._key = day, key

    def of(self, day: date) -> bytes:
        """See DailyKey."""
        if self._key is None or day != self._day:
            raise Unusable("the day's key was not asked for")
        return self._key


class FarDesk:
    """See Desk. Everything raises Unusable once the keeper is gone, Full when it is asked too much."""

    def __init__(self, link: Link, print_key: bytes, recent: Recent) -> None:
        self._link = link
        self._prints = Fingerprints(print_key)
        self._recent = recent

    async def look(self, runtime: Runtime, keys: Iterable[bytes], hits: Sequence[Hit] = ()) -> Look:
        """See Desk. It may be outdated; `store` finds out."""
        wanted, day = list(dict.fromkeys(keys)), _day(hits)
        ids = list(dict.fromkeys(hit.id for hit in hits if hit.id is not None))
        whom, repeated = (runtime.container.name, frozenset(wanted)), list[str]()
        guests = runtime.container.visitor.without_cookie == "day_number" and any(hit.ip for hit in hits)
        told = self._recent.of(whom) if hits and not (guests and self._recent.day_key(day) is None) else None
        if told is None:
            told, repeated = await self._tell(runtime, wanted, hits, ids, day=day if guests else None)
            if hits:
                self._recent.note(whom, told)
        return FarLook(
            known=Known(told.lives, told.choices),
            visits=FarVisits(self._prints, told.visits),
            repeats=FarRepeats(ids, repeated),
            day_number=DayNumber(_OneDay(day, self._recent.day_key(day))),
            ticket=told.ticket,
            told=told,
            whom=whom,
        )

    async def _tell(
        self, runtime: Runtime, keys: list[bytes], hits: Sequence[Hit], ids: list[str], *, day: date | None
    ) -> tuple[Told, list[str]]:
        for _ in range(1 + MOST_HEIRS):
            ask = Ask(
                container=runtime.container.name,
                keys=keys,
                prints=[*{self._prints.of(hit.ip, hit.user_agent) for hit in hits}],
                ids=ids,
                arrived=hits[0].arrived if hits else 0,
                day=day.toordinal() if day else None,
            )
            at = self._recent.clock()
            found = await self._link.ask(ask, Found)
            heirs = [key for life in found.lives.values() if (key := runtime.attendant.successor(life))]
            more = dict.fromkeys(heirs).keys() - keys
            if not more:
                break
            # All of it anew: what a look tells is of one moment.
            keys = [*keys, *more]
        if day and found.day_key:
            self._recent.note_day(day, found.day_key)
        return Told(
            at=at,
            keys=keys,
            moment=found.moment,
            ticket=found.ticket,
            lives=found.lives,
            choices=found.choices,
            visits=found.visits,
        ), found.repeated

    async def store(self, look: Look, change: Change) -> Sequence[bool]:
        """See Desk."""
        if not isinstance(look, FarLook):
            raise TypeError("a look of another desk")
        if not (change.arrivals or change.lives or change.choices):
            return ()
        # Until it is known what became of it, nobody else builds on what it was decided on.
        self._recent.drop(look.whom)
        stored = await self._link.ask(_store(look, change), Stored)
        if stored.new is None:
            raise Stale
        # A choice that changed may be a refusal: what comes after it needs a ticket from after its withdrawal.
        if change.hits and not change.lives and not change.choices:
            self._recent.note(look.whom, _after(look, stored.moment))
        return stored.new

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Desk."""
        return (await self._link.ask(Withdraw(list(known_by), list(purposes), patience), Withdrawn)).discarded

    async def keep_clean(self) -> None:
        """For ever: forgets what is of no use any more."""
        while True:
            await asyncio.sleep(EVERY)
            self._recent.clean(datetime.now(UTC).date())


def _store(look: FarLook, change: Change) -> Store:
    return Store(
        container=change.container,
        moment=look.told.moment,
        ticket=look.ticket,
        keys=look.told.keys,
        arrived=change.hits[0].arrived if change.hits else 0,
        read=look.visits.read(),
        saw=look.visits.added(),
        ids=look.repeats.fresh,
        lives=change.lives,
        choices=change.choices,
        arrivals=list(change.arrivals),
    )


def _after(look: FarLook, moment: int) -> Told:
    """What is known now that this was stored."""
    told = look.told
    visits = dict(told.visits)
    for tag, key, visitor in look.visits.added():
        visits[key] = {**visits.get(key, {}), tag: visitor}
    return structs.replace(told, moment=moment, visits=visits)


def _day(hits: Sequence[Hit]) -> date:
    return datetime.fromtimestamp(hits[0].arrived / 1000 if hits else 0, UTC).date()


class Tallies(Counting):
    """Adds up what is counted within one turn of the loop, and tells the keeper."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self._telling = False

    def hit(self, hit: Hit, facts: Facts, decision: Decision, scrubbed: Mapping[str, int]) -> None:
        """See Counting."""
        super().hit(hit, facts, decision, scrubbed)
        self._soon()

    def rejected(self, container: str, reason: str) -> None:
        """See Counting."""
        super().rejected(container, reason)
        self._soon()

    def withdrawn(self, container: str) -> None:
        """See Counting."""
        super().withdrawn(container)
        self._soon()

    def untold(self) -> Counted:
        """What the keeper does not know yet."""
        self.lines_lost(LOG.lines_lost)
        found = [(name, key, number) for name, sums in self.sums.items() for key, number in sums.items()]
        for sums in self.sums.values():
            sums.clear()
        return Counted(found)

    def _soon(self) -> None:
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        # Else they wait for what is counted next: what is refused because the link is full is worth counting.
        if self._link.takes:
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


class FarDrafts:
    """Unpublished versions that the keeper has; `make` makes a runtime of a recipe, or None where it cannot."""

    def __init__(self, link: Link, make: Callable[[Recipe], Awaitable[Runtime | None]]) -> None:
        self._link = link
        self._make = make

    async def find(self, container: str, revision: str) -> Runtime:
        """See Drafts."""
        told = await self._link.ask(AskDraft(container, revision), Draft)
        found = await self._make(told.recipe) if told.recipe else None
        if found is None:
            raise CannotPreview(told.why or "a worker cannot run this version")
        return found
