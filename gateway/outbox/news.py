"""What changed for whom: a counter for each tag, and a bell for all who wait for arrivals."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable
from typing import Any

from gateway.outbox.claims import Route


class News:
    """`of` tells whether something may have become claimable since it was last asked."""

    def __init__(self) -> None:
        self._changes: Counter[Route] = Counter()
        self._bell = asyncio.Event()

    def of(self, route: Route) -> int:
        """Grows whenever something of this tag may be there to claim."""
        return self._changes[route]

    def tell(self, routes: Iterable[Route]) -> None:
        """Something may be there to claim again. Wakes nobody: two senders that give back would wake one another."""
        for route in routes:
            self._changes[route] += 1

    def arrive(self, routes: Iterable[Route]) -> None:
        """Something new was stored."""
        self.tell(routes)
        self.ring()

    def ring(self) -> None:
        """Wake all who listen."""
        self._bell.set()
        self._bell = asyncio.Event()

    def listen(self) -> Coroutine[Any, Any, None]:
        """Returns at the next ring after this call, not after the first await."""
        return _rung(self._bell)


async def _rung(bell: asyncio.Event) -> None:
    await bell.wait()
