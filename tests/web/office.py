"""Keeper and workers in one loop: real links, as many as are wanted."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Sequence
from typing import Any

from gateway.web.metrics import Metrics
from gateway.web.workers.front_desk import FrontDesk
from gateway.web.workers.link import Link
from gateway.web.workers.messages import AskCounts, Counted, Message
from gateway.web.workers.recent import Recent
from gateway.web.workers.remote import FarDesk, FarDrafts, FarHealth, Tallies
from gateway.web.workers.worker import Kitchen

from .asgi import Answer, Asgi


async def linked(*links: Link) -> None:
    """Opens both ends."""
    for link, end in zip(links, socket.socketpair(), strict=True):
        await asyncio.get_running_loop().create_unix_connection(lambda link=link: link, sock=end)  # type: ignore[misc]


class Place:
    """One worker's link, both ends, and what it has to work with."""

    def __init__(self, front: FrontDesk, metrics: Metrics, own: bytes, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self.gone = asyncio.Event()
        self.keeper = Link(front.answer, self.hear, self.gone.set)
        self.worker = Link(self._answer, lambda _: None, lambda: None)
        self.desk = FarDesk(self.worker, front.print_key, Recent(clock))
        self.tallies = Tallies(self.worker)
        self.health = FarHealth(self.worker)
        self.drafts = FarDrafts(self.worker, Kitchen(own, None).draft)

    async def _answer(self, question: Message) -> Message:
        assert isinstance(question, AskCounts)
        return self.tallies.untold()

    def hear(self, message: Message) -> None:
        assert isinstance(message, Counted)
        for name, labels, number in message.counts:
            self._metrics.sums[name][labels] += number


class Office:
    """All of them."""

    def __init__(self, front: FrontDesk, metrics: Metrics, own: bytes, clock: Callable[[], float]) -> None:
        self._front, self._metrics, self._own, self._clock = front, metrics, own, clock
        self.places: list[Place] = []

    async def hire(self) -> Place:
        place = Place(self._front, self._metrics, self._own, self._clock)
        await linked(place.keeper, place.worker)
        self.places.append(place)
        return place

    async def count(self) -> None:
        """As Keeper.count."""
        for place in self.places:
            place.hear(await place.keeper.ask(AskCounts(), Counted))

    async def close(self) -> None:
        for place in self.places:
            place.worker.close()
            await place.gone.wait()


class InTurn:
    """Asks one after the other."""

    def __init__(self, applications: Sequence[Asgi]) -> None:
        self.applications = applications
        self._next = itertools.cycle(applications)

    async def ask(self, *question: Any, **more: Any) -> Answer:
        return await next(self._next).ask(*question, **more)
