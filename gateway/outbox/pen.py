"""The writer as the outbox uses it: jobs on a Tally, errors in the outbox's words."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from gateway.outbox import storing
from gateway.outbox.protocol import DiskLow, Full, OutboxError, Refused, Unusable
from gateway.outbox.storing import Entry
from gateway.outbox.tally import Tally
from gateway.store.jobs import BadJob, Broken, DiskFull, RoomFull, WriterError, alone
from gateway.store.writer import Writer, value

ROW_WEIGHT = 4096
"""Bytes of log for a row: its page in the file and in the indices, shared by neighbours."""

T = TypeVar("T")

_RAISED: Mapping[type[WriterError], type[OutboxError]] = {
    RoomFull: Full,
    DiskFull: DiskLow,
    BadJob: Refused,
    Broken: Unusable,
}


def translated(error: WriterError) -> OutboxError:
    """In the outbox's words."""
    return _RAISED[type(error)](str(error))


class Pen:
    """Every job is in the writer's queue when these functions return or first wait: they are written in order."""

    def __init__(self, writer: Writer[Tally]) -> None:
        self._writer = writer

    @property
    def usable(self) -> bool:
        """Open, and nothing failed."""
        return self._writer.usable

    def check(self) -> None:
        """Raises Unusable."""
        try:
            self._writer.check()
        except WriterError as error:
            raise translated(error) from error

    def admit(self, arrivals: int, weight: int) -> None:
        """Raises Full or Unusable."""
        try:
            self._writer.admit(arrivals, weight)
        except WriterError as error:
            raise translated(error) from error

    async def store(self, entries: Sequence[Entry], weight: int, done: Callable[[object], None]) -> Sequence[bool]:
        """Grows the file. `done` is called once it is durable, whoever still waits. Raises Refused where entries cannot
        be stored; the others are."""
        try:
            results: Sequence[bool | BadJob] = await self._writer.submit(
                storing.store, entries, weight=weight, grows=True, done=done
            )
        except WriterError as error:
            raise translated(error) from error
        stored = [one for one in results if not isinstance(one, BadJob)]
        if len(stored) == len(results):
            return stored
        bad = next(one for one in results if isinstance(one, BadJob))
        raise Refused(str(bad), [None if isinstance(one, BadJob) else one for one in results]) from bad

    async def write(self, job: Callable[[Tally], T], touched: int, done: Callable[[T], None]) -> T:
        """A job that must work on a full disk, durable on return."""
        found: T = await outcome(self.submit(job, touched, done))
        return found

    def submit(self, job: Callable[[Tally], T], touched: int, done: Callable[[T], None]) -> asyncio.Future[Any]:
        """The same, for who does not wait here; see `outcome`. Raises Unusable."""
        self.check()
        return self._writer.submit(alone(job), (None,), weight=touched * ROW_WEIGHT, done=partial(_if_written, done))


async def outcome(written: asyncio.Future[Any]) -> Any:
    """What a submitted job gave. Raises OutboxError."""
    try:
        (result,) = await written
        return value(result)
    except WriterError as error:
        raise translated(error) from error


def nothing(_: object) -> None:
    """Nothing is to be done when it is written."""


def _if_written(done: Callable[[T], None], results: Sequence[Any]) -> None:
    (result,) = results
    if not isinstance(result, WriterError):
        done(result)
