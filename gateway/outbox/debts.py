"""What must be written and found the disk full: tried again until it is."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from gateway.outbox.protocol import Unusable
from gateway.store.jobs import DiskFull

PAUSE = 1.0

Attempt = Callable[[], asyncio.Future[Any]]
"""Hands it to the writer. Raises Unusable."""


class Debts:
    """The oldest is tried once a second; with room for it the others follow, one after the other. Nobody has to wait
    for them, and they end with the process."""

    def __init__(self) -> None:
        self._owed: deque[Attempt] = deque()

    def write(self, attempt: Attempt) -> asyncio.Future[Any]:
        """Now, or later if the disk is full. Raises Unusable."""
        written = attempt()
        written.add_done_callback(partial(self._tried, attempt))
        return written

    def _tried(self, attempt: Attempt, written: asyncio.Future[Any]) -> None:
        if isinstance(written.exception(), DiskFull):
            self._owed.append(attempt)
            if len(self._owed) == 1:
                self._wait()

    def _wait(self) -> None:
        asyncio.get_running_loop().call_later(PAUSE, self._again)

    def _again(self) -> None:
        # When nothing can be written any more it stays with those who asked: they were told so.
        with suppress(Unusable):
            self._owed[0]().add_done_callback(self._tried_again)

    def _tried_again(self, written: asyncio.Future[Any]) -> None:
        if isinstance(written.exception(), DiskFull):
            self._wait()
            return
        self._owed.popleft()
        if self._owed:
            self._again()
