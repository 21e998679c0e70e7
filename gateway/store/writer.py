"""One thread owns one SQLite connection. Jobs come in, all that wait share one transaction and one fsync,
results go out. The thread makes every checkpoint too, so that no other connection ever writes."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import structlog
from msgspec import Struct

from gateway.store.ballast import Ballast
from gateway.store.commit import Committer, Timing
from gateway.store.errors import DatabaseError
from gateway.store.jobs import B, Broken, Job, RoomFull, Work, WriterError, alone

log = structlog.get_logger(__name__)

T = TypeVar("T")

_TRANSACTION = 32 << 10
"""Bytes of log that each makes, however little is in it: pages of indices and counters, the more the more is waiting.
A log that outgrew what is set aside for it could not be written on a full disk."""

_TOGETHER = 128
"""Items that are not held back for more to join them."""


class Limits(Struct, frozen=True, kw_only=True):
    """How much may wait (`jobs`, `room` in bytes), go into one transaction (`batch`), and be logged
    before a checkpoint (`log`), the last two in bytes."""

    jobs: int = 2048
    room: int = 32 << 20
    batch: int = 4 << 20
    log: int = 8 << 20


def value(result: Any) -> Any:
    """An item's result. Raises its BadJob."""
    if isinstance(result, WriterError):
        raise result
    return result


