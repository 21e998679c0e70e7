"""How long a hit takes at half of the load that the gateway can bear, from when it was due until its 204."""

import statistics

from . import load
from .options import Options, gateway
from .pace import Paced, pace
from .report import share
from .sides import bare


def run(options: Options) -> None:
    """Each round measures what wrk gets out of the gateway, then asks half of that at a constant rate, of the gateway
    and of a bare Starlette route: what the second shows is the machine's and the generator's share."""
    print("\n== tail: waits at half of the load, from when each hit was due")
    late: dict[str, list[Paced]] = {"bare": [], "gateway": []}
    with options.scratch() as folder, bare() as floor, gateway(folder) as (ours, jar):
        for number in range(1, options.rounds + 1):
            half = load.hits(ours, jar, options.seconds).rate / 2
            for side in (floor, ours) if number % 2 else (ours, floor):
                before = side.look()
                found = pace(side, jar, half, options.seconds)
                late[side.name].append(found)
                print(f"round {number}  {side.name:8}{half:7.0f}/s  {found}  {side.since(before)}", flush=True)
    print("median of rounds:")
    for name, rounds in late.items():
        p99 = [share(found.waits, 0.99) * 1000 for found in rounds if found.waits]
        print(f"  {name:8} p99 {statistics.median(p99):.1f} ms (lowest {min(p99):.1f}, highest {max(p99):.1f})")
