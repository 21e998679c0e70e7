"""Work that goes on as long as the gateway runs. Where our own code or the system breaks a part of it, that is told,
and the part begins again: nobody would notice that files are not read, or old rows not removed, any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any

import structlog

from gateway.web.logs import kind_of

log = structlog.get_logger()

AGAIN = 60.0
"""Seconds after which what broke begins again."""

Work = Callable[[], Coroutine[Any, Any, None]]
Wait = Callable[[float], Awaitable[None]]


class Lasting:
    """By what it does, in words for the operator."""

    def __init__(self, wait: Wait = asyncio.sleep) -> None:
        self._wait = wait
        self._broken: set[str] = set()

    @property
    def lines(self) -> list[str]:
        """What /readyz says of what is broken now."""
        return [f"{what} broke, and begins again within a minute: the log says more" for what in sorted(self._broken)]

    @contextlib.asynccontextmanager
    async def going_on(self, works: Mapping[str, Work]) -> AsyncIterator[None]:
        """As long as the context lasts."""
        tasks = [asyncio.create_task(self._keep(what, work)) for what, work in works.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _keep(self, what: str, work: Work) -> None:
        while error := await _broke(work):
            log.error("work_broke", work=what, **kind_of(error))
            self._broken.add(what)
            await self._wait(AGAIN)
            self._broken.discard(what)


async def _broke(work: Work) -> BaseException | None:
    """Runs to its end; what broke it."""
    task = asyncio.create_task(work())
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    return task.exception()
