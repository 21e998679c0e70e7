"""The preview in real Chromium, in front of a real gateway: shown to who has a token, nothing of it to others."""

import asyncio
import json
import subprocess
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Locator, Page
from process import KEY, TAGGATE, Gateway
from receivers import MatomoReceiver

from gateway.secrets import own_secret
from gateway.web.preview.token import RUNNING, Leave, Seal, Token

from .conftest import CHROMIUM, FLAGS
from .stub import Page as Served
from .stub import Stub

CONTAINER = """\
version: 1
site: {{ name: Acme Shop, domains: [127.0.0.1] }}
consent:
  from: {{ cookie: cookie_consent }}
  purposes: {{ analytics: statistics }}
visitor: {{ remember_when: analytics_ok }}
events:
  buy_click: {{ click: "button.buy" }}
variables:
  account_id: {{ data_layer: user.id }}
triggers:
  page_view: {{ event: page_view }}
  bought: {{ event: buy_click }}
  purchase: {{ event: purchase }}
  signed_in: {{ account_id: {{ present: true }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
  member: {{ all_of: [signed_in, analytics_ok] }}
tags:
  matomo:
    type: matomo
    send_when: {{ any_of: [page_view, bought, purchase] }}
    consent: not_needed
    settings: {{ url: "{matomo}/", site_id: {site}, token: {{ secret: matomo_token }} }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules: [{{ when: member, attach: [matomo] }}]
  otherwise: drop
tests: []
"""
POLICY = (
    "default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; connect-src {gateway}; style-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
OPEN_ROOTS = (
    "const attach = Element.prototype.attachShadow;"
    "Element.prototype.attachShadow = function (how) { return attach.call(this, { ...how, mode: 'open' }) }"
)
PERSON = "ada-4711-zz"
YES = {"name": "cookie_consent", "value": "statistics"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matomo() -> AsyncIterator[MatomoReceiver]:
    async with MatomoReceiver(sites=range(1, 3), token=KEY) as receiver:
        yield receiver


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(matomo: MatomoReceiver, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    made = {name: CONTAINER.format(matomo=matomo.url, site=at) for at, name in enumerate(("shop", "blog"), 1)}
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), made)
    await gateway.start()
    yield gateway
    assert await gateway.stop() == 0


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(page: Page, context: BrowserContext, stub: Stub) -> Page:
    """A page whose requests, console and errors are written down, of a person who agreed."""
    await context.add_cookies([{**YES, "url": stub.origin}])  # type: ignore[typeddict-item]
    await page.add_init_script(OPEN_ROOTS)
    await page.add_init_script(f"window.dataLayer = window.dataLayer || [{{ user: {{ id: '{PERSON}' }} }}]")
    return page


class Seen:
    """What a page asked of the gateway and said on the console."""

    def __init__(self, page: Page, gateway: Gateway) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda one: self.asked.append(f"{one.method} {one.url.removeprefix(gateway.url)}"))
        page.on("console", lambda one: self.said.append(one.text) if one.type != "error" else None)
        page.on("pageerror", lambda one: self.said.append(f"error: {one}"))

    @property
    def of_previews(self) -> list[str]:
        return [one for one in self.asked if "/preview/" in one]


def own(gateway: Gateway) -> bytes:
    return own_secret(gateway.data, "gateway_secret")


def token(gateway: Gateway, seconds: int = 3600, container: str = "shop") -> str:
    leave = Leave(RUNNING, int(time.time() * 1000) + seconds * 1000)
    return str(Token(container, Seal(own(gateway), container).write(leave)))


def draft(gateway: Gateway, tmp_path: Path, matomo: MatomoReceiver) -> str:
    """A token for a version in which Matomo gets a pseudonym, and another button is listened to."""
    text = CONTAINER.format(matomo=matomo.url, site=1).replace("attach: [matomo]", "hash: [matomo]")
    path = tmp_path / "next.yaml"
    path.write_text(text.replace("button.buy", "button.other"))
    return kept(gateway, path)


def kept(gateway: Gateway, path: Path) -> str:
    """What `taggate preview --file` prints."""
    words = (*TAGGATE, "preview", "shop", "--config", str(gateway.base / "config" / "gateway.yaml"))
    done = subprocess.run((*words, "--format", "json", "--file", path), capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["token"])


