"""What a writer is given and what may go wrong with it."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from msgspec import MsgspecError, Struct

JOBS_OWN_FAULT = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    MsgspecError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class WriterError(Exception):
    """A job was not written.

    WriterError
    ├─ RoomFull      too much is waiting already
    ├─ DiskFull      rolled back for want of space; the writer goes on
    ├─ BadJob        this job cannot be written; the others of its batch were
    └─ Broken        a write or fsync failed, or the writer is closed: nothing is written any more
    """


class RoomFull(WriterError):
    """Too much is waiting already."""


class DiskFull(WriterError):
    """Rolled back for want of space."""


class BadJob(WriterError):
    """This job cannot be written."""


class Broken(WriterError):
    """Nothing is written any more."""


class Batch:
    """What a job works on: the connection, inside its transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def attempt(self, run: "Work", item: object) -> object:
        """Do one item so that its failure leaves no trace; the BadJob if it fails through its own fault."""
        self.connection.execute("SAVEPOINT job")
        try:
            (result,) = run(self, [item])
            self.finish()
        except JOBS_OWN_FAULT as error:
            self.connection.execute("ROLLBACK TO job")
            self.reset()
            result = BadJob(f"cannot be stored ({type(error).__name__})")
        self.connection.execute("RELEASE job")
        return result

    def finish(self) -> None:
        """Write what was put off. The last step before the commit."""

    def reset(self) -> None:
        """Forget what was put off."""


Work = Callable[[Any, Sequence[Any]], Sequence[object]]
"""A batch and items in, a result for each item out."""
B = TypeVar("B", bound=Batch)


class Job(Struct, Generic[B], frozen=True, eq=False):
    """`run` may be called twice, on another batch; and for the items of several jobs at once that follow one another.
    `weight`: about how many bytes of log it makes. A job that `grows` the file is given up when the disk is full.
    `done` gets the results once they are durable, whoever still waits."""

    run: Work
    items: Sequence[Any]
    future: asyncio.Future[Any]
    weight: int
    grows: bool
    done: Callable[[Any], None] | None = None


def alone(run: Callable[[Any], object]) -> Work:
    """A job of one item that shares nothing with others."""

    def work(batch: Any, _: Sequence[Any]) -> Sequence[object]:
        return [run(batch)]

    return work
