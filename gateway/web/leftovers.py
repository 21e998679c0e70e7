"""What migrations kept and what was set aside: files that have an end too, for there are people in them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import structlog

from gateway.store.migration import copies
from gateway.web.preview.drafts import LONGEST_SECONDS, clean

log = structlog.get_logger()

COPY_DAYS = 7
"""A withdrawal does not reach a copy: it is kept only as long as one might want to go back."""
DAY = 86_400
FILES = ("queue.db", "state.db")


def set_aside(data: Path) -> list[Path]:
    """Damaged files that were set aside, with their logs."""
    return sorted(found for name in FILES for found in data.glob(f"{name}.damaged-*"))


async def remove_leftovers(data: Path, aside_days: int, now: int) -> int:
    """Copies older than COPY_DAYS, damaged files older than `aside_days`, unpublished versions that no token can name
    any more; `now` in ms since 1970. How many."""
    old = await asyncio.to_thread(lambda: list(_old(data, aside_days, now / 1000)))
    drafts = await asyncio.to_thread(clean, data, now / 1000 - LONGEST_SECONDS)
    for path in old:
        path.unlink(missing_ok=True)
        log.info("leftover_removed", file=path.name)
    return len(old) + drafts


def _old(data: Path, aside_days: int, now: float) -> Iterator[Path]:
    for name in FILES:
        yield from (path for path in copies(data / name) if _age(path, now) > COPY_DAYS * DAY)
    yield from (path for path in set_aside(data) if _age(path, now) > aside_days * DAY)
    # What `taggate doctor` tries the disk with, left by one that was killed.
    yield from (path for path in data.glob(".doctor-*") if _age(path, now) > DAY)


def _age(path: Path, now: float) -> float:
    # When it got this name: its content may be as old as it likes.
    return now - path.stat().st_ctime
