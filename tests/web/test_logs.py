"""Who says something to the log never waits: not for a reader that hangs, nor for a disk."""

import io
import json
import threading
from collections.abc import Iterator

import pytest
import structlog

from gateway.web import logs
from gateway.web.logs import Log, set_up


class Hangs(io.StringIO):
    """Takes nothing until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.goes = threading.Event(), threading.Event()
        self.error: Exception | None = None

    def write(self, text: str) -> int:
        self.asked.set()
        assert self.goes.wait(10)
        if self.error is not None:
            raise self.error
        return super().write(text)


@pytest.fixture
def stream() -> Hangs:
    return Hangs()


@pytest.fixture
def log(logged: io.StringIO, monkeypatch: pytest.MonkeyPatch, stream: Hangs) -> Iterator[Log]:
    made = Log()
    monkeypatch.setattr(logs, "LOG", made)
    monkeypatch.setattr(logs, "PATIENCE", 0.05)
    set_up(stream)
    yield made
    stream.goes.set()


def said(stream: Hangs) -> list[object]:
    return [json.loads(line).get("lines") or json.loads(line)["event"] for line in stream.getvalue().splitlines()]


def test_a_reader_that_hangs_holds_nobody_up_and_what_it_missed_is_counted(log: Log, stream: Hangs) -> None:
    speaker = structlog.get_logger()
    speaker.info("0")
    assert stream.asked.wait(10)
    for number in range(1, logs.MOST + 8):
        speaker.info(str(number))
    log.flush()
    assert (log.lost, log.lines_lost, stream.getvalue()) == (True, 7, "")
    stream.goes.set()
    logs.PATIENCE = 10
    log.flush()
    assert (log.lost, log.lines_lost) == (False, 7)
    for word in ("then", "and"):
        speaker.info(word)
    log.flush()
    assert said(stream) == [*map(str, range(logs.MOST + 1)), 7, "then", "and"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("I/O operation on closed file")])
def test_what_cannot_be_written_is_told_when_it_can(log: Log, stream: Hangs, error: Exception) -> None:
    stream.goes.set()
    logs.PATIENCE = 10
    stream.error = error
    structlog.get_logger().info("nobody")
    log.flush()
    assert (log.lost, log.lines_lost) == (True, 1)
    stream.error = None
    for word in ("one", "two", "three"):
        structlog.get_logger().info(word)
        log.flush()
    assert said(stream) == ["one", 1, "two", "three"]
