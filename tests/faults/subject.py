"""A gateway that may be started through another program; it knows how long each start took."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp
from process import TAGGATE, Gateway, until

LONGEST_START = 10.0
WANT_OF_ROOM = {"too little disk is free", "the queue has reached its size limit"}
"""Why a gateway is not ready though it has started: it delivers, and waits for room to take hits again."""
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()
"""A gateway must not outlive its test, however that ends."""


def waited(pid: int) -> float:
    """Seconds that the threads of a process were ready to run and had no processor (proc_pid_schedstat)."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, IndexError):
            total += int(thread.read_text().split()[1])
    return total / 1e9


def children(pid: int) -> list[int]:
    """Processes that it started; none where it is gone."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def there(pid: int) -> bool:
    """Whether it runs: one that ended and that nobody asked for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def stop_now(pid: int) -> None:
    """SIGSTOP; returns once its loop does nothing any more."""
    main = Path(f"/proc/{pid}/task/{pid}/stat")
    with suppress(OSError):
        os.kill(pid, signal.SIGSTOP)
        while main.read_text().rpartition(")")[2].split()[0] not in "TtZX":
            pass


async def nothing() -> None:
    """Nobody wants to know."""


class Subject(Gateway):
    """`serve` as it would be started, or through `through`, or another `program`. With `workers` above 1 it is a keeper
    and its workers, which end with it."""

    def __init__(self, base: Path, containers: Mapping[str, str], limits: str = "", workers: int = 1) -> None:
        super().__init__(base, containers, limits, workers)
        self.through: Sequence[str] = ()
        """Stands before the command: it must replace itself by it, or leave it the parent's child."""
        self.program: Sequence[str] = TAGGATE
        self.environment: dict[str, str] = {}
        self.starts: list[float] = []
        """Seconds that each took."""
        self.on_start: Callable[[], Awaitable[object]] = nothing
        """Called whenever it has become ready."""
        self._left: list[int] = []
        """Workers whose keeper ended or is about to."""
        self._frozen: list[int] = []

    async def launch(self) -> asyncio.subprocess.Process:
        """Does not wait for it to be ready."""
        config = str(self.base / "config" / "gateway.yaml")
        told = ("--workers", str(self.workers)) if self.workers > 1 else ()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(*DIES_WITH_US, *self.through, *self.program, "serve", "--config", config, *told),
                stderr=log,
                stdout=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            )
        return self.process

    async def start(self) -> None:
        """Returns once it is ready. A start that takes longer than is promised fails; waiting for a processor that
        others use does not count."""
        began, ours = time.monotonic(), waited(os.getpid())
        process = await self.launch()
        await until(self._ready, within=18 * LONGEST_START)
        self.starts.append(time.monotonic() - began)
        # Workers start together, once their keeper has begun; and it is this process that looks whether all are there.
        held_up = waited(process.pid) + max(map(waited, self.workers_now), default=0.0) + waited(os.getpid()) - ours
        assert self.starts[-1] - held_up < LONGEST_START
        await self.on_start()

    async def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self.log.read_text()
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url + "/readyz") as answer:
                return set((await answer.json())["unready"]) <= WANT_OF_ROOM
        except aiohttp.ClientError:
            return False

    async def starts_or_ends(self) -> bool:
        """Launches; whether it became ready before it ended."""
        process = await self.launch()

        async def decided() -> bool:
            return process.returncode is not None or await self._ready()

        await until(decided, within=240)
        return process.returncode is None

    @property
    def workers_now(self) -> list[int]:
        """The workers that run."""
        return children(self.process.pid) if self.process and self.workers > 1 else []

    @property
    def processes(self) -> list[int]:
        """All of it that runs."""
        return [self.process.pid, *self.workers_now] if self.process else []

    async def ended(self, within: float = 40.0) -> int:
        """Its exit code, once it ends by itself; its workers have ended too."""
        assert self.process is not None
        self._left += self.workers_now
        code = await asyncio.wait_for(self.process.wait(), within)
        self.process = None
        await self._alone(within)
        return code

    async def stop(self, *, all_of_it: bool = False) -> int:
        """SIGTERM; the exit code. One that does not end is killed, and that is an error. `all_of_it`: to its workers
        at the same time, as a supervisor does that ends a whole group."""
        if self.process is None:
            return 0
        for pid in self.processes if all_of_it else [self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        """SIGKILL, also when it ends at this moment by itself. Its workers see it and end; frozen ones do not."""
        self._left += self.workers_now
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            self.process = None
        for pid in self._frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self._alone(within=240)

    async def _alone(self, within: float) -> None:
        """Returns once no worker is left."""
        await until(lambda: not any(map(there, self._left)), within)
        self._left, self._frozen = [], []

    def freeze(self) -> None:
        """Its loops do nothing any more, until it is killed. When the power fails nobody goes on answering; a process
        that did could, for an fsync under way on a file system that is shut down may be told that all went well."""
        if self.process is None or self.process.returncode is not None:
            return
        self._frozen = self.workers_now
        for pid in (self.process.pid, *self._frozen):
            stop_now(pid)

    def memory(self) -> int:
        """Resident bytes of all its processes."""
        page = os.sysconf("SC_PAGE_SIZE")
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page for pid in self.processes)
