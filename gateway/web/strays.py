"""Deliveries of tags that were taken out of the configuration: nobody sends them, so somebody must be told."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from gateway.outbox.desk import Done
from gateway.outbox.protocol import OutboxError
from gateway.web.roll import Roll, Route, Standing

EVERY = 60.0
OLDEST_MS = 72 * 3_600_000
"""As long as deliveries of tags that are there are tried; then they are dead letters, which can be sent again."""


class Desk(Protocol):
    """See outbox.desk.Desk."""

    async def waiting(self) -> Collection[Route]:
        """The tags for which something is pending."""
        ...

    async def bury(self, route: Route, before: int, now: int) -> Done:
        """What has waited since before then becomes dead letters."""
        ...


class Strays:
    """`now` gives ms since 1970."""

    def __init__(self, desk: Desk, roll: Callable[[], Roll], now: Callable[[], int]) -> None:
        self._desk = desk
        self._roll = roll
        self._now = now
        self._routes: Sequence[Route] = ()

    @property
    def lines(self) -> Sequence[str]:
        """What /readyz says of them."""
        return [
            f"deliveries wait for {container}/{tag}, which is no tag any more: put it back, or "
            f"taggate outbox drop {container}/{tag} --pending"
            for container, tag in self._routes
        ]

    async def look(self) -> None:
        """Anew. A queue that cannot be read or written is told elsewhere."""
        try:
            waiting = sorted(await self._desk.waiting())
            roll = self._roll()
            self._routes = [route for route in waiting if roll.standing(route) is Standing.GONE]
            for route in self._routes:
                await self._desk.bury(route, self._now() - OLDEST_MS, self._now())
        except OutboxError:
            return

    async def keep_looking(self, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """For ever: a hit that was on its way while a tag went may be stored after it."""
        while True:
            await self.look()
            await wait(EVERY)
