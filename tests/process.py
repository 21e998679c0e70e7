"""A real `taggate serve` on a folder of its own, for tests from outside."""

import asyncio
import os
import re
import signal
import socket
import sys
import weakref
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import aiohttp

TAGGATE = (sys.executable, "-m", "gateway.cli")
KEY = "0123456789abcdef0123456789abcdef"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HeldPort:
    """A port that nobody else is given as long as this lives, also while nobody listens on it."""

    def __init__(self, host: str = "127.0.0.1", number: int = 0) -> None:
        held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        weakref.finalize(self, held.close)
        # Others may bind it by its number, and listen, if they say the same.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((host, number))
        self.number = int(held.getsockname()[1])


class Gateway:
    """`base` holds config, containers, secrets and data; the port stays the same over restarts. `workers`: how many
    processes answer."""

    def __init__(self, base: Path, containers: Mapping[str, str], limits: str = "", workers: int = 1) -> None:
        self.base = base
        self.workers = workers
        self._held = HeldPort()
        self.port = self._held.number
        self.process: asyncio.subprocess.Process | None = None
        for folder in ("tags", "secrets", "config"):
            (base / folder).mkdir(exist_ok=True)
        for name, text in containers.items():
            (base / "tags" / f"{name}.yaml").write_text(text)
        for name in ("user_id_key", "login_key", "matomo_token", "crm_key", "shop_server"):
            self.secret(name, KEY)
        (base / "config" / "gateway.yaml").write_text(
            f"version: 1\nlisten: 127.0.0.1:{self.port}\n"
            "networks: { allow: [127.0.0.0/8] }\n"
            f"limits: {{ per_address: 0/s, per_container: 0/s, disk_reserve: 1MiB{limits} }}\n"
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "log"

    def secret(self, name: str, value: str) -> None:
        path = self.base / "secrets" / name
        path.write_text(value + "\n")
        path.chmod(0o600)

    async def start(self) -> None:
        """Returns once it is ready."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *TAGGATE,
                "serve",
                "--config",
                str(self.base / "config" / "gateway.yaml"),
                *(("--workers", str(self.workers)) if self.workers > 1 else ()),
                stderr=log,
                stdout=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        await until(self._ready, within=20)

    async def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self.log.read_text()
        try:
            async with aiohttp.ClientSession() as session, session.get(self.url + "/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def kill(self) -> None:
        """SIGKILL: nothing is closed, nothing is written."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await self.process.wait()
        self.process = None
        return code

    async def metrics(self) -> dict[str, float]:
        """Every sample, by name and labels as they are exposed."""
        async with aiohttp.ClientSession() as session, session.get(self.url + "/metrics") as answer:
            text = await answer.text()
        return {m[1]: float(m[2]) for m in re.finditer(r"^([^#\s]\S*) (\S+)$", text, re.MULTILINE)}


async def until(holds: Callable[[], bool | Awaitable[bool]], within: float = 10.0) -> None:
    """Asks again and again until `holds` is true; it may be a coroutine function."""

    async def ask() -> None:
        while True:
            answer = holds()
            if answer if isinstance(answer, bool) else await answer:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.02)

    await asyncio.wait_for(ask(), within)
