"""0 cookies, 0 storage, 0 identifying requests before consent and after a withdrawal: on a page that tries every
feature, with every source of consent, over all modules of the snippet, with a real gateway."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Request
from process import Gateway, until

from gateway.cli.output import loader
from gateway.language.browser_kinds import BROWSER_KINDS
from gateway.language.choices import BANNERS, KINDS
from gateway.language.events import KINDS as EVENTS
from gateway.language.yaml_text import flow
from gateway.snippet.choose import choose
from gateway.snippet.modules import in_order

from .conftest import MODULES
from .stub import Stub, serve
from .test_end_to_end import encodings

PERSON, MAIL, STORED, BAKED = "alice-4711-zz", "alice@example.org", "stored-88-secret", "baked-99-secret"
WHO = (PERSON, MAIL, STORED, BAKED)
NEEDS = {"tcf": {"purpose": [1, 8]}, "google_consent_mode": {"purpose": "analytics_storage"}, "api": True}
SOURCES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    **{k.name: ({k.name: NEEDS.get(k.name, k.example)}, k.words) for k in KINDS.values() if k.name != "banner"},
    **{f"banner_{b.name}": ({"banner": b.name}, b.words) for b in BANNERS.values()},
}

CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [127.0.0.1], drop_query: [reset_token] }}
accept: {{ matomo: {{}}, segment: {{}}, gtag: {{}} }}
consent:
  from: {source}
  purposes: {purposes}
  while_unknown: {unknown}
visitor: {{ remember_when: analytics_ok }}
events: {events}
variables: {variables}
triggers:
  any_event: {{ event: {{ present: true }} }}
  signed_in: {{ who: {{ present: true }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
  ads_ok: {{ consent: {{ granted: marketing }} }}
tags:
  hook:
    type: webhook
    send_when: any_event
    consent: not_needed
    settings: {{ url: {other}/hook }}
    fields: {fields}
    identifiers: {{ mail: mail, stored: stored, baked: baked }}
  chat:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ url: "{other}/chat.js" }}
  greet:
    type: script
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ code: "window.greeted = 1" }}
  ad:
    type: pixel
    send_when: {{ all_of: [any_event, ads_ok] }}
    settings: {{ url: "{other}/ad.gif" }}
user_id:
  from: who
  rules:
    - {{ when: {{ all_of: [signed_in, analytics_ok] }}, attach: [hook] }}
  otherwise: drop
tests: []
"""


def container(source: str, unknown: str, other: str) -> str:
    """All that there is, with the choice kept there."""
    where, words = SOURCES[source]
    ours = {row.name: {row.name: _plain(row.example)} for row in BROWSER_KINDS}
    personal = {
        "who": {"data_layer": "user.id"},
        "mail": {"trait": "email", "personal": True},
        "stored": {"local_storage": "member", "personal": True},
        "baked": {"cookie": "member", "personal": True},
        "held": {"event": "secret", "personal": True},
    }
    open_ = {f"v_{name}": said for name, said in ours.items() if name not in ("data_layer", "trait")}
    listened = {f"e_{row.name}": {row.name: _plain(row.example)} for row in EVENTS.values()}
    return CONTAINER.format(
        source=flow(where),
        purposes=flow(dict(zip(("analytics", "marketing"), (*words[-2:], "one", "two")[:2], strict=True))),
        unknown=unknown,
        events=flow({**listened, "e_files": {"link": "download"}, "e_timer": {"timer": "1s"}}),
        variables=flow({**open_, **personal}),
        fields=flow({name: name for name in open_}),
        other=other,
    )


def _plain(example: str) -> Any:
    return True if example == "true" else example


