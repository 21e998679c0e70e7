"""How long a start takes, what a gateway needs when nothing happens, and whether traffic makes it grow."""

import statistics
from pathlib import Path

from . import load
from .container import container
from .options import Options, gateway
from .sides import Home, bare

SLICES = 10


def run(options: Options) -> None:
    """Start: from the command to the first 200 of /readyz. Memory: resident, with new pages for every hit."""
    print("\n== idle: start and memory")
    starts: dict[str, list[float]] = {"bare": [], "gateway": []}
    with options.scratch() as folder:
        home = Home(folder / "gateway", container())
        for number in range(1, options.rounds + 1):
            for begin in (bare, home.running):
                with begin() as side:
                    starts[side.name].append(side.start)
                    print(f"round {number}  {side.name:8} started in {side.start:.2f} s, {side.memory / 1e6:.0f} MB")
    for name, took in starts.items():
        print(f"median: {name} started in {statistics.median(took):.2f} s")
    with options.scratch() as folder:
        _growth(options, folder)


def _growth(options: Options, folder: Path) -> None:
    with gateway(folder) as (side, jar):
        begin, sent, told = side.memory, 0, 0
        print(f"memory {begin / 1e6:.0f} MB after 1,000 visitors' first hits")
        while sent < options.hits:
            sent += load.hits(side, jar, options.seconds, pages="new").hits
            if sent >= told + options.hits / SLICES or sent >= options.hits:
                told = sent
                print(f"memory {side.memory / 1e6:.0f} MB after {sent:,} hits", flush=True)
        print(f"memory grew by {(side.memory - begin) / 1e6:.0f} MB over {sent:,} hits")
