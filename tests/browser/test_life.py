"""The life of a page: where it came from, other scripts beside it, what it leaves behind, what happens meanwhile."""

from typing import Any

from playwright.async_api import Page
from snippet.tiny import GRANTED, HERE, HOLD, PURPOSES, USER, container, known_person, variable

from gateway.language.browser_kinds import BROWSER_KINDS
from gateway.language.container import ConsentSource, Event
from gateway.language.events import KINDS, Source

from .conftest import Install
from .stub import ANSWERED, KEPT, Stub

YES = "<script>document.cookie = 'choice=statistics'</script>"
LOADED = "!!(window.taggate && taggate.containers && taggate.containers.shop)"


async def test_any_path_and_name(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    served = stub.pages["/t/shop.js"]
    for source, target in (
        ("/coffee/beans.js", "/coffee/collect/shop"),
        ("/tools/t/shop.0123456789ab.js?v=a/b#c/d", "/tools/collect/shop"),
        ("/plain.js", "/collect/shop"),
    ):
        stub.pages[source.partition("?")[0]] = served
        await page.goto(stub.page("/a", f'<script async src="{source}"></script>', container=None))
        await stub.until(lambda target=target: stub.posts(target), target)


async def test_two_gateways(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    install(container(name="blog"))
    scripts = f'<script async src="{stub.elsewhere}/t/blog.js"></script>'
    await page.goto(stub.page("/a", scripts))
    await stub.until(lambda: stub.posts("/collect/shop") and stub.posts("/collect/blog"))
    hosts = {call.path: call.headers["host"] for call in stub.posts("/collect/")}
    assert hosts == {
        "/collect/shop": stub.origin.removeprefix("http://"),
        "/collect/blog": stub.elsewhere.removeprefix("http://"),
    }


async def test_the_same_container_from_two_addresses_counts_once(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    stub.pages["/own/name.js"] = stub.pages["/t/shop.js"]
    await page.goto(stub.page("/a", "<script src=/own/name.js></script>"))
    await page.wait_for_function("document.readyState === 'complete'")
    await page.evaluate("taggate('event', 'end')")

    def events() -> list[str]:
        return [hit["event"] for call in stub.calls if call.method == "POST" for hit in call.hits]

    await stub.until(lambda: "end" in events())
    assert events() == ["page_view", "end"]


async def test_others_have_used_up_the_browsers_limit(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    stub.gate.clear()
    await page.evaluate("fetch('/else', {method: 'POST', keepalive: true, body: 'x'.repeat(65000)}); 0")
    await page.evaluate("taggate('event', 'large', {text: 'x'.repeat(5000)})")
    await stub.hit("large")


async def test_away_and_back_after_signing_out_elsewhere(page: Page, stub: Stub, install: Install) -> None:
    who = variable("account_id", "cookie", "uid", personal=True)
    states = dict.fromkeys(("account_id", "user_id"), GRANTED)
    install(container(who, consent=HOLD, user_id=USER, may_leave=states))
    await page.goto(stub.page("/a", YES + KEPT + "<script>document.cookie = 'uid=alice'</script>"))
    assert (await stub.hit("page_view"))["values"] == {"account_id": "alice"}
    await page.wait_for_function(ANSWERED)
    await page.goto(stub.page("/b", container=None))
    await page.evaluate("document.cookie = 'uid=; max-age=0'; history.back()")
    back = (await stub.count(2))[1]
    assert await page.evaluate("kept") is True
    assert (back["url"], back["reset"], back["user_id"]) == (stub.origin + "/a", True, None)
    await page.goto(stub.page("/b", container=None))
    await page.evaluate("document.cookie = 'choice=none'; history.back()")
    withdrawn = (await stub.count(3))[2]
    assert withdrawn["consent"] == {"analytics": False, "marketing": False}
    assert withdrawn["page"] != back["page"]


async def test_what_was_left_behind_is_sent_once_by_whoever_comes_next(
    page: Page, stub: Stub, install: Install
) -> None:
    install(container(consent=HOLD))
    await page.goto(stub.page("/a", YES))
    first = await stub.hit("page_view")
    stub.answers.append((503, {"Retry-After": "200"}))
    await page.evaluate("taggate('event', 'refused')")
    await stub.hit("refused")
    await page.evaluate("taggate('event', 'waiting')")
    await page.goto(stub.page("/b", YES))
    await stub.hit("waiting")
    await page.evaluate("history.back()")
    await page.wait_for_function("location.pathname === '/a'")
    await page.evaluate("dispatchEvent(new Event('online')); taggate('event', 'end')")
    await stub.hit("end")
    ids: dict[str, set[str]] = {}
    for hit in stub.hits:
        ids.setdefault(hit["event"], set()).add(hit["id"])
    assert {event: len(found) for event, found in ids.items() if event != "page_view"} == {
        "refused": 1,
        "waiting": 1,
        "end": 1,
    }, "sent twice perhaps, never as two"
    assert first["id"] in ids["page_view"]
    await page.wait_for_function("localStorage.length === 0")


def everything() -> Any:
    """A container with every variable and every event, and a person; nothing is known of consent."""
    variables = [
        variable(f"v_{row.name}", row.name, row.example, personal=row.name in ("cookie", "local_storage"))
        for row in BROWSER_KINDS
    ]
    person = known_person()
    amounts = {Source.PERCENT: 10.0, Source.SECONDS: 1.0}
    events = {
        f"e_{row.name}": Event(
            name=f"e_{row.name}",
            kind=row.name,
            source="" if row.source is Source.TRUE or row.source in amounts else row.example,
            amount=amounts.get(row.source),
            place=HERE,
        )
        for row in KINDS.values()
    }
    return container(
        *person.variables.values(),
        *variables,
        consent=ConsentSource(kind="banner", where="cookiebot", purposes=PURPOSES),
        user_id=USER,
        may_leave=person.may_leave,
        listened=events,
    )


BUSY = """
<meta name=section content=x><button class=buy>Buy</button><a href=https://other.example/ id=out>Out</a>
<form id=newsletter><input name=mail value=alice@example.org></form><video></video><section class=prices>9</section>
<script>onclick = onsubmit = e => e.preventDefault(); dataLayer = [{user: {id: 'alice'}}, {event: 'pushed'}]</script>
"""


async def test_nothing_before_consent_whatever_happens(page: Page, stub: Stub, install: Install) -> None:
    install(everything())
    spy = (
        "<script>touched = []; for (const name of ['getItem', 'setItem', 'removeItem']) {"
        "const was = Storage.prototype[name]; Storage.prototype[name] = function (...given) {"
        "touched.push(given[0]); return was.apply(this, given) } }</script>"
    )
    await page.goto(stub.page("/a", f'<link rel="icon" href="data:,">{spy}{BUSY}'))
    await page.wait_for_function(LOADED)
    await page.evaluate(
        "taggate('identify', 'alice', {traits: {email: 'a@x.org'}}); taggate('event', 'own'); taggate('page');"
        "document.querySelector('button').click(); out.click(); document.forms[0].requestSubmit();"
        "history.pushState({}, '', '/users/alice'); setTimeout(() => { throw 1 });"
        "document.querySelector('video').dispatchEvent(new Event('play')); dispatchEvent(new Event('online'));"
        "document.body.dispatchEvent(new MouseEvent('mouseout', {bubbles: true, clientY: -1})); scrollTo(0, 9);"
        "document.dispatchEvent(new Event('visibilitychange')); dispatchEvent(new Event('pagehide'))"
    )
    await page.evaluate("new Promise(done => setTimeout(done, 400))")
    assert {call.path for call in stub.calls} == {"/a", "/t/shop.js"}
    assert await page.context.cookies() == []
    assert await page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    touched = set(await page.evaluate("touched"))
    assert touched <= {"step"}, "only what the container reads and is not personal"
    await page.evaluate(
        "Cookiebot = {hasResponse: true, consent: {statistics: true, ads: false}};"
        "dispatchEvent(new Event('CookiebotOnAccept'))"
    )
    await stub.hit("own")
    wanted = {"page_view", "pushed", "own", "e_click", "e_link", "e_submit", "e_history", "e_error", "e_leave"}
    await stub.until(lambda: wanted <= set(stub.events), "what was held is sent")
    assert next(h for h in stub.hits if h["event"] == "own")["user_id"] == "alice"
