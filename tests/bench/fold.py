"""py-spy's raw samples → shares of time by room.

A line is one stack, outermost first, and how often it was seen. What belongs to nobody (the interpreter, libc) counts
for the innermost frame that is somebody's: `self` of a room is its own code and what the interpreter did for it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

FRAME = re.compile(r"^(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")
WAITS = (
    ("work", ("PyThread_acquire_lock_timed", "_queue_SimpleQueue_get", "epoll_wait", "epoll_pwait", "clock_nanosleep")),
    # The thread of watchfiles that looks for changed containers; it does nothing else.
    ("work", ("WorkerThread.run",)),
    # Once locks are out, what is left of these is who asks for the GIL (CPython 3.11 waits for it so, often inlined).
    ("the GIL", ("take_gil", "pthread_cond_timedwait", "pthread_cond_wait")),
    ("the disk", ("fdatasync", "fsync")),
)
"""What a thread may wait for, by functions in its stack; the first that fits."""
COLLECTOR = re.compile(r"^(gc_collect\w*|deduce_unreachable|collect_with_callback|gc_alloc_\w+|delete_garbage)$")
FILES = (
    (re.compile(r"(?:^|/)gateway/(\w+)/"), "gateway/{}"),
    (re.compile(r"(?:^|/)gateway/(\w+)\.py"), "gateway/{}"),
    (re.compile(r"(?:^|/)(uvicorn|starlette|aiosqlite|structlog|prometheus_client|aiohttp|yarl|anyio)/"), "{}"),
    (re.compile(r"(?:^|/)(asyncio)/|_asynciomodule|_asyncio\."), "asyncio"),
    (re.compile(r"(?:^|/)uvloop/|^loop\.c|/uv/|libuv"), "uvloop"),
    (re.compile(r"(?:^|/)(?:httptools)/|httptools|llhttp"), "httptools"),
    (re.compile(r"sqlite"), "sqlite"),
    (re.compile(r"msgspec"), "msgspec"),
    (re.compile(r"(?:^|/)(?:hmac|hashlib)\.py|_blake2|blake2b|_hashopenssl|libcrypto|_sha"), "hashing"),
    (re.compile(r"(?:^|/)(?:urllib|ipaddress|json|email)\b"), "urllib, ipaddress, json"),
    (re.compile(r"(?:^|/)re/|_sre"), "re"),
    (re.compile(r"(?:^|/)(?:typer|click|_click)/|runpy"), ""),
    (re.compile(r"\.py$"), "other Python"),
)
"""Whose a file is; empty: nobody's."""


class Row(Struct, frozen=True):
    """`own`: its own share; `whole`: with all it calls."""

    name: str
    own: float
    whole: float = 0.0


class Table(Struct, frozen=True):
    """Shares of the time it worked, largest first; `waits` are shares of everything."""

    samples: int
    waits: Mapping[str, float]
    rooms: Sequence[Row]
    functions: Sequence[Row]


def folded(raw: str) -> Table:
    """The table of a recording."""
    waits, own, whole, functions = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for line in raw.splitlines():
        stack, _, number = line.rpartition(" ")
        frames = [parted(frame) for frame in stack.split(";")]
        if reason := waiting([function for function, _ in frames]):
            waits[reason] += int(number)
            continue
        rooms = [room(function, file) for function, file in frames]
        whole.update(dict.fromkeys({name for name in rooms if name}, int(number)))
        place = next((at for at in reversed(range(len(rooms))) if rooms[at]), None)
        own[rooms[place] if place is not None else "interpreter and start"] += int(number)
        functions[_named(*frames[place]) if place is not None else "…"] += int(number)
    worked = max(own.total(), 1)
    rows = [Row(name, own[name] / worked, whole[name] / worked) for name in {*own, *whole}]
    samples = own.total() + waits.total()
    return Table(
        samples=samples,
        waits={name: number / max(samples, 1) for name, number in waits.most_common()},
        rooms=sorted(rows, key=lambda row: (-row.own, -row.whole)),
        functions=[Row(name, number / worked) for name, number in functions.most_common()],
    )


def parted(frame: str) -> tuple[str, str]:
    """`function (file:line)` → function and file."""
    found = FRAME.match(frame)
    return (found["function"], found["file"]) if found else (frame, "")


def waiting(functions: Sequence[str]) -> str:
    """What the thread waits for; empty: it works."""
    there = set(functions)
    for reason, signs in WAITS:
        if there.intersection(signs):
            return reason
    return ""


def room(function: str, file: str) -> str:
    """Whose a frame is; empty: nobody's."""
    if COLLECTOR.match(function):
        return "garbage collector"
    for pattern, name in FILES:
        if found := pattern.search(file):
            return name.format(*found.groups())
    return ""


def _named(function: str, file: str) -> str:
    return f"{function} ({'/'.join(file.split('/')[-2:])})"
