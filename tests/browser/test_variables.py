"""Variables that are read in the page: every row of the table with its own cases, and what cannot be shown so."""

import asyncio
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Page
from snippet.tiny import HOLD, container, known_person, variable

from gateway.language.browser_kinds import BROWSER_KINDS

from .conftest import Install
from .stub import DEADLINE, Stub

STAND_IN = "<script>window.taggate=window.taggate||function(){(taggate.q=taggate.q||[]).push(arguments)}</script>"
NUMBERS = count()
CASES = {
    row.name: [case for case in row.cases if case.seen.startswith("<")]
    for row in BROWSER_KINDS
    if row.name not in ("trait", "event")
}


async def first(page: Page, stub: Stub, head: str = "", tail: str = "") -> dict[str, Any]:
    """The values on the event that comes when all of the page is there."""
    html = f"<!doctype html><title>t</title>{STAND_IN}{head}<script async src=/t/shop.js></script><body>{tail}</body>"
    # A name of its own: what the page before could not send in time may come now.
    end = f"end_{next(NUMBERS)}"
    html += f"<script>onload = () => taggate('event', '{end}')</script>"
    await page.goto(stub.html("/a", html))
    found: dict[str, Any] = (await stub.hit(end))["values"]
    return found


@pytest.mark.parametrize("kind", [kind for kind, cases in CASES.items() if cases])
async def test_the_cases_of_the_table(page: Page, stub: Stub, install: Install, kind: str) -> None:
    for case in CASES[kind]:
        source, _, attribute = case.source.partition(", attribute: ")
        more = {"attribute": attribute} if attribute else {}
        install(container(variable("it", kind, source, **more)))
        stub.calls.clear()
        await page.context.clear_cookies()
        seen = case.seen
        values = await first(page, stub, *(("", seen) if seen.startswith("<b") else (seen,)))
        assert values["it"] == case.value or str(values["it"]) == case.value, case


async def test_property_paths(page: Page, stub: Stub, install: Install) -> None:
    paths = {
        "hash": "location.hash",
        "own": "window.self.a.b",
        "none": "a.x.y.z",
        "code": "a.f",
        "node": "document.body",
        "trap": "trap.x",
        "text": "a.b.length",
        "top": "nothing",
    }
    install(container(*(variable(name, "js", path) for name, path in paths.items())))
    script = "<script>a = {b: 'xy', f() {}}; trap = {get x() { throw 1 }}; location.hash = 'h'</script>"
    assert await first(page, stub, script) == {
        "hash": "#h",
        "own": "xy",
        "none": None,
        "text": 2,
        "top": None,
    }, "what is no value says nothing"


async def test_elements(page: Page, stub: Stub, install: Install) -> None:
    install(
        container(
            variable("typed", "element", "textarea"),
            variable("input", "element", "input"),
            variable("broken", "element", "b["),
            variable("gone", "element", "b", attribute="data-x"),
            variable("fine", "element", "b"),
        )
    )
    values = await first(page, stub, tail="<input value=x><b> a  b\n</b>")
    assert values == {"typed": None, "input": "", "gone": None, "fine": "a  b"}


async def test_the_screen(page: Page, stub: Stub, install: Install) -> None:
    install(container(variable("w", "screen", "width"), variable("h", "screen", "height")))
    values = await first(page, stub)
    assert values == {"w": await page.evaluate("screen.width"), "h": await page.evaluate("screen.height")}
    assert values["w"] > 0


SPEED = [variable(name, "performance", name) for name in ("load", "ttfb", "lcp", "cls", "inp")]


async def once_known(page: Page, stub: Stub, *names: str) -> dict[str, Any]:
    """The values of the first event that has them all: browsers tell them some time, and a frame, later."""
    async with asyncio.timeout(DEADLINE):
        for number in count():
            await page.screenshot()
            await page.evaluate(f"taggate('event', 'later{number}')")
            values: dict[str, Any] = (await stub.hit(f"later{number}"))["values"]
            if all(values[name] for name in names):
                return values
    raise AssertionError(names)


async def test_how_fast_the_page_is(page: Page, stub: Stub, install: Install) -> None:
    install(container(*SPEED))
    tail = "<h1 id=h>Hello</h1><button onclick='const t = Date.now(); while (Date.now() - t < 80);'>slow</button>"
    early = await first(page, stub, tail=tail)
    assert early["inp"] is None
    assert early["load"] is None, "the page still loads while its load event runs"
    assert await page.evaluate("getComputedStyle(h).display") == "block"
    await page.click("button")
    values = await once_known(page, stub, "lcp", "inp", "load")
    timing = await page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert values["load"] == pytest.approx(timing["loadEventEnd"], abs=1)
    assert values["ttfb"] == pytest.approx(timing["responseStart"], abs=1)
    assert 0 < values["lcp"] < 10_000
    assert values["cls"] == 0
    assert 80 <= values["inp"] < 5_000


async def test_a_page_that_shifts(page: Page, stub: Stub, install: Install) -> None:
    install(container(*SPEED))
    await first(page, stub, tail="<div id=pad></div><p style='height:300px;background:red'>moved</p>")
    script = (
        "new Promise(done => { new PerformanceObserver(done).observe({type: 'layout-shift', buffered: true});"
        "requestAnimationFrame(() => requestAnimationFrame(() => { pad.style.height = '200px' })) })"
    )
    await page.evaluate(script + ".then(() => 1)")
    assert 0.01 < (await once_known(page, stub, "cls"))["cls"] < 1


@pytest.mark.parametrize("kind", ["local_storage", "session_storage"])
async def test_personal_values_in_storage_are_not_even_read(
    page: Page, stub: Stub, install: Install, kind: str
) -> None:
    person = known_person()
    who = variable("who", kind, "who", personal=True)
    install(container(who, consent=HOLD, may_leave={"who": person.may_leave["user_id"]}))
    spy = (
        "<script>reads = 0; const get = Storage.prototype.getItem; Storage.prototype.getItem = function (key) {"
        "reads += key == 'who'; return get.call(this, key) }; localStorage.who = sessionStorage.who = 'alice';"
        "document.cookie = 'choice=ads'</script>"
    )
    await page.goto(stub.page("/a", spy))
    assert "values" not in await stub.hit("page_view")
    assert await page.evaluate("reads") == 0
    await page.evaluate("document.cookie = 'choice=statistics'; taggate('event', 'end')")
    assert (await stub.hit("end"))["values"] == {"who": "alice"}


async def test_a_page_without_storage(page: Page, stub: Stub, install: Install) -> None:
    install(container(variable("a", "local_storage", "a"), variable("b", "meta", "b")))
    broken = "<script>Object.defineProperty(window, 'localStorage', {get() { throw 1 }})</script>"
    assert await first(page, stub, broken) == {"b": None}, "what cannot be read is not said to be absent"
