"""What /metrics says of the conservation law, and a watch over it."""

import asyncio
import math
from collections.abc import Iterable, Mapping

import aiohttp
import pytest
from process import until

from faults.clients import Load
from faults.subject import Subject

EVERY = 0.1
"""Seconds between two looks; once a second is what the issue asks for."""


class Books:
    """What /metrics says of one tag."""

    def __init__(self, metrics: Mapping[str, float], tag: str) -> None:
        self._metrics = metrics
        self._tag = tag
        self.accepted = self._sum("accepted_total")
        self.delivered = self._sum("delivered_total")
        self.dead = self._sum("dead")
        self.dropped = self._sum("dropped_total")
        self.pending = self._sum("pending")
        self.ambiguous = self._sum("ambiguous_total")
        self.attempts = self._sum("attempts_total")

    def _sum(self, name: str) -> int:
        head = f"taggate_{name}{{"
        return int(sum(n for key, n in self._metrics.items() if key.startswith(head) and f'tag="{self._tag}"' in key))

    def __bool__(self) -> bool:
        """Whether anything was ever accepted."""
        return self.accepted > 0

    @property
    def balanced(self) -> bool:
        """The conservation law."""
        return self.accepted == self.delivered + self.dead + self.dropped + self.pending

    def __repr__(self) -> str:
        return ", ".join(f"{name} {n}" for name, n in vars(self).items() if isinstance(n, int))


class Watch:
    """Looks at the books as long as it runs and right after every start: they balance, what was accepted or delivered
    never becomes less, and what was answered 2xx is in them. One look at a time: two could overtake each other."""

    def __init__(self, gateway: Subject, load: Load, tags: Iterable[str], every: float = EVERY) -> None:
        self.looks = self.after_starts = 0
        self.wrong: list[str] = []
        self._gateway, self._load, self._tags, self._every = gateway, load, tuple(tags), every
        self._last: dict[str, Books] = {}
        self._looking = asyncio.Lock()
        self._stop = asyncio.Event()
        gateway.on_start = self._started
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        self._stop.set()
        await self._task

    async def look(self) -> dict[str, Books]:
        """The books of each tag now, checked. Empty while there is no gateway to ask."""
        async with self._looking:
            promised = {tag: self._load.promised(tag) for tag in self._tags}
            try:
                metrics = await self._gateway.metrics()
            except (aiohttp.ClientError, TimeoutError):
                return {}
            books = {tag: Books(metrics, tag) for tag in self._tags}
            known = any(self._last.values()) or any(promised.values())
            if known and not any(book.accepted for book in books.values()):
                # The queue could not be read just now: then /metrics leaves its figures out.
                return {}
            for tag, book in books.items():
                self._check(tag, book, promised[tag])
            self.looks += 1
            return books

    async def emptied(self, within: float) -> dict[str, Books]:
        """The books once nothing is pending any more, or not fewer for so long: how fast a crowded machine
        delivers is no promise."""
        looks = self.looks

        def pending() -> int:
            return sum(book.pending for book in self._last.values())

        def empty() -> bool:
            # The look under way may have begun before; the next one has not.
            return self.looks > looks + 1 and not pending()

        left = math.inf
        while True:
            try:
                await until(empty, within)
                return dict(self._last)
            except TimeoutError:
                if pending() >= left:
                    pytest.fail(f"in {within:.0f} s no fewer to deliver: {self._last}, {self.looks - looks} looks")
                left = pending()

    def _check(self, tag: str, book: Books, promised: int) -> None:
        last = self._last.get(tag, book)
        if not book.balanced:
            self.wrong.append(f"{tag} does not balance: {book}")
        if book.accepted < last.accepted or book.delivered < last.delivered:
            self.wrong.append(f"{tag} went back: {last} → {book}")
        if book.accepted < promised:
            self.wrong.append(f"{tag}: {promised} were promised: {book}")
        self._last[tag] = book

    async def _started(self) -> None:
        async def looked() -> bool:
            return bool(await self.look())

        await until(looked, within=120)
        self.after_starts += 1

    async def _watch(self) -> None:
        while not self._stop.is_set():
            await self.look()
            await asyncio.wait({stopped := asyncio.create_task(self._stop.wait())}, timeout=self._every)
            stopped.cancel()
