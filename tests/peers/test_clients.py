"""Clients of other projects, unchanged, against a real `taggate serve`: their answers, and what receivers get."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asgi_matomo import MatomoMiddleware
from httpx2 import ASGITransport, AsyncClient
from node import npm, run
from process import KEY, Gateway, until
from receivers import MatomoReceiver, WebhookReceiver
from rudderstack.analytics.client import Client as RudderStack
from segment.analytics import Client as Segment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

HERE = Path(__file__).parent
PAGE = "https://shop.example.com/start"
CONTAINER = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
accept:
  matomo: {{ site_ids: [1], server_token: {{ secret: login_key }}, consent_purpose: analytics }}
  segment: {{ browser_key: shop-web, server_key: {{ secret: shop_server }} }}
consent: {{ from: {{ cookie: choice }}, purposes: {{ analytics: statistics, marketing: ads }} }}
visitor: {{ remember_when: analytics_ok }}
variables:
  account_id: {{ data_layer: user.id }}
  proof: {{ data_layer: user.proof }}
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
  hook:
    type: webhook
    send_when: {{ all_of: [any_event, analytics_ok] }}
    settings: {{ url: "{hooks}/hook" }}
user_id:
  from: account_id
  verified_by: {{ signature: proof, key: {{ secret: user_id_key }} }}
  hash_with: {{ secret: user_id_key }}
  rules: [{{ when: {{ all_of: [signed_in, analytics_ok] }}, attach: [matomo], hash: [hook] }}]
  otherwise: drop
tests: []
"""


class Shop:
    """A gateway and its receivers."""

    def __init__(self, gateway: Gateway, matomo: MatomoReceiver, hooks: WebhookReceiver) -> None:
        self.gateway, self.matomo, self.hooks = gateway, matomo, hooks

    async def tracked(self, number: int) -> list[dict[str, str]]:
        """So many hits, once the Matomo has them, in the order of their names."""
        await until(lambda: len(self.matomo.recorded) >= number, within=30)
        found = self.matomo.recorded
        assert len(found) == number, found
        return sorted(found, key=lambda entry: (entry.get("uid", ""), entry.get("e_a", ""), entry.get("idgoal", "")))

    def sent(self) -> str:
        """Every byte that the webhook got."""
        return b"\n".join(request.body for request in self.hooks.requests).decode()


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with MatomoReceiver(token=KEY) as matomo, WebhookReceiver() as hooks:
        gateway = Gateway(tmp_path, {"shop": CONTAINER.format(matomo=matomo.url, hooks=hooks.url)})
        gateway.secret("shop_server", "segment-" + KEY)
        await gateway.start()
        yield Shop(gateway, matomo, hooks)
        assert await gateway.stop() == 0


async def test_matomo_tracker_and_analytics_node(shop: Shop) -> None:
    found = npm("matomo-tracker and @segment/analytics-node were not tried", HERE)
    assert found
    command = ("node", "clients.mjs", shop.gateway.url, KEY, "segment-" + KEY, PAGE)
    told = json.loads(await asyncio.to_thread(run, *command, cwd=HERE))
    assert told["matomo"] == [401], "the wrong token, and only that"
    assert told["bulk"] == {"status": "success", "tracked": 3, "invalid": 1}
    assert (told["segment"], len(told["refused"])) == ([], 1)
    entries = await shop.tracked(10)
    assert [(e.get("uid"), e.get("e_a"), e.get("idgoal")) for e in entries] == [
        (None, None, None),  # bob said nothing of consent
        (None, "Signed Up", None),
        ("alice", None, None),
        ("alice", None, "0"),
        ("alice", "play", None),
        *[("carol", None, None)] * 4,
        ("carol", None, "0"),
    ]
    alice, order, event = entries[2], entries[3], entries[4]
    assert (alice["action_name"], alice["cip"], alice["ua"]) == ("Start of alice", "192.0.2.0", "Chrome")
    assert alice["cid"] == order["cid"] == event["cid"] != "0123456789abcdef"
    assert (order["ec_id"], order["revenue"], json.loads(order["ec_items"])) == (
        "o1",
        "59.9",
        [["s1", "Shoe", "men", 29.95, 2]],
    )
    assert (event["e_c"], event["e_n"], event["e_v"]) == ("Videos", "Film of alice", "2")
    carol = [entry for entry in entries if entry.get("uid") == "carol"]
    assert {(entry["cip"], entry["ua"], entry["lang"]) for entry in carol} == {("192.0.2.0", "Safari", "de")}
    await until(lambda: len(shop.hooks.requests) == 8)
    for name in ("alice", "bob", "carol", "acme-ltd", "anna-1"):
        assert f'"{name}' not in shop.sent()
        assert f"={name}" not in shop.sent()
        assert f"of {name}" not in shop.sent()


