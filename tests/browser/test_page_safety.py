"""The page is never harmed, and the snippet lives with what pages do: policies, charsets, broken built-ins."""

import pytest
from playwright.async_api import Page
from snippet.tiny import HOLD, container, known_person

from .conftest import Install
from .stub import FAILS, Stub

ERRORS = (
    "<script>errors = []; onerror = m => { errors.push(m) };"
    "onunhandledrejection = e => { errors.push('' + e.reason) }</script>"
)
STAND_IN = "window.taggate=window.taggate||function(){(taggate.q=taggate.q||[]).push(arguments)}"
YES = "<script>document.cookie = 'choice=statistics'; dataLayer = [{user: {id: 'alice'}}]</script>"


async def test_strict_policies(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    policy = (
        "default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; connect-src 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    listen = (
        "<script nonce=n1>broken = []; "
        "document.addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective))"
    )
    html = f"<!doctype html><title>t</title>{listen}; document.cookie = 'choice=statistics'; dataLayer = []</script>"
    html += f'<link rel=icon href="data:,"><script nonce=n1 async src="{stub.origin}/t/shop.js"></script>'
    stub.page("/a", container=None, content_security_policy=policy)
    stub.pages["/a"] = type(stub.pages["/a"])(html.encode(), stub.pages["/a"].headers)
    await page.goto(stub.origin + "/a")
    await stub.hit("page_view")
    await page.evaluate("taggate('identify', 'alice'); dataLayer.push({event: 'one'}); history.pushState({}, '', '/b')")
    await stub.count(3)
    assert [v for v in await page.evaluate("broken") if v != "img-src"] == []


async def test_a_page_without_charset(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    html = f'<title>caf\xe9</title><script async src="{stub.origin}/t/shop.js"></script>'
    await page.goto(stub.html("/a", html, "text/html"))
    assert (await stub.hit("page_view"))["title"] == "café"


async def test_included_twice(page: Page, stub: Stub, install: Install) -> None:
    install(container(events=("page_view", "other")))
    again = f'<script src="{stub.origin}/t/shop.js"></script>'
    await page.goto(stub.page("/a", again))
    await page.wait_for_function("document.readyState === 'complete'")
    await page.evaluate("(window.dataLayer = window.dataLayer || []).push({event: 'one'}); taggate('event', 'end')")
    await stub.hit("end")
    assert stub.events == ["page_view", "one", "end"]


async def test_two_containers(page: Page, stub: Stub, install: Install) -> None:
    install(container(events=("page_view", "other")))
    install(known_person(name="blog"))
    other = f'<script src="{stub.origin}/t/blog.js"></script>'
    calls = f"<script>{STAND_IN}; taggate('event', 'early')</script>"
    await page.goto(stub.page("/a", YES + calls + other))
    await page.wait_for_function("Object.keys(taggate.containers || {}).length === 2")
    await page.evaluate("dataLayer.push({event: 'one'}); taggate('event', 'two')")
    for name in ("shop", "blog"):

        def events(name: str = name) -> list[str]:
            return [hit["event"] for call in stub.posts(f"/collect/{name}") for hit in call.hits]

        await stub.until(lambda found=events: "two" in found())
        assert events() == ["page_view", "early", "one", "two"]


async def test_a_second_container_hears_what_was_called_before_it(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    install(known_person(name="blog"))
    await page.goto(stub.page("/a", YES))
    await stub.hit("page_view")
    await page.evaluate("taggate('identify', 'alice')")
    await page.evaluate(
        "src => { const s = document.createElement('script'); s.src = src; document.head.append(s) }",
        stub.origin + "/t/blog.js",
    )
    await stub.until(lambda: stub.posts("/collect/blog"))
    assert stub.posts("/collect/blog")[0].hits[0]["user_id"] == "alice"


async def test_nothing_else_is_left_in_the_page(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    names = "<script>names = 1; errors = 1; names = Object.getOwnPropertyNames(window)</script>"
    await page.goto(stub.page("/a", YES + names))
    await stub.hit("page_view")
    assert await page.evaluate("Object.getOwnPropertyNames(window).filter(n => !names.includes(n))") == ["taggate"]
    assert await page.evaluate("Object.getOwnPropertyNames(history)") == []


HOSTILE = {
    "broken JSON": "JSON = {stringify() { throw 1 }, parse() { throw 1 }}",
    "no JSON": "delete window.JSON",
    "toJSON": "Array.prototype.toJSON = Object.prototype.toJSON = String.prototype.toJSON = () => 'x'",
    "Array.from": "Array.from = Array.of = () => 'x'; console = null; Object.entries = Object.fromEntries = 0",
    "frozen": "[Object, Array, Function, String, RegExp, Promise, Date].forEach("
    "f => { Object.freeze(f.prototype); Object.freeze(f) })",
    "enumerable": "Object.prototype.extra = 1; Array.prototype.more = 2",
    "no storage": "Object.defineProperty(window, 'localStorage', {get() { throw 1 }})",
    "clobbered": "['title', 'referrer'].forEach("
    "name => document.head.append(Object.assign(document.createElement('img'), {name})))",
    "frozen layer": "dataLayer = Object.freeze([{user: {id: 'alice'}}])",
    "odd layers": "_mtm = null; digitalData = {get user() { throw 1 }}; taggateData = 'x'",
    "frozen more": "[EventTarget, Node, Element, HTMLElement, Event, History, Document, Storage, Set, WeakSet].forEach("
    "f => Object.freeze(f.prototype)); Object.freeze(history); Object.freeze(navigator); Object.freeze(JSON)",
    "frozen history": "delete window.navigation; [history, History.prototype].forEach(Object.freeze)",
    "wrapped": "const add = EventTarget.prototype.addEventListener, was = fetch; wrapped = 0;"
    "EventTarget.prototype.addEventListener = function (type, f, o) { wrapped++;"
    "return add.call(this, type, function (e) { return f.call(this, e) }, o) };"
    "fetch = async (...given) => { const answer = await was(...given); return answer }; "
    "const time = setTimeout; setTimeout = (f, ...more) => time(() => f(), ...more)",
    "fetch that throws": "const was = fetch; let thrown; fetch = (url, given) => {"
    "if (!thrown && given) throw (thrown = new Error('mine')); return was(url, given) }",
    "loud console": "console = new Proxy({}, {get() { throw 1 }})",
    "scripts that throw": "addEventListener('click', () => { throw 'mine' }, true); onerror = () => true;"
    "new MutationObserver(() => { throw 'mine' }).observe(document, {childList: true, subtree: true})",
    "no crypto store": "delete window.cookieStore; delete window.navigation; delete document.prerendering",
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_odd_pages(page: Page, stub: Stub, install: Install, what: str) -> None:
    install(known_person())
    await page.goto(stub.page("/a", f"{ERRORS}{YES}<script>{HOSTILE[what]}</script>"))
    await stub.hit("page_view")
    script = (
        "Object.isFrozen(dataLayer) || dataLayer.push({event: 'one', list: [1, {a: null}]});"
        "taggate('event', 'end', {a: [1]})"
    )
    assert await page.evaluate(script + "; 1") == 1
    end = await stub.hit("end")
    assert end["fields"] == {"a": [1]}
    assert end["values"]["account_id"] == "alice"
    assert await page.evaluate("errors.join()") == ""


async def test_calls_never_throw(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a", ERRORS + YES))
    await stub.hit("page_view")
    calls = (
        "const trap = new Proxy({}, {get() { throw 1 }, ownKeys() { throw 1 }});"
        "const names = ['event', 'identify', 'reset', 'consent',"
        "'page', 'preview', 'toString', '__proto__', '', null, undefined, trap];"
        "names.forEach(a => [undefined, null, 'x', trap, 5, [], Symbol('s')].forEach(b => {"
        " taggate(a, b); taggate(a, b, trap) }));"
        "dataLayer.push(trap, undefined, null, Symbol('s'), [trap]); taggate(); taggate('event', 'end')"
    )
    assert await page.evaluate(calls + "; 1") == 1
    await stub.hit("end")
    assert await page.evaluate("errors.join()") == ""


async def test_a_gateway_that_is_not_there(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.clock.install()
    stub.answers.extend([FAILS] * 9)
    stub.page("/a", ERRORS)
    await page.goto(stub.elsewhere + "/a")
    await stub.count(1)
    await page.clock.run_for(1_000)
    first, again, *_ = await stub.count(2)
    assert first == again
    assert await page.evaluate("errors.join()") == ""


async def test_an_element_cannot_stand_in_for_the_script(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    trick = '<img name="currentScript" src="http://127.0.0.1:9/x.js">'
    script = f'<script src="{stub.origin}/t/shop.js"></script>'
    html = f"<!doctype html><script>document.cookie = 'choice=ads'</script>{trick}{script}"
    await page.goto(stub.html("/a", html))
    await stub.hit("page_view")
