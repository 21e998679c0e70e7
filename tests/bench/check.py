"""What `taggate check` costs, the command's start and the proof in it."""

import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.language.large import promised

from .options import Options
from .report import ratios, spread
from .sides import ROOT

COMMAND = (sys.executable, "-m", "gateway.cli", "check")


def run(options: Options) -> None:
    """A small file and a large one in turn, each in a process of its own."""
    with options.scratch() as folder:
        files = {"the demo's": ROOT / "tags" / "demo.yaml", "300, 60, 200": folder / "large.yaml"}
        files["300, 60, 200"].write_text(promised())
        print("\n== check: 300 triggers, 60 tags, 200 tests, 61 guarantees")
        found: Mapping[str, list[float]] = {name: [] for name in files}
        for number in range(1, options.rounds + 1):
            for name, file in files.items():
                found[name].append(took(file))
                print(f"round {number}  {name:14}{found[name][-1]:6.2f} s CPU")
    for name, times in found.items():
        said = spread(ratios(times, found["the demo's"]))
        print(f"  {name:14}{statistics.median(times):6.2f} s CPU, {said} times the demo's")


def took(file: Path) -> float:
    """Seconds of CPU of one check."""
    before = _used()
    subprocess.run([*COMMAND, str(file)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
