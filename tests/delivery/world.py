"""A real outbox, real transport and real receivers, with a clock and waits that the test turns."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gateway.delivery.failures import State
from gateway.delivery.sender import Surroundings
from gateway.delivery.senders import Route, Senders
from gateway.delivery.transport import Transport
from gateway.destinations import TABLE
from gateway.destinations.protocol import Target
from gateway.model import Append, Delivery, Fault, Json, Parcel, Reply, Request, Verdict
from gateway.outbox.codec import decode, encode
from gateway.outbox.desk import letters
from gateway.outbox.protocol import Arrival, Counts, Queued
from gateway.outbox.sqlite import SqliteOutbox

LOCAL = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
START = 1_780_000_000.0


class Waits:
    """A `wait` that takes no time: it records the seconds, turns the clock, and holds from the `allowed`th on."""

    def __init__(self, clock: "Clock") -> None:
        self.seconds: list[float] = []
        self._clock = clock
        self._allowed = 10**6
        self._changed = asyncio.Condition()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        number = len(self.seconds)
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: number <= self._allowed)
        self._clock.now += seconds

    def hold_after(self, count: int) -> None:
        """So many waits from now on pass; the next one holds."""
        self._allowed = len(self.seconds) + count

    async def held(self) -> None:
        """Returns once a wait holds."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.seconds) > self._allowed)

    async def go(self, count: int = 10**6) -> None:
        """Lets what holds go on, and so many more."""
        async with self._changed:
            self._allowed = len(self.seconds) + count
            self._changed.notify_all()


class Clock:
    """Seconds since 1970."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Recording(SqliteOutbox):
    """The real outbox, which also remembers what was settled how."""

    verdicts: list[tuple[int, Verdict]]

    async def settle(self, marks: Sequence[tuple[Queued, Verdict]]) -> None:
        # First: whoever waits for the counts may see them before this goes on.
        self.verdicts.extend((number_of(one.parcel), verdict) for one, verdict in marks)
        await super().settle(marks)


class World:
    """`async with World(tmp_path) as world`: everything opened, and at the end everything stopped."""

    def __init__(self, folder: Path, makes: Callable[..., Recording] = Recording, **around: Any) -> None:
        self.clock = Clock()
        self.waits = Waits(self.clock)
        self.outbox = makes(folder / "queue.db", now=lambda: int(self.clock.now * 1000))
        self.outbox.verdicts = []
        self.transport = Transport(LOCAL, clock=self.clock)
        self.exchanges: list[Reply | Fault] = []
        options = {
            "outbox": self.outbox,
            "transport": self.transport,
            "clock": self.clock,
            "wait": self.waits,
            "random": lambda: 1.0,
            "grace": 5.0,
            "on_exchange": self._exchanged,
        }
        self.senders = Senders(Surroundings(**{**options, **around}))

    async def __aenter__(self) -> Self:
        await self.outbox.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.senders.stop()
        await self.transport.close()
        await self.outbox.close()

    async def put(self, count: int = 1, tag: str = "t", first: int = 0, lane: bytes = b"", **told: Any) -> None:
        """Deliveries whose title is their number; one lane each, unless said otherwise."""
        await self.outbox.put(
            [
                Arrival(container="shop", parcels=(parcel(number, tag, lane, self.clock.now, **told),))
                for number in range(first, first + count)
            ],
            self.outbox.ticket(),
        )

    async def counts(self, tag: str = "t") -> Counts:
        """Of one tag; the law of conservation is checked with each."""
        counts = (await self.outbox.counts())[("shop", tag)]
        assert counts.balanced
        return counts

    async def until(self, condition: Callable[[Counts], bool], tag: str = "t") -> Counts:
        """Returns once it holds."""
        async with asyncio.timeout(20):
            while not condition(counts := await self.counts(tag)):
                pass
        return counts

    async def emptied(self, tag: str = "t") -> Counts:
        """Returns once nothing is pending."""
        return await self.until(lambda counts: counts.pending == 0, tag)

    async def dead(self, tag: str = "t") -> Counter[str]:
        """Why deliveries died, and how many."""
        return Counter(one.reason for one in await letters(self.outbox.desk.reading, ("shop", tag), None, 10_000))

    def state(self, tag: str = "t") -> State:
        """How a tag's sender fares."""
        return self.senders.states[("shop", tag)]

    def _exchanged(self, target: Target, request: Request | Append, answer: Reply | Fault) -> None:
        self.exchanges.append(answer)


def parcel(number: int, tag: str, lane: bytes, now: float, known_by: bytes = b"", **told: Any) -> Parcel:
    """One parcel; its number is its id's, and its lane unless one is given."""
    at = int(now * 1000)
    delivery = Delivery(
        **{"id": f"{number:032x}", "event": "page_view", "at": at, "visitor": "ab" * 32, "title": str(number), **told}
    )
    known = {"rests": ("analytics",), "known_by": (known_by,)} if known_by else {}
    return Parcel(container="shop", tag=tag, lane=lane or str(number).encode(), body=encode(delivery), at=at, **known)


def number_of(sent: Parcel) -> int:
    """The number a parcel was made with."""
    return int(decode(sent.body).id, 16)


def route(type_name: str, settings: Mapping[str, Json], tag: str = "t", **secrets: str) -> Route:
    """A tag of the container shop."""
    target = Target(container="shop", tag=tag, settings=settings, secrets=secrets)
    return Route(target, TABLE[type_name])


def matomo(url: str, tag: str = "t", site_id: int = 3, **secrets: str) -> Route:
    """A Matomo tag."""
    return route("matomo", {"url": url, "site_id": site_id}, tag, **secrets)


def webhook(url: str, tag: str = "t", **secrets: str) -> Route:
    """A webhook tag."""
    return route("webhook", {"url": url}, tag, **secrets)
