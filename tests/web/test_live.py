"""The broadcast: what late joiners, slow ones and those who come back get, and how it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse

from gateway.web.live import KEEP_ALIVE, Live


def request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/demo/live", "headers": pairs, "query_string": b""})


class Reader:
    """One browser, as far as the stream goes."""

    def __init__(self, live: Live, **headers: str) -> None:
        self.answer = live.events(request(**headers))
        self._pieces: AsyncIterator[bytes] = aiter(self.answer.body_iterator)  # type: ignore[arg-type]
        self.ids: list[str] = []

    async def piece(self) -> bytes:
        async with asyncio.timeout(5):
            return await anext(self._pieces)

    async def messages(self) -> list[Any]:
        """The messages of the next piece."""
        blocks = [block.splitlines() for block in (await self.piece()).split(b"\n\n") if block.startswith(b"id: ")]
        self.ids += [block[0].removeprefix(b"id: ").decode() for block in blocks]
        return [msgspec.json.decode(block[1].removeprefix(b"data: "))["n"] for block in blocks]

    async def start(self) -> "Reader":
        assert await self.piece() == b"retry: 1000\n\n"
        return self

    async def leave(self) -> None:
        await self._pieces.aclose()  # type: ignore[attr-defined]


def publish(live: Live, *numbers: int) -> None:
    for number in numbers:
        live.publish({"n": number})


async def test_the_answer_is_an_event_stream_that_nobody_keeps() -> None:
    answer = Live().events(request())
    assert isinstance(answer, StreamingResponse)
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_messages_come_in_order_one_block_each() -> None:
    live = Live()
    reader = await Reader(live).start()
    publish(live, 1)
    assert await reader.messages() == [1]
    publish(live, 2, 3)
    assert await reader.messages() == [2, 3]
    assert [one.rpartition("-")[2] for one in reader.ids] == ["1", "2", "3"]


async def test_a_line_end_in_a_text_stays_inside_its_message() -> None:
    live = Live()
    reader = await Reader(live).start()
    live.publish({"n": "a\n\nid: 9\r\ndata: {}"})
    assert await reader.messages() == ["a\n\nid: 9\r\ndata: {}"]


async def test_a_late_joiner_gets_the_last_messages_first() -> None:
    live = Live(keep=3)
    publish(live, 1, 2, 3, 4, 5)
    reader = await Reader(live).start()
    assert await reader.messages() == [3, 4, 5]
    publish(live, 6)
    assert await reader.messages() == [6]


async def test_who_comes_back_gets_only_what_was_missed() -> None:
    live = Live()
    publish(live, 1, 2)
    first = await Reader(live).start()
    await first.messages()
    await first.leave()
    publish(live, 3)
    again = await Reader(live, last_event_id=first.ids[-1]).start()
    assert await again.messages() == [3]


@pytest.mark.parametrize("last", ["", "7", "deadbeef-2", "x-y", f"deadbeef-{'9' * 5000}"])
async def test_a_number_that_is_not_ours_says_nothing(last: str) -> None:
    live = Live()
    publish(live, 1, 2)
    assert await (await Reader(live, last_event_id=last).start()).messages() == [1, 2]


async def test_a_slow_one_loses_the_oldest_and_holds_up_nobody() -> None:
    live = Live(backlog=3)
    slow, quick = await Reader(live).start(), await Reader(live).start()
    publish(live, 0)
    assert await slow.messages() == [0]
    assert await quick.messages() == [0]
    for number in range(1, 10):
        publish(live, number)
        assert await quick.messages() == [number]
    assert await slow.messages() == [7, 8, 9]


async def test_a_sign_of_life_when_nothing_happens() -> None:
    reader = await Reader(Live(beat=0.001)).start()
    assert await reader.piece() == KEEP_ALIVE


async def test_whoever_leaves_is_forgotten() -> None:
    live = Live()
    publish(live, 1)
    reader = await Reader(live).start()
    await reader.messages()
    assert live.listening == 1
    await reader.leave()
    assert live.listening == 0


async def test_close_ends_every_stream_after_what_still_waits() -> None:
    live = Live()
    busy, idle = await Reader(live).start(), await Reader(live).start()
    publish(live, 1)
    assert await busy.messages() == await idle.messages() == [1]
    publish(live, 2)
    assert await busy.messages() == [2]
    waiting = asyncio.create_task(busy.piece())
    await asyncio.sleep(0)
    live.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    assert await idle.messages() == [2]
    with pytest.raises(StopAsyncIteration):
        await idle.piece()
    assert live.listening == 0


async def test_after_close_there_is_nothing_to_wait_for() -> None:
    live = Live()
    live.close()
    publish(live, 1)
    reader = await Reader(live).start()
    with pytest.raises(StopAsyncIteration):
        await reader.piece()


async def test_what_is_no_json_is_the_publishers_error() -> None:
    with pytest.raises(TypeError):
        Live().publish({"n": object()})
