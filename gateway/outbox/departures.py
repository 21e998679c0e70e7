"""Out of the queue: claimed, looked at once more, settled; and the withdrawals that nothing may outrun."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from gateway.model import Verdict
from gateway.outbox import rows
from gateway.outbox.claims import Claim, Claims, Route, route_of
from gateway.outbox.debts import Debts
from gateway.outbox.news import News
from gateway.outbox.pen import Pen, outcome
from gateway.outbox.protocol import InFlight, Queued, Unusable
from gateway.outbox.reading import Reading
from gateway.outbox.whereabouts import Whereabouts
from gateway.outbox.withdrawals import Withdrawal, Withdrawals


class Departures:
    """Claims are in memory, rows change on the writer's thread, in the order of the calls here."""

    def __init__(
        self, pen: Pen, reading: Reading, withdrawals: Withdrawals, news: News, now: Callable[[], int]
    ) -> None:
        self._pen = pen
        self._reading = reading
        self._withdrawals = withdrawals
        self._news = news
        self._now = now
        self._claims = Claims()
        self._where = Whereabouts()
        self._debts = Debts()
        self._claiming: dict[Route, asyncio.Lock] = {}

    async def claim(self, container: str, tag: str, limit: int) -> Sequence[Queued]:
        """See Outbox.claim."""
        route = (container, tag)
        withdrawn: set[int] = set()
        async with self._claiming.setdefault(route, asyncio.Lock()):
            while True:
                self._pen.check()
                ticket, news = self._withdrawals.ticket, self._news.of(route)
                found = await self._reading.pending(*route, withdrawn.union(self._claims.seqs(route)), limit)
                if self._withdrawals.horizon > ticket:
                    continue  # what was withdrawn during the read is no longer known
                free = [queued for queued in found if not self._withdrawals.covers(queued.parcel, queued.seq)]
                if free or (not found and news == self._news.of(route)):
                    self._claims.add(free)
                    return free
                withdrawn.update(queued.seq for queued in found)

    @asynccontextmanager
    async def held(self, route: Route) -> AsyncIterator[Collection[int]]:
        """What is claimed of a tag; nothing more of it is while the context lasts."""
        async with self._claiming.setdefault(route, asyncio.Lock()):
            yield frozenset(self._claims.seqs(route))

    def leaving(self, claimed: Sequence[Queued]) -> Sequence[Queued]:
        """See Outbox.leaving. Nothing leaves that could not be marked."""
        if not self._pen.usable:
            return []
        going, stopped = self._claims.leaving(claimed)
        self._discard(stopped)
        return going

    def release(self, claimed: Sequence[Queued]) -> None:
        """See Outbox.release."""
        self._discard(self._claims.release(claimed))
        self._news.tell(route_of(queued.parcel) for queued in claimed)

    async def settle(self, marks: Sequence[tuple[Queued, Verdict]]) -> None:
        """See Outbox.settle."""
        self._pen.check()
        held = [(claim, verdict) for queued, verdict in marks if (claim := self._claims.settling(queued))]
        if held:
            settling = [(claim, _mark(claim, verdict)) for claim, verdict in held]
            job = partial(rows.settle, [mark for _, mark in settling], self._now())
            await self._pen.write(job, len(settling), partial(self._settled, settling))

    async def withdraw(
        self, known_by: Collection[bytes], purposes: Collection[str], patience: float, bound: int
    ) -> int:
        """See Outbox.withdraw; `bound` is the last seq given out."""
        self._pen.check()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        withdrawal = self._withdrawals.begin(known_by, purposes, bound, self._now())
        flying = self._claims.withdraw(known_by, purposes, bound)
        written = self._debts.write(partial(self._strike, withdrawal, frozenset(known_by), frozenset(purposes)))
        # Who goes away must not take away the news that it could not be written.
        dropped: int = await outcome(asyncio.shield(written))
        return dropped + await _landed(flying, deadline - loop.time())

    def _strike(
        self, withdrawal: Withdrawal, known_by: frozenset[bytes], purposes: frozenset[str]
    ) -> asyncio.Future[Any]:
        flying = self._claims.withdraw(known_by, purposes, withdrawal.bound)
        seqs = frozenset(claim.queued.seq for claim in flying)
        parting = rows.Parting(known_by, purposes, withdrawal.bound, seqs)
        job = partial(rows.withdraw, parting, self._where)
        return self._pen.submit(job, len(known_by), partial(self._withdrawn, withdrawal))

    def _settled(self, settling: Sequence[tuple[Claim, rows.Mark]], _: None) -> None:
        for claim, mark in settling:
            self._claims.drop(claim)
            claim.land(discarded=mark.discard and not mark.ends)
        self._news.tell(route_of(claim.queued.parcel) for claim, _ in settling)

    def _withdrawn(self, withdrawal: Withdrawal, _: int) -> None:
        self._withdrawals.end(withdrawal, self._now())

    def _discard(self, stopped: Sequence[Claim]) -> None:
        # When nothing can be written any more they stay marked as withdrawn, and go when the file is opened again.
        with suppress(Unusable):
            for claim in stopped:
                job = partial(rows.discard, claim.queued.seq)
                self._debts.write(partial(self._pen.submit, job, 1, partial(_discarded, claim)))


def _mark(claim: Claim, verdict: Verdict) -> rows.Mark:
    parcel = claim.queued.parcel
    return rows.Mark(
        seq=claim.queued.seq,
        container=parcel.container,
        tag=parcel.tag,
        known_by=parcel.known_by,
        outcome=verdict.outcome,
        reason=verdict.reason,
        discard=claim.withdrawn,
        sent=verdict.sent,
    )


def _discarded(claim: Claim, _: None) -> None:
    claim.land(discarded=True)


async def _landed(flying: Sequence[Claim], patience: float) -> int:
    if not flying:
        return 0
    landed, waiting = await asyncio.wait([claim.landed for claim in flying], timeout=max(0.0, patience))
    if waiting:
        raise InFlight("what is in flight did not finish in time")
    return sum(future.result() for future in landed)
