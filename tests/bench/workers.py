"""What `taggate serve --workers N` costs and brings: `python -m tests.bench.workers`.

The container, hits and visitors of ingest.py; receivers are down, a 2xx is fsynced. One gateway for each number of
workers, rounds interleaved. Printed for each round: hits a second, and the CPU time a hit costs the keeper, all
workers and the load generator. The keeper is one process on one core: what it costs bounds how many workers pay.
Nothing is pinned: where there are fewer cores than busy processes, hits a second say how these share them, and only
the costs tell what more cores would bring. Needs wrk.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .container import container
from .hits import visitors
from .sides import KEY
from .sides import Side as Target

HERE = Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
PORT = 8720


class Side:
    """A gateway of so many workers."""

    def __init__(self, workers: int, process: subprocess.Popen[bytes], url: str) -> None:
        self.workers, self.url = workers, url
        self.pid = process.pid

    def cpu(self) -> tuple[float, float]:
        """Seconds of the keeper (or the one process), and of all workers."""
        return seconds(self.pid), sum(map(seconds, children(self.pid)))


def seconds(pid: int) -> float:
    """CPU seconds of a process, its threads with it (proc_pid_stat: utime, stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children(pid: int) -> list[int]:
    """The processes that it started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def gateway(workers: int) -> Iterator[Side]:
    """One that answers, on a folder of its own."""
    url = f"http://127.0.0.1:{PORT + workers}"
    with tempfile.TemporaryDirectory(prefix="taggate-bench-") as folder, tempfile.TemporaryFile() as log:
        base = Path(folder)
        (base / "tags").mkdir()
        (base / "tags" / "bench.yaml").write_text(container())
        (base / "gateway.yaml").write_text(
            f"version: 1\nlisten: 127.0.0.1:{PORT + workers}\ncontainers: tags\ndata: data\nsecrets: secrets\n"
            "limits: { per_address: 0/s, per_container: 0/s }\n"
        )
        secrets = {"TAGGATE_SECRET_USER_ID_KEY": KEY, "TAGGATE_SECRET_MATOMO_TOKEN": KEY}
        command = [sys.executable, "-m", "gateway.cli", "serve", "--config", str(base / "gateway.yaml")]
        process = subprocess.Popen(
            [*command, "--workers", str(workers)], stdout=log, stderr=log, env={**os.environ, **secrets}
        )
        try:
            while not answers(url):
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(log.read().decode())
            yield Side(workers, process, url)
        finally:
            process.terminate()
            process.wait(60)


def answers(url: str) -> bool:
    """Whether it is ready."""
    try:
        with urllib.request.urlopen(url + "/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def load(url: str, jar: Path, connections: int, lasts: int) -> tuple[int, float, str]:
    """Hits answered 2xx, the generator's CPU seconds, its p99."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{lasts}s", "--latency", "-s", str(HERE / "hit.lua")]
    said = subprocess.run(
        [*command, f"{url}/collect/bench", "--", str(jar)], capture_output=True, text=True, check=True
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if bad:
        print(f"    {bad[1]} answers were not 2xx")
    hits = re.search(r"(\d+) requests in", said)
    slow = re.search(r"99%\s+(\S+)", said)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(hits[1] if hits else 0) - int(bad[1] if bad else 0), used, slow[1] if slow else "?"


def measure(side: Side, jar: Path, connections: int, lasts: int) -> tuple[float, float]:
    """One round, printed: hits a second, and µs of the keeper a hit."""
    before = side.cpu()
    hits, generator, slow = load(side.url, jar, connections, lasts)
    keeper, workers = (1e6 * (now - then) / max(hits, 1) for now, then in zip(side.cpu(), before, strict=True))
    name = "one process" if side.workers == 1 else f"{side.workers} workers  "
    print(
        f"  {name} {hits / lasts:7.0f}/s  p99 {slow:>9}  µs a hit: {'process' if side.workers == 1 else 'keeper '}"
        f" {keeper:5.0f}  workers {workers:5.0f}  load generator {1e6 * generator / max(hits, 1):4.0f}"
        f"  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return hits / lasts, keeper


def main() -> None:
    """Interleaved rounds; each is printed, then medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    found: dict[int, list[tuple[float, float]]] = {number: [] for number in asked.workers}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sides = [stack.enter_context(gateway(number)) for number in asked.workers]
        jars = []
        for side in sides:
            target = Target(name="gateway", url=side.url, pid=side.pid)
            jars.append(visitors(target, folder / str(side.workers)))
        for number in range(1, asked.rounds + 1):
            print(f"round {number}")
            for side, jar in zip(sides, jars, strict=True):
                found[side.workers].append(measure(side, jar, asked.connections, asked.seconds))
    for number, rounds in found.items():
        rate, keeper = (statistics.median(column) for column in zip(*rounds, strict=True))
        bound = f"; a core for the keeper alone bounds it at {1e6 / keeper:.0f}/s" if number > 1 else ""
        print(f"median with {number}: {rate:.0f}/s, {keeper:.0f} µs of the first process a hit{bound}")


if __name__ == "__main__":
    main()
