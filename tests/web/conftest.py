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

from gateway.web.logs import set_up

from .gate import Gate

MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A folder in memory where there is one: a thousand fsyncs on a disk take a minute."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="taggate-") as folder:
        yield Path(folder)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the process writes to its log."""
    root = logging.getLogger()
    before = root.handlers, root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    stream = io.StringIO()
    set_up(stream)
    yield stream
    structlog.reset_defaults()
    root.handlers, root.level = before
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest_asyncio.fixture
async def gate(quick_path: Path) -> AsyncIterator[Gate]:
    async with Gate(quick_path) as made:
        yield made
