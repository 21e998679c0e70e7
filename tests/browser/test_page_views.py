"""Page views: at load, of single-page applications, after "back", and none for a page nobody saw."""

import asyncio
from asyncio.subprocess import DEVNULL
from pathlib import Path

import pytest
from playwright.async_api import Page
from snippet.tiny import consent, container

from .conftest import CHROMIUM, FLAGS, Install, passing, standing
from .stub import ANSWERED, KEPT, Stub

UUID = r"^[0-9a-f]{32}$"
KEYS = {"event", "id", "at", "url", "title", "referrer", "page"}
LOADED = "!!(window.taggate && taggate.containers && taggate.containers.shop)"


async def test_a_page_view_as_the_gateway_reads_it(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a?x=1#part"))
    hit = await stub.hit("page_view")
    assert set(hit) == KEYS
    assert hit["url"] == stub.origin + "/a?x=1#part"
    assert (hit["title"], hit["referrer"]) == ("Page /a", "")
    assert stub.posts("/collect/")[0].headers["accept-language"].startswith("en-US"), "the gateway takes it from here"
    assert len(hit["page"]) == 32
    assert abs(hit["at"] - await page.evaluate("Date.now()")) < 10_000
    assert await page.evaluate(f"new RegExp('{UUID}').test('{hit['id']}')")


async def test_how_it_is_sent(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a?token=secret"))
    await stub.hit("page_view")
    call = stub.posts("/collect/shop")[0]
    assert call.headers["content-type"] == "text/plain;charset=UTF-8"
    assert call.headers["origin"] == stub.origin
    assert "referer" not in call.headers
    assert [c.method for c in stub.calls if c.path.startswith("/collect")] == ["POST"], "no preflight"


async def test_from_another_origin_cookies_go_along_and_nothing_else(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.context.add_cookies([{"name": "tg_shop", "value": "v", "url": stub.origin, "httpOnly": True}])
    stub.page("/a")
    await page.goto(stub.elsewhere + "/a")
    await stub.hit("page_view")
    call = stub.posts("/collect/shop")[0]
    assert call.headers["host"] == stub.origin.removeprefix("http://")
    assert call.headers["origin"] == stub.elsewhere
    assert "referer" not in call.headers


async def test_on_plain_http_where_crypto_and_cookie_store_are_less(page: Page, stub: Stub, install: Install) -> None:
    # In storage: WebKitGTK keeps no cookies for such an address.
    install(container(consent=consent("local_storage")))
    port = stub.origin.rpartition(":")[2]
    stub.page("/a", "<script>localStorage.choice = 'statistics'</script>")
    await page.goto(f"http://[::ffff:127.0.0.1]:{port}/a")
    assert not await page.evaluate("isSecureContext || 'cookieStore' in window")
    assert len((await stub.hit("page_view"))["id"]) == 32


async def move(page: Page, stub: Stub, script: str) -> list[str]:
    """The addresses of all page views, after the script and one event to mark the end."""
    await page.evaluate(script)
    # Where no browser tells of a new address, it is looked at every 150 ms.
    wait = "window.navigation ? 60 : 260"
    await page.evaluate(f"new Promise(done => setTimeout(() => {{ taggate('event', 'end'); done() }}, {wait}))")
    await stub.hit("end")
    return [hit["url"].removeprefix(stub.origin) for hit in stub.hits if hit["event"] == "page_view"]


async def walk(page: Page, stub: Stub, head: str = "") -> None:
    """The same walk with the Navigation API and without."""
    await page.goto(stub.page("/a", head))
    await stub.hit("page_view")
    steps = (
        ("history.pushState({}, '', '/b'); document.title = 'B'", "/b"),
        ("history.replaceState({}, '', '/c')", "/c"),
        ("location.hash = '/in-hash'", "/c#/in-hash"),
        ("history.back()", "/c"),
        ("history.back()", "/a"),
        ("history.forward()", "/c"),
    )
    for number, (script, _) in enumerate(steps, 2):
        await page.evaluate(script)
        await stub.until(lambda wanted=number: len(stub.hits) == wanted, f"after {script}")
    assert [hit["url"].removeprefix(stub.origin) for hit in stub.hits] == ["/a", *(url for _, url in steps)]
    assert stub.hits[1]["title"] == "B"
    assert [hit["referrer"].removeprefix(stub.origin) for hit in stub.hits[:4]] == ["", "/a", "/b", "/c"]
    assert len({hit["page"] for hit in stub.hits}) == 1


async def test_single_page_applications(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await walk(page, stub)


async def test_single_page_applications_without_navigation_api(page: Page, stub: Stub, install: Install) -> None:
    """An element of that name is none."""
    install(container())
    await page.add_init_script("delete window.navigation")
    await walk(page, stub, "<nav id=navigation></nav>")


@pytest.mark.parametrize("told", [True, False], ids=["Navigation API", "none"])
async def test_a_title_that_follows_the_address(page: Page, stub: Stub, install: Install, told: bool) -> None:
    install(container())
    await standing(page)
    if not told:
        await page.add_init_script("delete window.navigation")
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    for number in range(1, 9):
        await page.evaluate(f"history.pushState({{}}, '', '/b{number}')")
        await page.clock.run_for(40)
        await page.evaluate(f"document.title = 'B{number}'")
        await passing(page, lambda number=number: len(stub.hits) > number)
    assert [(hit["url"].removeprefix(stub.origin), hit["title"]) for hit in stub.hits[1:]] == [
        (f"/b{number}", f"B{number}") for number in range(1, 9)
    ]


@pytest.mark.parametrize("meanwhile", ["", "document.title = ''", "document.title = 'Loading'"], ids=repr)
async def test_a_title_that_is_fetched(page: Page, stub: Stub, install: Install, meanwhile: str) -> None:
    """The address changes before what is shown there has come; meanwhile other things happen, and are answered."""
    install(container())
    await standing(page)
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    for number in range(1, 4):
        await page.evaluate("taggate('event', 'click')")
        await page.clock.run_for(40)
        await page.evaluate(f"history.pushState({{}}, '', '/b{number}'); {meanwhile}")
        await page.clock.run_for(60)
        await stub.until(lambda number=number: stub.events.count("click") == number)
        await page.clock.run_for(340)
        await page.evaluate(f"document.title = 'B{number}'")
        await passing(page, lambda number=number: len(stub.hits) > 2 * number)
    assert [hit["title"] for hit in stub.hits if hit["event"] == "page_view"] == ["Page /a", "B1", "B2", "B3"]
    assert [hit["url"].removeprefix(stub.origin) for hit in stub.hits] == [
        "/a",
        "/a",
        "/b1",
        "/b1",
        "/b2",
        "/b2",
        "/b3",
    ]


async def test_a_title_that_stays(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await standing(page)
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    await page.evaluate("history.pushState({}, '', '/b')")
    await page.clock.run_for(60)
    await page.evaluate("taggate('event', 'bought'); history.pushState({}, '', '/c')")
    await passing(page, lambda: len(stub.hits) > 3)
    assert [hit["event"] for hit in stub.hits] == ["page_view", "page_view", "bought", "page_view"]
    assert [hit["url"].removeprefix(stub.origin) for hit in stub.hits] == ["/a", "/b", "/b", "/c"]
    assert {hit["title"] for hit in stub.hits} == {"Page /a"}


async def test_each_page_view_that_is_held_has_its_own_title(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=consent("api")))
    await standing(page)
    await page.goto(stub.page("/a"))
    await page.wait_for_function(LOADED)
    await page.clock.run_for(60)
    for name in ("b", "c"):
        await page.evaluate(f"history.pushState({{}}, '', '/{name}')")
        await page.clock.run_for(300)
        await page.evaluate(f"document.title = '{name}'; taggate('event', 'seen')")
        await page.clock.run_for(1100)
    await page.evaluate("document.title = 'Come back!'; history.pushState({}, '', '/d'); taggate('event', 'last')")
    await page.evaluate("taggate('consent', {analytics: true, marketing: true})")
    hits = await stub.count(6)
    assert [hit["title"] for hit in hits if hit["event"] == "page_view"] == ["Page /a", "b", "c"]
    assert [hit["title"] for hit in hits if hit["event"] == "seen"] == ["b", "c"]


async def test_an_address_that_stays_is_no_page_view(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    stay = (
        "history.replaceState({}, '', '#/'); history.replaceState({}, '', '/a#!/'); history.replaceState({}, '', '/a');"
        "history.replaceState({y: 1}, '', location.href); history.pushState({}, '', '#part'); location.hash = 'other'"
    )
    assert await move(page, stub, stay) == ["/a"]


async def test_two_addresses_at_once_are_one_page_view(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    assert await move(page, stub, "history.pushState({}, '', '/b'); history.replaceState({}, '', '/b/1')") == [
        "/a",
        "/b/1",
    ]


async def test_a_virtual_page_left_at_once_still_counts(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    stub.page("/z", container=None)
    await page.evaluate("history.pushState({}, '', '/b'); location.href = '/z'")
    hits = await stub.count(2)
    assert hits[1]["url"] == stub.origin + "/b"


async def test_page_views_by_hand(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    assert await move(page, stub, "history.pushState({}, '', '/b'); taggate('page'); taggate('page')") == [
        "/a",
        "/b",
        "/b",
    ]


async def test_the_back_forward_cache(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a", KEPT))
    await stub.hit("page_view")
    await page.wait_for_function(ANSWERED)
    stub.page("/b", container=None)
    await page.goto(stub.origin + "/b")
    await page.evaluate("history.back()")
    hits = await stub.count(2)
    assert await page.evaluate("kept") is True
    assert [hit["url"] for hit in hits] == [stub.origin + "/a"] * 2


async def test_a_prerendered_page_counts_when_it_is_seen(stub: Stub, install: Install, tmp_path: Path) -> None:
    # Chromium prerenders nothing while Playwright is attached: this one is on its own, and moves on when let go.
    install(container())
    rules = '<script type="speculationrules">{"prerender": [{"urls": ["/b"], "eagerness": "immediate"}]}</script>'
    go = "<script>fetch('/go', {method: 'POST'}).then(() => { location.href = '/b' })</script>"
    seen = "performance.getEntriesByType('navigation')[0].activationStart"
    tell = "fetch('/' + document.prerendering); document.onprerenderingchange = () => fetch('/' + "
    stub.page("/b", f"<script>{tell}({seen} > 0))</script>")
    stub.gate.clear()
    url = stub.page("/a", rules + go, container=None)
    alone = await asyncio.create_subprocess_exec(CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path}", url, stderr=DEVNULL)
    try:
        await stub.until(lambda: {"/true", "/t/shop.js"} <= {c.path for c in stub.calls}, "no prerendering")
        assert stub.hits == []
        stub.gate.set()
        assert (await stub.hit("page_view"))["url"] == stub.origin + "/b"
        await stub.until(lambda: [c.path for c in stub.calls].count("/true") == 2, "loaded anew")
        assert len(stub.hits) == 1
    finally:
        alone.terminate()
        await alone.wait()
