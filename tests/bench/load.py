"""As many requests as it takes, by wrk: how many were answered, and what that cost the server."""

import re
import subprocess
from pathlib import Path

from msgspec import Struct

from .machine import Meanwhile
from .sides import HERE, Side, need

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Answered(Struct, frozen=True):
    """What wrk says."""

    requests: int
    seconds: float
    bad: int
    """Answers that were not 2xx or 3xx, and connections that failed."""
    p99: float


class Sample(Struct, frozen=True):
    """One side in one round. `hits` may be more than requests."""

    hits: int
    seconds: float
    cpu: float
    meanwhile: Meanwhile
    bad: int = 0

    @property
    def rate(self) -> float:
        """Hits a second."""
        return self.hits / self.seconds

    @property
    def micros(self) -> float:
        """Microseconds of the server's CPU a hit: what noise on the machine disturbs least."""
        return self.cpu / max(self.hits, 1) * 1e6


def understood(said: str) -> Answered:
    """wrk's words → numbers. Raises ValueError for anything else."""
    count = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m|h),", said)
    late = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s|m|h)\s*$", said, re.MULTILINE)
    if not count or not late:
        raise ValueError(f"wrk said something else:\n{said}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    bad = int(refused[1]) if refused else 0
    return Answered(
        requests=int(count[1]),
        seconds=float(count[2]) * UNITS[count[3]],
        bad=bad + (sum(map(int, broken.groups())) if broken else 0),
        p99=float(late[1]) * UNITS[late[2]],
    )


def wrk(url: str, seconds: float, connections: int, script: str, *arguments: str) -> Answered:
    """One run of wrk, with one thread, on the client's core. Raises Missing."""
    need("wrk", "apt-get install wrk")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(round(seconds), 1)}s", "--latency", "-s"]
    command += [str(HERE / script), url, "--", *arguments]
    return understood(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def hits(
    side: Side, jar: Path, seconds: float, connections: int = 64, *, pages: str = "same", together: int = 1
) -> Sample:
    """Hits of these visitors as fast as they are answered; `together` in one request."""
    before = side.look()
    said = wrk(f"{side.url}/collect/bench", seconds, connections, "hit.lua", str(jar), pages, str(together))
    return _sample(side, said, said.requests * together, before.spent, side.since(before))


def bulks(side: Side, token: str, seconds: float, connections: int = 64, *, together: int = 1) -> Sample:
    """Hits at /matomo.php; a request that was answered with a hit too few fails."""
    before = side.look()
    said = wrk(f"{side.url}", seconds, connections, "matomo.lua", token, str(together))
    return _sample(side, said, said.requests * together, before.spent, side.since(before))


def scripts(side: Side, seconds: float, connections: int = 64) -> Sample:
    """The snippet, as often as it is answered."""
    before = side.look()
    said = wrk(f"{side.url}/t/bench.js", seconds, connections, "script.lua")
    return _sample(side, said, said.requests, before.spent, side.since(before))


def _sample(side: Side, said: Answered, done: int, spent: float, meanwhile: Meanwhile) -> Sample:
    return Sample(hits=done, seconds=said.seconds, cpu=side.cpu - spent, meanwhile=meanwhile, bad=said.bad)
