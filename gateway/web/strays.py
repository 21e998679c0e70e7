"""Deliveries of tags that were taken out of the configuration: nobody sends them, so somebody must be told."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from gateway.outbox.protocol import OutboxError
from gateway.web.roll import Roll, Route, Standing

EVERY = 60.0


class Strays:
    """`waiting` gives the tags for which something is pending."""

    def __init__(self, waiting: Callable[[], Awaitable[Collection[Route]]], roll: Callable[[], Roll]) -> None:
        self._waiting = waiting
        self._roll = roll
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
        """Anew. A queue that cannot be read is told elsewhere."""
        try:
            waiting = await self._waiting()
        except OutboxError:
            return
        roll = self._roll()
        self._routes = sorted(route for route in waiting if roll.standing(route) is Standing.GONE)

    async def keep_looking(self, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """For ever: a hit that was on its way while a tag went may be stored after it."""
        while True:
            await self.look()
            await wait(EVERY)
