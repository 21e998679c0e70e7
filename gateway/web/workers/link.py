"""One stream between two processes: numbered questions, answers by number, and words that nobody answers.
A frame is its length in four bytes and MessagePack; what is to be sent within one turn of the loop goes together."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar, cast

import structlog
from msgspec import DecodeError, Struct, msgpack

from gateway.outbox import protocol
from gateway.outbox.protocol import Full, Refused, Unusable
from gateway.store.protocol import StoreError
from gateway.web.workers.messages import Failed, Message

log = structlog.get_logger()

ERRORS: Mapping[str, type[protocol.OutboxError] | type[StoreError]] = {
    error.__name__: error
    for error in (protocol.Full, protocol.DiskLow, Unusable, Refused, protocol.InFlight, StoreError)
}
HEAD = 4
LONGEST = 64 << 20
"""Bytes of one frame."""
MOST_ASKED = 1024
"""Questions without an answer."""
MOST_UNSENT = 16 << 20
"""Bytes that wait for the other side to read them."""


def error_of(failed: Failed) -> protocol.OutboxError | StoreError:
    """What it names."""
    return ERRORS.get(failed.error, Unusable)(failed.text)


class Frame(Struct, array_like=True, frozen=True):
    """Above 0: a question. Below: the answer to the question of that number. 0: neither."""

    number: int
    message: Message


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(Frame).decode

T = TypeVar("T", bound=Message)
Answer = Callable[[Message], Coroutine[Any, Any, Message]]


class Link(asyncio.Protocol):
    """`answer` is asked what the other side asks, `told` is called with what needs no answer, `lost` once at the end.
    An error that `answer` does not turn into a message ends the link."""

    def __init__(self, answer: Answer, told: Callable[[Message], None], lost: Callable[[], None]) -> None:
        self._answer, self._told, self._lost = answer, told, lost
        self._transport: asyncio.Transport | None = None
        self._asked: dict[int, asyncio.Future[Message]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._number = 0
        self._came = bytearray()
        self._unsent: list[bytes] = []
        self._full = False

    @property
    def open(self) -> bool:
        """Whether the other side is there."""
        return self._transport is not None

    @property
    def takes(self) -> bool:
        """Whether what is told now is heard."""
        return self.open and not self._full

    async def ask(self, message: Message, wanted: type[T]) -> T:
        """Its answer; what Failed names is raised. Raises Full at once when too much is on its way, Unusable when the
        other side is gone, Refused for what is too large."""
        if self._full or len(self._asked) >= MOST_ASKED:
            raise Full("too much is waiting for the keeper")
        self._number += 1
        number = self._number
        self._send(number, message)
        self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            answer = await self._asked[number]
        finally:
            del self._asked[number]
        if isinstance(answer, Failed):
            raise error_of(answer)
        if not isinstance(answer, wanted):
            raise TypeError(f"{type(answer).__name__} is no answer to {type(message).__name__}")
        return answer

    def tell(self, message: Message) -> None:
        """Nobody hears it when the other side is gone or does not read."""
        if self.takes:
            self._send(0, message)

    def close(self) -> None:
        """What is to be sent is sent first."""
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def _send(self, number: int, message: Message) -> None:
        if self._transport is None:
            raise Unusable("the keeper is gone")
        try:
            frame = _encode(Frame(number, message))
        except (TypeError, ValueError, OverflowError) as error:
            raise Refused(f"cannot be stored ({type(error).__name__})") from None
        if len(frame) > LONGEST:
            raise Refused("too large to be stored")
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent += (len(frame).to_bytes(HEAD), frame)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None and unsent:
            self._transport.write(b"".join(unsent))

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The link is open."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=MOST_UNSENT)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody answers any more."""
        self._transport = None
        for future in self._asked.values():
            if not future.done():
                future.set_exception(Unusable("the keeper is gone"))
        self._lost()

    def pause_writing(self) -> None:
        """Too much is unsent."""
        self._full = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._full = False

    def data_received(self, data: bytes) -> None:
        """Any number of frames, and pieces of them."""
        came = self._came
        came += data
        begin = 0
        try:
            while len(came) - begin >= HEAD:
                size = int.from_bytes(came[begin : begin + HEAD])
                if size > LONGEST:
                    raise DecodeError("a frame that is too long")
                end = begin + HEAD + size
                if len(came) < end:
                    break
                frame = _decode(came[begin + HEAD : end])
                begin = end
                self._take(frame)
        except DecodeError:
            # Nothing that follows can be told apart.
            log.error("link_unreadable")
            self._abort()
        del came[:begin]

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _take(self, frame: Frame) -> None:
        if frame.number > 0:
            task = asyncio.get_running_loop().create_task(self._reply(frame))
            self._answering.add(task)
            task.add_done_callback(self._replied)
        elif frame.number == 0:
            self._told(frame.message)
        elif (future := self._asked.get(-frame.number)) and not future.done():
            future.set_result(frame.message)

    async def _reply(self, frame: Frame) -> None:
        answer = await self._answer(frame.message)
        if self._transport is not None:
            self._send(-frame.number, answer)

    def _replied(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("link_failed", error=type(error).__name__)
            self._abort()
