"""Batches of jobs in, results out, on the thread that owns the connection: which failure is whose."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice, repeat
from operator import attrgetter
from typing import Generic

from gateway.store.ballast import Ballast
from gateway.store.buckets import Buckets
from gateway.store.database import guarded
from gateway.store.jobs import JOBS_OWN_FAULT, B, Batch, Broken, DiskFull, Job

_run = attrgetter("run")

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
JOBS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)


class Timing:
    """How long transactions took, and how many jobs shared one."""

    def __init__(self) -> None:
        self.seconds = Buckets(SECONDS)
        self.jobs = Buckets(JOBS)


_NO_SPACE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
"""The second: the log's index could not grow. What was written of the transaction is written over by the next one."""

_FRAME = 4096 + 24
"""Bytes of the log for a page."""


class Committer(Generic[B]):
    """A batch whose job fails through its own fault is written again, each job in a savepoint. A full disk fails the
    jobs that grow the file. Anything else breaks it for good: after an fsync error nobody knows what is on disk."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        batch: Callable[[sqlite3.Connection], B],
        ballast: Ballast,
        timing: Timing,
    ) -> None:
        self.commits = 0
        self._timing = timing
        self.broken: str | None = None
        self._connection = connection
        self._guard = guarded(connection)
        self._batch = batch
        self._ballast = ballast

    def write(self, jobs: Sequence[Job[B]]) -> Sequence[object]:
        """For each job its items' results, once fsynced, or its WriterError. One transaction."""
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
        if not self._full(error):
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
            if not self._full(again):
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
        began = time.monotonic()
        self._connection.execute("BEGIN IMMEDIATE")
        batch = self._batch(self._connection)
        results = _carefully(batch, jobs) if careful else _together(batch, jobs)
        batch.finish()
        self._connection.execute("COMMIT")
        self.commits += 1
        self._timing.seconds.add(time.monotonic() - began)
        self._timing.jobs.add(len(jobs))
        return results

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def checkpoint(self, most: int) -> None:
        """Move the log into the file, and hold the ballast back; put off while the disk is full. A log of more than
        `most` bytes was not written again from its start last time, because somebody read in it: this time it is
        waited for them."""
        if self._move_log("PASSIVE") > most:
            self._move_log("RESTART")
        self._ballast.lay()

    def close(self) -> None:
        """Empty the log and close. Once something failed, the log stays as it is."""
        self._move_log("TRUNCATE")
        ends = [self._guard, self._connection]
        for end in ends if self.broken is None else ends[::-1]:
            end.close()

    def _move_log(self, mode: str) -> int:
        """How many bytes the log had."""
        if self.broken is None:
            try:
                ((_, frames, _),) = self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
                return int(frames) * _FRAME
            except sqlite3.Error as error:
                if not self._full(error):
                    self._break(error, ())
        return 0

    def _full(self, error: sqlite3.Error) -> bool:
        code = getattr(error, "sqlite_errorcode", 0)
        # To SQLite a quota that is used up is a write that failed.
        return code in _NO_SPACE or (code == sqlite3.SQLITE_IOERR_WRITE and self._ballast.over_quota())

    def _break(self, error: sqlite3.Error, jobs: Sequence[Job[B]]) -> Sequence[object]:
        self.broken = str(error)
        return [Broken(self.broken)] * len(jobs)


def _together(batch: Batch, jobs: Sequence[Job[B]]) -> Sequence[object]:
    """Each statement lets the event loop have the interpreter: few large ones, so neighbours of a kind go together."""
    results: list[object] = []
    for run, group in groupby(jobs, key=_run):
        alike = list(group)
        found = iter(run(batch, [item for job in alike for item in job.items]))
        results += [list(islice(found, len(job.items))) for job in alike]
    return results


def _carefully(batch: Batch, jobs: Sequence[Job[B]]) -> Sequence[object]:
    return [[batch.attempt(job.run, item) for item in job.items] for job in jobs]
