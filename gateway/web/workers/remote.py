"""The worker's side: the desk, the counters and the health of a gateway whose keeper is another process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from msgspec import structs

from gateway.decide.day import DayNumber
from gateway.model import Decision, Facts, Hit, Known
from gateway.outbox.protocol import OutboxError, Refused
from gateway.people.life import MOST_HEIRS
from gateway.people.visits import Fingerprints
from gateway.web.desk import Change, Look, Outcome, Stale, Want
from gateway.web.gateway import Report
from gateway.web.logs import LOG
from gateway.web.metrics import Counting
from gateway.web.preview.drafts import CannotPreview
from gateway.web.runtime import Recipe, Runtime
from gateway.web.workers.link import Link, error_of
from gateway.web.workers.looks import FarLook, FarRepeats, FarVisits, OneDay
from gateway.web.workers.messages import (
    Ask,
    AskDraft,
    AskHealth,
    AskMetrics,
    Counted,
    Done,
    Draft,
    Exposition,
    Found,
    Health,
    Part,
    Store,
    Stored,
    Withdraw,
    Withdrawn,
)
from gateway.web.workers.recent import Recent, Told, Whom

EVERY = 1.0
"""Seconds between two looks at what may be forgotten."""


class FarDesk:
    """See Desk. Everything raises Unusable once the keeper is gone, Full when it is asked too much."""

    def __init__(self, link: Link, print_key: bytes, recent: Recent) -> None:
        self._link = link
        self._prints = Fingerprints(print_key)
        self._recent = recent

    async def look(self, runtime: Runtime, keys: Iterable[bytes], hits: Sequence[Hit] = ()) -> Look:
        """See Desk. It may be outdated; `store` finds out."""
        want = Want(runtime, list(dict.fromkeys(keys)), hits)
        found = self.glance(want) if hits else None
        if found:
            return found
        told, repeated = await self._tell(want)
        return self._look(want, _whom(want), told, repeated)

    def glance(self, want: Want) -> Look | None:
        """See Desk. What was told a moment ago."""
        told = self._recent.of(whom := _whom(want))
        if told is None or (_by_day(want) and self._recent.day_key(_day(want.hits)) is None):
            return None
        return self._look(want, whom, told)

    async def fetch(self, wants: Sequence[Want]) -> None:
        """See Desk. Asked in one turn, they go in one write."""
        for found in await asyncio.gather(*map(self._tell, wants), return_exceptions=True):
            if isinstance(found, BaseException):
                raise found

    def _look(self, want: Want, whom: Whom, told: Told, repeated: Iterable[str] = ()) -> Look:
        day = _day(want.hits)
        return FarLook(
            known=Known(told.lives, told.choices),
            visits=FarVisits(self._prints, told.visits),
            repeats=FarRepeats(_ids(want), repeated),
            day_number=DayNumber(OneDay(day, self._recent.day_key(day))),
            ticket=told.ticket,
            told=told,
            whom=whom,
        )

    async def _tell(self, want: Want) -> tuple[Told, list[str]]:
        runtime, hits, keys, day = want.runtime, want.hits, list(want.keys), _day(want.hits)
        by_day = _by_day(want)
        for _ in range(1 + MOST_HEIRS):
            ask = Ask(
                container=runtime.container.name,
                keys=keys,
                prints=[*{self._prints.of(hit.ip, hit.user_agent) for hit in hits}],
                ids=_ids(want),
                arrived=hits[0].arrived if hits else 0,
                day=day.toordinal() if by_day else None,
            )
            at = self._recent.clock()
            found = await self._link.ask(ask, Found)
            heirs = [key for life in found.lives.values() if (key := runtime.attendant.successor(life))]
            more = dict.fromkeys(heirs).keys() - keys
            if not more:
                break
            # All of it anew: what a look tells is of one moment.
            keys = [*keys, *more]
        if by_day and found.day_key:
            self._recent.note_day(day, found.day_key)
        told = Told(
            at=at,
            keys=keys,
            moment=found.moment,
            ticket=found.ticket,
            lives=found.lives,
            choices=found.choices,
            visits=found.visits,
        )
        if hits:
            self._recent.note(_whom(want), told)
        return told, found.repeated

    async def store(self, look: Look, change: Change) -> Sequence[bool]:
        """See Desk."""
        if not (change.arrivals or change.lives or change.choices):
            return ()
        (outcome,) = await self._store([(_own(look), change)])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def store_each(self, stores: Sequence[tuple[Look, Change]]) -> Sequence[Outcome]:
        """See Desk. One question."""
        try:
            return await self._store([(_own(look), change) for look, change in stores])
        except Refused:
            # It cannot be asked, which is the fault of one of them.
            return [Stale()] * len(stores)
        except OutboxError as error:
            return [error] * len(stores)

    async def _store(self, stores: Sequence[tuple[FarLook, Change]]) -> list[Outcome]:
        # Until it is known what became of it, nobody else builds on what it was decided on.
        for look, _ in stores:
            self._recent.drop(look.whom)
        stored = await self._link.ask(Store([_part(look, change) for look, change in stores]), Stored)
        return [self._learn(look, change, done) for (look, change), done in zip(stores, stored.parts, strict=True)]

    def _learn(self, look: FarLook, change: Change, done: Done) -> Outcome:
        if done.failed:
            return error_of(done.failed)
        if done.new is None:
            return Stale()
        # A choice that changed may be a refusal: what comes after it needs a ticket from after its withdrawal.
        if change.hits and not change.lives and not change.choices:
            self._recent.note(look.whom, _after(look, done.moment))
        return done.new

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Desk."""
        return (await self._link.ask(Withdraw(list(known_by), list(purposes), patience), Withdrawn)).discarded

    async def keep_clean(self) -> None:
        """For ever: forgets what is of no use any more."""
        while True:
            await asyncio.sleep(EVERY)
            self._recent.clean(datetime.now(UTC).date())


def _own(look: Look) -> FarLook:
    if not isinstance(look, FarLook):
        raise TypeError("a look of another desk")
    return look


def _part(look: FarLook, change: Change) -> Part:
    return Part(
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


def _whom(want: Want) -> Whom:
    return want.runtime.container.name, frozenset(want.keys)


def _ids(want: Want) -> list[str]:
    return list(dict.fromkeys(hit.id for hit in want.hits if hit.id is not None))


def _by_day(want: Want) -> bool:
    """Whether the day's key is needed."""
    return want.runtime.container.visitor.without_cookie == "day_number" and any(hit.ip for hit in want.hits)


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
