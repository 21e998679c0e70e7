"""What the fault tests share: a gateway that may be started through another program, clients that do not give up,
a watch over the books, a file system of its own.

    async with Scene(tmp_path) as scene:
        await scene.gateway.start()
        await scene.answered(200)               # until so many hits have been answered 2xx
        await scene.gateway.kill()
        await scene.gateway.start()
        await scene.settled()                   # nothing pending; then checks that nothing is lost, nothing doubled

Nothing here sleeps: waits are for conditions, or for a stop with a time limit.
"""

import asyncio
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import pytest
from process import KEY, TAGGATE, Gateway, until
from receivers import MatomoReceiver, WebhookReceiver

from faults.test_kill import CONTAINER, ORIGIN

BULK = 200
"""The most entries of one request to Matomo: what may come twice when the process is killed with it in flight."""
WIDE = "\N{GRINNING FACE}"
"""A character of 4 bytes; a title has at most 2048."""
LONGEST_START = 10.0
PACKAGES = {"faketime": "faketime", "strace": "strace", "mkfs.ext4": "e2fsprogs", "mount": "mount"}


def need(*tools: str, root: str = "") -> None:
    """Installs what is missing where that can be done. `root`: what root is needed for; without it the test is left
    out, and says so. Everything else that is missing is a failure."""
    if root and os.geteuid():
        pytest.skip(f"needs root: {root}")
    for tool in tools:
        if shutil.which(tool) is None and not os.geteuid():
            install(PACKAGES[tool])
        if shutil.which(tool) is None:
            (pytest.fail if not os.geteuid() or os.environ.get("CI") else pytest.skip)(
                f"{tool} is missing and cannot be installed without root: apt-get install {PACKAGES[tool]}"
            )


def install(package: str) -> None:
    """Through apt. That it failed shows in what is missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "--no-install-recommends", package]):
        subprocess.run([*command, "-y"], check=False, capture_output=True, env=environment, timeout=300)


def waited(pid: int) -> float:
    """Seconds that a process was ready to run and had no processor (proc_pid_schedstat)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Subject(Gateway):
    """A gateway that may be started through another program; it knows how long each start took."""

    def __init__(self, base: Path, containers: Mapping[str, str], limits: str = "") -> None:
        super().__init__(base, containers, limits)
        self.through: Sequence[str] = ()
        """Stands before the command: it must replace itself by it, or leave it the parent's child."""
        self.program: Sequence[str] = TAGGATE
        self.environment: dict[str, str] = {}
        self.starts: list[float] = []

    async def launch(self) -> asyncio.subprocess.Process:
        """Does not wait for it to be ready."""
        config = str(self.base / "config" / "gateway.yaml")
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(*self.through, *self.program, "serve", "--config", config),
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


