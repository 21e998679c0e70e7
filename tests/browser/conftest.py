"""Chromium through Playwright; every test here runs in the one event loop of the session."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from gateway.language.container import Container
from gateway.shipped import folder
from gateway.snippet.build import script
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import in_order, read_modules

from .stub import Stub, serve

HERE = Path(__file__).parent
CHROMIUM = Path("/usr/bin/chromium")
_INSTALLED = CHROMIUM.exists()
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MODULES = read_modules(folder("static") / "snippet")
Install = Callable[[Container], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder: the browser lives in the session's loop."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests, with its back/forward cache."""
    if not _INSTALLED:
        pytest.fail(f"The browser tests need Chromium at {CHROMIUM} (apt-get install chromium).")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser without cookies and storage, for one test."""
    context = await browser.new_context()
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """One page in it."""
    return await context.new_page()


@pytest_asyncio.fixture(loop_scope="session")
async def stub() -> AsyncIterator[Stub]:
    """A collector of this test's own."""
    stub = Stub()
    stop = await serve(stub)
    yield stub
    await stop()


@pytest.fixture
def install(stub: Stub) -> Install:
    """Serves a container's snippet."""
    return lambda container: stub.script(
        container.name, script(in_order(MODULES, choose(container)), configuration(container)).encode("ascii")
    )


async def standing(page: Page) -> None:
    """The page's time stands still until it is let pass."""
    await page.clock.install(time=0)
    await page.clock.pause_at(60_000)


async def passing(page: Page, condition: Callable[[], object]) -> None:
    """Lets time pass until then: what comes after an answer waits for the answer first, however late it is."""
    async with asyncio.timeout(30):
        while not condition():
            await page.clock.run_for(50)
