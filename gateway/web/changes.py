"""Which files of a folder changed, as it happens."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from watchfiles import awatch

LOOK = 3_000
"""Milliseconds after which one looks though nothing was told: of links that lead elsewhere, of a folder that took this
one's place, and on some mounts, the system tells nothing."""


async def changes(folder: Path, changed: Callable[[], list[Path]], stop: asyncio.Event) -> AsyncIterator[list[Path]]:
    """What `changed` finds, whenever something happens in the folder or a while has passed."""
    told = awatch(folder, stop_event=stop, recursive=False, debounce=400, rust_timeout=LOOK, yield_on_timeout=True)
    async for _ in told:
        if found := await asyncio.to_thread(changed):
            yield found
