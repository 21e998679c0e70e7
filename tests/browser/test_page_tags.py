"""Tags of the browser in real Chromium, with a real gateway: what runs, when, and under the strictest policy."""

import asyncio
import base64
from collections.abc import AsyncIterator
from hashlib import sha384
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route
from process import KEY, Gateway

from gateway.decide.pseudonym import PseudonymKey

from .stub import Call, Stub, serve

WIDGET = b"(window.widgets = window.widgets || []).push({ ...document.currentScript.dataset });\n"
INTEGRITY = f"sha384-{base64.b64encode(sha384(WIDGET).digest()).decode()}"

CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [127.0.0.1] }}
consent:
  from: {{ cookie: choice }}
  purposes: {{ analytics: statistics, marketing: ads }}
variables:
  account_id: {{ data_layer: user.id }}
  plan: {{ data_layer: plan }}
  worth: {{ event: value, type: number }}
triggers:
  any_event: {{ event: {{ present: true }} }}
  purchase: {{ event: purchase }}
  signed_in: {{ account_id: {{ present: true }} }}
  ads_ok: {{ consent: {{ granted: marketing }} }}
tags:
  widget:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ url: "{other}/widget.js", integrity: {integrity}, attributes: {{ id: widget }} }}
    fields: {{ plan: plan }}
  greet:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings:
      code: |
        (window.greeted = window.greeted || []).push([tag.event, tag.fields.plan, tag.user?.id ?? 'nobody', 'é'])
        // a comment at the end
    fields: {{ plan: plan }}
  once:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ code: "window.onces = (window.onces || 0) + 1", once_per_page: yes }}
  broken:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ code: "this is no JavaScript (" }}
  angry:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ code: "throw new Error('of the code')" }}
  pixel:
    type: pixel
    send_when: {{ all_of: [purchase, ads_ok] }}
    settings: {{ url: "{other}/p.gif?shop=1", user_id: uid }}
    fields: {{ plan: plan, worth: worth }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules:
    - {{ when: {{ all_of: [signed_in, ads_ok] }}, attach: [greet], hash: [pixel, widget] }}
  otherwise: drop
tests: []
"""
YES, NO = '{"statistics":true,"ads":true}', '{"statistics":true,"ads":false}'
# What an answer told has run, or never will, before its request counts as answered.
ANSWERED = """answered = []; const ask = fetch; fetch = async (...given) => {
  const answer = await ask(...given);
  answer.clone().text().then(() => setTimeout(() => answered.push(given[1].body)));
  return answer;
};"""
ERRORS = "errors = []; onerror = m => { errors.push(m) }; onunhandledrejection = e => { errors.push('' + e.reason) };"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other() -> AsyncIterator[Stub]:
    """Where the others' script and pixel are."""
    other = Stub()
    stop = await serve(other)
    other.script("widget", WIDGET)
    other.pages["/widget.js"] = other.pages["/t/widget.js"]
    yield other
    await stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(other: Stub, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    told = {"other": other.elsewhere, "integrity": INTEGRITY}
    send = CONTAINER.replace("ads }}\n", "ads }}\n  while_unknown: send\n", 1)
    containers = {"shop": CONTAINER.format(**told), "send": send.format(**told)}
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), containers)
    await gateway.start()
    yield gateway
    assert await gateway.stop() == 0


@pytest.fixture(autouse=True)
def fresh(other: Stub) -> None:
    other.calls.clear()


def strict(stub: Stub, gateway: Gateway, other: Stub, path: str = "/a", container: str = "shop", more: str = "") -> str:
    """A page under the strictest policy that lets a nonce run; its address."""
    policy = (
        "default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; require-trusted-types-for 'script'; "
        f"connect-src {gateway.url} {other.elsewhere}; {more}"
    )
    said = (
        "broken = []; addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective), true);"
        f"{ERRORS} {ANSWERED} dataLayer = [{{ plan: 'gold & more' }}];"
        "window.taggate = window.taggate || function () { (taggate.q = taggate.q || []).push(arguments) }"
    )
    html = (
        f'<!doctype html><title>t</title><link rel=icon href="data:,"><script nonce=n1>{said}</script>'
        f'<script nonce=n1 async src="{gateway.url}/t/{container}.js"></script>'
    )
    stub.html(path, html)
    stub.pages[path] = type(stub.pages[path])(
        stub.pages[path].body, {**stub.pages[path].headers, "content-security-policy": policy}
    )
    return stub.origin + path


async def holds(page: Page, condition: str) -> None:
    """Waits; Playwright's own way needs eval, which the page forbids."""
    async with asyncio.timeout(10):
        while not await page.evaluate(condition):  # noqa: ASYNC110 - it asks the page
            await asyncio.sleep(0.01)


