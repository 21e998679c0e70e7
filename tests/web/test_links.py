"""The link between keeper and worker: frames in pieces, many questions at once, and what ends it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from structlog.testing import capture_logs

from gateway.outbox.protocol import Full, InFlight, Refused, Unusable
from gateway.store.protocol import StoreError
from gateway.web.logs import LOG
from gateway.web.workers import link as links
from gateway.web.workers.link import Frame, Link
from gateway.web.workers.messages import (
    AskCounts,
    AskHealth,
    AskMetrics,
    Counted,
    Exposition,
    Failed,
    Health,
    Message,
    Stop,
    Up,
    Withdraw,
    Withdrawn,
)
from gateway.web.workers.remote import Tallies

from .gate import until
from .office import linked


async def no_answer(question: Message) -> Message:
    raise TypeError(question)


class Ends:
    """Two ends, and what each heard. The far one answers what `answer` makes of a question."""

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.lost: list[str] = []
        self.asked: list[Message] = []
        self.answer: Callable[[Message], Message] = lambda _: Withdrawn(0)
        self.hold = asyncio.Event()
        self.hold.set()
        self.near = Link(no_answer, self.heard.append, lambda: self.lost.append("near"))
        self.far = Link(self._answer, self.heard.append, lambda: self.lost.append("far"))

    async def _answer(self, question: Message) -> Message:
        self.asked.append(question)
        await self.hold.wait()
        return self.answer(question)


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    made = Ends()
    await linked(made.near, made.far)
    yield made
    made.near.close()
    made.far.close()
    await until(lambda: len(made.lost) == 2)


def withdraw(number: int = 0) -> Withdraw:
    return Withdraw([b"key"], ["analytics"], float(number))


async def test_each_question_gets_its_own_answer_whatever_their_order(ends: Ends) -> None:
    first = asyncio.Event()

    async def answer(question: Message) -> Message:
        assert isinstance(question, Withdraw)
        if question.patience == 0:
            await first.wait()
        return Withdrawn(int(question.patience))

    ends.far._answer = answer
    asked = [asyncio.create_task(ends.near.ask(withdraw(number), Withdrawn)) for number in range(500)]
    rest = await asyncio.gather(*asked[1:])
    assert [one.discarded for one in rest] == list(range(1, 500))
    assert not asked[0].done()
    first.set()
    assert (await asked[0]).discarded == 0


async def test_words_that_need_no_answer_arrive_in_order(ends: Ends) -> None:
    said = [Up(), Counted([("hits", ("shop",), 2)]), Stop()]
    for word in said:
        ends.near.tell(word)
    await until(lambda: ends.heard == said)


@pytest.mark.parametrize(
    ("name", "raised"),
    [("Full", Full), ("InFlight", InFlight), ("StoreError", StoreError), ("Refused", Refused), ("New", Unusable)],
)
async def test_what_failed_there_is_raised_here(ends: Ends, name: str, raised: type[Exception]) -> None:
    ends.answer = lambda _: Failed(name, "why")
    with pytest.raises(raised, match="why"):
        await ends.near.ask(withdraw(), Withdrawn)


async def test_an_answer_to_something_else_is_an_error(ends: Ends) -> None:
    ends.answer = lambda _: Health([], [], {})
    with pytest.raises(TypeError, match="Health is no answer to Withdraw"):
        await ends.near.ask(withdraw(), Withdrawn)


async def test_who_waits_is_told_when_the_other_side_goes(ends: Ends) -> None:
    ends.hold.clear()
    waiting = [asyncio.create_task(ends.near.ask(withdraw(), Withdrawn)) for _ in range(3)]
    await until(lambda: len(ends.asked) == 3)
    ends.far.close()
    for one in waiting:
        with pytest.raises(Unusable):
            await one
    assert not ends.near.open
    with pytest.raises(Unusable):
        await ends.near.ask(withdraw(), Withdrawn)
    ends.near.tell(Up())
    # Its answers find nobody, which is no error.
    with capture_logs() as logs:
        ends.hold.set()
        await until(lambda: not ends.far._answering)
    assert logs == []


async def test_who_no_longer_waits_is_not_missed(ends: Ends) -> None:
    ends.hold.clear()
    waiting = asyncio.create_task(ends.near.ask(withdraw(), Withdrawn))
    await until(lambda: len(ends.asked) == 1)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    ends.hold.set()
    assert (await ends.near.ask(withdraw(), Withdrawn)).discarded == 0


async def test_too_many_questions_are_refused_at_once(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_ASKED", 2)
    ends.hold.clear()
    waiting = [asyncio.create_task(ends.near.ask(withdraw(), Withdrawn)) for _ in range(2)]
    await until(lambda: len(ends.asked) == 2)
    with pytest.raises(Full):
        await ends.near.ask(withdraw(), Withdrawn)
    ends.hold.set()
    await asyncio.gather(*waiting)
    await ends.near.ask(withdraw(), Withdrawn)


async def test_too_many_bytes_are_refused_until_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_UNSENT", 1 << 20)
    ours, theirs = socket.socketpair()
    near = Link(no_answer, lambda _: None, lambda: None)
    await asyncio.get_running_loop().create_unix_connection(lambda: near, sock=ours)
    big = Withdraw([bytes(1 << 20)], [], 0.0)
    waiting = []
    with theirs:
        while not near._full:
            waiting.append(asyncio.create_task(near.ask(big, Withdrawn)))
            await asyncio.sleep(0)
            assert len(waiting) < 20
        with pytest.raises(Full):
            await near.ask(withdraw(), Withdrawn)
        tallies = Tallies(near)
        tallies.rejected("shop", "full")
        for _ in range(3):
            await asyncio.sleep(0)
        assert tallies.untold().counts == [("rejected", ("shop", "full"), 1)], "kept until it can be told"
        theirs.setblocking(False)
        while near._full:
            with contextlib.suppress(BlockingIOError):
                theirs.recv(1 << 20)
            await asyncio.sleep(0)
    for one in waiting:
        with pytest.raises((Unusable, Full)):
            await one


@pytest.mark.parametrize("bad", [Withdraw([], ["\udcff"], 0.0), Withdraw([], [], 1 << 70)], ids=["text", "number"])  # type: ignore[arg-type]
async def test_what_has_no_form_on_the_wire_is_refused(ends: Ends, bad: Withdraw) -> None:
    with pytest.raises(Refused):
        await ends.near.ask(bad, Withdrawn)
    assert (await ends.near.ask(withdraw(), Withdrawn)).discarded == 0


async def test_what_is_too_long_is_refused(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "LONGEST", 100)
    with pytest.raises(Refused):
        await ends.near.ask(Withdraw([bytes(100)], [], 0.0), Withdrawn)
    assert (await ends.near.ask(withdraw(), Withdrawn)).discarded == 0


@pytest.mark.parametrize(
    "bytes_",
    [
        (links.LONGEST + 1).to_bytes(4),
        (3).to_bytes(4) + b"\xc1\xc1\xc1",
        (5).to_bytes(4) + b"hello",
        (1).to_bytes(4) + b"\x90",
    ],
    ids=["too long", "no MessagePack", "no frame", "an empty one"],
)
async def test_a_link_that_cannot_be_read_ends(bytes_: bytes) -> None:
    ours, theirs = socket.socketpair()
    lost = asyncio.Event()
    near = Link(no_answer, lambda _: None, lost.set)
    await asyncio.get_running_loop().create_unix_connection(lambda: near, sock=ours)
    with theirs, capture_logs() as logs:
        theirs.sendall(bytes_)
        await lost.wait()
    assert [one["event"] for one in logs] == ["link_unreadable"]


async def test_frames_may_come_in_any_pieces() -> None:
    heard: list[Message] = []
    near = Link(no_answer, heard.append, lambda: None)
    words: list[Message] = [Up(), Counted([("hits", ("a" * 300,), 1)]), Stop()]
    frames = [links._encode(Frame(0, word)) for word in words]
    stream = b"".join(len(frame).to_bytes(4) + frame for frame in frames)
    for size in (1, 2, 3, 5, 7, 100, len(stream)):
        heard.clear()
        for begin in range(0, len(stream), size):
            near.data_received(stream[begin : begin + size])
        assert heard == words


async def test_a_mistake_of_ours_ends_the_link_and_shows_no_values(ends: Ends) -> None:
    def wrong(_: Message) -> Message:
        raise LookupError("alice")

    ends.answer = wrong
    with capture_logs() as logs, pytest.raises(Unusable):
        await ends.near.ask(AskHealth(), Health)
    assert logs == [{"event": "link_failed", "error": "LookupError", "log_level": "error"}]


async def test_what_was_said_before_it_closes_arrives(ends: Ends) -> None:
    ends.near.tell(Counted([("hits", ("shop",), 1)]))
    ends.near.close()
    ends.near.close()
    await until(lambda: len(ends.lost) == 2)
    assert ends.heard == [Counted([("hits", ("shop",), 1)])]


async def test_lines_that_a_worker_loses_are_told_once(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    tallies = Tallies(ends.far)
    before = tallies.untold()
    monkeypatch.setattr(LOG, "_refused", LOG._refused + 5)
    told = tallies.untold()
    assert told.counts == [("log_lines_lost", (), 5)]
    assert tallies.untold().counts == []
    assert {name for name, _, _ in before.counts} <= {"log_lines_lost"}


async def test_both_sides_may_ask(ends: Ends) -> None:
    async def counts(_: Message) -> Message:
        return Counted([])

    ends.near._answer = counts
    ends.answer = lambda _: Exposition(b"text")
    told, text = await asyncio.gather(ends.far.ask(AskCounts(), Counted), ends.near.ask(AskMetrics(), Exposition))
    assert (told.counts, text.text) == ([], b"text")
