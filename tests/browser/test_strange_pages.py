"""Pages that call something of their own as the browser calls what the snippet needs, and pages in pieces."""

from typing import Any

import pytest
from playwright.async_api import Page
from snippet.tiny import HERE, consent, container, known_person, variable

from gateway.language.container import Event, WhileUnknown

from .conftest import Install
from .stub import Stub
from .test_page_safety import ERRORS, STAND_IN, YES

ODD = 'say "hi" \\ \t back'
MORE: dict[str, dict[str, Any]] = {
    "pressed": {"kind": "click", "source": "a"},
    "left": {"kind": "link", "source": "outbound"},
    "moved": {"kind": "history"},
    "read": {"kind": "scroll", "amount": 50},
    "given": {"kind": "submit", "source": "form"},
}
LISTENED = {name: Event(name=name, place=HERE, **more) for name, more in MORE.items()}
BODY = "<a href='http://other.example/x' onclick='return false'>x</a><div style='height: 5000px'></div>"
# In scripts that are no modules such names are everybody's.
OWN = {
    "navigation": "const navigation = document.createElement('nav')",
    "crypto": "const crypto = ['BTC', 'ETH']",
    "escape": "function escape(text) { return text.replace(/</g, '&lt;') }",
    "URL": "const URL = '/api'",
    "screen": "const screen = document.createElement('div')",
    "history": "const history = []",
    "scrollY": "let scrollY = 0",
    "name": "const name = Symbol('name')",
    "Document": "function Document() {}",
}


@pytest.mark.parametrize("what", OWN)
async def test_a_name_that_the_page_has_for_something_else(page: Page, stub: Stub, install: Install, what: str) -> None:
    install(container(variable("wide", "screen", "width"), listened=LISTENED))
    await page.goto(stub.page("/a", f"{ERRORS}<script>{OWN[what]}</script><script>document.write(`{BODY}`)</script>"))
    await stub.hit("page_view")
    await page.evaluate("text => taggate('event', 'said', { text })", ODD)
    assert (await stub.hit("said"))["fields"] == {"text": ODD}
    await page.evaluate(
        "document.querySelector('a').click(); window.history.pushState({}, '', '/b'); scrollTo(0, 9999)"
    )
    assert (await stub.hit("pressed"))["fields"]["href"] == "http://other.example/x"
    for event in ("left", "moved", "read"):
        await stub.hit(event)
    await stub.until(lambda: stub.events.count("page_view") == 2)
    assert stub.hits[0]["values"]["wide"] == await page.evaluate("window.screen.width")
    assert await page.evaluate("errors.join()") == ""


FRAMES = {
    "sandboxed": ("sandbox='allow-scripts' src='/in'", "/in"),
    "written in the page": ('srcdoc="%s"', "about:srcdoc"),
    "written in the page, sandboxed": ("sandbox='allow-scripts' srcdoc=\"%s\"", "about:srcdoc"),
    "of data": ('src="data:text/html,%s"', "data:text/html,"),
}


@pytest.mark.parametrize("what", FRAMES)
@pytest.mark.parametrize("kind", ["cookie", "local_storage", "api"])
async def test_a_frame_without_an_address_or_an_origin(
    page: Page, stub: Stub, install: Install, what: str, kind: str
) -> None:
    install(known_person(consent=consent(kind, "" if kind == "api" else "choice")))
    frame, address = FRAMES[what]
    said = (
        "<script>dataLayer = [{user: {id: 'alice'}}]; onload = () => { taggate('event', 'asked');"
        "taggate('consent', { analytics: true, marketing: true });"
        "taggate('event', 'end', { errors: errors.join() }) }</script>"
    )
    html = f"<!doctype html><title>in</title>{ERRORS}{said}<script src='{stub.origin}/t/shop.js'></script>"
    stub.html("/in", html)
    await page.goto(stub.html("/a", f"<!doctype html><iframe {frame.replace('%s', html)}></iframe>"))
    assert (await stub.hit("end"))["fields"] == {"errors": ""}
    assert stub.events == ["page_view", "asked", "end"]
    assert address in stub.hits[0]["url"]
    assert stub.hits[0]["values"]["account_id"] == "alice"


async def test_a_page_of_xml(page: Page, stub: Stub, install: Install) -> None:
    install(container(variable("who", "meta", "Author"), listened=LISTENED))
    html = (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head>'
        f'<title>a &amp; b</title><meta name="author" content="z"/>{ERRORS}'
        f'<script async="async" src="{stub.origin}/t/shop.js"></script></head>'
        '<body><a href="http://other.example/x" onclick="return false"><b>x</b></a></body></html>'
    )
    await page.goto(stub.html("/a", html, "application/xhtml+xml; charset=utf-8"))
    assert (await stub.hit("page_view"))["title"] == "a & b"
    await page.evaluate("document.querySelector('b').click(); history.pushState({}, '', '/b')")
    assert (await stub.hit("left"))["fields"]["element"] == "a"
    await stub.until(lambda: stub.events.count("page_view") == 2)
    assert stub.hits[0]["values"]["who"] == "z"
    assert await page.evaluate("errors.join()") == ""


async def test_where_a_form_without_an_action_leads(page: Page, stub: Stub, install: Install) -> None:
    install(container(listened=LISTENED))
    await page.goto(stub.page("/a?x=1", f"<base href='{stub.elsewhere}/sub/'>"))
    await stub.hit("page_view")
    await page.evaluate(
        "for (const action of [null, '', 'next']) { const form = document.createElement('form');"
        "if (action !== null) form.setAttribute('action', action);"
        "form.onsubmit = () => false; document.body.append(form); form.requestSubmit() }"
    )
    await stub.until(lambda: stub.events.count("given") == 3)
    found = [hit["fields"]["href"] for hit in stub.hits if hit["event"] == "given"]
    assert found == [stub.origin + "/a?x=1"] * 2 + [stub.elsewhere + "/sub/next"]


async def test_a_container_that_loads_late_hears_a_withdrawal(page: Page, stub: Stub, install: Install) -> None:
    said = consent("api", "", while_unknown=WhileUnknown.SEND)
    install(known_person(consent=said))
    install(known_person(name="blog", consent=said))
    await page.goto(stub.page("/a", f"{ERRORS}{YES}<script>{STAND_IN}</script>"))
    await stub.hit("page_view")
    await page.evaluate("taggate('consent', { analytics: true, marketing: true })")
    await page.evaluate("taggate('consent', { analytics: false, marketing: false })")
    assert (await late(page, stub))["consent"] == {"analytics": False, "marketing": False}


async def test_a_container_that_loads_late_hears_the_last_sign_out(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    install(known_person(name="blog"))
    await page.goto(stub.page("/a", YES.replace("alice", "")))
    await stub.hit("page_view")
    await page.evaluate(
        "taggate('identify', 'alice'); for (let n = 0; n < 110; n++) taggate('event', 'e' + n); taggate('reset')"
    )
    assert (await late(page, stub)).get("user_id") is None


async def late(page: Page, stub: Stub) -> dict[str, Any]:
    """The first hit of a container that the page loads now."""
    await page.evaluate(
        "src => { const s = document.createElement('script'); s.src = src; document.head.append(s) }",
        stub.origin + "/t/blog.js",
    )
    await stub.until(lambda: stub.posts("/collect/blog"))
    return stub.posts("/collect/blog")[0].hits[0]