class Writer(Generic[B]):
    """Group commit without linger: the next batch is what came while the last one was written, with what the loop has
    to read already. First in, first written. `connect` and `batch` run on the thread; everything public is for the
    event loop that opened it."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        batch: Callable[[sqlite3.Connection], B],
        *,
        limits: Limits,
        ballast: Ballast,
        on_failure: Callable[[str], None],
    ) -> None:
        self.timing = Timing()
        """Of its transactions."""
        self._connect = connect
        self._batch = batch
        self._limits = limits
        self._ballast = ballast
        self._on_failure = on_failure
        self._trouble: str | None = "not open"
        self._turn: list[Job[B] | None] = []
        self._items = 0
        self._queue: SimpleQueue[list[Job[B] | None]] = SimpleQueue()
        self._left: deque[Job[B] | None] = deque()
        self._thread: Thread | None = None
        self._open: set[Job[B]] = set()
        self._jobs = self._room = 0
        self._logged = 0

    @property
    def usable(self) -> bool:
        """Open, and nothing failed."""
        return self._trouble is None

    @property
    def commits(self) -> int:
        """Transactions since it was opened."""
        return self._committer.commits

    async def open(self) -> None:
        """Start the thread and its connection. Raises what `connect` raises."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        thread = Thread(target=self._main, args=(opened,), name="writer", daemon=True)
        thread.start()
        await opened
        self._trouble, self._thread = None, thread
        if self._committer.broken is not None:
            self.fail(self._committer.broken)

    async def close(self) -> None:
        """Write what waits, checkpoint, end the thread. `on_failure` is called if that fails, too."""
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        usable = self._trouble is None
        self._trouble = self._trouble or "closed"
        self._turn.append(None)
        self._hand_over()
        await asyncio.shield(self._ended)
        thread.join()
        if usable and self._committer.broken is not None:
            self._report(self._committer.broken)

    def fail(self, why: str) -> None:
        """Write nothing any more. `on_failure` is called the first time."""
        if self._trouble is None:
            self._trouble = why
            self._report(why)

    def _report(self, why: str) -> None:
        log.error("writer_failed", why=why)
        self._on_failure(why)

    def check(self) -> None:
        """Raises Broken unless usable."""
        if self._trouble is not None:
            raise Broken(self._trouble)

    def admit(self, jobs: int, weight: int) -> None:
        """Raises Broken, or RoomFull if so many growing jobs of so many bytes may not come in now."""
        self.check()
        if self._jobs and (self._jobs + jobs > self._limits.jobs or self._room + weight > self._limits.room):
            raise RoomFull("too much is waiting to be written")

    def submit(
        self,
        run: Work,
        items: Sequence[Any],
        *,
        weight: int,
        grows: bool = False,
        done: Callable[[Any], None] | None = None,
    ) -> asyncio.Future[Any]:
        """Done once fsynced, with a result for each item: what `run` gave or a BadJob. A caller that goes away changes
        nothing. See Job."""
        self.check()
        future: asyncio.Future[Any] = self._loop.create_future()
        job: Job[B] = Job(run, items, future, weight, grows, done)
        self._open.add(job)
        if grows:
            self._jobs += len(items)
            self._room += weight
        if not self._turn:
            self._loop.call_soon(self._gather, 0)
        self._turn.append(job)
        self._items += len(items)
        return future

    def _gather(self, had: int) -> None:
        """Goes over once a turn of the loop brought nothing more, or as much as pays: a transaction has a price of its
        own, and while it is written the loop and the thread are in each other's way."""
        if had < self._items < _TOGETHER:
            self._loop.call_soon(self._gather, self._items)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._turn:
            self._queue.put(self._turn)
            self._turn, self._items = [], 0

    async def write(self, run: Callable[[B], T], *, weight: int, grows: bool = False) -> T:
        """One job of one result, durable on return. Raises WriterError."""
        (result,) = await self.submit(alone(run), (None,), weight=weight, grows=grows)
        found: T = value(result)
        return found

    def _resolve(self, jobs: Sequence[Job[B]], results: Sequence[object]) -> None:
        for job, result in zip(jobs, results, strict=True):
            self._open.discard(job)
            if job.grows:
                self._jobs -= len(job.items)
                self._room -= job.weight
            failed = isinstance(result, WriterError)
            if not failed and job.done:
                job.done(result)
            if job.future.done():
                continue
            if isinstance(result, WriterError):
                job.future.set_exception(result)
                # A caller that went away does not read its error: that is no news for the log.
                job.future.exception()
            else:
                job.future.set_result(result)

    def _end(self) -> None:
        self.fail("the writer's thread ended")
        left = list(self._open)
        self._resolve(left, [Broken(str(self._trouble))] * len(left))
        self._ended.set_result(None)

    # From here on: the thread.

    def _post(self, call: Callable[..., object], *arguments: object) -> None:
        # The loop is closed when nobody is left to be told.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    def _main(self, opened: asyncio.Future[None]) -> None:
        try:
            self._committer = Committer(self._connect(), self._batch, self._ballast, self.timing)
        except (sqlite3.Error, OSError, DatabaseError) as error:
            self._post(opened.set_exception, error)
            return
        # What a process left in the log that was killed again and again before its first checkpoint.
        self._committer.checkpoint(self._limits.log)
        self._post(opened.set_result, None)
        try:
            self._serve(self._committer)
        finally:
            # Also when a programming error ends the thread: nobody may wait for ever.
            self._post(self._end)

    def _serve(self, committer: Committer[B]) -> None:
        more = True
        while more:
            jobs, more = self._next()
            results = committer.write(jobs)
            self._tell(committer)
            self._post(self._resolve, jobs, results)
            if self._logged >= self._limits.log:
                self._logged = 0
                committer.checkpoint(self._limits.log)
                self._tell(committer)
        committer.close()

    def _tell(self, committer: Committer[B]) -> None:
        if committer.broken is not None:
            self._post(self.fail, committer.broken)

    def _next(self) -> tuple[list[Job[B]], bool]:
        jobs: list[Job[B]] = []
        weight = 0
        with suppress(Empty):
            while weight < self._limits.batch:
                if not self._left:
                    self._left.extend(self._queue.get(block=not jobs))
                job = self._left.popleft()
                if job is None:
                    return jobs, False
                jobs.append(job)
                weight += job.weight
        self._logged += weight + _TRANSACTION
        return jobs, True
