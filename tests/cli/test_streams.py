"""What commands print to, when it lacks letters, is full, closed or gone: they say so, and the gateway goes on."""

import asyncio
import fcntl
import os
import pty
import signal
import subprocess
from pathlib import Path

import aiohttp
import pytest
from process import TAGGATE, Gateway, until
from receivers import WebhookReceiver, status

from tests.language.large import large

ENCODINGS = ("latin-1", "ascii", "cp1252")
PAGE = {"origin": "https://shop.example.com"}
CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: not_needed
triggers: {{ page_view: {{ event: page_view }} }}
tags:
  crm: {{ type: webhook, send_when: page_view, settings: {{ url: "{url}", signing_key: {{ secret: crm_key }} }} }}
tests: []
"""
WRONG = "send_when: pagé_view"


def written(folder: Path) -> Path:
    """A container with a letter that not everybody has, and an arrow in what is said of it."""
    path = folder / "shop.yaml"
    path.write_text(CONTAINER.format(url="https://crm.example.com/").replace("send_when: page_view", WRONG))
    return path


def environment(encoding: str) -> dict[str, str]:
    return {**os.environ, "PYTHONIOENCODING": encoding}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_goes_into_a_file_or_pipe_is_utf_8(tmp_path: Path, encoding: str) -> None:
    call = [*TAGGATE, "check", str(written(tmp_path))]
    done = subprocess.run(call, env=environment(encoding), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert "→ Write page_view." in done.stdout.decode(), done.stdout


def test_a_terminal_without_a_letter_gets_a_question_mark(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    call = [*TAGGATE, "check", str(written(tmp_path))]
    done = subprocess.run(call, env=environment("latin-1"), stdout=theirs, stderr=theirs, check=False)
    said = os.read(ours, 65536)
    assert done.returncode == 1
    assert "pagé_view".encode("latin-1") in said
    assert b"? Write page_view." in said
    for end in (ours, theirs):
        os.close(end)


def test_what_takes_long_says_so_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text(large(triggers=1500, tags=300))
    ours, theirs = pty.openpty()
    with subprocess.Popen([*TAGGATE, "check", "large.yaml"], cwd=tmp_path, stdout=theirs, stderr=theirs) as process:
        said = b""
        while b"Reading large.yaml" not in said:
            said += os.read(ours, 65536)
        process.kill()
    for end in (ours, theirs):
        os.close(end)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("words", [["schema"], ["check", "--format", "json"]])
def test_a_full_disk_is_said_in_words(tmp_path: Path, words: list[str]) -> None:
    files = [str(written(tmp_path))] if words[0] == "check" else []
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*TAGGATE, *words, *files], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode() == "Ended early, for something cannot be written: No space left on device.\n"


@pytest.mark.parametrize("words", [["--help"], ["schema"], ["check"], ["explain"], ["check", "--format", "json"]])
def test_who_reads_no_further_ends_it_as_any_program_of_unix(tmp_path: Path, words: list[str]) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(CONTAINER.format(url="https://crm.example.com/"))
    files = [] if words[0] in ("--help", "schema") else [str(path)]
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([*TAGGATE, *words, *files], stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


class Unheard(Gateway):
    """Its log goes nowhere: `how` is a redirection of the shell, or empty for a pipe that nobody reads any more."""

    how = ""
    hangs = False
    """Its reader is there, and reads no more."""

    async def start(self) -> None:
        self.ours, theirs = os.pipe()
        if self.hangs:
            os.write(theirs, b"\n" * fcntl.fcntl(theirs, fcntl.F_GETPIPE_SZ))
        else:
            os.close(self.ours)
        call = [*TAGGATE, "serve", "--config", str(self.base / "config" / "gateway.yaml")]
        call += ["--workers", str(self.workers)] if self.workers > 1 else []
        shell = ("sh", "-c", f'exec "$@" {self.how}', "sh")
        self.process = await asyncio.create_subprocess_exec(*shell, *call, stderr=theirs)
        os.close(theirs)
        await until(self._ready, within=20)

    async def degraded(self) -> str:
        async with aiohttp.ClientSession(self.url) as client, client.get("/readyz") as answer:
            return " ".join((await answer.json())["degraded"])


@pytest.mark.parametrize(
    ("how", "workers", "lost"),
    [("", 1, True), ("2>/dev/full", 1, True), ("2>&-", 1, False), (">&- 2>&- <&-", 1, False), ("", 2, True)],
)
async def test_a_log_that_takes_nothing_stops_nothing(tmp_path: Path, how: str, workers: int, lost: bool) -> None:
    async with WebhookReceiver() as crm:
        gateway = Unheard(tmp_path, {"shop": CONTAINER.format(url=crm.url)}, workers=workers)
        gateway.how = how
        await gateway.start()
        crm.answers(status(503))
        call = aiohttp.request("POST", f"{gateway.url}/collect/shop", json={"event": "page_view"}, headers=PAGE)
        async with call as answer:
            assert answer.status == 204
        await until(lambda: _says(gateway, "waiting"))
        shop = tmp_path / "tags" / "shop.yaml"
        shop.write_text(CONTAINER.format(url=crm.url).replace("send_when: page_view", WRONG))
        await until(lambda: _says(gateway, "has errors"))
        assert await _says(gateway, "the log cannot be written: lines are lost") == lost
        shop.write_text(CONTAINER.format(url=crm.url))
        await until(lambda: _says(gateway, "has errors", there=False))
        crm.answers(None)
        await crm.arrived(2)
        assert await gateway.stop() == 0


@pytest.mark.parametrize("workers", [1, 2])
async def test_who_reads_the_log_may_stop_reading(tmp_path: Path, workers: int) -> None:
    async with WebhookReceiver() as crm:
        gateway = Unheard(tmp_path, {"shop": CONTAINER.format(url=crm.url)}, workers=workers)
        gateway.hangs = True
        await gateway.start()
        crm.answers(status(503))
        call = aiohttp.request("POST", f"{gateway.url}/collect/shop", json={"event": "page_view"}, headers=PAGE)
        async with call as answer:
            assert answer.status == 204
        await until(lambda: _says(gateway, "waiting"))
        crm.answers(None)
        await crm.arrived(2)
        assert await gateway.stop() == 0
        os.close(gateway.ours)


async def _says(gateway: Unheard, words: str, there: bool = True) -> bool:
    return (words in await gateway.degraded()) is there
