"""A receiver as quick as Python can make it that answers like Matomo's bulk API: `python -m tests.bench.receiver PORT`.

Bulks wait until somebody asked for /go: so the gateway is up and its first bulk on the way when the clock starts.
/count answers with `hits requests`.
"""

import asyncio
import re
import sys
from typing import cast

import msgspec
import uvloop

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Bulk(msgspec.Struct):
    """What is read of a request's body."""

    requests: list[msgspec.Raw]


class Counted:
    """What came."""

    def __init__(self) -> None:
        self.hits = self.requests = 0
        self.gone = False
        self.held: list[tuple[Receiver, int]] = []

    def go(self) -> None:
        """Answer from now on."""
        self.gone = True
        for receiver, number in self.held:
            receiver.tracked(number)
        self.held.clear()


class Receiver(asyncio.Protocol):
    """One connection."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._decoder = msgspec.json.Decoder(Bulk)
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n") + 4
        while end > 3:
            found = LENGTH.search(self._buffer, 0, end)
            whole = end + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            head, body = bytes(self._buffer[:end]), bytes(self._buffer[end:whole])
            del self._buffer[:whole]
            self._take(head, body)
            end = self._buffer.find(b"\r\n\r\n") + 4

    def tracked(self, number: int) -> None:
        """Answer a bulk."""
        self._counted.hits += number
        self._counted.requests += 1
        self._say(b'{"status":"success","tracked":%d,"invalid":0}' % number)

    def _take(self, head: bytes, body: bytes) -> None:
        if not body:
            if head.startswith(b"GET /go "):
                self._counted.go()
            self._say(b"%d %d" % (self._counted.hits, self._counted.requests))
            return
        number = len(self._decoder.decode(body).requests)
        if self._counted.gone:
            self.tracked(number)
        else:
            self._counted.held.append((self, number))

    def _say(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def main() -> None:
    """Until it is ended."""
    counted = Counted()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(counted), "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
