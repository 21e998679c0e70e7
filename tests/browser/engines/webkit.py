"""WebKitGTK as Debian has it, through its own WebDriver, on a screen that nobody sees."""

import asyncio
import socket
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from ..stub import Stub
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
        self.at = ""
        """The window that commands go to."""

    async def ask(self, method: str, path: str, body: Json = None) -> Json:
        """One command, and its result."""
        async with self._http.request(method, self._url + path, json=body) as answer:
            said = (await answer.json())["value"]
        if answer.status != 200:
            raise Failed(f"{said['error']}: {said['message']}")
        return said

    @asynccontextmanager
    async def tab(self, stub: Stub) -> AsyncIterator["WebKitTab"]:
        """A page of a user who was never here."""
        path = f"/session/{self.session}"
        (first,) = await self.ask("GET", path + "/window/handles")
        tab = WebKitTab(self, path, first, stub)
        yield tab
        for handle in set(await self.ask("GET", path + "/window/handles")) - {first}:
            await WebKitTab(self, path, handle, stub).close()
        # Storage is each test's own already: an origin is.
        await tab.clear_cookies()
        await tab.goto("about:blank")


class WebKitTab(Tab):
    """A page in it."""

    lacks = "WebKitGTK's driver has nothing for it"

    def __init__(self, webkit: WebKit, path: str, handle: str, stub: Stub) -> None:
        super().__init__()
        self._webkit, self._path, self._handle, self._stub = webkit, path, handle, stub

    async def ask(self, method: str, path: str, body: Json = None) -> Json:
        """One command of this page."""
        if self._webkit.at != self._handle:
            await self._webkit.ask("POST", self._path + "/window", {"handle": self._handle})
            self._webkit.at = self._handle
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

    async def add_cookies(self, cookies: list[Json]) -> None:
        for cookie in cookies:
            # They are set by a page of theirs only.
            await self.goto(cookie["url"] + "/none")
            told = {name: value for name, value in cookie.items() if name != "url"}
            await self.ask("POST", "/cookie", {"cookie": {"path": "/", **told}})

    async def clear_cookies(self) -> None:
        await self.ask("DELETE", "/cookie")

    async def reload(self) -> None:
        await self.ask("POST", "/refresh", {})

    async def add_init_script(self, script: str) -> None:
        # The driver cannot: it stands first in the pages that are served.
        self._stub.first += f"<script>{script}</script>"

    async def new_page(self) -> "WebKitTab":
        made = await self.ask("POST", "/window/new", {"type": "tab"})
        return WebKitTab(self._webkit, self._path, made["handle"], self._stub)

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
            # It counts a script's time by the page's clock, which a test may turn.
            more = {"timeouts": {"script": None}, "webkitgtk:browserOptions": options}
            wanted = {"alwaysMatch": {"browserName": "MiniBrowser", **more}}
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
