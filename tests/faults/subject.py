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
    """Seconds that a process was ready to run and had no processor (proc_pid_schedstat)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


async def nothing() -> None:
    """Nobody wants to know."""


class Subject(Gateway):
    """`serve` as it would be started, or through `through`, or another `program`."""

    def __init__(self, base: Path, containers: Mapping[str, str], limits: str = "") -> None:
        super().__init__(base, containers, limits)
        self.through: Sequence[str] = ()
        """Stands before the command: it must replace itself by it, or leave it the parent's child."""
        self.program: Sequence[str] = TAGGATE
        self.environment: dict[str, str] = {}
        self.starts: list[float] = []
        """Seconds that each took."""
        self.on_start: Callable[[], Awaitable[object]] = nothing
        """Called whenever it has become ready."""

    async def launch(self) -> asyncio.subprocess.Process:
        """Does not wait for it to be ready."""
        config = str(self.base / "config" / "gateway.yaml")
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(*DIES_WITH_US, *self.through, *self.program, "serve", "--config", config),
                stderr=log,
                stdout=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            )
        return self.process

    async def start(self) -> None:
        """Returns once it is ready. A start that takes longer than is promised fails; waiting for a processor that
        others use does not count."""
        began = time.monotonic()
        process = await self.launch()
        await until(self._ready, within=6 * LONGEST_START)
        self.starts.append(time.monotonic() - began)
        assert self.starts[-1] - waited(process.pid) < LONGEST_START
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

        await until(decided, within=60)
        return process.returncode is None

    async def ended(self, within: float = 40.0) -> int:
        """Its exit code, once it ends by itself."""
        assert self.process is not None
        code = await asyncio.wait_for(self.process.wait(), within)
        self.process = None
        return code

    async def stop(self) -> int:
        """SIGTERM; the exit code. One that does not end is killed, and that is an error."""
        process = self.process
        if process is None:
            return 0
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        """SIGKILL, also when it ends at this moment by itself."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Its loop does nothing any more, until it is killed. When the power fails nobody goes on answering; a process
        that did could, for an fsync under way on a file system that is shut down may be told that all went well."""
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGSTOP)
        main = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat")
        with suppress(OSError):
            while main.read_text().rpartition(")")[2].split()[0] not in "TtZX":
                pass

    def memory(self) -> int:
        """Resident bytes of the running process."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def processor(self) -> float:
        """Seconds of processor time that the running process has used."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
