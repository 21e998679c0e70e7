"""Pages that call something of their own as the browser calls what the snippet needs, and pages in pieces."""

import pytest
from playwright.async_api import Page
from snippet.tiny import HERE, consent, container, known_person, variable

from gateway.language.container import Event, WhileUnknown

from .conftest import Install
from .stub import Stub
from .test_page_safety import ERRORS, STAND_IN, YES

ODD = 'say "hi" \\ \t back'
LISTENED = {
    name: Event(name=name, place=HERE, **more)
    for name, more in {
        "pressed": {"kind": "click", "source": "a"},
        "left": {"kind": "link", "source": "outbound"},
        "moved": {"kind": "history"},
        "read": {"kind": "scroll", "amount": 50},
        "given": {"kind": "submit", "source": "form"},
    }.items()
}
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
    await page.evaluate(
        "src => { const s = document.createElement('script'); s.src = src; document.head.append(s) }",
        stub.origin + "/t/blog.js",
    )
    await stub.until(lambda: stub.posts("/collect/blog"))
    (hit,) = stub.posts("/collect/blog")[0].hits
    assert hit["consent"] == {"analytics": False, "marketing": False}
