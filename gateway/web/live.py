"""Messages published in this process → every browser that looks on, as Server-Sent Events."""

import asyncio
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import StreamingResponse

from gateway.model import Json

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE = b":\n\n"


class Note(NamedTuple):
    """One message as it goes out: its number from 1, and its block of lines."""

    number: int
    block: bytes


class Live:
    """A bounded broadcast, for one event loop. A late joiner gets the last `keep` messages first; of what somebody
    does not read in time, the oldest beyond `backlog` are left out. `beat`: seconds between signs of life."""

    def __init__(self, *, keep: int = 200, backlog: int = 200, beat: float = 15.0, retry: int = 1000) -> None:
        self._ring: deque[Note] = deque(maxlen=keep)
        self._backlog = backlog
        self._beat = beat
        self._retry = retry
        self._run = secrets.token_hex(4)
        self._number = 0
        self._listeners: set[_Listener] = set()
        self._closed = False

    @property
    def listening(self) -> int:
        """How many look on."""
        return len(self._listeners)

    def publish(self, message: Mapping[str, Json]) -> None:
        """Sends a message to all, at once and without waiting for anybody. Raises TypeError for what is no JSON."""
        data = msgspec.json.encode(message)
        self._number += 1
        note = Note(self._number, b"id: %s-%d\ndata: %s\n\n" % (self._run.encode(), self._number, data))
        self._ring.append(note)
        for listener in self._listeners:
            listener.take(note)

    def events(self, request: Request) -> StreamingResponse:
        """The endpoint's answer: runs until the browser leaves or `close`. A browser that comes back (Last-Event-ID)
        gets only what it missed."""
        seen = self._seen(request.headers.get("last-event-id", ""))
        return StreamingResponse(self._stream(seen), media_type=MEDIA_TYPE, headers=HEADERS)

    def close(self) -> None:
        """Ends all streams, now and later. To be called before the server waits for its connections to end: it would
        wait for these for ever."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    async def _stream(self, seen: int) -> AsyncIterator[bytes]:
        yield b"retry: %d\n\n" % self._retry
        if self._closed:
            return
        missed = [note for note in self._ring if note.number > seen]
        listener = _Listener(missed, max(self._backlog, len(missed)))
        self._listeners.add(listener)
        try:
            while (blocks := await listener.next(self._beat)) is not None:
                yield blocks
        finally:
            self._listeners.discard(listener)

    def _seen(self, last: str) -> int:
        # The number of another run of this program says nothing about this one.
        run, _, number = last.partition("-")
        return int(number) if run == self._run and re.fullmatch(r"[0-9]{1,15}", number) else 0


class _Listener:
    """One browser's queue."""

    def __init__(self, notes: Sequence[Note], limit: int) -> None:
        self._waiting: deque[Note] = deque(notes, maxlen=limit)
        self._closed = False
        self._news = asyncio.Event()
        self._ring()

    def take(self, note: Note) -> None:
        self._waiting.append(note)
        self._ring()

    def close(self) -> None:
        self._closed = True
        self._ring()

    async def next(self, beat: float) -> bytes | None:
        """All that waits, as one piece; a sign of life when nothing came; None at the end."""
        try:
            async with asyncio.timeout(beat):
                await self._news.wait()
        except TimeoutError:
            return KEEP_ALIVE
        blocks = b"".join(note.block for note in self._waiting)
        self._waiting.clear()
        if self._closed:
            return blocks or None
        self._news.clear()
        return blocks

    def _ring(self) -> None:
        if self._waiting or self._closed:
            self._news.set()