class Load:
    """Clients that send `hits` of about `size` bytes (at most 8192) until they are answered 2xx, then the next ones.
    A hit keeps its id."""

    def __init__(self, gateway: Gateway, clients: int = 8, *, hits: int = 1, size: int = 0, pause: float = 0.0) -> None:
        self.stored: dict[str, float] = {}
        """Address of each hit answered 2xx → when (monotonic)."""
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []
        """Answers that nobody may get."""
        self.pause = pause
        self._gateway = gateway
        self._hits, self._size = hits, size
        self._stop = asyncio.Event()
        self._tasks = [asyncio.create_task(self._client()) for _ in range(clients)]

    async def stop(self) -> None:
        """Lets each finish its request."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _client(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            numbers = self._fresh()
            while not self._stop.is_set():
                if await self._send(session, numbers):
                    numbers = self._fresh()
                    await self._wait(self.pause)
                else:
                    await self._wait(max(0.05, self.pause))

    def _fresh(self) -> list[uuid.UUID]:
        return [uuid.uuid4() for _ in range(self._hits)]

    async def _send(self, session: aiohttp.ClientSession, numbers: Iterable[uuid.UUID]) -> bool:
        title = WIDE * (self._size // 4)
        hits = [{"event": "purchase", "id": str(n), "url": url_of(n), "title": title} for n in numbers]
        body = hits[0] if self._hits == 1 else {"hits": hits}
        try:
            async with session.post(f"{self._gateway.url}/collect/shop", json=body, headers=ORIGIN) as answer:
                self._note(answer)
                if answer.status == 204:
                    self.stored |= dict.fromkeys((hit["url"] for hit in hits), time.monotonic())
                return answer.status == 204
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _note(self, answer: aiohttp.ClientResponse) -> None:
        self.statuses[answer.status] += 1
        if answer.status not in (204, 503) or (answer.status == 503 and not answer.headers.get("Retry-After")):
            self.wrong.append(f"{answer.status} with Retry-After {answer.headers.get('Retry-After')}")

    async def _wait(self, seconds: float) -> None:
        await asyncio.wait({stopped := asyncio.create_task(self._stop.wait())}, timeout=seconds)
        stopped.cancel()


def url_of(number: uuid.UUID) -> str:
    """What tells a hit from all others, at every receiver."""
    return f"https://shop.example.com/order-{number}"


class Books:
    """What /metrics says of one tag."""

    def __init__(self, metrics: Mapping[str, float], tag: str) -> None:
        self._metrics = metrics
        self._tag = tag
        self.accepted = self._sum("accepted_total")
        self.delivered = self._sum("delivered_total")
        self.dead = self._sum("dead")
        self.dropped = self._sum("dropped_total")
        self.pending = self._sum("pending")
        self.ambiguous = self._sum("ambiguous_total")
        self.attempts = self._sum("attempts_total")

    def _sum(self, name: str) -> int:
        head = f"taggate_{name}{{"
        return int(sum(n for key, n in self._metrics.items() if key.startswith(head) and f'tag="{self._tag}"' in key))

    @property
    def balanced(self) -> bool:
        """The conservation law."""
        return self.accepted == self.delivered + self.dead + self.dropped + self.pending

    def __repr__(self) -> str:
        return ", ".join(f"{name} {n}" for name, n in vars(self).items() if isinstance(n, int))


class Watch:
    """Looks at the books ten times a second as long as it runs, over restarts: they balance, what was accepted or
    delivered never becomes less, and what was answered 2xx is in them."""

    def __init__(self, gateway: Gateway, load: Load, tags: Iterable[str]) -> None:
        self.looks = 0
        self.wrong: list[str] = []
        self._gateway, self._load, self._tags = gateway, load, tuple(tags)
        self._last: dict[str, Books] = {}
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        self._stop.set()
        await self._task

    async def look(self) -> dict[str, Books]:
        """The books of each tag now, checked. None while there is no gateway to ask."""
        promised = len(self._load.stored)
        try:
            metrics = await self._gateway.metrics()
        except (aiohttp.ClientError, TimeoutError):
            return {}
        if not metrics:
            return {}
        books = {tag: Books(metrics, tag) for tag in self._tags}
        for tag, book in books.items():
            self._check(tag, book, promised)
        self.looks += 1
        return books

    def _check(self, tag: str, book: Books, promised: int) -> None:
        last = self._last.get(tag, book)
        if not book.balanced:
            self.wrong.append(f"{tag} does not balance: {book}")
        if book.accepted < last.accepted or book.delivered < last.delivered:
            self.wrong.append(f"{tag} went back: {last} → {book}")
        if book.accepted < promised:
            self.wrong.append(f"{tag}: {promised} were promised: {book}")
        self._last[tag] = book

    async def _watch(self) -> None:
        while not self._stop.is_set():
            await self.look()
            await asyncio.wait({stopped := asyncio.create_task(self._stop.wait())}, timeout=0.1)
            stopped.cancel()


class Scene:
    """A gateway with Matomo and a CRM, clients and a watch. The clients go on over restarts until `settled`."""

    tags = ("matomo", "crm")
    plays_matomo: Callable[..., MatomoReceiver] = MatomoReceiver

    def __init__(self, base: Path, *, clients: int = 8, hits: int = 1, size: int = 0, container: str = CONTAINER):
        self._base, self._container = base, container
        self._shape = {"clients": clients, "hits": hits, "size": size}
        self.crashes = 0
        """How often a request in flight may have been cut off: each may come twice."""

    async def __aenter__(self) -> Self:
        self.matomo, self.crm = type(self).plays_matomo(token=KEY), WebhookReceiver()
        await self.matomo.up()
        await self.crm.up()
        containers = {"shop": self._container.format(matomo=self.matomo.url, crm=self.crm.url)}
        self.gateway = Subject(self._base, containers)
        self.load = Load(self.gateway, **self._shape)
        self.watch = Watch(self.gateway, self.load, self.tags)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.kill()
        await self.load.stop()
        await self.watch.stop()
        await self.matomo.down()
        await self.crm.down()

    async def answered(self, more: int, within: float = 30.0) -> None:
        """Until so many more hits have been answered 2xx."""
        wanted = len(self.load.stored) + more
        await until(lambda: len(self.load.stored) >= wanted, within)

    def came(self, tag: str) -> Counter[str]:
        """How often each hit was recorded."""
        if tag == "matomo":
            return Counter(entry["url"] for entry in self.matomo.recorded)
        return Counter(event["page"]["url"] for event in self.crm.events)

    async def drained(self, within: float = 60.0) -> dict[str, Books]:
        """The clients stop; until nothing is pending."""
        await self.load.stop()
        books: dict[str, Books] = {}

        async def empty() -> bool:
            nonlocal books
            books = await self.watch.look()
            return bool(books) and not any(book.pending for book in books.values())

        await until(empty, within)
        return books

    def lost(self, tag: str) -> set[str]:
        """Answered 2xx, and not recorded."""
        return self.load.stored.keys() - self.came(tag).keys()

    async def settled(self, within: float = 60.0, lost: Callable[[set[str]], bool] = lambda gone: not gone) -> str:
        """Everything is delivered. Checks what is promised; the figures, for the record."""
        books = await self.drained(within)
        figures = [f"2xx {len(self.load.stored)}, answers {dict(self.load.statuses)}, looks {self.watch.looks}"]
        for tag, book in books.items():
            came = self.came(tag)
            twice = came.total() - len(came)
            gone = self.lost(tag)
            figures.append(f"{tag}: lost {len(gone)}, twice {twice}, {book}")
            assert lost(gone), figures
            assert book.delivered == book.accepted, figures
            # A crash with a request in flight is ambiguous too, and nobody is left to count it.
            assert twice <= book.ambiguous + self.crashes * (BULK if tag == "matomo" else 1), figures
        assert self.load.wrong == [], self.load.wrong[:3]
        assert self.watch.wrong == [], self.watch.wrong[:3]
        starts = [f"{seconds:.2f}" for seconds in self.gateway.starts]
        return "; ".join([*figures, f"starts {', '.join(starts)} s"])


class Volume:
    """An ext4 of its own in a file, mounted on `at` as long as the context lasts. Needs root."""

    SHUTDOWN = 0x8004_587D
    """EXT4_IOC_SHUTDOWN."""
    WITHOUT_THE_LOG = 2
    """Nothing that waits in memory is written any more, not even the journal."""

    def __init__(self, image: Path, at: Path, mib: int) -> None:
        self._image, self._at, self._mib = image, at, mib
        self._mounted = False

    def __enter__(self) -> Self:
        need("mkfs.ext4", "mount", root="mounting a file system of its own")
        with self._image.open("wb") as image:
            image.truncate(self._mib << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", str(self._image))
        self._at.mkdir(mode=0o700, exist_ok=True)
        self.mount()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mounted:
            # Detached at once, gone when the last file in it is closed.
            _run("umount", "--lazy", str(self._at))
        self._image.unlink()

    @property
    def free(self) -> int:
        """Bytes."""
        found = os.statvfs(self._at)
        return found.f_bavail * found.f_frsize

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self._at))
        self._mounted = True

    def unmount(self) -> None:
        _run("umount", str(self._at))
        self._mounted = False

    def cut(self) -> None:
        """The power fails now: what is not on the disk is gone."""
        folder = os.open(self._at, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, self.SHUTDOWN, struct.pack("I", self.WITHOUT_THE_LOG))
        finally:
            os.close(folder)

    def back(self) -> None:
        """The power is back. Nobody may have a file open."""
        self.unmount()
        self.mount()

    def fill(self, name: str = "others") -> Path:
        """Somebody else takes all the space there is, to the last block."""
        path = self._at / name
        with path.open("ab", buffering=0) as others:
            for size in (1 << 20, 4096):
                with suppress(OSError):
                    while others.write(bytes(size)) == size:
                        pass
        return path


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: {done.stderr.strip()} (is this a container without CAP_SYS_ADMIN?)")
