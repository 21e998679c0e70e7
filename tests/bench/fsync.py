"""What the disk is to blame for: how long an fsync takes, and how many hits share one."""

import os
import re
import statistics
import time
from pathlib import Path

from . import load
from .container import container
from .hits import visitors
from .options import Options
from .report import share
from .sides import Home, need

PROBES = 300
CALL = re.compile(r"\b(fdatasync|fsync)\(.*<([\d.]+)>$")


def run(options: Options) -> None:
    """First on an idle disk, then under load: the gateway's own calls, seen by strace (which makes it a little
    slower), with 64 and 256 connections."""
    with options.scratch() as folder:
        print(f"\n== fsync: data folder on {_where(folder)}")
        for size in (4096, 65_536):
            took = _probe(folder / "probe", size)
            print(f"{size >> 10:3} KiB and fdatasync: {_told(took)}")
        need("strace", "apt-get install strace")
        for connections in (64, 256):
            _under_load(options, folder / str(connections), connections)


def _probe(path: Path, size: int) -> list[float]:
    took = []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for _ in range(PROBES):
            begun = time.perf_counter()
            os.write(file, os.urandom(size))
            os.fdatasync(file)
            took.append(time.perf_counter() - begun)
    finally:
        os.close(file)
    return took


def _under_load(options: Options, folder: Path, connections: int) -> None:
    home, trace = Home(folder / "gateway", container()), folder / "trace"
    strace = ("strace", "-f", "-T", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", "-o", str(trace))
    with home.running(*strace) as side:
        jar = visitors(side, folder / "cookies")
        before = len(calls(trace.read_text()))
        hits = load.hits(side, jar, options.seconds, connections).hits
        took = calls(trace.read_text())[before:]
    print(f"{connections} connections: {hits / max(len(took), 1):.1f} hits an fsync, {_told(took)}")


def calls(text: str) -> list[float]:
    """What strace wrote → seconds of each fsync and fdatasync; also of one whose line was cut in two."""
    return [float(found[2]) for line in text.splitlines() if (found := CALL.search(line.replace(" resumed>", "(")))]


def _told(took: list[float]) -> str:
    if not took:
        return "none"
    middle, late = statistics.median(took) * 1000, share(took, 0.99) * 1000
    return f"{len(took)} times, median {middle:.2f} ms, p99 {late:.2f} ms"


def _where(folder: Path) -> str:
    path = folder.resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    best = max((one for one in mounts if path.is_relative_to(one[0])), key=lambda one: len(one[0]))
    return f"{best[1]} at {best[0]}"
