"""Sixty tags in twenty containers: one that is busy delays no other. Counted in turns, not in time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec import structs
from receivers import Receiver, WebhookReceiver

from gateway.delivery.senders import Route
from gateway.destinations import TABLE
from gateway.destinations.protocol import Target
from gateway.outbox.protocol import Arrival, Queued

from .world import Recording, World, parcel

CONTAINERS = tuple(f"shop{number}" for number in range(20))
TAGS = ("a", "b", "c")
BUSY = CONTAINERS[0]
QUIET = tuple((container, tag) for container in CONTAINERS[1:] for tag in TAGS)
HITS = 4


class Counting(Recording):
    """Also knows how often each tag looked for work."""

    claims: Counter[tuple[str, str]]

    async def claim(self, container: str, tag: str, limit: int) -> Sequence[Queued]:
        self.claims[container, tag] += 1
        return await super().claim(container, tag, limit)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    def counting(*given: object, **told: object) -> Counting:
        made = Counting(*given, **told)  # type: ignore[arg-type]
        made.claims = Counter()
        return made

    async with World(tmp_path, makes=counting) as made:
        yield made


@pytest.fixture
async def everybody() -> AsyncIterator[Receiver]:
    async with WebhookReceiver() as made:
        yield made


def routes(receiver: Receiver) -> list[Route]:
    return [
        Route(
            Target(container=container, tag=tag, settings={"url": f"{receiver.url}/{container}/{tag}"}),
            TABLE["webhook"],
        )
        for container in CONTAINERS
        for tag in TAGS
    ]


async def put(world: World, container: str, tags: Sequence[str], count: int) -> None:
    arrivals = [
        Arrival(
            container=container,
            parcels=tuple(structs.replace(parcel(n, tag, b"", world.clock.now), container=container) for tag in tags),
        )
        for n in range(count)
    ]
    await world.outbox.put(arrivals, world.outbox.ticket())


async def test_a_busy_container_takes_no_more_turns_than_any_other(world: World, everybody: Receiver) -> None:
    await put(world, BUSY, TAGS, 600)
    for container in CONTAINERS[1:]:
        await put(world, container, TAGS, HITS)
    await world.senders.reconcile(routes(everybody))
    async with asyncio.timeout(60):
        while waiting := await world.outbox.counts():
            if not any(waiting[route].pending for route in QUIET):
                break
    last = max(place for place, got in enumerate(everybody.requests) if not got.path.startswith(f"/{BUSY}/"))
    turns = Counter(got.path for got in everybody.requests[: last + 1])
    busiest = max(turns[f"/{BUSY}/{tag}"] for tag in TAGS)
    # Each has one request under way at a time; when the last of the quiet ones has had its four turns, no busy one
    # has had many more. Without fairness it would have had hundreds.
    assert busiest <= 5 * HITS, turns.most_common(5)


async def test_what_comes_for_one_wakes_no_other(world: World, everybody: Receiver) -> None:
    await world.senders.reconcile(routes(everybody))
    outbox = world.outbox
    assert isinstance(outbox, Counting)
    async with asyncio.timeout(10):
        while len(outbox.claims) < len(CONTAINERS) * len(TAGS):
            await outbox.counts()
    idle = Counter({route: outbox.claims[route] for route in QUIET})
    for _ in range(50):
        await put(world, BUSY, TAGS[:1], 1)
    async with asyncio.timeout(20):
        while (await outbox.counts())[BUSY, TAGS[0]].pending:
            pass
    assert {route: outbox.claims[route] for route in QUIET} == dict(idle)
    assert len(everybody.requests) == 50
