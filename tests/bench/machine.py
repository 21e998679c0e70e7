"""What the machine did meanwhile, from /proc: text in, numbers out."""

import os
from pathlib import Path

from msgspec import Struct

TICK = os.sysconf("SC_CLK_TCK")


class Ticks(Struct, frozen=True):
    """One line of /proc/stat, in seconds: what a core did since it was started."""

    busy: float
    idle: float
    steal: float

    @property
    def whole(self) -> float:
        """All of its time."""
        return self.busy + self.idle + self.steal


class Before(Struct, frozen=True):
    """The clocks at one instant, to be compared with a later one."""

    cores: dict[str, Ticks]
    spent: float


class Meanwhile(Struct, frozen=True):
    """Shares of the time between two looks, 0 to 1. `others`: what neither we nor idleness took of the server's core;
    `client`: how busy the load generator's core was; near 1 it, and not the server, was the limit."""

    steal: float
    others: float
    client: float
    load: float

    def __str__(self) -> str:
        return (
            f"steal {self.steal:4.1%}  others on the server's core {self.others:4.0%}"
            f"  client's core {self.client:4.0%}  load {self.load:.1f}"
        )


def ticks(text: str) -> dict[str, Ticks]:
    """/proc/stat → the cores by name; `cpu` is all of them."""
    found = {}
    for line in text.splitlines():
        name, *numbers = line.split()
        if name.startswith("cpu"):
            user, nice, system, idle, waiting, hard, soft, steal = (int(number) / TICK for number in numbers[:8])
            found[name] = Ticks(user + nice + system + hard + soft, idle + waiting, steal)
    return found


def spent(text: str) -> float:
    """/proc/PID/stat → seconds of CPU of the process and its threads. Its name may hold spaces and brackets."""
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(text: str) -> int:
    """/proc/PID/status → bytes in memory."""
    line = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def difference(before: Before, after: Before, server: str, client: str, load: float) -> Meanwhile:
    """What happened between two looks. `server` and `client` name the cores: cpu0, cpu1."""

    def share(core: str, part: str, less: float = 0.0) -> float:
        whole = after.cores[core].whole - before.cores[core].whole
        used = getattr(after.cores[core], part) - getattr(before.cores[core], part) - less
        return max(0.0, used / whole) if whole else 0.0

    ours = after.spent - before.spent
    return Meanwhile(share("cpu", "steal"), share(server, "busy", ours), share(client, "busy"), load)


def look(pid: int) -> Before:
    """The clocks now, and what this process has used."""
    return Before(ticks(Path("/proc/stat").read_text()), cpu_of(pid))


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a running process."""
    return spent(Path(f"/proc/{pid}/stat").read_text())


def memory_of(pid: int) -> int:
    """Bytes of a running process in memory."""
    return resident(Path(f"/proc/{pid}/status").read_text())