def serve(stub: Stub, gateway: Gateway, path: str = "/a", containers: tuple[str, ...] = ("shop",)) -> str:
    """A page under the strictest policy that lets a script in at all."""
    scripts = "".join(f'<script nonce=n1 async src="{gateway.url}/t/{name}.js"></script>' for name in containers)
    html = (
        "<!doctype html><title>Acme</title><link rel=icon href='data:,'><script nonce=n1>broken = [];"
        "document.addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective))</script>"
        f"{scripts}<body><button class=buy>Buy</button><button class=other>Other</button><a href=/b>next</a>"
    )
    headers = {"content-type": "text/html", "content-security-policy": POLICY.format(gateway=gateway.url)}
    stub.pages[path] = Served(html.encode(), headers)
    return stub.origin + path


def panel(page: Page) -> Locator:
    return page.locator("taggate-preview .panel")


async def events(page: Page, *names: str) -> None:
    """The list, once it is this."""
    await page.wait_for_function(
        """names => {
          const host = document.querySelector('taggate-preview');
          const found = host ? [...host.shadowRoot.querySelectorAll('.what')].map((one) => one.textContent) : [];
          return found.join() == names.join();
        }""",
        arg=list(names),
    )


async def violations(page: Page) -> list[str]:
    """Without the icon that Chromium looks for by itself."""
    return [one for one in await page.evaluate("broken") if one != "img-src"]


def entries(matomo: MatomoReceiver, marker: str, site: int = 1) -> list[Mapping[str, str]]:
    return [e for e in matomo.recorded if e["idsite"] == str(site) and marker in e.get("url", "")]


async def test_others_load_nothing_of_it(visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver) -> None:
    seen = Seen(visitor, gateway)
    await visitor.goto(serve(stub, gateway, "/nobody") + "?a=1")
    await stub.until(lambda: entries(matomo, "/nobody"))
    assert [one for one in seen.asked if not one.startswith("GET http")] == ["GET /t/shop.js", "POST /collect/shop"]
    assert await visitor.evaluate("[name, sessionStorage.length, localStorage.length]") == ["", 0, 0]
    assert seen.said == []


