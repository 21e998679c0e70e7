"""A client's connection. uvicorn's takes a head of any length, in quadratic time, and waits for ever for the rest of a
request, or for somebody to read its answer: here all of it ends. Who offers HTTP/2, or another protocol, is answered as
before."""

import asyncio
import re
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 65_536
"""Bytes of an address and headers, but for what came with the first of them."""
LONGEST = 32 << 20
"""Bytes of a whole request: more than any body may have, so that its sender can still read a 413."""
PATIENCE = 60.0
"""Seconds until a request must have come whole, and until something of an answer must have been taken."""
MOST_WAITING = 64
"""Requests that may have come before the one before them is answered. Each takes a hundred times its bytes."""

_USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)


class TooMany(Exception):
    """Requests wait for answers that nobody reads."""


class Connection(HttpToolsProtocol):
    """Reads one client's requests."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._most = 0
        """What the request that is arriving may have; 0: none is."""
        self._size = 0
        self._begun = False
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(transport)
        if _USER_TIMEOUT is not None:
            open_ = transport.get_extra_info("socket")
            open_.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(PATIENCE * 1000))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._waited()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        before, self._begun = self._most, False
        super().data_received(_staying(data) if b"pgrade:" in data and not before else data)
        # What neither began nor ended a request is blank lines, which must not keep a connection open.
        if (self._most or not (before or self._begun)) and not self.transport.is_closing():
            self._size += 0 if self._begun else len(data)
            self._wait()
            if self._most and self._size > self._most:
                self._refuse()

    def on_message_begin(self) -> None:
        """See httptools."""
        if len(self.pipeline) >= MOST_WAITING:
            raise TooMany
        super().on_message_begin()
        self._most, self._size, self._begun = LONGEST_HEAD, 0, True

    def on_headers_complete(self) -> None:
        """See httptools."""
        super().on_headers_complete()
        self._most = LONGEST

    def on_message_complete(self) -> None:
        """See httptools."""
        super().on_message_complete()
        self._most = 0
        self._waited()

    def send_400_response(self, msg: str) -> None:
        """To the request that came last; who still waits for another answer would take it for that one."""
        # While a body arrives its own request is the one that is answered.
        if self._answering == (self._most == LONGEST) and not self.pipeline:
            super().send_400_response(msg)
        else:
            self.transport.abort()

    def _refuse(self) -> None:
        if self._most == LONGEST_HEAD:
            self.send_400_response("The head of this request is too long.")
        else:
            self.transport.abort()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._late = self._late or self.loop.call_later(PATIENCE, self._cut)

    def _waited(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def _cut(self) -> None:
        self._late = None
        if self._most or not self._answering:
            self.transport.abort()


def _staying(data: bytes) -> bytes:
    """A request that offers to go on in another protocol, as Java's client does with HTTP/2: the parser would take its
    body for that."""
    head, end, body = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"", head) + end + body
