"""A queue full of parcels and a store full of people, written through our own outbox and store, as fast as they take
them. What a parcel looks like is taken from one that a gateway stored."""

import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from secrets import token_bytes, token_hex

from msgspec import structs

from gateway.decide.traces import traces_of
from gateway.model import Choice, Consent, Life, Parcel
from gateway.outbox.codec import decode, encode
from gateway.outbox.disk import Disk
from gateway.outbox.protocol import Arrival
from gateway.outbox.sqlite import SqliteOutbox
from gateway.store.sqlite import SqliteStore

STEP = 2000
NO_LIMIT = Disk(reserve=0, limit=1 << 50)


def now() -> int:
    """ms since 1970."""
    return time.time_ns() // 1_000_000


async def backlog(data: Path, tags: Sequence[str], parcels: int) -> None:
    """So many parcels wait for these tags of the container bench, of as many visitors as there are hits. A gateway
    must have run on the folder and left at least one for each tag."""
    outbox = SqliteOutbox(data / "queue.db", now=now, disk=NO_LIMIT)
    await outbox.open()
    try:
        patterns = [await _pattern(outbox, tag) for tag in tags]
        left = -(-parcels // len(patterns))
        while left > 0:
            step = min(left, STEP)
            await outbox.put([_arrival(patterns) for _ in range(step)], outbox.ticket())
            left -= step
    finally:
        await outbox.close()


async def _pattern(outbox: SqliteOutbox, tag: str) -> Parcel:
    claimed = await outbox.claim("bench", tag, 1)
    outbox.release(claimed)
    return claimed[0].parcel


def _arrival(patterns: Sequence[Parcel]) -> Arrival:
    known = tuple(token_bytes(16) for _ in patterns[0].known_by)
    parcels = [
        structs.replace(
            one,
            lane=token_bytes(16),
            known_by=known,
            body=encode(structs.replace(decode(one.body), id=token_hex(16))),
        )
        for one in patterns
    ]
    return Arrival(container="bench", id=str(uuid.uuid4()), parcels=tuple(parcels))


async def people(data: Path, number: int) -> None:
    """So many lives of people who are signed in, with their choices."""
    store = SqliteStore(data / "state.db")
    await store.open()
    traces = traces_of("member-00000", token_bytes(32))
    choices = {"analytics": Choice(Consent.GRANTED, now()), "marketing": Choice(Consent.REFUSED, now())}
    keys = sorted(token_bytes(16) for _ in range(number))
    try:
        for first in range(0, number, STEP):
            some = keys[first : first + STEP]
            lives = {
                key: Life(session=token_bytes(16), since=now(), person=token_bytes(16), traces=traces) for key in some
            }
            await store.keep("bench", lives, dict.fromkeys(some, choices), now())
    finally:
        await store.close()
