"""A real ad-blocker with its own lists, uBlock Origin in Firefox: what it lets pass, and where it does not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from snippet.tiny import known_person

from ..conftest import Install
from ..stub import Stub
from ..test_page_safety import ERRORS, YES
from ..test_send import COUNTED
from .conftest import Running
from .firefox import Firefox
from .tab import Tab

FOLDER = Path("/usr/share/mozilla/extensions/{ec8030f7-c20a-464f-9b0e-13a3a9e97384}/uBlock0@raymondhill.net")
INSTALLED = FOLDER.exists()
PACKAGE = "webext-ublock-origin-firefox"
READ = """(async () => {
  while (await fetch('/matomo.js').then(() => true, () => false)) await new Promise(done => setTimeout(done, 50));
})()"""

pytestmark = pytest.mark.long


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installed(started: Running) -> AsyncIterator[None]:
    """It runs."""
    if not isinstance(started, Firefox):
        pytest.skip("only Firefox takes it")
    if not INSTALLED:
        pytest.skip(f"no ad-blocker was tried: apt-get install {PACKAGE}")
    made = await started.ask("webExtension.install", extensionData={"type": "path", "path": str(FOLDER)})
    yield
    await started.ask("webExtension.uninstall", extension=made["extension"])


@pytest_asyncio.fixture(loop_scope="session")
async def blocker(installed: None, page: Tab, stub: Stub) -> None:
    """It has read its lists."""
    await page.goto(stub.page("/none", container=None))
    await page.evaluate(READ)


@pytest.mark.parametrize("folder", ["", "/coffee"])
async def test_a_gateway_of_ones_own_passes(
    page: Tab, stub: Stub, install: Install, blocker: None, folder: str
) -> None:
    install(known_person())
    source = f"{folder}/beans.js" if folder else "/t/shop.js"
    stub.pages[source] = stub.pages["/t/shop.js"]
    await page.goto(stub.page("/a", f'{YES}<script async src="{source}"></script>', container=None))
    await stub.until(lambda: stub.posts(f"{folder}/collect/shop"), "it was stopped")


async def test_a_folder_that_the_lists_know(page: Tab, stub: Stub, install: Install, blocker: None) -> None:
    install(known_person())
    stub.pages["/stats/beans.js"] = stub.pages["/t/shop.js"]
    head = f'{ERRORS}{COUNTED}{YES}<script async src="/stats/beans.js"></script>'
    await page.goto(stub.page("/a", head, container=None))
    await page.wait_for_function("asked >= 2 && asked === answered")
    assert stub.posts("/") == []
    assert await page.evaluate("errors.join()") == ""
    assert "page_view" in await page.evaluate("localStorage['taggate.shop']")


async def test_matomos_names_are_stopped_and_its_calls_harm_nothing(
    page: Tab, stub: Stub, install: Install, blocker: None
) -> None:
    install(known_person())
    stub.pages["/matomo.js"] = stub.pages["/t/shop.js"]
    queue = "<script>_paq = [['trackPageView'], ['setUserId', 'alice']]</script>"
    await page.goto(stub.page("/a", f"{ERRORS}{queue}<script src=/matomo.js></script>", container=None))
    assert await page.evaluate("_paq.push(['trackEvent', 'a', 'b'])") == 3
    assert await page.evaluate("window.taggate") is None
    assert await page.evaluate("errors.join()") == ""
    assert stub.posts("/") == []
