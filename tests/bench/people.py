"""What a hit costs with a million people in the store, beside a store that knows only those who come."""

import asyncio
from pathlib import Path

from . import fill
from .full import full_and_empty
from .options import Options

COME = 20_000


def run(options: Options) -> None:
    """So many visitors come, each from a new page, that most are looked for in the file and not found in memory."""

    def filled(data: Path) -> None:
        asyncio.run(fill.people(data, options.people))

    full_and_empty(options, f"people: {options.people:,} in the store", COME, filled, pages="new")
