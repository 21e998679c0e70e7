import io
import logging
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from gateway.web.logs import LOG, set_up
from gateway.web.workers.front_desk import FrontDesk
from gateway.web.workers.messages import Message

from .gate import Gate

MEMORY = Path("/dev/shm")
ALIKE = (
    *("test_ingest_life", "test_ingest_consent", "test_ingest_privacy", "test_ingest_limits", "test_ingest_once"),
    *("test_together", "test_http", "test_preview", "test_page_tags", "test_refusals", "test_claims"),
)
UNLIKE = ("test_too_many_requests_are_429", "test_who_has_many_ipv6_addresses_asks_as_one")
"""Workers tell one another what passed, a little later."""


@pytest.fixture(autouse=True)
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many workers a gateway of the test's has."""
    number = int(getattr(request, "param", 1))
    monkeypatch.setattr(Gate, "workers", number)
    return number


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What becomes of a hit must not depend on how many processes there are, nor on which one it comes to."""
    if metafunc.module.__name__.rpartition(".")[2] in ALIKE and metafunc.function.__name__ not in UNLIKE:
        metafunc.parametrize("workers", [1, 2], indirect=True, ids=["one process", "two workers"])


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A folder in memory where there is one: a thousand fsyncs on a disk take a minute."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="taggate-") as folder:
        yield Path(folder)


class Lines(io.StringIO):
    """All that was said until it is asked for."""

    def getvalue(self) -> str:
        LOG.flush()
        return super().getvalue()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the process writes to its log."""
    root = logging.getLogger()
    before = root.handlers, root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    stream = Lines()
    set_up(stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = before
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest_asyncio.fixture
async def gate(quick_path: Path) -> AsyncIterator[Gate]:
    async with Gate(quick_path) as made:
        yield made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Message]]:
    """What workers ask the keeper."""
    found, answer = list[Message](), FrontDesk._answer

    async def noted(front: FrontDesk, question: Message) -> Message:
        found.append(question)
        return await answer(front, question)

    monkeypatch.setattr(FrontDesk, "_answer", noted)
    yield found
