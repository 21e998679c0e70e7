"""Files that hang: what was not begun never happens, what was may have, and nobody else waits."""

import asyncio
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from gateway.delivery.append import append
from gateway.delivery.files import Files
from gateway.delivery.threads import Broke, apart
from gateway.model import Append, Fault, Reply

LINES = b"{}\n"


class Hanging:
    """A call of the system that hangs for one path, until it is let go."""

    def __init__(self, real: Callable[..., int], place: Callable[..., bool]) -> None:
        self.reached = Event()
        self.go = Event()
        self._real, self._place = real, place

    def __call__(self, *given: object) -> int:
        if self._place(*given) and not self.go.is_set():
            self.reached.set()
            assert self.go.wait(20)
        return self._real(*given)


@pytest.fixture
def opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    made = Hanging(os.open, lambda path, *_: str(path).endswith("nfs"))
    monkeypatch.setattr("gateway.delivery.append.os.open", made)
    yield made
    made.go.set()


@pytest.fixture
def syncing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    made = Hanging(os.fsync, lambda *_: True)
    monkeypatch.setattr("gateway.delivery.append.os.fsync", made)
    yield made
    made.go.set()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.to_thread(lambda: None)


async def test_what_was_not_begun_in_time_never_happens(tmp_path: Path, opening: Hanging) -> None:
    files, job = Files(), Append(str(tmp_path / "nfs"), LINES)
    assert await files.send(job, 0.05) == Reply(504)
    assert opening.reached.is_set()
    assert await files.send(Append(str(tmp_path / "local"), LINES), 10) == Reply(201)
    assert await files.send(job, 10) == Reply(504)
    opening.go.set()
    await until(lambda: not files._busy)
    assert (tmp_path / "nfs").read_bytes() == b""
    assert await files.send(job, 10) == Reply(201)
    assert (tmp_path / "nfs").read_bytes() == LINES


async def test_what_was_begun_may_have_happened(tmp_path: Path, syncing: Hanging) -> None:
    files, job = Files(), Append(str(tmp_path / "nfs"), LINES)
    (tmp_path / "nfs").touch()
    assert await files.send(job, 0.05) is Fault.NO_ANSWER
    assert await files.send(job, 10) == Reply(504)
    syncing.go.set()
    await until(lambda: not files._busy)
    assert (tmp_path / "nfs").read_bytes() == LINES


async def test_who_goes_away_takes_what_was_not_begun_along(tmp_path: Path, opening: Hanging) -> None:
    files = Files()
    sending = asyncio.create_task(files.send(Append(str(tmp_path / "nfs"), LINES), 10))
    await until(opening.reached.is_set)
    sending.cancel()
    await asyncio.wait({sending})
    opening.go.set()
    await until(lambda: not files._busy)
    assert (tmp_path / "nfs").read_bytes() == b""


def test_nothing_is_changed_without_leave(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'{"half')
    assert append(Append(str(tmp_path / "a"), LINES), lambda: False) == Reply(504)
    assert (tmp_path / "a").read_bytes() == b'{"half'


def test_a_thread_that_hangs_does_not_hold_up_the_end() -> None:
    program = """
        import asyncio, threading
        from gateway.delivery.threads import apart

        async def main():
            await asyncio.wait({asyncio.ensure_future(apart(threading.Event().wait, "hangs"))}, timeout=0.01)

        asyncio.run(main())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=20)
    assert done.returncode == 0


async def test_what_a_call_raises() -> None:
    def fail() -> None:
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        await apart(fail, "test")


async def test_a_call_that_breaks_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Event()
    monkeypatch.setattr(threading, "excepthook", lambda _: said.set())

    def fail() -> None:
        raise NotImplementedError

    with pytest.raises(Broke):
        await apart(fail, "test")
    assert said.wait(10)
