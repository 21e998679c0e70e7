"""How late the event loop is: the longest delay of the last minute."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

EVERY = 0.5
KEPT = 120


class Lag:
    """`run` it as a task."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=KEPT)

    @property
    def longest(self) -> float:
        """Seconds."""
        return max(self._late, default=0.0)

    async def run(
        self,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """For ever."""
        while True:
            due = clock() + EVERY
            await wait(EVERY)
            self._late.append(max(clock() - due, 0.0))
