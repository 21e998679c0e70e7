"""Firefox as Debian has it, through WebDriver BiDi on its own port: no driver between."""

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from ..stub import Stub
from .tab import Json, Tab, called

PROGRAM = Path("/usr/bin/firefox-esr")
# Kept pages and play without a gesture, as people have it; nothing that asks the net of its own.
PREFS: dict[str, Json] = {
    # Playwright's Chromium does not slow tabs in the background either.
    "dom.min_background_timeout_value": 4,
    "dom.min_background_timeout_value_without_budget_throttling": 4,
    "dom.timeout.enable_budget_timer_throttling": False,
    "fission.bfcacheInParent": True,
    "media.autoplay.default": 0,
    "network.connectivity-service.enabled": False,
    "network.captive-portal-service.enabled": False,
    "full-screen-api.allow-trusted-requests-only": False,
    "dom.disable_open_during_load": False,
    # No extension that this machine has for everybody.
    "extensions.enabledScopes": 1,
}


def missing() -> str:
    """The packages that are not here."""
    return "" if PROGRAM.exists() else "firefox-esr"


class Failed(Exception):
    """The engine says that a command went wrong."""


class Firefox:
    """One Firefox; commands go over one socket and are told apart by their numbers."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self.listening: list[Callable[[str, Json], None]] = []
        """They are told each event that was subscribed to."""
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if said["type"] == "event":
                for listener in self.listening:
                    listener(said["method"], said["params"])
            waiting = self._waiting.pop(said.get("id") or 0, None)
            if waiting is None or waiting.done():
                continue
            if said["type"] == "error":
                waiting.set_exception(Failed(f"{said['error']}: {said['message']}"))
            else:
                waiting.set_result(said["result"])

    async def ask(self, method: str, **params: Json) -> Json:
        """One command, and its result."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        return await asyncio.wait_for(self._waiting[number], 30)

    @asynccontextmanager
    async def tab(self, _: Stub) -> AsyncIterator["FirefoxTab"]:
        """A page of a user who was never here."""
        user = (await self.ask("browser.createUserContext"))["userContext"]
        made = await self.ask("browsingContext.create", type="tab", userContext=user)
        yield FirefoxTab(self, made["context"], user)
        self.listening.clear()
        await self.ask("browser.removeUserContext", userContext=user)


class FirefoxTab(Tab):
    """A page in it."""

    lacks = "only Playwright does this here"

    def __init__(self, firefox: Firefox, context: str, user: str) -> None:
        super().__init__()
        self._firefox, self._id, self._user = firefox, context, user

    async def goto(self, url: str) -> None:
        await self._firefox.ask("browsingContext.navigate", context=self._id, url=url, wait="complete")

    async def evaluate(self, script: str, arg: Json = None) -> Json:
        return plain(await self._run(called(script, arg)))

    async def _run(self, expression: str) -> Json:
        target = {"context": self._id}
        said = await self._firefox.ask(
            "script.evaluate", expression=expression, target=target, awaitPromise=True, userActivation=True
        )
        if said["type"] == "exception":
            raise Failed(said["exceptionDetails"]["text"])
        return said["result"]

    async def element(self, script: str) -> Json:
        found = await self._run(script)
        return {"type": "element", "element": {"sharedId": found["sharedId"]}} if "sharedId" in found else None

    async def perform(self, actions: list[Json]) -> None:
        await self._firefox.ask("input.performActions", context=self._id, actions=actions)

    async def cookies(self) -> list[Json]:
        return list((await self._firefox.ask("storage.getCookies", partition=self._own))["cookies"])

    async def add_cookies(self, cookies: list[Json]) -> None:
        for cookie in cookies:
            told = {"name": cookie["name"], "value": {"type": "string", "value": cookie["value"]}, "path": "/"}
            told |= {"domain": urlsplit(cookie["url"]).hostname, "httpOnly": cookie.get("httpOnly", False)}
            await self._firefox.ask("storage.setCookie", cookie=told, partition=self._own)

    async def clear_cookies(self) -> None:
        await self._firefox.ask("storage.deleteCookies", partition=self._own)

    @property
    def _own(self) -> Json:
        return {"type": "storageKey", "userContext": self._user}

    async def reload(self) -> None:
        await self._firefox.ask("browsingContext.reload", context=self._id, wait="complete")

    async def new_page(self) -> "FirefoxTab":
        made = await self._firefox.ask("browsingContext.create", type="tab", userContext=self._user)
        return FirefoxTab(self._firefox, made["context"], self._user)

    async def set_offline(self, offline: bool) -> None:
        """As when the cable is pulled."""
        network = {"type": "offline"} if offline else None
        await self._firefox.ask("emulation.setNetworkConditions", networkConditions=network, contexts=[self._id])

    def on(self, event: str, handler: Callable[[Any], None]) -> None:
        """Requests, and what the console says."""

        def listener(method: str, told: Json) -> None:
            if method == "network.beforeRequestSent" and event == "request":
                handler(SimpleNamespace(url=told["request"]["url"]))
            elif method == "log.entryAdded" and event == "console":
                kind = {"warn": "warning"}.get(told["level"], told["level"])
                handler(SimpleNamespace(type=kind, text=told["text"]))

        assert event in ("request", "console")
        self._firefox.listening.append(listener)

    async def add_init_script(self, script: str) -> None:
        await self._firefox.ask(
            "script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}", contexts=[self._id]
        )

    async def close(self) -> None:
        """As a person closes it."""
        await self._firefox.ask("browsingContext.close", context=self._id)


def plain(value: Json) -> Json:
    """BiDi's description of a value → the value, as far as JSON has it."""
    kind, inner = value["type"], value.get("value")
    if kind in ("array", "set", "nodelist", "htmlcollection"):
        return [plain(one) for one in inner or ()]
    if kind in ("object", "map"):
        return {key if isinstance(key, str) else plain(key): plain(one) for key, one in inner or ()}
    return inner if kind in ("string", "number", "boolean") else None


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Firefox]:
    """It, with a profile in this folder."""
    prefs = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFS.items())
    (folder / "user.js").write_text("\n".join(prefs))
    command = (str(PROGRAM), "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(folder))
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    try:
        url = await asyncio.wait_for(_listening(process), 60)
        drain = asyncio.ensure_future(_drain(process))
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/session", max_msg_size=0) as socket:
            firefox = Firefox(socket)
            await firefox.ask("session.new", capabilities={})
            await firefox.ask("session.subscribe", events=["network.beforeRequestSent", "log.entryAdded"])
            yield firefox
    finally:
        process.terminate()
        await process.wait()
        await drain


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stderr
    async for line in process.stderr:
        if b"WebDriver BiDi listening on " in line:
            return line.decode().strip().rpartition(" ")[2]
    raise AssertionError("Firefox ended before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr
    async for _ in process.stderr:
        pass
