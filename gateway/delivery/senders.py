"""Containers → running senders: one for each tag, brought in line at every reload, each on its own feet."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from gateway.decide.bounds import Bounds
from gateway.delivery.failures import State
from gateway.delivery.marks import Mark
from gateway.delivery.sender import Sender, Surroundings
from gateway.delivery.site import Site
from gateway.destinations.protocol import Destination, Target
from gateway.language.container import Container
from gateway.outbox.protocol import OutboxError

Key = tuple[str, str]
"""(container, tag)."""


class Route(Struct, frozen=True):
    """A tag and its type's code."""

    target: Target
    destination: Destination

    @property
    def key(self) -> Key:
        """Which tag it is."""
        return self.target.container, self.target.tag


def routes(
    containers: Iterable[Container], table: Mapping[str, Destination], secret: Callable[[str], str]
) -> list[Route]:
    """Every tag of these containers that the gateway sends to. `secret`: a secret's name → its text; what it raises
    goes through."""
    return [
        Route(
            Target(
                container=container.name,
                tag=tag.name,
                settings=tag.settings,
                secrets={setting: secret(name) for setting, name in tag.secrets.items()},
                site=container.site.name,
                bounds=Bounds.of(container, tag),
            ),
            table[tag.type.name],
        )
        for container in containers
        for tag in container.tags.values()
        if not tag.type.by_browser
    ]


class Running(Struct):
    """A sender and its task."""

    route: Route
    sender: Sender
    task: asyncio.Task[None]
    stopping: bool = False

    async def stop(self) -> None:
        """Returns once it has let go. It is told once, whoever else asks: told twice it would wait for nothing that is
        in flight."""
        if not self.stopping:
            self.stopping = True
            self.task.cancel()
        await asyncio.wait({self.task})


async def _nothing() -> None:
    """Nobody decides anew."""


class Senders:
    """All senders. A tag whose settings changed gets a new one once the old one has let go of what it held."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._running: dict[Key, Running] = {}
        self._sites: dict[str, Site] = {}
        self._left: dict[Key, Sequence[Mark]] = {}
        """What senders that are gone could not record."""
        self._changing = asyncio.Lock()

    @property
    def states(self) -> Mapping[Key, State]:
        """By (container, tag), how each fares."""
        return {key: running.sender.state for key, running in self._running.items()}

    async def reconcile(self, wanted: Iterable[Route], swap: Callable[[], Awaitable[None]] = _nothing) -> None:
        """From now on exactly these run. Those that are unchanged go on undisturbed. `swap` is begun once nothing is
        held to the bounds from before any more: what hits are decided to get from then on may go beyond them."""
        by_key = {route.key: route for route in wanted}
        async with self._changing:
            for key, running in self._running.items():
                if running.route != by_key.get(key):
                    running.sender.stop()
            gone = [self._stop(key) for key in self._running if key not in by_key]
            await asyncio.gather(swap(), *gone, *(self._ensure(route) for route in by_key.values()))
            await self._record_left()

    async def stop(self) -> None:
        """Stops claiming, lets what is in flight finish (at most the grace time) and gives back the rest."""
        await self.reconcile(())

    async def _ensure(self, route: Route) -> None:
        running = self._running.get(route.key)
        if running and running.route == route:
            return
        if running:
            await self._stop(route.key)
        left = self._left.pop(route.key, ())
        sender = Sender(route.target, route.destination, self._around, self._site(route), left)
        task = asyncio.create_task(sender.run(), name=f"sender {'/'.join(route.key)}")
        self._running[route.key] = Running(route, sender, task)

    async def _stop(self, key: Key) -> None:
        await self._running[key].stop()
        if left := self._running[key].sender.left:
            self._left[key] = left
        for site in self._sites.values():
            site.tags.discard(key)
        del self._running[key]

    async def _record_left(self) -> None:
        """Of tags that are gone: nobody else does, and what was sent would be sent again by who puts the tag back."""
        for key, left in list(self._left.items()):
            with suppress(OutboxError):
                await self._around.outbox.settle(left)
                del self._left[key]

    def _site(self, route: Route) -> Site | None:
        name = route.destination.exclusive(route.target.settings)
        if name is None:
            return None
        site = self._sites.setdefault(name, Site.new())
        site.tags.add(route.key)
        return site