async def violations(page: Page) -> list[str]:
    return [one for one in await page.evaluate("broken") if one != "img-src"]


async def choose(page: Page, stub: Stub, value: str) -> None:
    await page.context.add_cookies([{"name": "choice", "value": value.replace('"', "%22"), "url": stub.origin}])


async def ran(page: Page) -> dict[str, int]:
    return dict(
        await page.evaluate(
            "({ widget: (window.widgets || []).length, greet: (window.greeted || []).length, once: window.onces || 0 })"
        )
    )


async def settled(page: Page, event: str) -> None:
    """One more event of the page, answered: what was to come of those before it has come."""
    await page.evaluate("name => taggate('event', name)", event)
    await holds(page, f"answered.some(body => body.includes('\"{event}\"'))")


def seen(other: Stub, path: str) -> list[Call]:
    return [call for call in other.calls if call.path == path]


async def test_each_runs_once_after_the_choice_and_nothing_is_violated(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await page.goto(strict(stub, gateway, other))
    await holds(page, "taggate.containers")
    await page.evaluate("taggate('event', 'early')")
    assert other.calls == []
    assert await ran(page) == {"widget": 0, "greet": 0, "once": 0}
    await page.evaluate("taggate('consent', { analytics: true, marketing: true })")
    # Held hits: the page view and the event.
    await holds(page, "window.widgets?.length === 2 && window.greeted?.length === 2 && window.onces")
    assert await page.evaluate("greeted") == [
        ["page_view", "gold & more", "nobody", "é"],
        ["early", "gold & more", "nobody", "é"],
    ]
    assert await page.evaluate("widgets") == [{"plan": "gold & more"}] * 2
    assert await ran(page) == {"widget": 2, "greet": 2, "once": 1}
    assert await page.evaluate("document.querySelector('#widget').nonce") == "n1"
    assert await violations(page) == []
    assert await page.evaluate("errors") == []


async def test_nothing_runs_after_a_refusal_nor_while_nobody_has_answered(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, NO)
    await page.goto(strict(stub, gateway, other))
    await holds(page, "taggate.containers")
    await settled(page, "purchase")
    await page.context.clear_cookies()
    await page.goto(strict(stub, gateway, other, "/b", "send"))
    await holds(page, "taggate.containers")
    await settled(page, "purchase")
    assert await ran(page) == {"widget": 0, "greet": 0, "once": 0}
    assert other.calls == []
    assert await violations(page) == []


async def test_a_withdrawal_stops_them_at_once_and_at_the_next_page(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, YES)
    await page.goto(strict(stub, gateway, other))
    await holds(page, "window.greeted?.length === 1 && window.widgets?.length === 1 && window.onces")
    await page.evaluate("taggate('consent', { analytics: true, marketing: false })")
    await settled(page, "after")
    assert await ran(page) == {"widget": 1, "greet": 1, "once": 1}
    await choose(page, stub, NO)
    await page.goto(strict(stub, gateway, other, "/b"))
    await holds(page, "taggate.containers")
    await settled(page, "purchase")
    assert await ran(page) == {"widget": 0, "greet": 0, "once": 0}
    assert len(seen(other, "/widget.js")) <= 1
    assert seen(other, "/p.gif") == []


async def test_an_answer_that_comes_after_the_withdrawal_runs_nothing(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, YES)
    withdrawn = []

    async def late(route: Route) -> None:
        answer = await route.fetch()
        if not withdrawn:
            withdrawn.append(await answer.text())
            await page.evaluate("taggate('consent', { analytics: true, marketing: false })")
        await route.fulfill(response=answer)

    await page.route("**/collect/shop", late)
    await page.goto(strict(stub, gateway, other))
    await holds(page, "taggate.containers")
    await stub.until(lambda: withdrawn)
    await settled(page, "after")
    assert '"tag":"greet"' in withdrawn[0]
    assert await ran(page) == {"widget": 0, "greet": 0, "once": 0}


async def test_code_that_comes_after_the_withdrawal_does_not_run(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, YES)
    asked = asyncio.Event()
    withdrawn = asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await withdrawn.wait()
        await route.continue_()

    await page.route("**/t/shop.greet.*", late)
    await page.goto(strict(stub, gateway, other))
    await asked.wait()
    await page.evaluate("taggate('consent', { analytics: true, marketing: false })")
    await settled(page, "after")
    withdrawn.set()
    await page.evaluate("taggate('consent', { analytics: true, marketing: true })")
    await settled(page, "again")
    await holds(page, "window.greeted?.at(-1)[0] === 'again'")
    assert [one[0] for one in await page.evaluate("greeted")] == ["again"]


@pytest.mark.parametrize("lost", [True, False], ids=["the answer is lost", "the gateway was down"])
async def test_a_hit_that_is_sent_again_runs_nothing_twice(
    page: Page, stub: Stub, gateway: Gateway, other: Stub, lost: bool
) -> None:
    await choose(page, stub, YES)
    asked = []

    async def broken(route: Route) -> None:
        asked.append(route.request.post_data)
        if len(asked) > 1:
            await route.continue_()
        elif lost:
            await route.fetch()
            await route.abort()
        else:
            await route.fulfill(status=503)

    await page.route("**/collect/shop", broken)
    await page.goto(strict(stub, gateway, other))
    await stub.until(lambda: len(asked) > 1)
    await settled(page, "after")
    await holds(page, "window.greeted?.some(one => one[0] === 'after')")
    greeted = [one[0] for one in await page.evaluate("greeted")]
    # What was stored was told, though nobody heard it: rather never than twice.
    assert greeted == (["after"] if lost else ["page_view", "after"])


async def test_what_was_kept_from_another_page_is_not_run_on_this_one(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, YES)

    async def only_from_the_next(route: Route) -> None:
        await (route.abort() if page.url.endswith("/a") else route.continue_())

    await page.route("**/collect/shop", only_from_the_next)
    await page.goto(strict(stub, gateway, other))
    await holds(page, "taggate.containers")
    await page.evaluate("taggate('event', 'kept')")
    async with page.expect_response(lambda found: '"kept"' in (found.request.post_data or "")) as waiting:
        await page.goto(strict(stub, gateway, other, "/b"))
    await (await waiting.value).finished()
    await settled(page, "after")
    await holds(page, "window.greeted?.some(one => one[0] === 'after')")
    assert [one[0] for one in await page.evaluate("greeted")] == ["page_view", "after"]


async def test_the_pixel_and_who_is_signed_in(page: Page, stub: Stub, gateway: Gateway, other: Stub) -> None:
    await choose(page, stub, YES)
    await page.goto(strict(stub, gateway, other) + "?secret=of-the-page")
    await holds(page, "taggate.containers")
    await page.evaluate("dataLayer.push({ user: { id: 'alice' } }); taggate('event', 'purchase', { value: 19.5 })")
    await stub.until(lambda: seen(other, "/p.gif"))
    (pixel,) = seen(other, "/p.gif")
    assert pixel.method == "GET"
    assert "referer" not in pixel.headers
    assert "cookie" not in pixel.headers
    found = "performance.getEntriesByType('resource').find(e => e.name.includes('p.gif'))?.name"
    await holds(page, found)
    query = await page.evaluate(found)
    name = PseudonymKey(KEY.encode(), "user-id", 1, "shop", "pixel").of("alice")
    assert parse_qs(query.partition("?")[2]) == {
        "shop": ["1"],
        "plan": ["gold & more"],
        "worth": ["19.5"],
        "uid": [name],
    }
    await holds(page, "window.greeted?.at(-1)[2] === 'alice'")
    last = await page.evaluate("widgets.at(-1)")
    assert last == {
        "plan": "gold & more",
        "userId": PseudonymKey(KEY.encode(), "user-id", 1, "shop", "widget").of("alice"),
    }
    await page.evaluate("dataLayer.push({ user: { id: null } }); taggate('event', 'out')")
    await holds(page, "window.greeted?.at(-1)[0] === 'out'")
    assert await page.evaluate("greeted.at(-1)[2]") == "nobody"
    assert await violations(page) == []


async def test_a_page_that_allows_no_policy_of_types_runs_the_containers_own_code_alone(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, YES)
    await page.goto(strict(stub, gateway, other, more="trusted-types 'none'"))
    await holds(page, "window.greeted?.length === 1 && window.onces")
    assert await ran(page) == {"widget": 0, "greet": 1, "once": 1}
    assert await page.evaluate("errors") == []
    await page.goto(strict(stub, gateway, other, "/b", more="trusted-types taggate-shop"))
    await holds(page, "window.widgets?.length === 1")
    assert await violations(page) == []


async def test_a_change_of_address_is_a_page_view_of_its_own(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    await choose(page, stub, YES)
    await page.goto(strict(stub, gateway, other))
    await holds(page, "window.greeted?.length === 1")
    await page.evaluate("history.pushState({}, '', '/b')")
    await holds(page, "window.greeted?.length === 2 && window.widgets?.length === 2 && window.onces")
    assert await ran(page) == {"widget": 2, "greet": 2, "once": 1}
