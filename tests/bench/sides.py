"""The programs that are compared: each is started here, on the server's core, and stopped here."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from .machine import Before, Meanwhile, cpu_of, difference, look, memory_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = CORES[0], CORES[-1]
KEY = "0123456789abcdef0123456789abcdef"
ORIGIN = "https://shop.example.com"
LONGEST_START = 120.0
NO_ENV: Mapping[str, str] = {}
NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }}
}}
"""


class Missing(Exception):
    """A program that a comparison needs is not here; the text says what to install."""


class Side(Struct, frozen=True):
    """A running program under load."""

    name: str
    url: str
    pid: int
    start: float = 0.0
    """Seconds from the command to the first answer."""

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu_of(self.pid)

    @property
    def memory(self) -> int:
        """Bytes resident."""
        return memory_of(self.pid)

    def look(self) -> Before:
        """The clocks now."""
        return look(self.pid)

    def since(self, before: Before) -> Meanwhile:
        """What the machine did since that look."""
        return difference(before, self.look(), f"cpu{SERVER}", f"cpu{CLIENT}", os.getloadavg()[0])


def need(program: str, advice: str) -> None:
    """Raises Missing."""
    if shutil.which(program) is None:
        raise Missing(f"{program} is missing: {advice}")


def pin_client() -> None:
    """This process, and with it wrk, on the client's core."""
    os.sched_setaffinity(0, {CLIENT})
    if SERVER == CLIENT:
        print("only one core: server and load generator share it, and the numbers say little")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(
    name: str, command: list[str], url: str, core: int = SERVER, env: Mapping[str, str] = NO_ENV
) -> Iterator[Side]:
    """A program on that core, once its address answers; on the way out it is told to end."""
    with tempfile.TemporaryFile() as log:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        begun = time.monotonic()
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path, **env},
            start_new_session=True,
        )
        try:
            if not answers(url, process):
                log.seek(0)
                raise SystemExit(f"{name} does not answer:\n{log.read().decode(errors='replace')}")
            yield Side(name, url.removesuffix("/readyz"), process.pid, time.monotonic() - begun)
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    # The group: a program started through another one is to end with it, and strace keeps the signal to itself.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(LONGEST_START)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url: str, process: "subprocess.Popen[bytes]") -> bool:
    """Waits for the first answer that is not "not yet"; false when the process ended or takes too long."""
    end = time.monotonic() + LONGEST_START
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return True
        except OSError:
            time.sleep(0.005)
        else:
            return True
    return False


@contextmanager
def bare(size: int = 0) -> Iterator[Side]:
    """A bare Starlette route on the gateway's server: POST answers 204, GET so many bytes."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.bench.bare:app", "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "warning", "--port", str(port)]
    with started("bare", command, f"http://127.0.0.1:{port}", env={"BENCH_BYTES": str(size)}) as side:
        yield side


@contextmanager
def nginx() -> Iterator[Side]:
    """nginx that answers 204, with a configuration, a port and a process of its own. Raises Missing."""
    need("nginx", "apt-get install nginx-light")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="taggate-bench-") as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port))
        command = ["nginx", "-p", folder, "-c", str(config), "-e", "stderr"]
        with started("nginx", command, f"http://127.0.0.1:{port}") as side:
            yield side


@contextmanager
def walkeros() -> Iterator[Side]:
    """walkerOS with one destination that does nothing. Raises Missing."""
    for program in ("node", "npm"):
        need(program, "apt-get install nodejs npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taggate-bench" / "peer"
    cache.mkdir(parents=True, exist_ok=True)
    for file in (HERE / "peer").iterdir():
        shutil.copy(file, cache)
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache)]
    got = subprocess.run(command, capture_output=True, text=True, check=False)
    if got.returncode:
        raise Missing("npm could not install walkerOS: " + got.stderr.strip().rpartition("\n")[2])
    port = free_port()
    with started("walkerOS", ["node", str(cache / "server.mjs"), str(port)], f"http://127.0.0.1:{port}") as side:
        yield side


class Home:
    """A gateway's folder: configuration, one container called bench, data. It can be started again and again."""

    def __init__(self, base: Path, text: str) -> None:
        self.base = base
        self.port = free_port()
        self.data = base / "data"
        (base / "tags").mkdir(parents=True)
        (base / "tags" / "bench.yaml").write_text(text)
        self._config = base / "gateway.yaml"
        self._config.write_text(
            f"version: 1\nlisten: 127.0.0.1:{self.port}\ncontainers: tags\ndata: data\nsecrets: secrets\n"
            "networks: { allow: [127.0.0.0/8] }\n"
            "limits: { per_address: 0/s, per_container: 0/s, queue: 1000GiB, disk_reserve: 1MiB }\n"
        )

    @contextmanager
    def running(self, *through: str, name: str = "gateway") -> Iterator[Side]:
        """Until the end of the block; `through` is a program that starts it."""
        command = [*through, sys.executable, "-m", "gateway.cli", "serve", "--config", str(self._config)]
        secrets = {"TAGGATE_SECRET_USER_ID_KEY": KEY, "TAGGATE_SECRET_MATOMO_TOKEN": KEY}
        with started(name, command, f"http://127.0.0.1:{self.port}/readyz", env=secrets) as side:
            yield side
