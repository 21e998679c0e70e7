"""What a hit costs while a million parcels wait, beside an empty queue; and what that does to start and memory."""

import asyncio
from pathlib import Path

from . import fill
from .full import full_and_empty
from .options import Options

TAGS = ("tag0", "tag1", "tag2")


def run(options: Options) -> None:
    """Receivers are down in both."""

    def filled(data: Path) -> None:
        asyncio.run(fill.backlog(data, TAGS, options.backlog))

    full_and_empty(options, f"backlog: {options.backlog:,} parcels waiting", 1000, filled)