# Each of our own touches is noted; the page itself touches nothing after this.
SPY = """
<script>
touched = [];
for (const name of ['getItem', 'setItem', 'removeItem', 'clear']) {
  const was = Storage.prototype[name];
  Storage.prototype[name] = function (...given) { touched.push(name + ' ' + given[0]); return was.apply(this, given); };
}
const baked = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
Object.defineProperty(Document.prototype, 'cookie', {
  get() { return baked.get.call(this); },
  set(value) { touched.push('cookie ' + value); baked.set.call(this, value); },
});
for (const [object, name] of [[IDBFactory.prototype, 'open'], [window.CacheStorage?.prototype, 'open'],
  [window.CookieStore?.prototype, 'set'], [navigator, 'sendBeacon'], [window, 'WebSocket'],
  [window, 'BroadcastChannel'], [window, 'XMLHttpRequest'], [window, 'Image']]) {
  if (!object) continue;
  const was = object[name];
  object[name] = function (...given) {
    touched.push(name);
    return new.target ? new was(...given) : was.apply(this, given);
  };
}
</script>
"""
BUSY = f"""
<link rel=icon href="data:,"><meta name=section content=x>
<button class=buy>Buy</button><a href=https://other.example/ id=out>Out</a><a href=/file.zip id=file>File</a>
<form id=newsletter><input name=mail value={MAIL}></form><video></video>
<section class=prices>9</section><b id=price>9</b>
<div data-track-content data-content-name=teaser>a</div><p style="height: 5000px">
<script>
onclick = onsubmit = event => event.preventDefault();
onerror = () => true;
window.shop = {{ plan: 'gold' }};
dataLayer = [{{ user: {{ id: '{PERSON}' }} }}, {{ event: 'pushed', secret: '{PERSON}' }}];
function gtag() {{ dataLayer.push(arguments) }}
_mtm = [{{ event: 'mtm_pushed' }}];
digitalData = {{ page: {{ name: 'x' }} }};
_paq = [['setUserId', '{PERSON}'], ['trackPageView'], ['enableLinkTracking'], ['trackAllContentImpressions'],
  ['enableHeartBeatTimer', 1], ['enableJSErrorTracking']];
window.taggate = window.taggate || function () {{ (taggate.q = taggate.q || []).push(arguments) }};
</script>
"""
# What a careless page does all day.
EVERYTHING = f"""() => {{
  const number = window.rounds = (window.rounds || 0) + 1;
  taggate('identify', '{PERSON}', {{ traits: {{ email: '{MAIL}', name: 'Alice' }} }});
  taggate('event', 'own' + number, {{ value: 9, secret: '{PERSON}', of: '{PERSON}' }});
  taggate('page');
  _paq.push(['trackEvent', 'shop', 'look' + number, '{PERSON}'], ['setUserId', '{PERSON}'], ['trackGoal', 1], ['ping'],
    ['trackSiteSearch', '{MAIL}'], ['addEcommerceItem', 'sku', 'name'], ['trackEcommerceOrder', 'o' + number, 9],
    ['setCustomDimension', 1, '{PERSON}'], ['trackLink', 'https://x.example/?of={PERSON}', 'link']);
  analytics.identify('{PERSON}', {{ email: '{MAIL}' }});
  analytics.track('tracked' + number, {{ of: '{PERSON}' }});
  analytics.page('named'); analytics.group('acme-of-{PERSON}'); analytics.alias('{PERSON}');
  gtag('config', 'G-1', {{ user_id: '{PERSON}' }}); gtag('event', 'tagged' + number, {{ value: 1 }});
  dataLayer.push({{ event: 'layer' + number, user: {{ id: '{PERSON}' }} }}); _mtm.push({{ event: 'mtm' + number }});
  document.title = 'Hello {PERSON}';
  document.querySelector('button').click(); out.click(); file.click(); document.forms[0].requestSubmit();
  history.pushState({{}}, '', '/users/{PERSON}/' + number + '?mail={quote(MAIL)}&reset_token=1#{PERSON}');
  history.replaceState({{}}, '', '/users/' + btoa('{PERSON}') + '/' + number);
  setTimeout(() => {{ throw new Error('of {PERSON}') }});
  for (const name of ['play', 'pause', 'ended']) document.querySelector('video').dispatchEvent(new Event(name));
  document.body.dispatchEvent(new MouseEvent('mouseout', {{ bubbles: true, clientY: -1 }}));
  document.dispatchEvent(new Event('fullscreenchange'));
  scrollTo(0, 4000); dispatchEvent(new Event('scroll')); dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange')); dispatchEvent(new Event('pagehide'));
}}"""
CHOSEN = "granted => taggate('consent', { analytics: granted, marketing: granted })"


