"""What waited in a damaged queue that was set aside is taken over, as far as it can be read."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import structlog

from gateway.model import Choice, Consent, Known, Parcel
from gateway.outbox.protocol import Arrival
from gateway.outbox.salvage import waiting
from gateway.store.protocol import Store
from gateway.web.desk import Keeping

log = structlog.get_logger()

ASIDE = "queue.db.damaged-*[0-9]"
SAVED = ".saved"
FRESH_MS = 47 * 3_600_000
"""A hit taken over again after a crash is known by its number, for as long as ids are remembered."""
AT_ONCE = 100


async def take_over(outbox: Keeping, store: Store, data: Path, now: int) -> int:
    """From every file that was set aside lately and is not done with; `now` in ms since 1970. How many parcels. What
    was withdrawn is left where it is. Raises OutboxError, StoreError, OSError: then it is to be called again."""
    total = 0
    for number, aside in await asyncio.to_thread(lambda: list(_fresh(data, now))):
        taken = left = 0
        async for some in _batches(aside):
            stored, refused = await _take(outbox, store, number, some)
            taken, left = taken + stored, left + refused
        await asyncio.to_thread(aside.with_name(f"{aside.name}{SAVED}").touch, 0o600)
        log.info("queue_salvaged", file=aside.name, taken_over=taken, withdrawn=left)
        total += taken
    return total


def _fresh(data: Path, now: int) -> Iterator[tuple[int, Path]]:
    """With the number by which the file is known, whatever it is called."""
    for aside in sorted(data.glob(ASIDE)):
        found = aside.stat()
        old = now - found.st_ctime * 1000 > FRESH_MS
        if not old and not aside.with_name(f"{aside.name}{SAVED}").exists():
            yield found.st_ino, aside


async def _batches(aside: Path) -> AsyncIterator[list[tuple[int, Parcel]]]:
    rows = waiting(aside)
    while some := await asyncio.to_thread(lambda: list(islice(rows, AT_ONCE))):
        yield some


async def _take(outbox: Keeping, store: Store, file: int, some: Sequence[tuple[int, Parcel]]) -> tuple[int, int]:
    ticket = outbox.ticket()
    arrivals = [
        Arrival(container=parcel.container, id=f"salvaged-{file}-{number}", parcels=(parcel,))
        for number, parcel in some
        if not _withdrawn(parcel, await store.know(parcel.container, parcel.known_by))
    ]
    return sum(await outbox.put(arrivals, ticket)), len(some) - len(arrivals)


def _withdrawn(parcel: Parcel, known: Known) -> bool:
    """Any refusal that is kept counts: nobody can tell when the file was damaged."""
    return any(_refuses(choices, parcel.rests) for choices in known.choices.values())


def _refuses(choices: Mapping[str, Choice], rests: Sequence[str]) -> bool:
    return any(purpose in choices and choices[purpose].state is Consent.REFUSED for purpose in rests)
