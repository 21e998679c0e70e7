"""Request → Reply or Fault: HTTP by `http`, files by `files`. What a receiver does can cost time, never more."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Protocol

from gateway.delivery.addresses import Guard, Network
from gateway.delivery.files import Files
from gateway.model import Append, Fault, Reply, Request

Lookup = Callable[[str, int], list[str]]
"""(host, port) → addresses; blocks; raises OSError."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Poster(Protocol):
    """See http.Http."""

    async def send(self, request: Request, timeout: float) -> Reply | Fault:  # noqa: ASYNC109
        """The answer, or why there is none."""
        ...

    async def close(self) -> None:
        """Closes every connection."""
        ...


class Transport:
    """Sends for all tags. Redirects are never followed, cookies never kept, proxies of the environment never used."""

    def __init__(
        self,
        allow: Iterable[Network] = (),
        *,
        agent: str = "taggate",
        lookup: Lookup = look_up,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._guard = Guard(allow)
        self._agent = agent
        self._lookup = lookup
        self._clock = clock
        self._http: Poster | None = None
        self._files = Files()

    async def send(self, request: Request | Append, timeout: float) -> Reply | Fault:  # noqa: ASYNC109
        """The answer, or why there is none. `timeout`: seconds for the whole exchange."""
        if isinstance(request, Append):
            return await self._files.send(request, timeout)
        if self._http is None:
            # Not at the top: it loads aiohttp, which takes as long as all the rest of a start. In a thread, because
            # hits are taken meanwhile.
            module = await asyncio.to_thread(import_module, "gateway.delivery.http")
            self._http = self._http or module.Http(self._guard, self._agent, self._lookup, self._clock)
        return await self._http.send(request, timeout)

    async def close(self) -> None:
        """Closes every connection."""
        if self._http:
            await self._http.close()
