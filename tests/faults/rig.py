"""What the fault tests share: a gateway with its receivers, clients that do not give up, and a watch over the books.

    async with Scene(tmp_path) as scene:
        await scene.gateway.start()
        await scene.answered(200)               # until so many hits have been answered 2xx
        await scene.gateway.kill()
        scene.crashes += 1                      # what was in flight may come twice, and nobody is left to count it
        await scene.gateway.start()
        print(await scene.settled())            # nothing pending; then checks that nothing is lost, nothing doubled

Nothing here sleeps: waits are for conditions, or for a stop with a time limit.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from aiohttp import web
from process import KEY, until
from receivers import MatomoReceiver, Received, Receiver, WebhookReceiver

from faults.books import EVERY, Books, Watch
from faults.clients import Load
from faults.subject import Subject
from faults.test_kill import CONTAINER

ONE_OR_TWO = [pytest.param(1, id="1 process"), pytest.param(2, id="2 workers", marks=pytest.mark.long)]
"""How many workers; what is quick with one process is long with two, but for what test_workers.py has."""
PATIENCE = 240.0
"""Seconds to wait for what has to come: on a crowded machine everything takes ten times as long."""
BULK = 200
"""The most entries of one request to Matomo: what may come twice when the process is killed with it in flight."""
TAG = "  {name}:\n    type: webhook\n    send_when: purchase\n    settings: {{ url: {url}/hook }}\n"


class Timed(WebhookReceiver):
    """Knows when each hit came first (monotonic)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.at: dict[str, float] = {}

    async def usual(self, receiver: Receiver, received: Received) -> web.StreamResponse:
        self.at.setdefault(received.json["page"]["url"], time.monotonic())
        return await super().usual(receiver, received)


class Scene:
    """A gateway of one process or several, with Matomo and a CRM, and a webhook for each name in `more`; clients and a
    watch. The clients go on over restarts until `settled`."""

    plays_matomo: Callable[..., MatomoReceiver] = MatomoReceiver

    def __init__(
        self,
        base: Path,
        *,
        clients: int = 8,
        hits: int = 1,
        size: int = 0,
        pause: float = 0.0,
        every: float = EVERY,
        more: Iterable[str] = (),
        workers: int = 1,
    ) -> None:
        self._base, self._every, self._workers = base, every, workers
        self._shape = {"clients": clients, "hits": hits, "size": size, "pause": pause}
        self.matomo, self.crm = type(self).plays_matomo(token=KEY), Timed()
        self.more = {name: WebhookReceiver() for name in more}
        self.crashes = 0
        """How often a request in flight may have been cut off: each may come twice."""

    @property
    def tags(self) -> tuple[str, ...]:
        """All that a hit is for."""
        return ("matomo", "crm", *self.more)

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """In the order of the tags."""
        return (self.matomo, self.crm, *self.more.values())

    async def __aenter__(self) -> Self:
        for receiver in self.receivers:
            await receiver.up()
        tags = "".join(TAG.format(name=name, url=receiver.url) for name, receiver in self.more.items())
        text = CONTAINER.format(matomo=self.matomo.url, crm=self.crm.url).replace("tests: []", f"{tags}tests: []")
        self.gateway = Subject(self._base, {"shop": text}, workers=self._workers)
        self.load = Load(self.gateway, **self._shape)
        self.watch = Watch(self.gateway, self.load, self.tags, self._every)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.kill()
        await self.load.stop()
        await self.watch.stop()
        for receiver in self.receivers:
            await receiver.down()

    async def answered(self, more: int, within: float = PATIENCE) -> None:
        """Until so many more hits have been answered 2xx."""
        wanted = len(self.load.stored) + more
        await until(lambda: len(self.load.stored) >= wanted, within)

    def came(self, tag: str) -> Counter[str]:
        """How often each hit was recorded."""
        if tag == "matomo":
            return Counter(entry["url"] for entry in self.matomo.recorded)
        return Counter(event["page"]["url"] for event in self.more.get(tag, self.crm).events)

    async def drained(self, within: float = PATIENCE) -> dict[str, Books]:
        """The clients stop; until nothing is pending."""
        await self.load.stop()
        return await self.watch.emptied(within)

    def lost(self, tag: str) -> set[str]:
        """Answered 2xx, and not recorded."""
        return self.load.stored.keys() - self.came(tag).keys()

    def twice(self, tag: str) -> int:
        """How many too many were recorded."""
        came = self.came(tag)
        return came.total() - len(came)

    async def settled(self, within: float = PATIENCE) -> str:
        """Everything is delivered. Checks what is promised; the figures, for the record."""
        books = await self.drained(within)
        figures = [f"2xx {len(self.load.stored)}, answers {dict(self.load.statuses)}"]
        figures.append(f"looks at the books {self.watch.looks}, of them right after a start {self.watch.after_starts}")
        for tag, book in books.items():
            twice, gone = self.twice(tag), self.lost(tag)
            figures.append(f"{tag}: lost {len(gone)}, twice {twice}, {book}")
            assert not gone, figures
            assert book.delivered == book.accepted, figures
            # A crash with a request in flight is ambiguous too, and nobody is left to count it.
            assert twice <= book.ambiguous + self.crashes * (BULK if tag == "matomo" else 1), figures
        assert self.load.wrong == [], self.load.wrong[:3]
        assert self.watch.wrong == [], self.watch.wrong[:3]
        assert self.watch.after_starts == len(self.gateway.starts)
        starts = self.gateway.starts
        return "\n  ".join([*figures, f"{len(starts)} starts, the slowest {max(starts):.2f} s"])

    def slowest(self) -> float:
        """Seconds from the 2xx of a hit to its arrival at the CRM, at most."""
        return max(self.crm.at[url] - answered for url, answered in self.load.stored.items())
