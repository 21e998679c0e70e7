"""Real Chromium: Segment's own analytics.js, and requests as matomo.js makes them, straight to a real gateway."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from node import npm
from playwright.async_api import Page
from process import KEY, Gateway, until
from receivers import MatomoReceiver

from .stub import Page as Served
from .stub import Stub

PEERS = Path(__file__).parents[1] / "peers"
ALICE = "alice-4711"
CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [127.0.0.1] }}
accept:
  matomo: {{ site_ids: [1], consent_purpose: analytics }}
  segment: {{ browser_key: shop-web }}
consent: {{ from: {{ api: true }}, purposes: {{ analytics: statistics }} }}
visitor: {{ remember_when: analytics_ok }}
variables:
  account_id: {{ data_layer: user.id }}
triggers:
  any_event: {{ event: {{ present: true }} }}
  signed_in: {{ account_id: {{ present: true }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
tags:
  matomo:
    type: matomo
    send_when: any_event
    consent: not_needed
    settings: {{ url: "{matomo}/", site_id: 3, token: {{ secret: matomo_token }} }}
user_id:
  from: account_id
  hash_with: {{ secret: user_id_key }}
  rules: [{{ when: {{ all_of: [signed_in, analytics_ok] }}, attach: [matomo] }}]
  otherwise: drop
tests: []
"""
KINDS = ("ec_id", "e_a", "ping", "action_name")
AGREED = {"context": {"consent": {"categoryPreferences": {"statistics": True}}}}


@pytest_asyncio.fixture(loop_scope="session")
async def matomo() -> AsyncIterator[MatomoReceiver]:
    async with MatomoReceiver(token=KEY) as receiver:
        yield receiver


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(matomo: MatomoReceiver, tmp_path: Path) -> AsyncIterator[Gateway]:
    gateway = Gateway(tmp_path, {"shop": CONTAINER.format(matomo=matomo.url)})
    await gateway.start()
    yield gateway
    assert await gateway.stop() == 0


async def tracked(matomo: MatomoReceiver, number: int) -> list[dict[str, str]]:
    """So many hits, once the Matomo has them."""
    await until(lambda: len(matomo.recorded) >= number, within=15)
    assert len(matomo.recorded) == number
    return matomo.recorded


