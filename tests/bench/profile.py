"""Where the time of a hit goes, by rooms of the gateway and by what it stands on: py-spy's samples, folded."""

import subprocess
import sys
from pathlib import Path

from . import load
from .fold import folded
from .options import Options, gateway
from .sides import Missing

RATE = 100
SHOWN = 25


def run(options: Options) -> None:
    """Samples of a gateway under load, C code included. Shares are of the time it worked; what it waited for is told
    beside them. Reads the stack of the live process: needs root, or ptrace allowed."""
    spy = Path(sys.executable).with_name("py-spy")
    if not spy.exists():
        raise Missing("py-spy is missing: pip install py-spy")
    with options.scratch() as folder, gateway(folder) as (side, jar):
        load.hits(side, jar, 1)
        raw = folder / "raw"
        told = [str(spy), "record", "--native", "--format", "raw", "--rate", str(RATE), "--output", str(raw)]
        told += ["--duration", str(max(round(options.seconds), 1)), "--pid", str(side.pid)]
        process = subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        sample = load.hits(side, jar, options.seconds + 1)
        said, _ = process.communicate()
        if process.returncode:
            raise Missing(f"py-spy could not read the process: {said.strip()}")
        table = folded(raw.read_text())
    print(f"\n== profile: {table.samples} samples  {sample.meanwhile}")
    print(f"{sample.micros:.0f} µs of CPU a hit, with the sampler in the way")
    print("waiting, of all samples: " + "  ".join(f"{name} {part:.0%}" for name, part in table.waits.items()))
    print(f"{'of the time it worked':40}{'self':>8}{'with all it calls':>20}")
    for row in table.rooms:
        print(f"  {row.name:38}{row.own:8.1%}{row.whole:20.1%}")
    print(f"{'functions of most time of their own':60}{'self':>8}")
    for row in table.functions[:SHOWN]:
        print(f"  {row.name:58}{row.own:8.1%}")
