"""What tests ask of a page, by the names of Playwright's page, for engines that it cannot drive as they are."""

import asyncio
import json
import re
from abc import ABC, abstractmethod
from functools import cache
from typing import Any, Never

import pytest
from node import npm, run

Json = Any
DEADLINE = 10.0
_FUNCTION = re.compile(r"\s*(async\s+)?(\w+|\([^()]*\))\s*=>")
# Playwright looks into open shadow roots as well.
_FIND = """((css) => {
  const inside = (at, step) => at && ((at.shadowRoot || at).querySelector(step));
  const found = document.querySelector(css) || css.split(' ').reduce(inside, document);
  found && found.scrollIntoView({block: 'center'});
  return found || null;
})"""
KEYS = {"Enter": "\ue007", "Tab": "\ue004"}
BUTTONS = {"left": 0, "middle": 1, "right": 2}


def called(script: str, arg: Json = None) -> str:
    """An expression; a function is called with the argument, as Playwright does."""
    return f"({script})({json.dumps(arg)})" if _FUNCTION.match(script) else script


@cache
def fake_timers() -> str:
    """The library that Playwright's own clock is made of, for pages."""
    npm("no clock was turned")
    options = ("--bundle", "--minify", "--format=iife", "--external:util", "--external:timers")
    return run("node_modules/.bin/esbuild", *options, "clock.mjs")


class Clock:
    """The time of a page."""

    def __init__(self, tab: "Tab") -> None:
        self._tab = tab

    async def install(self, time: int | None = None) -> None:
        """In every page from now on."""
        await self._tab.add_init_script(fake_timers() + ("" if time is None else f";clock_.setSystemTime({time})"))

    async def pause_at(self, time: int) -> None:
        """It goes on only when it is turned, from the next page on."""
        await self._tab.add_init_script(f"clock_.setSystemTime({time}); clock_.setTickMode({{ mode: 'manual' }})")

    async def run_for(self, ticks: int) -> None:
        """All that is due meanwhile happens in its turn."""
        await self._tab.evaluate(f"clock_.tickAsync({ticks})")

    async def fast_forward(self, ticks: int) -> None:
        """As if the machine had slept."""
        await self._tab.evaluate(f"clock_.jump({ticks})")


class Tab(ABC):
    """A page in an engine of its own."""

    context: "Tab"
    lacks: str
    """What this engine's driver cannot do that tests ask for, and why."""

    def __init__(self) -> None:
        self.context = self
        self.keyboard = self
        self.clock = Clock(self)

    def __getattr__(self, name: str) -> Never:
        pytest.skip(f"{self.lacks}: page.{name}")

    @abstractmethod
    async def goto(self, url: str) -> None:
        """Until the page is loaded."""

    @abstractmethod
    async def evaluate(self, script: str, arg: Json = None) -> Json:
        """What it comes to, promises waited for."""

    @abstractmethod
    async def element(self, script: str) -> Json:
        """A reference to the element that this comes to, or None."""

    @abstractmethod
    async def perform(self, actions: list[Json]) -> None:
        """WebDriver's input actions."""

    @abstractmethod
    async def cookies(self) -> list[Json]:
        """All that this page's address would be sent."""

    @abstractmethod
    async def add_cookies(self, cookies: list[Json]) -> None:
        """Each for its `url`."""

    @abstractmethod
    async def clear_cookies(self) -> None:
        """None is left."""

    @abstractmethod
    async def reload(self) -> None:
        """Until the page is loaded again."""

    @abstractmethod
    async def add_init_script(self, script: str) -> None:
        """Before all scripts of every page from now on."""

    @abstractmethod
    async def new_page(self) -> "Tab":
        """Another page of the same user."""

    async def wait_for_function(self, script: str) -> None:
        """Until it is true."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not await self.evaluate(f"!!({script})"):  # noqa: ASYNC110 - another process is asked
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never true: {script}") from None

    async def wait_for_selector(self, css: str, state: str = "attached") -> None:
        """Until there is one."""
        assert state == "attached"
        await self.wait_for_function(f"document.querySelector({json.dumps(css)})")

    async def add_script_tag(self, url: str) -> None:
        """Until it is loaded."""
        await self.evaluate(
            "url => new Promise((done, failed) => document.head.append("
            "Object.assign(document.createElement('script'), {src: url, onload: () => done(), onerror: failed})))",
            url,
        )

    async def focus(self, css: str) -> None:
        """The element gets the keys."""
        await self.evaluate(f"{_FIND}({json.dumps(css)}).focus()")

    async def click(self, css: str, button: str = "left") -> None:
        """Where the element is, by the engine's own mouse."""
        await self.wait_for_function(f"{_FIND}({json.dumps(css)})")
        found = await self.element(f"{_FIND}({json.dumps(css)})")
        number = BUTTONS[button]
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": found},
            {"type": "pointerDown", "button": number},
            {"type": "pointerUp", "button": number},
        ]
        await self.perform([{"type": "pointer", "id": "mouse", "actions": moves}])

    async def press(self, key: str) -> None:
        """By the engine's own keyboard."""
        value = KEYS.get(key, key)
        presses = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        await self.perform([{"type": "key", "id": "keys", "actions": presses}])
