"""The keeper's processes, with small programs in the place of workers; and what workers tell one another."""

import asyncio
import errno
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.outbox.protocol import Unusable
from gateway.settings import Country, Limits
from gateway.web.listening import CannotListen
from gateway.web.rates import Rate
from gateway.web.runtime import Recipe
from gateway.web.workers import addresses, crew, link
from gateway.web.workers.crew import Crew
from gateway.web.workers.link import Frame, Link
from gateway.web.workers.messages import Address, CannotServe, Counted, Hello, Message, Run, Spent, Up
from gateway.web.workers.spending import SharedRate, Spending

from .gate import until
from .office import linked

UP = link._encode(Frame(0, Up()))
BEGIN = "import os, signal, sys, time; end = int(sys.argv[1]); say = lambda b: os.write(end, len(b).to_bytes(4) + b); "


async def no_answer(question: Message) -> Message:
    raise TypeError(question)


def hello(found: list[Address]) -> Hello:
    return Hello(
        own=b"own",
        print_key=b"key",
        addresses=found,
        workers=2,
        public_url="",
        environment="live",
        trusted_proxies=[],
        limits=Limits(),
        country=Country(),
        traces=None,
        run=Run([]),
    )


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a crew whose workers run this program, which hear no word that they are to end."""
    monkeypatch.setattr(crew, "GRACE", 0.05)
    monkeypatch.setattr(crew, "SLACK", 0.05)

    def made(program: str, size: int = 1) -> Crew:
        monkeypatch.setattr(crew, "COMMAND", (sys.executable, "-c", BEGIN + program))
        return Crew(size, hello, no_answer, lambda *_: None)

    return made


async def test_workers_that_end_at_once_are_a_start_that_failed(staff: Any) -> None:
    with pytest.raises(CannotListen, match="A worker ended before it listened"):
        async with staff("sys.exit(3)", 2).listening("127.0.0.1", 0):
            raise AssertionError


async def test_a_worker_says_why_it_cannot(staff: Any) -> None:
    said = link._encode(Frame(0, CannotServe("the reason")))
    with pytest.raises(CannotListen, match="the reason"):
        async with staff(f"say({said!r}); sys.exit(1)", 2).listening("127.0.0.1", 0):
            raise AssertionError


async def test_a_program_that_cannot_be_started_is_told(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = staff("")
    monkeypatch.setattr(crew, "COMMAND", ("/there/is/no/such/program",))
    with capture_logs() as logs, pytest.raises(CannotListen):
        async with made.listening("127.0.0.1", 0):
            raise AssertionError
    assert logs == [{"event": "worker_not_started", "worker": 1, "error": "FileNotFoundError", "log_level": "error"}]


async def test_one_that_cannot_be_started_for_want_of_open_files_is_started_later(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, calls = socket.socketpair, iter(range(100))

    def rarely() -> Any:
        if next(calls) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return pair()

    monkeypatch.setattr(crew.socket, "socketpair", rarely)
    made = staff(f"say({UP!r}); time.sleep(600)")
    with capture_logs() as logs:
        async with made.listening("127.0.0.1", 0):
            first = made._members[0].process
            made._members[0].kill()
            await until(lambda: made._members[0].process is not first and not made.missing, within=30)
    assert [one["event"] for one in logs] == ["worker_ended", "worker_not_started", "worker_ended"]


async def test_one_that_ends_is_followed_by_another_ever_more_slowly(
    staff: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    wait_for = asyncio.wait_for

    async def noted(what: Any, seconds: float) -> Any:
        waits.append(seconds)
        return await wait_for(what, 0.001)

    monkeypatch.setattr(crew.asyncio, "wait_for", noted)
    made = staff(f"say({UP!r}); sys.stdin.read(); time.sleep(0.05); sys.exit(7)")
    with capture_logs() as logs:
        async with made.listening("127.0.0.1", 0) as port:
            assert port > 0
            await until(lambda: len(waits) >= 4, within=30)
    assert waits[:4] == [0.2, 0.4, 0.8, 1.6]
    assert {(one["event"], one["worker"], one["code"]) for one in logs} == {("worker_ended", 1, 7)}


async def test_one_that_does_not_end_is_killed(staff: Any) -> None:
    made = staff(f"signal.signal(15, signal.SIG_IGN); say({UP!r}); time.sleep(600)", 2)
    async with asyncio.timeout(20), made.listening("127.0.0.1", 0):
        assert made.missing == 0
        assert len(made.links) == 2
    assert made.missing == 2
    assert made.links == []


async def test_one_that_does_not_run_what_all_run_is_replaced(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "PATIENCE", 0.05)
    made = staff(f"say({UP!r}); time.sleep(600)")
    with capture_logs() as logs:
        async with asyncio.timeout(30), made.listening("127.0.0.1", 0):
            await made.run(Run([Recipe(name="shop", file="shop.yaml", source=b"")]))
            await until(lambda: any(one["event"] == "worker_ended" for one in logs))
            await until(lambda: made.missing == 0)
    (code,) = [one["code"] for one in logs if one["event"] == "worker_ended"]
    # asyncio says 255 where subprocess, cleaning up elsewhere in this process, was told of the end before it.
    assert code in (-9, 255)


async def test_one_that_hangs_is_replaced(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "PATIENCE", 0.05)
    made = staff(f"say({UP!r}); time.sleep(600)")
    with capture_logs() as logs:
        async with asyncio.timeout(30), made.listening("127.0.0.1", 0):
            await until(lambda: [one["event"] for one in logs] == ["worker_hangs", "worker_ended"])
            monkeypatch.setattr(crew, "PATIENCE", 600.0)
            await until(lambda: made.missing == 0)


async def test_who_does_not_answer_soon_is_left_out(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "SOON", 0.05)
    made = staff(f"say({UP!r}); time.sleep(600)")
    async with asyncio.timeout(30), made.listening("127.0.0.1", 0):
        assert await made.ask(Counted([]), Counted) == []


async def test_an_address_that_somebody_has_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "PATIENCE", 0.2)
    async with addresses.reserved("127.0.0.1", 0) as found:
        [(_, host, port)] = found
        sockets = addresses.shares(found) + addresses.shares(found)
        for one in sockets:
            one.listen()
        with pytest.raises(CannotListen, match=f"{host}:{port} cannot be listened on"):
            async with addresses.reserved(host, port):
                raise AssertionError
        for one in sockets:
            one.close()
        async with addresses.reserved(host, port) as again:
            assert again == found


async def test_a_name_may_have_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(family, socket.SOCK_STREAM, 6, "", (host, 0)) for family, host in ((2, "127.0.0.1"), (10, "::1"))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: both)
    async with addresses.reserved("localhost", 0) as found:
        assert [one[:2] for one in found] == [(2, "127.0.0.1"), (10, "::1")]
        assert found[0][2] == found[1][2] > 0
        for one in addresses.shares(found):
            one.close()


# what workers tell one another


@pytest.fixture
async def spending() -> AsyncIterator[tuple[Spending, SharedRate, list[Message]]]:
    heard: list[Message] = []
    lost = asyncio.Event()
    near, far = Link(no_answer, heard.append, lambda: None), Link(no_answer, heard.append, lost.set)
    await linked(near, far)
    rate = SharedRate(100, lambda: 0.0, workers=2)
    yield Spending(near, {"address": rate}), rate, heard
    near.close()
    await lost.wait()


async def test_only_those_near_their_limit_are_told(spending: tuple[Spending, SharedRate, list[Message]]) -> None:
    made, rate, heard = spending
    made.tell()
    for _ in range(4):
        rate.allows("few")
    for _ in range(5):
        rate.allows("many")
    made.tell()
    await until(lambda: bool(heard))
    made.tell()
    assert heard == [Spent([("address", "many", 5)])]


async def test_what_others_let_pass_is_taken_off(spending: tuple[Spending, SharedRate, list[Message]]) -> None:
    made, rate, _ = spending
    made.hear(Spent([("address", "busy", 195), ("address", "far too busy", 999)]))
    assert [rate.allows("busy") for _ in range(6)] == [True] * 5 + [False]
    assert not rate.allows("far too busy")
    assert rate.allows("another")


async def test_it_tells_as_long_as_somebody_hears(
    spending: tuple[Spending, SharedRate, list[Message]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, rate, heard = spending
    monkeypatch.setattr("gateway.web.workers.spending.EVERY", 0.001)
    telling = asyncio.create_task(made.keep_telling())
    for number in range(1, 4):
        for _ in range(10):
            assert rate.allows("busy")
        await until(lambda number=number: len(heard) >= number)  # type: ignore[misc]
    made._link.close()
    await telling


def test_no_limit_is_no_limit_for_all() -> None:
    rate = SharedRate(0, lambda: 0.0, workers=2)
    rate.charge("busy", 1000)
    assert rate.allows("busy")
    assert rate.spent() == []
    assert Rate(0, lambda: 0.0).allows("busy")


async def test_a_link_that_is_gone_is_unusable() -> None:
    with pytest.raises(Unusable):
        await Link(no_answer, lambda _: None, lambda: None).ask(Up(), Counted)
