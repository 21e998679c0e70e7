"""What the outbox's tests share."""

import asyncio

from gateway.model import Outcome, Parcel, Verdict
from gateway.outbox.disk import Disk
from gateway.outbox.protocol import Arrival
from gateway.outbox.sqlite import SqliteOutbox
from gateway.store.writer import Limits

SMALL = Limits(log=1 << 18)
NO_GUARD = Disk(reserve=0)
NOBODY_READS = (b"\xc1", bytes.fromhex("9291a2fffe90"), 7, "text")
"""Of a damaged row: no MessagePack, no UTF-8 in it, no bytes."""


class Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms


def parcel(body=b"body", tag="matomo", *, known_by=(b"alice",), rests=("analytics",), container="shop", at=5):
    return Parcel(container=container, tag=tag, lane=b"lane", body=body, at=at, rests=rests, known_by=known_by)


def arrival(*parcels, id=None, container="shop", dropped=None):
    return Arrival(container=container, id=id, parcels=parcels, dropped=dropped or {})


def outbox(path, **settings):
    settings = {"now": Clock(), "limits": SMALL, "disk": NO_GUARD, **settings}
    return SqliteOutbox(path, **settings)


async def put(box, *parcels, **settings):
    return await box.put([arrival(*parcels, **settings)], box.ticket())


async def fly(box, tag="matomo", limit=100):
    """Claimed and leaving."""
    return box.leaving(await box.claim("shop", tag, limit))


def marks(queued, outcome, reason=""):
    return [(one, Verdict(outcome, reason)) for one in queued]


async def settle(box, queued, outcome=Outcome.DELIVERED, reason=""):
    await box.settle(marks(queued, outcome, reason))


async def counts(box, tag="matomo", container="shop"):
    found = await checked(box)
    return found[container, tag]


async def checked(box):
    """Everything that is counted: it balances, and it is what is there."""
    found, there = await box.counts(), await box.audit()
    assert all(each.balanced for each in found.values()), found
    for route, each in found.items():
        assert (each.pending, each.dead) == there.get(route, (0, 0)), (found, there)
    assert there.keys() <= found.keys()
    return found


def bodies(queued):
    return [one.parcel.body for one in queued]


async def soon(*awaitables):
    return await asyncio.wait_for(asyncio.gather(*awaitables, return_exceptions=True), 10)


async def held(lab, box, *parcels):
    """A put that has begun its transaction; what comes now shares the next one."""
    lab.hold()
    task = asyncio.create_task(put(box, *parcels))
    await asyncio.sleep(0)
    assert await asyncio.to_thread(lab.waiting.wait, 10)
    return task


def started(coroutine):
    return asyncio.create_task(coroutine)