async def test_these_containers_use_every_module_there_is() -> None:
    found: set[str] = set()
    for source in SOURCES:
        loaded = loader().compile(container(source, "hold", "https://o.example").encode(), "shop", "shop.yaml")
        assert loaded.container, "\n".join(loaded.report())
        found |= {module.name for module in in_order(MODULES, choose(loaded.container))}
    # The panel is served to those alone who have a token.
    assert found == set(MODULES) - {"preview"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def other() -> AsyncIterator[Stub]:
    """Where the others are."""
    other = Stub()
    stop = await serve(other)
    other.html("/chat.js", "window.chats = (window.chats || 0) + 1", "text/javascript")
    other.html("/ad.gif", "", "image/gif")
    yield other
    await stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(other: Stub, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    containers = {source: container(source, "hold", other.elsewhere) for source in SOURCES}
    containers["open"] = container("api", "send", other.elsewhere)
    gateway = Gateway(tmp_path_factory.mktemp("gateway"), containers)
    await gateway.start()
    yield gateway
    assert await gateway.stop() == 0


class Watched:
    """A page, everything that it asks for, and everything that is kept for it."""

    def __init__(self, page: Page, stub: Stub, gateway: Gateway, name: str) -> None:
        self.page, self.stub, self.gateway, self.name = page, stub, gateway, name
        self.context: BrowserContext = page.context
        self.requests: list[Request] = []
        self._open: set[Request] = set()
        page.on("request", self._asked)
        for ended in ("requestfinished", "requestfailed"):
            page.on(ended, self._ended)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)
        self._open.add(request)

    def _ended(self, request: Request) -> None:
        self._open.discard(request)

    def quiet(self) -> bool:
        """Whether nothing is in flight."""
        return not self._open

    async def open(self, path: str) -> None:
        """A new document, on which the snippet runs; the page's own cookie and storage are there."""
        own = {"plan": "gold", "member": BAKED}
        await self.context.add_cookies([{"name": n, "value": v, "url": self.stub.origin} for n, v in own.items()])
        kept = f"localStorage.member = '{STORED}'; sessionStorage.step = '2'"
        tag = f'<script async src="{self.gateway.url}/t/{self.name}.js"></script>'
        await self.page.goto(self.stub.page(path, f"<script>{kept}</script>{SPY}{BUSY}{tag}", container=None))
        await self.page.wait_for_function(f"!!window.taggate.containers?.{self.name}")
        await self.page.evaluate("touched.length = 0")

    async def try_everything(self) -> None:
        """And long enough for what waits; once for timers, too."""
        await self.page.evaluate(EVERYTHING)
        wait = 1200 if self.name in ("api", "open") else 150
        await self.page.evaluate("wait => new Promise(done => setTimeout(done, wait))", wait)

    async def touched(self) -> set[str]:
        return set(await self.page.evaluate("touched"))

    async def cookies(self) -> set[str]:
        """That are not the page's own."""
        return {cookie["name"] for cookie in await self.context.cookies()} - {"plan", "member"}

    async def stored(self) -> list[str]:
        """What is not the page's own."""
        script = (
            "async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage),"
            "...(await indexedDB.databases()).map(one => one.name), ...await caches.keys()]"
        )
        return [name for name in await self.page.evaluate(script) if name not in ("member", "step")]

    def sent(self, since: int = 0, until: int | None = None) -> list[Request]:
        """All but pages and snippets."""
        return [
            r
            for r in self.requests[since:until]
            if r.method == "POST" or not r.url.startswith((self.stub.origin, self.gateway.url + "/t/"))
        ]

    async def until_sent(self, text: str) -> None:
        async with asyncio.timeout(15):
            while not any(text in (request.post_data or "") for request in self.requests):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def told(requests: list[Request]) -> str:
    """All that these requests say."""
    said = []
    for request in requests:
        headers: Mapping[str, str] = await request.all_headers()
        # The page's own cookies go where the browser sends them; here all is on one host.
        kept = {name: value for name, value in headers.items() if name != "cookie"}
        said.append(f"{request.method} {request.url} {kept} {request.post_data or ''}")
    return "\n".join(said)


def named(text: str) -> list[str]:
    """Who is in it, in whatever way."""
    return [form for person in WHO for form in encodings(person) if form.lower() in text.lower()]


def pages(requests: list[Request]) -> set[str]:
    """The numbers by which the gateway could know a page again, and the ids of hits."""
    found = set()
    for request in requests:
        if request.method == "POST" and "/collect/" in request.url:
            for hit in request.post_data_json["hits"]:
                found |= {hit["page"], hit["id"]} if "page" in hit else {hit["id"]}
    return found


async def delivered(gateway: Gateway) -> bool:
    """Whether nothing of the source before is still on its way to a receiver."""
    return not any(n for name, n in (await gateway.metrics()).items() if name.startswith("taggate_pending{"))


@pytest.mark.parametrize("source", SOURCES)
async def test_nothing_before_the_choice_and_nothing_after_it_is_taken_back(
    page: Page, stub: Stub, gateway: Gateway, other: Stub, source: str
) -> None:
    await until(lambda: delivered(gateway))
    other.calls.clear()
    watched = Watched(page, stub, gateway, source)
    for path in ("/a", "/b"):
        await watched.open(path)
        await watched.try_everything()
        assert [(request.method, request.url) for request in watched.sent()] == []
        assert await watched.cookies() == set()
        assert await watched.stored() == []
        # What the container reads and is not personal, and where the choice is kept.
        assert await watched.touched() <= {"getItem step", "getItem plan", "getItem cookie_consent"}
    assert other.calls == []

    await page.evaluate(CHOSEN, True)
    await watched.until_sent(PERSON)
    await page.wait_for_function("window.greeted && window.chats")
    await other.until(lambda: any(call.path == "/ad.gif" for call in other.calls))
    assert await watched.cookies() == {f"tg_{source}"}
    await page.route("**/collect/**", lambda route: route.abort())
    await watched.try_everything()
    # So that there is something to be purged; what is in flight is not kept before it has failed.
    await page.wait_for_function(f"dispatchEvent(new Event('pagehide')), localStorage['taggate.{source}']")
    # The browser tells late of a request that outlives its page: one from before would look like one from after.
    await until(watched.quiet)
    await page.unroute("**/collect/**")
    async with page.expect_response(lambda answer: "/consent/" in answer.url) as answered:
        await page.evaluate(CHOSEN, False)
    assert (await answered.value).status == 204
    assert await watched.cookies() == set()
    assert await watched.stored() == []

    # The withdrawal itself names who withdraws; what was asked for after it does not.
    since = 1 + max(at for at, request in enumerate(watched.requests) if "/consent/" in request.url)
    known = pages(watched.sent(until=since))
    other.calls.clear()
    await watched.try_everything()
    await watched.open("/c")
    await watched.try_everything()
    after = watched.sent(since)
    assert any("tracked" in (request.post_data or "") for request in after), "what is left can be wrong"
    assert named(await told(after)) == []
    again = pages(after) & known
    assert not again, [r.post_data for r in watched.sent() if any(one in (r.post_data or "") for one in again)]
    kept = [(await request.all_headers()).get("cookie", "") for request in after]
    assert not any(f"tg_{source}" in cookie for cookie in kept)
    assert await watched.cookies() == set()
    assert await watched.stored() == []
    assert [call.path for call in other.calls if call.path != "/hook"] == []


async def test_who_is_counted_before_the_choice_is_not_named(
    page: Page, stub: Stub, gateway: Gateway, other: Stub
) -> None:
    other.calls.clear()
    watched = Watched(page, stub, gateway, "open")
    await watched.open("/a")
    await watched.try_everything()
    await watched.until_sent("own1")
    assert named(await told(watched.sent())) == []
    assert await watched.cookies() == set()
    assert await watched.stored() == []
    assert await watched.touched() <= {"getItem step", "getItem plan"}
    hooked = [call for call in other.calls if call.path == "/hook"]
    assert {call.path for call in other.calls} <= {"/hook"}
    assert named("\n".join(call.body.decode() for call in hooked)) == []