@pytest.mark.parametrize(
    ("make", "gzip"),
    [(Segment, False), (Segment, True), (RudderStack, True)],
    ids=["segment", "segment, gzip", "rudderstack, gzip"],
)
async def test_clients_in_python(shop: Shop, make: Any, gzip: bool) -> None:
    wrong: list[Any] = []
    refused: list[Any] = []
    at = datetime.now(UTC) - timedelta(hours=2)

    def send() -> None:
        client = make(
            "segment-" + KEY,
            host=shop.gateway.url,
            gzip=gzip,
            max_retries=0,
            upload_size=50,
            on_error=lambda error, _: wrong.append(error),
        )
        consent = {"consent": {"categoryPreferences": {"analytics": True}}}
        client.identify("erin", {"email": "erin@example.com"}, context=consent)
        client.track("erin", "Signed Up", {"plan": "for erin"}, context=consent, timestamp=at)
        client.track("erin", "Signed Up")
        for number in range(120):
            client.page(anonymous_id=f"anon-{number}", properties={"url": f"{PAGE}?n={number}"})
        client.shutdown()

    def send_with_a_wrong_key() -> None:
        client = make("wrong", host=shop.gateway.url, gzip=gzip, on_error=lambda error, _: refused.append(error))
        client.track("erin", "Signed Up")
        client.shutdown()

    await asyncio.to_thread(send)
    await asyncio.to_thread(send_with_a_wrong_key)
    assert wrong == []
    assert [error.status for error in refused] == [401], "and it was not sent again"
    entries = await shop.tracked(123)
    assert len({entry["cid"] for entry in entries}) > 100
    erin = [entry for entry in entries if entry.get("uid") == "erin"]
    assert len(erin) == 2, "the third said nothing of consent"
    assert erin[1]["cdt"] == at.isoformat(" ", "seconds")[:19]
    await until(lambda: len(shop.hooks.requests) == 2)
    assert "erin" not in shop.sent()
    assert "anon-" not in shop.sent()


async def test_asgi_matomo(shop: Shop) -> None:
    async def page(request: Request) -> PlainTextResponse:
        more = {"uid": "dora", "consent": 1, "cvar": {"who": "dora"}}
        request.scope["state"]["asgi_matomo"]["custom_tracking_data"] = more
        return PlainTextResponse("a page")

    async with AsyncClient() as client:
        tracker = MatomoMiddleware(
            Starlette(routes=[Route("/start", page)]),  # type: ignore[arg-type]
            matomo_url=shop.gateway.url,
            idsite=1,
            access_token=KEY,
            client=client,
        )
        transport = ASGITransport(tracker, client=("192.0.2.9", 1))  # type: ignore[arg-type]
        async with AsyncClient(transport=transport, base_url="https://shop.example.com") as visitor:
            headers = {"user-agent": "Firefox"}
            assert (await visitor.get("/start?u=dora", headers=headers)).text == "a page"
    (entry,) = await shop.tracked(1)
    assert (entry["uid"], entry["cip"]) == ("dora", "192.0.2.0")
    assert "Firefox" in entry["ua"]
    assert entry["url"].startswith("https://shop.example.com/start")
    assert json.loads(entry["cvar"])["who"] == "dora"
    await until(lambda: len(shop.hooks.requests) == 1)
    assert "dora" not in shop.sent()
