"""WebKitGTK as Debian has it, through its own WebDriver, on a screen that nobody sees."""

import asyncio
import socket
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from .tab import Json, Tab, called

PROGRAM = Path("/usr/bin/WebKitWebDriver")
SCREEN = Path("/usr/bin/Xvfb")
_EVALUATE = """const done = arguments[arguments.length - 1];
  (async () => { %s })().then((v) => done({v}), (e) => done({e: '' + e}));"""


def missing() -> str:
    """The packages that are not here."""
    packages = {PROGRAM: "webkit2gtk-driver", SCREEN: "xvfb"}
    return " ".join(package for program, package in packages.items() if not program.exists())


class Failed(Exception):
    """The engine says that a command went wrong."""


class WebKit:
    """One driver with one browser; a session for each test would take longer than the test."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url, self.session = http, url, ""

    async def ask(self, method: str, path: str, body: Json = None) -> Json:
        """One command, and its result."""
        async with self._http.request(method, self._url + path, json=body) as answer:
            said = (await answer.json())["value"]
        if answer.status != 200:
            raise Failed(f"{said['error']}: {said['message']}")
        return said

    @asynccontextmanager
    async def tab(self) -> AsyncIterator["WebKitTab"]:
        """A page of a user who was never here."""
        tab = WebKitTab(self, f"/session/{self.session}")
        yield tab
        # Storage is each test's own already: an origin is.
        await tab.ask("DELETE", "/cookie")
        await tab.goto("about:blank")


class WebKitTab(Tab):
    """A page in it."""

    def __init__(self, webkit: WebKit, path: str) -> None:
        super().__init__()
        self._webkit, self._path = webkit, path

    async def ask(self, method: str, path: str, body: Json = None) -> Json:
        """One command of this page."""
        return await self._webkit.ask(method, self._path + path, body)

    async def goto(self, url: str) -> None:
        await self.ask("POST", "/url", {"url": url})

    async def evaluate(self, script: str, arg: Json = None) -> Json:
        # Not by eval: a page's policy may refuse it. An expression, else statements of which the last is one, or none.
        text = called(script, arg).strip().rstrip(";")
        first, _, last = text.rpartition(";")
        for body in (f"return (\n{text}\n)", f"{first}; return (\n{last}\n)", text):
            try:
                said = await self.ask("POST", "/execute/async", {"script": _EVALUATE % body, "args": []})
            except Failed as failed:
                if "javascript error" not in str(failed) or body is text:
                    raise
            else:
                if "e" in said:
                    raise Failed(said["e"])
                return said.get("v")
        return None

    async def element(self, script: str) -> Json:
        return await self.ask("POST", "/execute/sync", {"script": f"return {script}", "args": []})

    async def perform(self, actions: list[Json]) -> None:
        await self.ask("POST", "/actions", {"actions": actions})

    async def cookies(self) -> list[Json]:
        return list(await self.ask("GET", "/cookie"))

    async def close(self) -> None:
        """As a person closes it."""
        await self.ask("DELETE", "/window")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[WebKit]:
    """The driver and a screen; what a page keeps is under this folder."""
    browser = _browser()
    screen = await asyncio.create_subprocess_exec(
        str(SCREEN), "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", stdout=PIPE, stderr=DEVNULL
    )
    assert screen.stdout
    display = ":" + (await screen.stdout.readline()).decode().strip()
    port = free_port()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "DISPLAY": display, "WEBKIT_FORCE_SANDBOX": "0"}
    env["LIBGL_ALWAYS_SOFTWARE"] = "1"
    driver = await asyncio.create_subprocess_exec(
        str(PROGRAM), f"--port={port}", env=env, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as http:
            await _listening(port)
            webkit = WebKit(http, f"http://127.0.0.1:{port}")
            options = {"binary": str(browser), "args": ["--automation"]}
            wanted = {"alwaysMatch": {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}}
            webkit.session = (await webkit.ask("POST", "/session", {"capabilities": wanted}))["sessionId"]
            yield webkit
            await webkit.ask("DELETE", f"/session/{webkit.session}")
    finally:
        for process in (driver, screen):
            process.terminate()
            await process.wait()


def _browser() -> Path:
    return next(Path("/usr/lib").glob("*/webkit2gtk-4.?/MiniBrowser"))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return await writer.wait_closed()
