"""A gateway whose files are full beside one whose files are not. Both are started anew for every round, the empty one
from a copy: else what the rounds themselves store would fill it."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import load
from .container import container
from .hits import visitors
from .load import Sample
from .options import Options
from .report import compare
from .sides import Home

WARM = 2.0


def full_and_empty(
    options: Options, title: str, number: int, fill: Callable[[Path], None], pages: str = "same"
) -> None:
    """`number`: visitors that come. `fill` is given the data folder."""
    with options.scratch() as folder:
        home = Home(folder / "gateway", container())
        with home.running() as side:
            jar = visitors(side, folder / "cookies", number)
        empty, full = folder / "empty", folder / "full"
        shutil.copytree(home.data, empty)
        begun = time.monotonic()
        fill(home.data)
        home.data.rename(full)
        size = sum(path.stat().st_size for path in full.iterdir()) >> 20
        print(f"\n{title}: filled in {time.monotonic() - begun:.0f} s, the data folder has {size} MiB")

        def measure(kept: Path, *, anew: bool) -> Sample:
            if anew:
                shutil.copytree(kept, home.data)
            else:
                kept.rename(home.data)
            try:
                with home.running() as side:
                    before = side.memory
                    load.hits(side, jar, WARM, pages=pages)
                    sample = load.hits(side, jar, options.seconds, pages=pages)
                    print(f"         started in {side.start:.2f} s", end="  ")
                    print(f"memory {before >> 20} MiB, after the load {side.memory >> 20} MiB")
                return sample
            finally:
                if anew:
                    shutil.rmtree(home.data)
                else:
                    home.data.rename(kept)

        measures = {"empty": partial(measure, empty, anew=True), "full": partial(measure, full, anew=False)}
        compare(title, measures, options.rounds, "empty", warm=False)
