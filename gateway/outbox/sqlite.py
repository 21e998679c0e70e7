"""The durable queue in one SQLite file: arrivals in, claims out, marks in; see design/durability.md."""

import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct

from gateway.model import Verdict
from gateway.outbox import rows
from gateway.outbox.claims import route_of
from gateway.outbox.departures import Departures
from gateway.outbox.desk import Desk
from gateway.outbox.disk import Disk, Guard, Space, free_in
from gateway.outbox.news import News
from gateway.outbox.pen import ROW_WEIGHT, Pen, nothing
from gateway.outbox.protocol import Arrival, Counts, Full, Queued, Unusable
from gateway.outbox.reading import Reading
from gateway.outbox.schema import SCHEMA
from gateway.outbox.storing import Entry
from gateway.outbox.sweep import BEGIN, Place, sweep, sweep_known
from gateway.outbox.tally import Tally
from gateway.outbox.withdrawals import Withdrawals
from gateway.store.ballast import beside, want_of_room
from gateway.store.commit import Timing
from gateway.store.database import Connect, connect, doubt, open_for_writing, set_aside
from gateway.store.errors import Damaged, DatabaseError
from gateway.store.jobs import WriterError, alone
from gateway.store.writer import Limits, Writer

log = structlog.get_logger(__name__)

_PURGE_STEP = 500
_SWEEP_STEP = 2_000


class Keep(Struct, frozen=True, kw_only=True):
    """How long hit ids and dead letters are kept, ms."""

    seen: int = 48 * 3_600_000
    dead: int = 30 * 24 * 3_600_000


_DISK, _KEEP, _LIMITS = Disk(), Keep(), Limits()


def ignore(_: str) -> None:
    """Nobody wants to know."""


