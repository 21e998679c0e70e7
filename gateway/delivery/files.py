"""Append → lines in a file, from threads: a file system that hangs holds up neither other tags nor the end."""

import asyncio
from threading import Lock

from gateway.delivery.append import append
from gateway.delivery.threads import apart
from gateway.model import Append, Fault, Reply

HANGS = 504
"""Nothing was written, and nothing will be."""


class Files:
    """At most one thread a file: while one hangs, everything for its file waits."""

    def __init__(self) -> None:
        self._busy: set[str] = set()

    async def send(self, job: Append, timeout: float) -> Reply | Fault:  # noqa: ASYNC109
        """After `timeout` seconds 504 if nothing was written yet, then nothing will be; else it may still be."""
        if job.path in self._busy:
            return Reply(HANGS)
        permit = Permit()
        self._busy.add(job.path)
        work = asyncio.create_task(self._work(job, permit))
        try:
            done, _ = await asyncio.wait({work}, timeout=timeout)
        finally:
            unwritten = permit.withdraw()
        if done:
            return work.result()
        return Reply(HANGS) if unwritten else Fault.NO_ANSWER

    async def _work(self, job: Append, permit: "Permit") -> Reply:
        try:
            return await apart(lambda: append(job, permit.use), "append")
        finally:
            self._busy.discard(job.path)


class Permit:
    """To write: used by the thread or withdrawn by who waits, whoever comes first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gone = False

    def use(self) -> bool:
        """Whether it may write: from now on it does."""
        return self._take()

    def withdraw(self) -> bool:
        """Whether it did not write, and never will."""
        return self._take()

    def _take(self) -> bool:
        with self._lock:
            first, self._gone = not self._gone, True
            return first
