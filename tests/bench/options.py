"""What every comparison is told."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from .container import container
from .hits import visitors
from .sides import Home, Side


class Options(Struct, frozen=True, kw_only=True):
    """From the command line."""

    rounds: int = 5
    seconds: float = 5.0
    people: int = 1_000_000
    backlog: int = 1_000_000
    hits: int = 200_000
    deliver: int = 100_000
    folder: Path | None = None
    """Where the data folders are made: its disk is what is measured."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="taggate-bench-", dir=self.folder) as folder:
            yield Path(folder)


@contextmanager
def gateway(folder: Path, text: str | None = None, name: str = "gateway") -> Iterator[tuple[Side, Path]]:
    """A gateway with 20 triggers and 3 tags, or this container, and 1,000 visitors with cookies."""
    with Home(folder / name, text or container()).running(name=name) as side:
        yield side, visitors(side, folder / f"{name}.cookies")
