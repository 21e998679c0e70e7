"""Something stands in the way, as an ad-blocker does: the page goes on as without us, and nobody is stormed."""

from playwright.async_api import ConsoleMessage, Page, Route
from snippet.tiny import known_person

from .conftest import Install, standing
from .stub import Stub
from .test_page_safety import ERRORS, STAND_IN, YES
from .test_send import COUNTED

STOPPED = "Failed to load resource: net::ERR_BLOCKED_BY_CLIENT"
"""What the browser itself says of each request that an ad-blocker stopped."""
CALLS = (
    "taggate('event', 'one', {a: 1}); taggate('identify', 'alice'); taggate('consent', {analytics: true});"
    "dataLayer.push({event: 'two'}); history.pushState({}, '', '/b'); document.body.click();"
    "dispatchEvent(new Event('pagehide')); document.dispatchEvent(new Event('visibilitychange'));"
    "dispatchEvent(new Event('online')); 'done'"
)


async def stopped(page: Page, what: str) -> list[str]:
    """All that the console says from now on; requests for this fail as an ad-blocker makes them fail."""
    said: list[str] = []

    def listener(message: ConsoleMessage) -> None:
        said.append(message.text)

    async def stop(route: Route) -> None:
        await route.abort("blockedbyclient")

    page.on("console", listener)
    await page.route(what, stop)
    return said


async def test_a_script_that_is_blocked(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    said = await stopped(page, "**/t/**")
    await page.goto(stub.page("/a", f'{ERRORS}{YES}<link rel=icon href="data:,"><script>{STAND_IN}</script>'))
    for _ in range(50):
        assert await page.evaluate(CALLS) == "done"
    assert await page.evaluate("errors.join()") == ""
    assert [text.startswith(STOPPED) for text in said] == [True]
    assert [call.path for call in stub.calls] == ["/a"]
    assert await page.evaluate("localStorage.length") == 0


async def test_a_collector_that_is_blocked(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await standing(page)
    said = await stopped(page, "**/co*/shop")
    await page.goto(stub.page("/a", f'{ERRORS}{COUNTED}{YES}<link rel=icon href="data:,">'))
    await page.wait_for_function("answered === 1")
    counts = []
    for number in range(60):
        await page.evaluate(f"taggate('event', 'event{number}', {{text: 'x'.repeat(2000)}})")
        await page.clock.run_for(10_000)
        await page.wait_for_function("asked === answered")
        counts.append(await page.evaluate("asked"))
    # The wait doubles from half a second to five minutes.
    assert counts[-1] <= 12, counts
    assert counts[-1] - counts[29] <= 2, counts
    assert stub.posts("/") == []
    assert await page.evaluate("errors.join()") == ""
    assert all(text.startswith(STOPPED) for text in said)
    assert await page.evaluate("localStorage['taggate.shop'].length") <= 65_536
    assert await page.evaluate("Object.keys(localStorage)") == ["taggate.shop"]