async def test_events_decisions_and_reasons_under_the_strictest_policy(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    seen, with_token = Seen(visitor, gateway), token(gateway)
    await visitor.goto(serve(stub, gateway, "/seen") + f"?a=1&taggate_preview={with_token}&b=2#c")
    await events(visitor, "page_view")
    await visitor.locator("button.buy").click()
    await events(visitor, "page_view", "buy_click")
    await panel(visitor).locator(".card").first.wait_for()
    assert await visitor.evaluate("location.href") == f"{stub.origin}/seen?a=1&b=2#c"
    said = await panel(visitor).inner_text()
    for words in (
        "running version",
        "analytics granted",
        PERSON,
        "sent",
        "User ID attached",
        "bought yes",
        "Hits are real",
    ):
        assert words in " ".join(said.split()), said
    await panel(visitor).locator("summary", has_text="What it gets").click()
    assert PERSON in await panel(visitor).locator("table").first.inner_text()
    await panel(visitor).locator("summary", has_text="member").click()
    await stub.until(lambda: len(entries(matomo, "/seen")) == 2)
    assert [entry["uid"] for entry in entries(matomo, "/seen")] == [PERSON] * 2
    assert await violations(visitor) == []
    assert seen.said == []
    assert all(with_token not in one for one in seen.of_previews), "no token in an address of ours"
    assert with_token not in json.dumps(matomo.recorded)
    assert with_token not in gateway.log.read_text()
    assert PERSON not in gateway.log.read_text()
    assert not any(one == "POST /collect/shop" for one in seen.asked), "each hit is sent once"


WRONG = ("shop.AAAA", "nothing", "shop.", "%F0%9F")


@pytest.mark.parametrize("said", WRONG)
async def test_with_a_wrong_token_all_goes_on_as_ever(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, said: str
) -> None:
    seen, path = Seen(visitor, gateway), f"/wrong{WRONG.index(said)}"
    await visitor.goto(serve(stub, gateway, path) + f"?a=1&taggate_preview={said}")
    await stub.until(lambda: entries(matomo, path))
    (entry,) = entries(matomo, path)
    assert entry["url"] == f"{stub.origin}{path}?a=1"
    assert "urlref" not in entry
    assert await visitor.locator("taggate-preview").count() == 0
    assert [one for one in seen.asked if "panel.js" in one] == []
    assert len(seen.said) <= 1
    assert await violations(visitor) == []
    assert await visitor.evaluate("[name.trim(), sessionStorage.length]") == ["", 0]


async def test_one_sentence_for_a_token_that_has_expired(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    seen, with_token = Seen(visitor, gateway), token(gateway, -1)
    await visitor.goto(serve(stub, gateway, "/late") + f"?taggate_preview={with_token}")
    await stub.until(lambda: entries(matomo, "/late") and seen.said)
    assert seen.said == ["taggate: there is no preview of shop: the token is wrong or has expired."]


async def test_a_token_of_another_container(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    """Of two on a page the one whose token it is shows it, and the other goes on; neither tracks the token."""
    address = serve(stub, gateway, "/both", ("shop", "blog")) + f"?taggate_preview={token(gateway, container='blog')}"
    await visitor.goto(address)
    await events(visitor, "page_view")
    await stub.until(lambda: entries(matomo, "/both", 1) and entries(matomo, "/both", 2))
    assert {entry["url"] for entry in matomo.recorded if "/both" in entry["url"]} == {stub.origin + "/both"}
    assert await visitor.locator("taggate-preview").count() == 1
    other = token(gateway, container="blog").replace("blog.", "shop.")
    seen = Seen(visitor, gateway)
    await visitor.goto(serve(stub, gateway, "/other") + f"?taggate_preview={other}")
    await stub.until(lambda: entries(matomo, "/other") and seen.said)
    assert len(seen.said) == 1


async def test_an_unpublished_version_sends_nothing(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, tmp_path: Path
) -> None:
    seen = Seen(visitor, gateway)
    await visitor.goto(serve(stub, gateway, "/draft") + f"?taggate_preview={draft(gateway, tmp_path, matomo)}")
    await events(visitor, "page_view")
    await visitor.locator("button.buy").click()
    await visitor.locator("button.other").click()
    await events(visitor, "page_view", "buy_click")
    await panel(visitor).locator(".card").first.wait_for()
    said = " ".join((await panel(visitor).inner_text()).split())
    for words in ("unpublished version", "Nothing is sent", "would be sent", "User ID hashed"):
        assert words in said
    assert {one for one in seen.asked if one.startswith("POST")} == {"POST /preview/shop"}
    assert await visitor.context.cookies(gateway.url) == [
        cookie for cookie in await visitor.context.cookies(gateway.url) if cookie["name"] == YES["name"]
    ]
    assert entries(matomo, "/draft") == []
    assert await violations(visitor) == []
    assert await visitor.evaluate("localStorage.length") == 0


async def test_what_runs_once_a_page_is_said_to_run_once(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, tmp_path: Path
) -> None:
    greet = (
        "  greet:\n    type: script\n    send_when: analytics_ok\n    settings: { code: hello(), once_per_page: yes }\n"
    )
    text = CONTAINER.format(matomo=matomo.url, site=1).replace("user_id:\n", greet + "user_id:\n")
    path = tmp_path / "next.yaml"
    path.write_text(text)
    await visitor.goto(serve(stub, gateway, "/once") + f"?taggate_preview={kept(gateway, path)}")
    await panel(visitor).locator(".card", has_text="would be run").wait_for()
    await visitor.locator("button.buy").click()
    await panel(visitor).locator(".card", has_text="it ran on this page already").wait_for()
    listed = panel(visitor).locator(".marks")
    assert [one.split() for one in await listed.all_inner_texts()] == [["matomo", "greet"], ["matomo"]]


async def test_a_refusal_that_the_page_does_not_know_of(visitor: Page, stub: Stub, gateway: Gateway) -> None:
    """Of the same person, elsewhere."""
    refusal = {"consent": {"analytics": False}, "user_id": "bea-4712-zz"}
    async with (
        aiohttp.ClientSession(headers={"origin": stub.origin}) as session,
        session.post(gateway.url + "/consent/shop", json=refusal) as answer,
    ):
        assert answer.status == 204
    await visitor.goto(serve(stub, gateway, "/bea") + f"?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await panel(visitor).locator(".card").first.wait_for()
    assert "The page said granted" not in await panel(visitor).inner_text()
    await visitor.evaluate("dataLayer.push({ user: { id: 'bea-4712-zz' } }); taggate('event', 'purchase')")
    await panel(visitor).locator(".facts", has_text="The page said granted: an earlier refusal").wait_for()


async def test_held_until_the_answer(
    page: Page, context: BrowserContext, visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    await context.clear_cookies()
    await visitor.goto(serve(stub, gateway, "/held") + f"?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await panel(visitor).locator(".chip", has_text="held").wait_for()
    assert "Nothing has left" in await panel(visitor).inner_text()
    assert ":" in await panel(visitor).locator(".when").first.inner_text()
    assert entries(matomo, "/held") == []
    await visitor.evaluate("document.cookie = 'cookie_consent=statistics; path=/'; taggate('event', 'purchase')")
    # The newest is shown of itself: the purchase, or the choice that was seen on the way.
    await panel(visitor).locator(".event", has_text="purchase").click()
    await panel(visitor).locator(".card", has_text="User ID attached").wait_for()
    await stub.until(lambda: len(entries(matomo, "/held")) == 2)


async def test_it_stays_for_the_tab_until_it_is_ended(
    visitor: Page, context: BrowserContext, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    serve(stub, gateway, "/b")
    await visitor.goto(serve(stub, gateway, "/tab") + f"#taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await visitor.evaluate("history.pushState({}, '', '/tab/two')")
    await events(visitor, "page_view", "page_view")
    await stub.until(lambda: entries(matomo, "/tab/two"))
    await visitor.locator("a").click()
    await visitor.wait_for_url("**/b")
    await events(visitor, "page_view", "page_view", "page_view")
    assert await panel(visitor).locator(".event.before").count() == 2
    other = await context.new_page()
    seen = Seen(other, gateway)
    await other.goto(stub.origin + "/b?tab=other")
    await stub.until(lambda: entries(matomo, "tab=other"))
    assert seen.of_previews == [], "another tab sees nothing"
    await other.close()
    await panel(visitor).locator(".end").click()
    await stub.until(lambda: len(entries(matomo, "/b")) >= 3)
    assert await visitor.locator("taggate-preview").count() == 0
    assert await visitor.evaluate("[name.trim(), sessionStorage.length]") == ["", 0]


async def test_an_empty_parameter_ends_it(visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver) -> None:
    await visitor.goto(serve(stub, gateway, "/end") + f"?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await visitor.goto(stub.origin + "/end?x=1&taggate_preview=")
    await stub.until(lambda: entries(matomo, "/end?x=1"))
    assert [entry["url"] for entry in entries(matomo, "/end?x=1")] == [stub.origin + "/end?x=1"]
    assert await visitor.evaluate("location.href") == stub.origin + "/end?x=1"
    assert await visitor.evaluate("[name.trim(), sessionStorage.length]") == ["", 0]


async def test_a_call_in_the_page(visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver) -> None:
    seen = Seen(visitor, gateway)
    await visitor.goto(serve(stub, gateway, "/call"))
    await stub.until(lambda: entries(matomo, "/call"))
    await visitor.evaluate("taggate('preview', 'shop.wrong')")
    await stub.until(lambda: len(seen.said) == 1)
    await visitor.evaluate("token => taggate('preview', token)", token(gateway))
    await events(visitor, "page_view")
    await visitor.evaluate("taggate('preview', '')")
    await visitor.locator("taggate-preview").wait_for(state="detached")
    assert await visitor.evaluate("sessionStorage.length") == 0
    assert len(seen.said) == 1


async def test_a_token_that_ends_meanwhile_costs_no_hit(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver
) -> None:
    await visitor.goto(serve(stub, gateway, "/over") + f"?taggate_preview={token(gateway)}")
    await panel(visitor).locator(".card").first.wait_for()
    said = json.dumps({"error": "wrong_token", "detail": ""})
    headers = {"access-control-allow-origin": stub.origin, "access-control-allow-credentials": "true"}
    await visitor.route("**/preview/shop", lambda route: route.fulfill(status=403, body=said, headers=headers))
    await visitor.evaluate("taggate('event', 'purchase')")
    await panel(visitor).locator(".notice.bad", has_text="The token has expired").wait_for()
    await stub.until(lambda: len(entries(matomo, "/over")) == 2)


async def test_what_happens_in_the_panel_did_not_happen_on_the_page(
    visitor: Page, context: BrowserContext, stub: Stub, gateway: Gateway, tmp_path: Path, matomo: MatomoReceiver
) -> None:
    text = CONTAINER.format(matomo=matomo.url, site=1).replace('click: "button.buy"', "interaction: true")
    (tmp_path / "next.yaml").write_text(text)
    await visitor.goto(serve(stub, gateway, "/panel") + f"?taggate_preview={kept(gateway, tmp_path / 'next.yaml')}")
    await events(visitor, "page_view")
    await panel(visitor).locator(".event").click()
    await visitor.keyboard.press("ArrowUp")
    await visitor.evaluate("taggate('event', 'purchase')")
    await events(visitor, "page_view", "purchase")
    await visitor.locator("button.buy").hover()
    await events(visitor, "page_view", "purchase", "buy_click")
    assert await visitor.evaluate("[document, window].some((one) => Object.hasOwn(one, 'addEventListener'))") is False


async def test_scripts_of_the_page_cannot_read_the_panel(
    context: BrowserContext, page: Page, stub: Stub, gateway: Gateway
) -> None:
    await context.add_cookies([{**YES, "url": stub.origin}])  # type: ignore[typeddict-item]
    await page.goto(serve(stub, gateway, "/shut") + f"?taggate_preview={token(gateway)}")
    await page.locator("taggate-preview").wait_for(state="attached")
    assert await page.evaluate("document.querySelector('taggate-preview').shadowRoot") is None
    assert await page.evaluate("document.querySelector('taggate-preview').innerHTML") == ""


async def test_pages_are_not_rendered_ahead_without_it(stub: Stub, gateway: Gateway, tmp_path: Path) -> None:
    # Chromium prerenders nothing while Playwright is attached: this one is on its own.
    rules = '<script type="speculationrules">{"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}</script>'
    tell = (
        "<script>fetch('/' + location.pathname.slice(1) + '-' + document.prerendering);"
        "const wait = setInterval(() => { if (!document.querySelector('taggate-preview')) return; clearInterval(wait);"
        "fetch('/go' + location.pathname, { method: 'POST' }).then(() => { location.href = '/next' }) }, 20)</script>"
    )
    embed = f'<script async src="{gateway.url}/t/shop.js"></script>'
    for path in ("/first", "/next"):
        stub.page(path, rules + tell + embed, container=None)
    url = f"{stub.origin}/first?taggate_preview={token(gateway)}"
    alone = await asyncio.create_subprocess_exec(CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path}", url, stderr=DEVNULL)
    try:
        await stub.until(lambda: stub.posts("/go/next"), "the next page has no panel")
        assert "/next-false" in [call.path for call in stub.calls]
    finally:
        alone.terminate()
        await alone.wait()


async def test_included_twice(visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver) -> None:
    await visitor.goto(serve(stub, gateway, "/twice", ("shop", "shop")) + f"?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await visitor.evaluate("taggate('event', 'purchase')")
    await events(visitor, "page_view", "purchase")
    await stub.until(lambda: len(entries(matomo, "/twice")) == 2)
    assert await visitor.locator("taggate-preview").count() == 1


async def test_a_visit_that_is_not_real_leaves_what_real_ones_keep(
    visitor: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, tmp_path: Path
) -> None:
    """Hits that could not be sent wait in the browser for the next page that is real."""
    await visitor.goto(serve(stub, gateway, "/kept"))
    await stub.until(lambda: entries(matomo, "/kept"))
    # What is there already when a page is idle it takes itself.
    await visitor.evaluate("new Promise((done) => requestIdleCallback(done))")
    line = json.dumps({"event": "purchase", "id": "0123456789abcdef0123456789abcdef", "at": int(time.time() * 1000)})
    await visitor.evaluate("line => { localStorage['taggate.shop'] = line }", line)
    await visitor.goto(stub.origin + f"/kept?x=2&taggate_preview={draft(gateway, tmp_path, matomo)}")
    await events(visitor, "page_view")
    await visitor.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await panel(visitor).locator(".card").first.wait_for()
    assert await visitor.evaluate("[localStorage.length, localStorage['taggate.shop']]") == [1, line]


async def test_the_panel_by_keyboard(visitor: Page, stub: Stub, gateway: Gateway) -> None:
    await visitor.goto(serve(stub, gateway, "/keys") + f"?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await visitor.evaluate("pressed = []; document.addEventListener('keydown', (event) => pressed.push(event.key))")
    await visitor.evaluate("taggate('event', 'purchase')")
    await events(visitor, "page_view", "purchase")
    await panel(visitor).locator(".event").nth(1).focus()
    await visitor.keyboard.press("ArrowUp")
    await panel(visitor).locator(".event[aria-current=true]", has_text="page_view").wait_for()
    await visitor.keyboard.press("Escape")
    await visitor.locator("taggate-preview .pill").wait_for()
    await visitor.keyboard.press("Enter")
    await panel(visitor).wait_for()
    assert await visitor.evaluate("pressed") == []


ROUGH = (
    "<!doctype html><html dir=rtl><title>Rough</title><style>html { transform: scale(.8); contain: paint }"
    "taggate-preview { display: none !important } * { direction: rtl !important }"
    "::backdrop { display: block !important }</style>"
    "<script async src='{url}/t/shop.js'></script><body><div style='height: 4000px'></div>"
)

EDGES = """() => {
  const host = document.querySelector('taggate-preview');
  const shown = host.shadowRoot.querySelector('.panel');
  const {x, right, bottom} = shown.getBoundingClientRect();
  const {clientWidth, clientHeight} = document.documentElement;
  return [x, right - clientWidth, bottom - clientHeight, getComputedStyle(shown).direction,
          getComputedStyle(host, '::backdrop').display];
}"""


async def test_the_panel_stands_at_the_windows_edge_whatever_the_page_looks_like(
    visitor: Page, stub: Stub, gateway: Gateway
) -> None:
    stub.html("/rough", ROUGH.replace("{url}", gateway.url))
    await visitor.goto(f"{stub.origin}/rough?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    found = await visitor.evaluate(EDGES)
    assert found == [0, 0, 0, "ltr", "none"]
    for n in range(30):
        await visitor.evaluate("name => taggate('event', name)", f"number{n}")
    await events(visitor, "page_view", *(f"number{n}" for n in range(30)))
    assert await visitor.evaluate("scrollY") == 0, "the list scrolls, not the page"


MODAL = (
    "<!doctype html><title>Modal</title><script async src='{url}/t/shop.js'></script><body><dialog><p>Cookies?</p>"
    "<button onclick='this.closest(`dialog`).close()'>Yes</button></dialog><script>clicks = []; ends = 0;"
    "document.querySelector('dialog').onclose = () => ends++;"
    "document.addEventListener('click', (event) => clicks.push(event.target.localName))</script>"
)


async def test_the_panel_can_be_used_while_a_modal_dialog_is_open(visitor: Page, stub: Stub, gateway: Gateway) -> None:
    stub.html("/modal", MODAL.replace("{url}", gateway.url))
    await visitor.goto(f"{stub.origin}/modal?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await visitor.evaluate("document.querySelector('dialog').showModal()")
    await panel(visitor).get_by_role("button", name="Larger").click()
    await panel(visitor).get_by_role("button", name="Smaller").focus()
    await visitor.keyboard.press("Escape")
    await visitor.locator("taggate-preview .pill").click()
    assert await visitor.evaluate("[clicks.length, ends]") == [0, 0]
    await visitor.get_by_role("button", name="Yes").click()
    await panel(visitor).get_by_role("button", name="Larger").click()
    assert await visitor.evaluate("[clicks, ends]") == [["button"], 1]
    assert await visitor.evaluate("document.querySelector('taggate-preview').parentNode.localName") == "html"


async def test_the_panel_for_who_reads_it_by_keyboard_by_ear_or_on_paper(
    visitor: Page, stub: Stub, gateway: Gateway
) -> None:
    await visitor.goto(serve(stub, gateway, "/read") + f"?taggate_preview={token(gateway)}")
    await events(visitor, "page_view")
    await panel(visitor).locator("article").focus()
    await visitor.evaluate("taggate('event', 'purchase')")
    await visitor.get_by_role("status").get_by_text("2: purchase").wait_for()
    focused = "document.querySelector('taggate-preview').shadowRoot.activeElement.localName"
    assert await visitor.evaluate(focused) == "article"
    await visitor.emulate_media(media="print")
    assert not await panel(visitor).is_visible()


async def test_every_token_is_taken_out_of_the_address(visitor: Page, stub: Stub, gateway: Gateway) -> None:
    address = serve(stub, gateway, "/two")
    query = f"?taggate_preview={token(gateway)}&a=1&taggate_preview=other&b=2#taggate_preview=third"
    await visitor.goto(address + query)
    await events(visitor, "page_view")
    assert visitor.url == address + "?a=1&b=2"
