"""The writer as the outbox uses it: jobs on a Tally, errors in the outbox's words."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from gateway.outbox.protocol import DiskLow, Full, OutboxError, Refused, Unusable
from gateway.outbox.rows import Tally
from gateway.store.jobs import BadJob, Broken, DiskFull, RoomFull, WriterError
from gateway.store.writer import Writer

ROW_WEIGHT = 4096
"""Bytes of log for a row: its page in the file and in the indices, shared by neighbours."""

T = TypeVar("T")

_RAISED: Mapping[type[WriterError], type[OutboxError]] = {
    RoomFull: Full,
    DiskFull: DiskLow,
    BadJob: Refused,
    Broken: Unusable,
}


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
        with translated():
            self._writer.check()

    def admit(self, arrivals: int, weight: int) -> None:
        """Raises Full or Unusable."""
        with translated():
            self._writer.admit(arrivals, weight)

    def store(self, job: Callable[[Tally], bool], weight: int, done: Callable[[bool], None]) -> asyncio.Future[bool]:
        """A job that grows the file. `done` is called with its result once it is durable, whoever still waits."""
        return self._submit(job, weight, done, grows=True)

    async def write(self, job: Callable[[Tally], T], touched: int, done: Callable[[T], None]) -> T:
        """A job that must work on a full disk, durable on return."""
        future = self._submit(job, touched * ROW_WEIGHT, done, grows=False)
        with translated():
            return await asyncio.shield(future)

    def leave(self, job: Callable[[Tally], None], done: Callable[[None], None]) -> None:
        """A job of one row that nobody waits for."""
        self._submit(job, ROW_WEIGHT, done, grows=False)

    def _submit(
        self, job: Callable[[Tally], T], weight: int, done: Callable[[T], None], *, grows: bool
    ) -> asyncio.Future[T]:
        with translated():
            future = self._writer.submit(job, weight=weight, grows=grows)
        future.add_done_callback(partial(_if_written, done))
        return future


def nothing(_: object) -> None:
    """Nothing is to be done when it is written."""


@contextmanager
def translated() -> Iterator[None]:
    """WriterError → OutboxError."""
    try:
        yield
    except WriterError as error:
        raise _RAISED[type(error)](str(error)) from error


def _if_written(done: Callable[[T], None], future: asyncio.Future[T]) -> None:
    if not future.cancelled() and future.exception() is None:
        done(future.result())
