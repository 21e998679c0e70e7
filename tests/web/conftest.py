import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from .gate import Gate

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A folder in memory where there is one: a thousand fsyncs on a disk take a minute."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="taggate-") as folder:
        yield Path(folder)


@pytest_asyncio.fixture
async def gate(quick_path: Path) -> AsyncIterator[Gate]:
    async with Gate(quick_path) as made:
        yield made
