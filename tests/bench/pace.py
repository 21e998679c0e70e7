"""Requests at a constant rate, whatever the answers do: an open loop.

Each request has the time at which it is due: start + n / rate. One that cannot leave then, because every connection
waits for an answer, leaves later and is counted from when it was due: a server that stalls for a second shows that in
a thousand requests, not in one a connection. What the generator itself was late is told beside it.
"""

import asyncio
import gc
from collections import deque
from pathlib import Path
from typing import cast

import uvloop
from msgspec import Struct

from . import hits
from .report import share
from .sides import Side

PATIENCE = 10.0


class Paced(Struct, frozen=True):
    """Seconds from when each request was due until its answer; `own`: how late the generator was by itself."""

    waits: list[float]
    own: list[float]
    bad: int
    unanswered: int

    def __str__(self) -> str:
        if not self.waits:
            return f"no answers, {self.unanswered} asked"
        part = {name: share(self.waits, at) * 1000 for name, at in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))}
        said = "  ".join(f"{name} {value:6.1f} ms" for name, value in part.items())
        wrong = f"  {self.bad} NOT 2xx, {self.unanswered} WITHOUT ANSWER" if self.bad or self.unanswered else ""
        own = share(self.own, 0.99) * 1000
        return f"{said}  most {max(self.waits) * 1000:6.1f} ms  (generator's own p99 {own:.1f} ms){wrong}"


class _Line(asyncio.Protocol):
    """A connection that waits for one answer at a time; a 204 ends with its head."""

    def __init__(self, pacer: "_Pacer") -> None:
        self._pacer = pacer
        self._head = b""
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" in self._head:
            head, self._head = self._head, b""
            self._pacer.answered(self, head)


class _Pacer:
    def __init__(self, cookies: list[str], rate: float, total: int) -> None:
        self._cookies, self._rate, self._total = cookies, rate, total
        self._loop = asyncio.get_running_loop()
        self._free: deque[_Line] = deque()
        self._due: deque[float] = deque()
        self.waits: list[float] = []
        self.own: list[float] = []
        self.bad = self._sent = 0
        self.done = asyncio.Event()

    def answered(self, line: _Line, head: bytes) -> None:
        self.waits.append(self._loop.time() - line.due)
        self.bad += not head.startswith(b"HTTP/1.1 2")
        self._free.append(line)
        self._send()
        if len(self.waits) == self._total:
            self.done.set()

    async def run(self, lines: list[_Line]) -> None:
        self._free.extend(lines)
        start = self._loop.time()
        asked = 0
        while asked < self._total:
            now = self._loop.time()
            while asked < self._total and (due := start + asked / self._rate) <= now:
                self._due.append(due)
                self.own.append(now - due)
                asked += 1
            self._send()
            await asyncio.sleep(max(start + asked / self._rate - self._loop.time(), 0))

    def _send(self) -> None:
        while self._due and self._free:
            line = self._free.popleft()
            line.due = self._due.popleft()
            visitor = self._sent % len(self._cookies)
            content = hits.body(visitor, self._sent, f"{visitor + 1:032x}")
            line.transport.write(hits.request(content, self._cookies[visitor]))
            self._sent += 1


def pace(side: Side, jar: Path, rate: float, seconds: float, connections: int = 256) -> Paced:
    """Hits of these visitors at this rate."""
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(_pace(side, jar.read_text().split("\n")[:-1], rate, seconds, connections))
    finally:
        gc.enable()


async def _pace(side: Side, cookies: list[str], rate: float, seconds: float, connections: int) -> Paced:
    loop = asyncio.get_running_loop()
    total = max(int(rate * seconds), 1)
    pacer = _Pacer(cookies, rate, total)
    host, _, port = side.url.removeprefix("http://").partition(":")
    made = [await loop.create_connection(lambda: _Line(pacer), host, int(port)) for _ in range(connections)]
    await pacer.run([line for _, line in made])
    try:
        await asyncio.wait_for(pacer.done.wait(), PATIENCE)
    except TimeoutError:
        print("  some requests got no answer in time")
    for transport, _ in made:
        transport.close()
    return Paced(pacer.waits, pacer.own, pacer.bad, total - len(pacer.waits))