@pytest_asyncio.fixture
async def warned(page: Page) -> list[str]:
    """What the page's console complains about."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    return found


async def test_analytics_js(
    page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, warned: list[str]
) -> None:
    assert npm("@segment/analytics-next was not tried", PEERS)
    script = (PEERS / "node_modules/@segment/analytics-next/dist/umd/index.js").read_bytes()
    stub.pages["/analytics.js"] = Served(script, {"content-type": "text/javascript"})
    head = '<script src="/analytics.js"></script><link rel="icon" href="data:,">'
    await page.goto(stub.page("/shop", head, container=None))
    host = gateway.url.removeprefix("http://") + "/v1"
    settings = {"Segment.io": {"apiKey": "shop-web", "apiHost": host, "protocol": "http"}}
    load: dict[str, Any] = {"writeKey": "shop-web", "cdnSettings": {"integrations": settings}}
    await page.evaluate("(load) => { window.a = AnalyticsNext.AnalyticsBrowser.load(load) }", load)
    for call in (
        f"a.page('Docs', 'Start', {{}}, {json.dumps(AGREED)})",
        f"a.identify('{ALICE}', {{ plan: 'gold' }}, {json.dumps(AGREED)})",
        f"a.track('Signed Up', {{ category: 'for {ALICE}' }}, {json.dumps(AGREED)})",
        f"a.track('Unasked', {{ category: 'for {ALICE}' }})",
        "a.reset()",
        f"a.track('Order Completed', {{ order_id: 'o1', total: 5 }}, {json.dumps(AGREED)})",
    ):
        await page.evaluate(f"async () => {{ await {call} }}")
    told = {next(entry[key] for key in KINDS if key in entry): entry for entry in await tracked(matomo, 5)}
    first, known, event, unasked, order = (told[key] for key in ("Docs/Page /shop", "1", "Signed Up", "Unasked", "o1"))
    assert [entry.get("uid") for entry in (first, known, event, unasked, order)] == [None, ALICE, ALICE, None, None]
    assert (event["e_a"], event["e_c"], unasked["e_c"]) == ("Signed Up", f"for {ALICE}", "for (removed)")
    assert (order["ec_id"], order["revenue"]) == ("o1", "5")
    assert known["cid"] == event["cid"] not in (first["cid"], unasked["cid"], order["cid"])
    assert warned == []


async def test_rudderstacks_client_for_pages(
    page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, warned: list[str]
) -> None:
    assert npm("@rudderstack/analytics-js was not tried", PEERS)
    script = (PEERS / "node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js").read_bytes()
    stub.pages["/rudder.js"] = Served(script, {"content-type": "text/javascript"})
    head = '<script src="/rudder.js"></script><link rel="icon" href="data:,">'
    await page.goto(stub.page("/shop", head, container=None))
    await page.evaluate(
        """([url, agreed, user]) => {
          const quiet = { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } };
          const source = { id: 's', name: 's', writeKey: 'shop-web', enabled: true, config: quiet, destinations: [] };
          const a = new rudderanalytics.RudderAnalytics();
          a.load('shop-web', url, { getSourceConfig: () => ({ source }), loadIntegration: false });
          a.page('Docs', 'Start', {}, agreed);
          a.identify(user, { plan: 'gold' }, agreed);
          a.track('Signed Up', { category: 'for ' + user }, agreed);
          a.reset();
          a.track('Order Completed', { order_id: 'o1', total: 5 }, agreed);
        }""",
        [gateway.url, AGREED, ALICE],
    )
    told = {next(entry[key] for key in KINDS if key in entry): entry for entry in await tracked(matomo, 4)}
    assert [(kind, told[kind].get("uid")) for kind in ("Docs/Page /shop", "1", "Signed Up", "o1")] == [
        ("Docs/Page /shop", None),
        ("1", ALICE),
        ("Signed Up", ALICE),
        ("o1", None),
    ]
    assert warned == []


async def test_requests_as_matomo_js_makes_them(
    page: Page, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, warned: list[str]
) -> None:
    await page.goto(stub.page("/shop", '<link rel="icon" href="data:,">', container=None))
    told = f"idsite=1&rec=1&url={stub.origin}/shop?u={ALICE}&_id=0123456789abcdef&consent=1&uid={ALICE}"
    url = f"{gateway.url}/matomo.php"
    form = "application/x-www-form-urlencoded; charset=UTF-8"
    image = await page.evaluate(
        "(url) => new Promise((done) => { const i = new Image(); i.onload = () => done(i.width); i.src = url })",
        f"{url}?{told}&action_name=image&r=123456",
    )
    assert image == 1
    await tracked(matomo, 1)
    send = """([url, type, body]) => new Promise((done) => {
      const x = new XMLHttpRequest();
      x.open('POST', url, true);
      x.withCredentials = true;
      x.onreadystatechange = () => x.readyState == 4 && done([x.status, x.responseText]);
      x.setRequestHeader('Content-Type', type);
      x.send(body);
    })"""
    assert await page.evaluate(send, [url, form, f"{told}&send_image=0&e_c=a&e_a=xhr&r=234567"]) == [204, ""]
    await tracked(matomo, 2)
    bulk = json.dumps({"requests": [f"?{told}&e_c=a&e_a=bulk{number}" for number in (1, 2)], "send_image": 0})
    assert await page.evaluate(send, [url, form, bulk]) == [204, ""]
    await tracked(matomo, 4)
    beacon = "([url, type, body]) => navigator.sendBeacon(url, new Blob([body], { type }))"
    assert await page.evaluate(beacon, [url, form, f"{told}&send_image=0&e_c=a&e_a=beacon&r=345678"])
    entries = await tracked(matomo, 5)
    assert [entry.get("e_a") or entry["action_name"] for entry in entries] == [
        "image",
        "xhr",
        "bulk1",
        "bulk2",
        "beacon",
    ]
    assert {entry["uid"] for entry in entries} == {ALICE}
    assert len({entry["cid"] for entry in entries}) == 1
    (cookie,) = [one for one in await page.context.cookies() if one["name"] == "tg_shop"]
    assert "0123456789abcdef" not in cookie["value"]
    assert warned == []
