"""Batches of jobs in, results out, on the thread that owns the connection: which failure is whose."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Generic

from gateway.store.ballast import Ballast
from gateway.store.jobs import JOBS_OWN_FAULT, B, Broken, DiskFull, Job

_NO_SPACE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
"""The second: the log's index could not grow. What was written of the transaction is written over by the next one."""

_FRAME = 4096 + 24
"""Bytes of the log for a page."""


class Committer(Generic[B]):
    """A batch whose job fails through its own fault is written again, each job in a savepoint. A full disk fails the
    jobs that grow the file. Anything else breaks it for good: after an fsync error nobody knows what is on disk."""

    def __init__(
        self, connection: sqlite3.Connection, batch: Callable[[sqlite3.Connection], B], ballast: Ballast
    ) -> None:
        self.commits = 0
        self.broken: str | None = None
        self._connection = connection
        self._batch = batch
        self._ballast = ballast
        ballast.lay()

    def write(self, jobs: Sequence[Job[B]]) -> Sequence[object]:
        """For each job its result, once fsynced, or its WriterError. One transaction."""
        try:
            return self._unless_broken(jobs)
        except sqlite3.Error as error:
            return self._salvage(jobs, error)

    def _unless_broken(self, jobs: Sequence[Job[B]]) -> Sequence[object]:
        if self.broken is not None:
            return [Broken(self.broken)] * len(jobs)
        return self._commit(jobs) if jobs else []

    def _salvage(self, jobs: Sequence[Job[B]], error: sqlite3.Error) -> Sequence[object]:
        self._roll_back()
        if not _full(error):
            return self._break(error, jobs)
        full = DiskFull("the disk is full")
        needed = [job for job in jobs if not job.grows]
        if needed:
            # With room for what grew, the log can be emptied, and is written again in the space it has: from its
            # start, if it is waited for those who read in it.
            self._ballast.drop()
            self._move_log("RESTART")
        try:
            results: Iterator[object] = iter(self._unless_broken(needed))
        except sqlite3.Error as again:
            self._roll_back()
            if not _full(again):
                return self._break(again, jobs)
            results = repeat(full)
        return [full if job.grows else next(results) for job in jobs]

    def _commit(self, jobs: Sequence[Job[B]]) -> Sequence[object]:
        try:
            return self._transaction(jobs, careful=False)
        except JOBS_OWN_FAULT:
            self._roll_back()
            return self._transaction(jobs, careful=True)

    def _transaction(self, jobs: Sequence[Job[B]], *, careful: bool) -> Sequence[object]:
        self._connection.execute("BEGIN IMMEDIATE")
        batch = self._batch(self._connection)
        results = [batch.attempt(job.run) if careful else job.run(batch) for job in jobs]
        batch.finish()
        self._connection.execute("COMMIT")
        self.commits += 1
        return results

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def checkpoint(self, most: int) -> None:
        """Move the log into the file; put off while the disk is full. One of more than `most` bytes was not written
        again from its start last time, because somebody read in it: this time it is waited for them."""
        if self._move_log("PASSIVE") > most:
            self._move_log("RESTART")
        self._ballast.lay()

    def close(self) -> None:
        """Empty the log and close."""
        self._move_log("TRUNCATE")
        self._connection.close()

    def _move_log(self, mode: str) -> int:
        """How many bytes the log had."""
        if self.broken is None:
            try:
                ((_, frames, _),) = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
                return int(frames) * _FRAME
            except sqlite3.Error as error:
                if not _full(error):
                    self._break(error, ())
        return 0

    def _break(self, error: sqlite3.Error, jobs: Sequence[Job[B]]) -> Sequence[object]:
        self.broken = str(error)
        return [Broken(self.broken)] * len(jobs)


def _full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) in _NO_SPACE
