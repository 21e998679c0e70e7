"""What is to be done every hour, whoever comes: what is old enough is removed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import structlog

from gateway.decide.day import DailyKey
from gateway.outbox.protocol import OutboxError
from gateway.outbox.sqlite import SqliteOutbox
from gateway.settings import Settings
from gateway.store.protocol import StoreError
from gateway.store.sqlite import SqliteStore
from gateway.web.leftovers import remove_leftovers
from gateway.web.salvage import take_over

log = structlog.get_logger()

EVERY = 3600.0
DAY_MS = 86_400_000
FORGET_DAYS = 400
"""Identities not seen for longer than the longest cookie lives are of no use."""


Chore = Callable[[int], Awaitable[int]]
"""Told the time, ms since 1970; how much was done."""


def chores(outbox: SqliteOutbox, store: SqliteStore, settings: Settings) -> Sequence[Chore]:
    """What is to be done beside the rows of both."""
    data = settings.data
    return partial(remove_leftovers, data, settings.dead_days), partial(take_over, outbox, store, data)


async def keep_up(
    outbox: SqliteOutbox,
    store: SqliteStore,
    to_do: Sequence[Chore],
    day_key: DailyKey,
    now: Callable[[], int],
    *,
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """For ever. `to_do`: what else is to be done. `now` gives ms since 1970. What fails is tried again
    an hour later."""

    async def renew() -> int:
        day_key.of(datetime.fromtimestamp(now() / 1000, UTC).date())
        return 0

    while True:
        # The key of the day before is destroyed also where nobody comes.
        await _try(renew)
        await _try(lambda: outbox.purge(now()))
        await _try(lambda: store.forget(now() - FORGET_DAYS * DAY_MS))
        for chore in to_do:
            await _try(partial(chore, now()))
        await wait(EVERY)


async def _try(remove: Callable[[], Awaitable[int]]) -> None:
    try:
        await remove()
    except (OutboxError, StoreError, OSError) as error:
        log.warning("purge_failed", error=type(error).__name__)
