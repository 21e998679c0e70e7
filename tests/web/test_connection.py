"""Clients that send without end, or nothing at all: from outside, over sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from starlette.types import Receive, Scope, Send

from gateway.web import connection
from gateway.web.listening import listening

GET = b"GET /a HTTP/1.1\r\nHost: tg.example.com\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: tg.example.com\r\n"
PIECE = b"a" * 65_536
SOON = 0.01


class Place:
    """An application that tells how much it was sent, when `let` is set."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.let.set()
        self.port = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        await self.let.wait()
        body = str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def sends(self, *pieces: bytes) -> bytes:
        """What comes back until the connection is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    async with listening(place, "127.0.0.1", 0) as place.port:
        yield place


@pytest.mark.parametrize("head", [b"GET /", b"GET /?", GET + b"x: ", GET + b"x"])
async def test_a_head_without_end_is_cut(place: Place, head: bytes) -> None:
    answer = await place.sends(head, *[PIECE] * 64)
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")


async def test_so_are_many_small_headers(place: Place) -> None:
    answer = await place.sends(GET, *[b"x: y\r\n" * 10_000] * 64)
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("trailer", [b"x: " + PIECE + b"\r\n", b"x: y\r\n" * 10_000])
async def test_so_is_what_follows_a_body(place: Place, trailer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LONGEST", 1 << 20)
    chunked = POST + b"transfer-encoding: chunked\r\n\r\n0\r\n"
    assert not await place.sends(chunked, *[trailer] * 64)


async def test_a_long_body_comes_whole_also_in_one_piece_with_its_head(place: Place) -> None:
    body = PIECE * 8
    head = POST + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    assert (await place.sends(head + body)).endswith(b"\r\n\r\n524288")


async def test_a_head_may_come_right_behind_a_long_body(place: Place) -> None:
    body = PIECE * 3
    first = POST + b"content-length: %d\r\n\r\n" % len(body) + body
    rest = b"connection: close\r\n\r\n"
    answer = await place.sends(first + GET, rest)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"


OTHERS = b"Connection: upgrade\r\nUpgrade: websocket\r\n"


@pytest.mark.parametrize("offer", [OFFER, OTHERS])
async def test_who_offers_another_protocol_is_understood_all_the_same(place: Place, offer: bytes) -> None:
    body = b"\r\nUpgrade: h2c\r\n"
    request = POST + offer + b"content-length: %d\r\n\r\n" % len(body) + body
    closing = GET + b"connection: close\r\n\r\n"
    answer = await place.sends(request + closing)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"\r\n\r\n%d" % len(body) in answer


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"\r\n",),
        (b"GET / HT",),
        (GET + b"x",),
        (POST + b"content-length: 10\r\n\r\n{",),
        (POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",),
    ],
)
async def test_what_does_not_come_whole_is_not_waited_for(
    place: Place, pieces: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", SOON)
    assert not await place.sends(*pieces)


@pytest.mark.parametrize("piece", [b"\r\n", GET])
async def test_nor_after_a_request_that_did(place: Place, piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", SOON)
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(GET + b"\r\n")
    await reader.readuntil(b"\r\n\r\n0")
    writer.write(piece)
    with suppress(ConnectionError):
        async with asyncio.timeout(10):
            assert not await reader.read()
    writer.close()


async def test_an_answer_may_take_longer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", SOON)
    place.let.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(POST + b"connection: close\r\ncontent-length: 2\r\n\r\n{")
    writer.write(b"}")
    await writer.drain()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(SOON * 10):
            await reader.read(1)
    place.let.set()
    assert (await reader.read()).endswith(b"\r\n\r\n2")
    writer.close()


DONE = GET + b"\r\n"


async def test_a_few_requests_may_come_before_they_are_answered(place: Place) -> None:
    answer = await place.sends(DONE * connection.MOST_WAITING + GET + b"connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == connection.MOST_WAITING + 1


async def test_more_are_not_kept_for_somebody_who_does_not_wait(place: Place) -> None:
    place.let.clear()
    assert not await place.sends(DONE * (connection.MOST_WAITING + 2))
    place.let.set()


async def test_what_is_wrong_with_one_request_is_no_answer_to_the_one_before(place: Place) -> None:
    place.let.clear()
    assert not await place.sends(DONE, b"nonsense\r\n\r\n")
    place.let.set()


async def test_what_is_wrong_with_a_body_is_told(place: Place) -> None:
    answer = await place.sends(POST + b"transfer-encoding: chunked\r\n\r\nnonsense\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", SOON)
    given_up = asyncio.Event()

    async def large(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        # More than the systems on both sides keep.
        await send({"type": "http.response.body", "body": PIECE * 256, "more_body": True})
        await send({"type": "http.response.body", "body": b"."})
        given_up.set()

    async with listening(large, "127.0.0.1", 0) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(DONE)
            async with asyncio.timeout(10):
                await given_up.wait()


async def test_what_clients_do_wrong_fills_no_log(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    assert (await place.sends(b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
    assert not caplog.records