class SqliteOutbox:
    """The Outbox protocol on one file. `now` gives ms since 1970, `disk_free` the bytes free in the file's folder.
    `on_failure` is called once, with the reason, when nothing can be written any more: the process should end."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], int],
        on_failure: Callable[[str], None] = ignore,
        disk_free: Callable[[], int] | None = None,
        disk: Disk = _DISK,
        keep: Keep = _KEEP,
        limits: Limits = _LIMITS,
        withdrawals: int = 65_536,
        connect: Connect = connect,
    ) -> None:
        self.damaged: Path | None = None
        """Where a damaged file was set aside when this one was opened."""
        self._path = path
        self._now = now
        self._keep = keep
        self._limits = limits
        self._connect_to = connect
        self._on_failure = on_failure
        ballast = beside(path, 2 * limits.log)
        free = disk_free or partial(free_in, path.parent)
        # What was thrown overboard so that deliveries can be marked is no room for more of them.
        self._guard = Guard(disk, lambda: 0 if ballast.blocked() else free() - ballast.owed, self._empty_log)
        self._writer = Writer(self._connect, self._tally, limits=limits, ballast=ballast, on_failure=self._failed)
        self._pen = Pen(self._writer)
        self._reading = Reading(self._writer.fail)
        self._news = News()
        self._withdrawals = Withdrawals(withdrawals)
        self._departures = Departures(self._pen, self._reading, self._withdrawals, self._news, now)
        self.desk = Desk(self._pen, self._reading, self._news, self._departures.held)
        self._seq = 0
        self._swept = (0, 0)
        """Where the last two sweeps ended."""

    @property
    def usable(self) -> bool:
        """Open, and nothing failed."""
        return self._writer.usable

    @property
    def commits(self) -> int:
        """Transactions since it was opened."""
        return self._writer.commits

    @property
    def timing(self) -> Timing:
        """Of its transactions."""
        return self._writer.timing

    @property
    def space(self) -> Space:
        """What the file uses and what is left. Raises OSError."""
        return self._guard.space()

    async def open(self) -> None:
        """Make or open the file; a damaged one is set aside. Raises Unusable."""
        try:
            await self._writer.open()
            self._seq = await self._writer.write(rows.recover, weight=ROW_WEIGHT)
            await self._reading.open(self._path)
        except (sqlite3.Error, OSError, DatabaseError, WriterError) as error:
            await self.close()
            raise Unusable(f"{error}{want_of_room(self._path.parent)}") from error

    async def close(self) -> None:
        """Write what waits, checkpoint."""
        await self._reading.close()
        await self._writer.close()
        self._news.ring()

    def ticket(self) -> int:
        """See Outbox."""
        return self._withdrawals.ticket

    def tells(self, ticket: int) -> bool:
        """See Outbox."""
        return ticket >= self._withdrawals.horizon

    async def put(self, arrivals: Sequence[Arrival], ticket: int) -> Sequence[bool]:
        """See Outbox. Full also for a ticket that is too old to tell what was withdrawn since."""
        bodies = [len(parcel.body) for arrival in arrivals for parcel in arrival.parcels]
        weight = sum(bodies) + ROW_WEIGHT * (len(arrivals) + len(bodies))
        self._pen.admit(len(arrivals), weight)
        self._guard.check()
        if not self.tells(ticket):
            raise Full("the ticket is too old: look consent up again")
        if not arrivals:
            return []
        now = self._now()
        entries = [self._entry(arrival, ticket, now) for arrival in arrivals]
        return await self._pen.store(entries, weight, partial(self._stored, entries))

    async def claim(self, container: str, tag: str, limit: int) -> Sequence[Queued]:
        """See Outbox."""
        return await self._departures.claim(container, tag, limit)

    def leaving(self, claimed: Sequence[Queued]) -> Sequence[Queued]:
        """See Outbox. None once the outbox is unusable."""
        return self._departures.leaving(claimed)

    def release(self, claimed: Sequence[Queued]) -> None:
        """See Outbox."""
        self._departures.release(claimed)

    async def settle(self, marks: Sequence[tuple[Queued, Verdict]]) -> None:
        """See Outbox. What is not claimed is left out. Raises Unusable or DiskLow: then they stay claimed, sent but
        not marked, until they are settled again or the process ends."""
        await self._departures.settle(marks)

    async def withdraw(self, known_by: Sequence[bytes], purposes: Sequence[str], patience: float) -> int:
        """See Outbox. Also raises Unusable, DiskLow or, having done nothing, Full."""
        return await self._departures.withdraw(frozenset(known_by), frozenset(purposes), patience, self._seq)

    async def purge(self, now: int) -> int:
        """Remove dead letters and hit ids that are old enough, in small steps: hits are taken in between. How many
        rows. All of them, however many came: what is left each time would fill the file."""
        total = 0
        while True:
            job = partial(rows.purge, now - self._keep.dead, now - self._keep.seen, _PURGE_STEP)
            gone, pages = await self._pen.write(job, _PURGE_STEP, nothing)
            total += gone
            if not gone and not pages:
                break
        await self._sweep()
        return total + await self._sweep_known()

    async def _sweep_known(self) -> int:
        total = 0
        after: Place | None = BEGIN
        while after is not None:
            gone, after = await self._pen.write(partial(sweep_known, after, _PURGE_STEP), _PURGE_STEP, nothing)
            total += gone
        return total

    async def _sweep(self) -> None:
        """Each span is looked at twice: what was on its way the first time is mostly gone an hour later. What waits for
        longer keeps its own anyway, and those that are in front of everything else go by themselves."""
        again, upto = self._swept
        more, at = True, again
        while more:
            at, more = await self._pen.write(partial(sweep, at, _SWEEP_STEP), _PURGE_STEP, nothing)
        self._swept = (upto, at)

    async def counts(self) -> Mapping[tuple[str, str], Counts]:
        """See Outbox."""
        return await self._reading.counts()

    async def audit(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """By (container, tag), how many rows are pending and dead: what `counts` says of them must be the same. Slow
        where many are."""
        return await self._reading.audit()

    def arrived(self, container: str, tag: str) -> Coroutine[Any, Any, None]:
        """See Outbox. Listens from the call on: called when `claim` came back empty, before anything else is awaited,
        it misses nothing."""
        return self._news.listen((container, tag))

    def _connect(self) -> sqlite3.Connection:
        open_it = partial(
            open_for_writing, self._path, SCHEMA, log_reserve=2 * self._limits.log, connect=self._connect_to
        )
        try:
            return open_it()
        except Damaged as error:
            self.damaged = set_aside(self._path)
            log.error("queue_damaged", why=str(error), set_aside=str(self.damaged))
            return open_it()

    def _failed(self, reason: str) -> None:
        doubt(self._path)
        self._on_failure(reason)

    def _tally(self, connection: sqlite3.Connection) -> Tally:
        return Tally(connection, self._guard)

    def _empty_log(self) -> None:
        # What grew is moved into the file while there is space: then the log can be written again from its start,
        # and what is queued can be marked even with 0 bytes free.
        self._writer.submit(alone(nothing), (None,), weight=self._limits.log)

    def _entry(self, arrival: Arrival, ticket: int, now: int) -> Entry:
        dropped = [(arrival.container, tag, reason) for tag, reason in arrival.dropped.items()]
        parcels = arrival.parcels
        if ticket < self._withdrawals.ticket:
            outrun = [parcel for parcel in parcels if self._withdrawals.outrun(parcel, ticket)]
            dropped += [(*route_of(parcel), rows.CONSENT_WITHDRAWN) for parcel in outrun]
            parcels = tuple([parcel for parcel in parcels if parcel not in outrun])
        kept = list(enumerate(parcels, self._seq + 1))
        self._seq += len(kept)
        return Entry(arrival.container, arrival.id, now, now - self._keep.seen, kept, dropped)

    def _stored(self, entries: Sequence[Entry], _: object) -> None:
        self._news.arrive({(parcel.container, parcel.tag) for entry in entries for _, parcel in entry.parcels})
