"""Hits a second out of the queue, to a receiver that takes bulks and is never the limit."""

import asyncio
import statistics
import sys
import time
import urllib.request
from pathlib import Path

from . import fill
from .container import container
from .hits import visitors
from .options import Options
from .sides import CLIENT, Home, Side, free_port, started

LOOK = 0.02
PATIENCE = 600.0


def run(options: Options) -> None:
    """Each round fills a queue for one tag while its receiver is down, starts the receiver and the gateway, and counts
    from the first answer until the receiver has all. Nothing comes in meanwhile: 1 / CPU is hits a second a core."""
    print(f"\n== forward: {options.deliver:,} hits to one receiver")
    found = []
    for number in range(1, options.rounds + 1):
        with options.scratch() as folder:
            rate, micros, told = _round(folder, options.deliver)
        found.append((rate, micros))
        print(f"round {number}  {rate:8.0f} hits/s  {micros:6.1f} µs CPU a hit  {told}", flush=True)
    rate, micros = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"median: {rate:.0f} hits/s, {micros:.1f} µs of CPU a hit: {1e6 / micros:.0f} hits/s a core")


def _round(folder: Path, hits: int) -> tuple[float, float, str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    home = Home(folder / "gateway", container(20, 1, address))
    with home.running() as side:
        visitors(side, folder / "cookies", 10)
    asyncio.run(fill.backlog(home.data, ["tag0"], hits))
    command = [sys.executable, "-m", "tests.bench.receiver", str(port)]
    with started("receiver", command, f"{address}/count", CLIENT), home.running() as side:
        return _drained(side, address, hits)


def _drained(side: Side, address: str, hits: int) -> tuple[float, float, str]:
    before, begun = side.look(), time.monotonic()
    _ask(f"{address}/go")
    done = requests = 0
    while done < hits and time.monotonic() - begun < PATIENCE:
        time.sleep(LOOK)
        done, requests = _ask(f"{address}/count")
    seconds, meanwhile = time.monotonic() - begun, side.since(before)
    spent = side.cpu - before.spent
    if done < hits:
        raise SystemExit(f"only {done:,} of {hits:,} hits arrived")
    return done / seconds, spent / done * 1e6, f"{done / requests:.0f} hits a request  {meanwhile}"


def _ask(url: str) -> tuple[int, int]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        hits, requests = answer.read().split()
    return int(hits), int(requests)
