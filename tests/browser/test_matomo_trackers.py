"""Trackers of Matomo: those that a page asks for, several of them, and Matomo's own script beside ours."""

import pytest
from playwright.async_api import Page

from .conftest import Install
from .matomo_page import SAID, opened, sent, serve, shop
from .stub import Stub


@pytest.mark.parametrize("name", ["matomoAsyncInit", "piwikAsyncInit"])
async def test_a_page_that_waits_for_the_script_counts_itself(
    page: Page, stub: Stub, install: Install, name: str
) -> None:
    install(shop())
    calls = (
        "const t = Piwik.getTracker('//m/matomo.php', 1); t.setUserId('ada'); t.setCustomUrl('/mine');"
        "t.trackPageView('Mine')"
    )
    await page.goto(stub.page("/a", f"<script>{name} = () => {{ {calls} }}</script>"))
    first = await stub.hit("page_view")
    await sent(page, stub, "window._paq = window._paq || []")
    assert stub.events == ["page_view", "end"]
    assert (first["user_id"], first["url"], first["title"]) == ("ada", stub.origin + "/mine", "Mine")


async def test_other_trackers(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, "_paq.push(['addTracker', '//m/matomo.php', 2]);")
    script = (
        "const same = Piwik.getTracker('//m/', 1); same.trackGoal(1); Matomo.getTracker('//m/', 2).trackGoal(2);"
        "Matomo.addTracker('//m/', 3).trackPageView(); AnalyticsTracker.getAsyncTracker().trackGoal(4);"
        "same.setReferralUrlMaxLength(9);"
        "_paq.push(['setIgnoreCampaignAttributionForSources', ['mail']]);"
        "asked = [same.getReferralUrlMaxLength(), same.getIgnoreCampaignAttributionForSources()];"
    )
    assert [hit["fields"]["goal"] for hit in await sent(page, stub, script)] == [1, 4]
    assert stub.events.count("page_view") == 1
    assert await page.evaluate("asked") == [9, ["mail"]]


async def test_beside_matomo_itself(page: Page, stub: Stub, install: Install) -> None:
    """matomo.js hears the queue and puts an object with a push of its own in its place."""
    itself = (
        "<script>addEventListener('load', () => { window.theirs = _paq.slice().map(entry => entry[0]);"
        "window._paq = {push(...entries) { theirs.push(...entries.map(entry => entry[0])) }} }, true)</script>"
    )
    await page.goto(serve(stub, install, shop(), body=itself))
    await stub.hit("page_view")
    hits = await sent(page, stub, "_paq.push(['trackEvent', 'c', 'one'])")
    assert [hit["event"] for hit in hits] == ["one"]
    assert await page.evaluate("theirs") == [
        "trackPageView", "enableLinkTracking", "setTrackerUrl", "setSiteId", "trackEvent", "trackEvent",
    ]  # fmt: skip


async def test_two_containers_hear_every_call_once_each(page: Page, stub: Stub, install: Install) -> None:
    install(shop(name="blog"))
    second = f'<script async src="{stub.origin}/t/blog.js"></script>'
    await page.goto(serve(stub, install, shop(), "_paq.push(['trackEvent', 'c', 'one']);", body=second))
    await page.wait_for_function("window.taggate && Object.keys(taggate.containers).length == 2")
    await page.evaluate("_paq.push(['trackEvent', 'c', 'two'])")
    await stub.until(lambda: stub.events.count("two") == 2, "not both")
    for name in ("shop", "blog"):
        hits = [hit["event"] for call in stub.posts(f"/collect/{name}") for hit in call.hits]
        assert hits == ["one", "page_view", "two"]


async def test_what_is_not_taken_is_said_by_a_tracker_too(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, SAID)
    await sent(page, stub, "Matomo.getAsyncTracker().trackRequest('e_c=a'); Matomo.getTracker().queueRequest('a')")
    wanted = [["warn", f'taggate: _paq has no "{name}" here.'] for name in ("trackRequest", "queueRequest")]
    assert await page.evaluate("said") == wanted
