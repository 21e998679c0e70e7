"""What Firefox and WebKitGTK have not: that it is really missing, and what happens instead."""

import pytest
from snippet.tiny import HOLD, container, known_person, variable

from ..conftest import Install
from ..stub import Stub
from ..test_listening import TONE, caught, listening, on, opened
from .tab import Tab

STAND_IN = "<script>window.taggate=window.taggate||function(){(taggate.q=taggate.q||[]).push(arguments)}</script>"
YES = "<script>document.cookie = 'choice=statistics'</script>"
METRICS = ("load", "ttfb", "lcp", "cls", "inp")
SLOW = "<button onclick='const t = Date.now(); while (Date.now() - t < 80);'>slow</button>"
MISSING = {
    "firefox": {"LayoutShift"},
    "webkit": {"LayoutShift", "LargestContentfulPaint", "navigation", "requestIdleCallback"},
}
LEARNED = {"firefox": {"navigation"}, "webkit": set()}
"""What the engine's newer versions have, and those of some distributions have not."""


async def test_what_is_missing(page: Tab, stub: Stub, engine: str) -> None:
    # When an engine learns one of these, its fallback runs nowhere any more: then look what else has none.
    names = sorted(set().union(*MISSING.values()))
    await page.goto(stub.page("/a", container=None))
    assert await page.evaluate("isSecureContext")
    missing = await page.evaluate("names => names.filter(name => !(name in window))", names)
    assert set(missing) - LEARNED[engine] == MISSING[engine] - LEARNED[engine]


async def test_metrics(page: Tab, stub: Stub, install: Install, engine: str) -> None:
    install(container(*(variable(name, "performance", name) for name in METRICS)))
    html = f"<!doctype html><title>t</title>{STAND_IN}<script async src=/t/shop.js></script><h1>Hello</h1>{SLOW}"
    await page.goto(stub.html("/a", html))
    await stub.hit("page_view")
    await page.click("button")
    timing = await page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    known = {"load"} | ({"lcp"} if engine == "firefox" else set())
    known |= (
        {"inp"} if await page.evaluate("'interactionId' in (window.PerformanceEventTiming?.prototype || {})") else set()
    )
    # Told in whole milliseconds: an answer may take none.
    known |= {"ttfb"} if timing["responseStart"] else set()
    for number in range(200):
        await page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        await page.evaluate(f"taggate('event', 'n{number}')")
        values = (await stub.hit(f"n{number}"))["values"]
        if all(values.get(name) for name in known):
            break
    assert {name for name in METRICS if values.get(name) is not None} == known
    assert values["load"] == pytest.approx(timing["loadEventEnd"], abs=1)
    assert (values["ttfb"] or 0) == pytest.approx(timing["responseStart"], abs=1)


async def test_a_banners_cookie_is_noticed_after_a_click_or_a_key(page: Tab, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a", "<script>delete window.cookieStore</script><button>Agree</button>"))
    await page.wait_for_function("window.taggate && taggate.containers && taggate.containers.shop")
    await page.evaluate("document.querySelector('button').onclick = () => { document.cookie = 'choice=statistics' }")
    await page.click("button")
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": True, "marketing": False}
    await page.focus("button")
    await page.evaluate("document.querySelector('button').onkeydown = () => { document.cookie = 'choice=ads' }")
    await page.press("a")
    await stub.until(lambda: len(stub.choices) == 2)
    assert stub.choices[1]["consent"] == {"analytics": False, "marketing": True}


async def test_what_failed_is_kept_and_sent_by_the_next_page(page: Tab, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await page.goto(stub.page("/a", YES))
    await stub.hit("page_view")
    stub.answers.extend([(503, {"Retry-After": "200"})])
    await page.evaluate("taggate('event', 'refused')")
    first = await stub.hit("refused")
    await page.wait_for_function("(dispatchEvent(new Event('pagehide')), localStorage['taggate.shop'])")
    before = len(stub.hits)
    await page.goto(stub.page("/b", YES))
    await stub.until(lambda: "refused" in [hit["event"] for hit in stub.hits[before:]])
    again = next(hit for hit in stub.hits[before:] if hit["event"] == "refused")
    assert (again["id"], again["at"]) == (first["id"], first["at"])
    assert "page" not in again
    await page.wait_for_function("localStorage.length === 0")


async def test_a_page_that_is_closed(page: Tab, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    await page.evaluate("taggate('event', 'last')")
    await page.close()
    await stub.hit("last")


SHADOW = (
    "<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML ="
    "'<button class=buy><b>Buy</b></button>'</script>"
)


async def test_clicks_in_a_shadow(page: Tab, stub: Stub, install: Install) -> None:
    install(listening(on("click", ".buy")))
    await opened(page, stub, SHADOW)
    await page.click("#host b")
    found = await caught(page, stub)
    assert [(fields["text"], fields["element"], fields["button"]) for fields in found] == [("Buy", "button", "left")]


async def test_quarters_of_a_sound(page: Tab, stub: Stub, install: Install) -> None:
    install(listening(on("media", "audio")))
    await opened(page, stub, TONE)
    await page.evaluate("tone.playbackRate = 2; tone.play()")
    await stub.until(lambda: any(h.get("fields", {}).get("action") == "end" for h in stub.hits))
    found = [fields["action"] for fields in await caught(page, stub)]
    # WebKitGTK stops and starts once by itself before it plays.
    assert [action for action in found if action != "pause"][-5:] == ["play", "25", "50", "75", "end"]
