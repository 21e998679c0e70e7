"""Clients that do not give up."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Iterable

import aiohttp
from process import Gateway

from faults.test_kill import ORIGIN

WIDE = "\N{GRINNING FACE}"
"""A character of 4 bytes; a title has at most 2048."""


def url_of(number: uuid.UUID) -> str:
    """What tells a hit from all others, at every receiver."""
    return f"https://shop.example.com/order-{number}"


class Load:
    """Clients that send `hits` of about `size` bytes (at most 8192) until they are answered 2xx, then the next ones.
    A hit keeps its id. `pause`: seconds between two, for each."""

    def __init__(self, gateway: Gateway, clients: int = 8, *, hits: int = 1, size: int = 0, pause: float = 0.0) -> None:
        self.stored: dict[str, float] = {}
        """Address of each hit answered 2xx → when (monotonic)."""
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        """Answers that nobody may get."""
        self.pause = pause
        self._gateway = gateway
        self._hits, self._size = hits, size
        self._stop = asyncio.Event()
        self._tasks = [asyncio.create_task(self._client()) for _ in range(clients)]

    def promised(self, _: str) -> int:
        """How many deliveries a tag has at least."""
        return len(self.stored)

    async def stop(self) -> None:
        """Lets each finish its request."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _client(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            numbers = self._fresh()
            while not self._stop.is_set():
                if await self._send(session, numbers):
                    numbers = self._fresh()
                    await self._wait(self.pause)
                else:
                    await self._wait(max(0.05, self.pause))

    def _fresh(self) -> list[uuid.UUID]:
        return [uuid.uuid4() for _ in range(self._hits)]

    async def _send(self, session: aiohttp.ClientSession, numbers: Iterable[uuid.UUID]) -> bool:
        title = WIDE * (self._size // 4)
        hits = [{"event": "purchase", "id": str(n), "url": url_of(n), "title": title} for n in numbers]
        taken = await self._post(session, "collect", hits[0] if self._hits == 1 else {"hits": hits})
        if taken:
            self.stored |= dict.fromkeys((hit["url"] for hit in hits), time.monotonic())
        return taken

    async def _post(self, session: aiohttp.ClientSession, to: str, body: object) -> bool:
        """Whether it was answered 2xx."""
        try:
            async with session.post(f"{self._gateway.url}/{to}/shop", json=body, headers=ORIGIN) as answer:
                self._note(answer)
                return answer.status == 204
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _note(self, answer: aiohttp.ClientResponse) -> None:
        self.statuses[answer.status] += 1
        if answer.status not in (204, 503) or (answer.status == 503 and not answer.headers.get("Retry-After")):
            self.wrong.append(f"{answer.status} with Retry-After {answer.headers.get('Retry-After')}")

    async def _wait(self, seconds: float) -> None:
        await asyncio.wait({stopped := asyncio.create_task(self._stop.wait())}, timeout=seconds)
        stopped.cancel()
