"""The demo's receivers: Matomo's answers, a webhook's signature, and what the live page is shown."""

import base64
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio

from gateway.destinations.matomo import Matomo
from gateway.destinations.protocol import Target
from gateway.destinations.webhook import Webhook
from gateway.model import Delivery, Form, Outcome, Reply, Request
from gateway.web.listening import listening
from gateway.web.live import Live
from gateway.web.receivers import GIF, LARGEST_BODY, ORDERS_KEPT, app

NOW = 1_780_000_000.0
TOKEN = "0123456789abcdef0123456789abcdef"
KEY = "a key of the demo"
CID = "0123456789abcdef"
MATOMO = "/matomo/matomo.php"

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Shown(Live):
    """Keeps what is published."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Mapping[str, Any]] = []

    def publish(self, message: Mapping[str, Any]) -> None:
        super().publish(message)
        self.messages.append(message)


class Receivers:
    """They, on a port of their own, and a client."""

    def __init__(self, live: Shown, client: aiohttp.ClientSession) -> None:
        self.live, self.client = live, client

    async def send(self, path: str, body: bytes = b"", method: str = "POST", **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.request(method, path, data=io.BytesIO(body) if body else None, headers=sent) as answer:
            return Reply(answer.status, {}, await answer.read())

    async def bulk(self, *entries: Any, **more: Any) -> Any:
        reply = await self.send(MATOMO, json.dumps({"requests": entries, **more}).encode())
        assert reply.status == 200
        return json.loads(reply.body)

    async def deliver(self, request: Request) -> Reply:
        return await self.send("/" + request.url.split("/", 3)[3], request.body, **request.headers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Receivers]:
    live = Shown()
    application = app(live, keys={"crm": KEY}, token=TOKEN, now=lambda: NOW)
    async with (
        listening(application, "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
    ):
        yield Receivers(live, client)


@pytest.fixture
def receivers(running: Receivers) -> Receivers:
    """As if nothing had come yet."""
    running.live.messages.clear()
    return running


def entry(**more: str) -> str:
    return "?" + urlencode({"idsite": "1", "rec": "1", "cid": CID, **more})


def tracked(good: int, invalid: int = 0) -> Any:
    return {"status": "success", "tracked": good, "invalid": invalid}


async def test_a_bulk_is_counted(receivers: Receivers) -> None:
    assert await receivers.bulk(entry(), entry(uid="ada")) == tracked(2)


@pytest.mark.parametrize(
    "wrong",
    [
        entry(idsite="2"),
        entry(idsite=""),
        entry(cid="123"),
        entry(cid="0123456789abcde!"),
        entry(cip="203.0.113.0"),
        entry(cip="203.0.113.0", token_auth="another"),
        entry(cdt="2026-05-20 00:00:00"),
        entry(cdt=str(int(NOW) - 90_000)),
    ],
)
async def test_a_wrong_entry_does_not_stop_the_others(receivers: Receivers, wrong: str) -> None:
    assert await receivers.bulk(entry(), wrong, entry()) == tracked(2, 1)


async def test_with_the_token_more_is_allowed(receivers: Receivers) -> None:
    old = entry(cip="203.0.113.0", cdt="2026-05-20 00:00:00")
    assert await receivers.bulk(old, token_auth=TOKEN) == tracked(1)
    assert await receivers.bulk(entry(cip="203.0.113.0", token_auth=TOKEN)) == tracked(1)


async def test_an_order_counts_once(receivers: Receivers) -> None:
    order = entry(ec_id="A-1", idgoal="0", revenue="12.9")
    assert await receivers.bulk(order, order) == tracked(1, 1)
    assert await receivers.bulk(order, entry(ec_id="A-2")) == tracked(1, 1)


@pytest.mark.parametrize(
    "body", [b'{"requests":"x"}', b'{"requests":[]}', b'{"requests":[1,null,"idsite=1"]}', b'{"requests":[,]}']
)
async def test_what_is_no_entry_is_not_counted(receivers: Receivers, body: bytes) -> None:
    reply = await receivers.send(MATOMO, body)
    assert (reply.status, json.loads(reply.body)) == (200, tracked(0))


async def test_more_of_matomos_ways(receivers: Receivers) -> None:
    assert await receivers.bulk({"idsite": 1, "rec": 1}, {"idsite": 2, "rec": 1}) == tracked(1, 1)
    assert await receivers.bulk("?idsite=9") == tracked(1), "without rec it is counted, and nothing recorded"
    assert await receivers.bulk(entry(cdt="yesterday")) == tracked(1), "a time that it cannot read is now"
    assert (await receivers.send(MATOMO, b'{"requests":["?idsite=1&rec=1"],"send_image":0}')).status == 204
    assert (await receivers.send(MATOMO, method="GET")).status == 200
    assert (await receivers.send(MATOMO)).status == 400


async def test_orders_are_not_remembered_for_ever(receivers: Receivers) -> None:
    orders = [entry(ec_id=f"many-{number}") for number in range(ORDERS_KEPT + 1)]
    assert await receivers.bulk(*orders) == tracked(ORDERS_KEPT + 1)
    assert await receivers.bulk(orders[0], orders[-1]) == tracked(1, 1)


async def test_single_hits(receivers: Receivers) -> None:
    hit = entry()
    assert await receivers.send(MATOMO + hit, method="GET") == Reply(200, {}, GIF)
    assert len(GIF) == 43
    assert (await receivers.send(MATOMO + hit + "&send_image=0", method="GET")).status == 204
    assert (
        await receivers.send(MATOMO, hit[1:].encode(), content_type="application/x-www-form-urlencoded")
    ).body == GIF
    assert (await receivers.send(MATOMO + entry(idsite="9"), method="GET")).status == 400


async def test_what_our_own_matomo_tag_sends_is_recorded(receivers: Receivers) -> None:
    target = Target(
        container="demo",
        tag="matomo",
        settings={"url": "http://127.0.0.1:8090/matomo/", "site_id": 1},
        secrets={"token": TOKEN},
    )
    deliveries = [
        Delivery(
            id="a" * 32,
            event="page_view",
            at=int(NOW * 1000),
            form=Form.RAW,
            user="ada",
            visitor="ab" * 32,
            ip="203.0.113.0",
        ),
        Delivery(id="b" * 32, event="page_view", at=int(NOW * 1000), visitor="cd" * 32),
    ]
    destination = Matomo()
    request = destination.render(deliveries, target, NOW)
    assert isinstance(request, Request)
    verdicts = destination.interpret(deliveries, await receivers.deliver(request))
    assert [verdict.outcome for verdict in verdicts] == [Outcome.DELIVERED] * 2
    assert receivers.live.messages[-1]["receiver"] == "matomo"
    assert TOKEN not in str(receivers.live.messages)


async def test_what_our_own_webhook_sends_is_taken(receivers: Receivers) -> None:
    target = Target(
        container="demo", tag="crm", settings={"url": "http://127.0.0.1:8090/crm"}, secrets={"signing_key": KEY}
    )
    request = Webhook().render([Delivery(id="a" * 32, event="purchase", at=0)], target, NOW)
    assert (await receivers.deliver(request)).status == 204
    late = Webhook().render([Delivery(id="a" * 32, event="purchase", at=0)], target, NOW - 301)
    assert (await receivers.deliver(late)).status == 401


def signed(body: bytes, key: str = KEY, name: str = "msg_1", at: float = NOW) -> dict[str, str]:
    """As the specification says it, not as our code does."""
    text = f"{name}.{int(at)}.".encode() + body
    mac = base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()
    return {"webhook_id": name, "webhook_timestamp": str(int(at)), "webhook_signature": f"v1,{mac}"}


async def test_a_signature_by_the_specification_is_taken(receivers: Receivers) -> None:
    assert (await receivers.send("/crm", b"{}", **signed(b"{}"))).status == 204
    several = signed(b"{}")
    several["webhook_signature"] = f"v1,b2xk v2,x {several['webhook_signature']}"
    assert (await receivers.send("/crm", b"{}", **several)).status == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(b"{ }"),
        signed(b"{}", key="another"),
        signed(b"{}", at=NOW + 301),
        {**signed(b"{}"), "webhook_id": "msg_2"},
        {**signed(b"{}"), "webhook_id": ""},
        {**signed(b"{}"), "webhook_timestamp": "soon"},
        {**signed(b"{}"), "webhook_signature": "v1,é"},
    ],
)
async def test_any_other_signature_is_refused_and_shown(receivers: Receivers, headers: dict[str, str]) -> None:
    assert (await receivers.send("/crm", b"{}", **headers)).status == 401
    assert receivers.live.messages[-1]["status"] == 401


async def test_a_webhook_without_key_takes_what_comes(receivers: Receivers) -> None:
    assert (await receivers.send("/partner", b'{"event":"page_view"}')).status == 204


async def test_a_request_is_shown_as_it_came(receivers: Receivers) -> None:
    await receivers.send(
        "/partner?a=1", '{"title":"Zoë <b>"}'.encode(), x_test="yes", authorization="Bearer abc", cookie="a=b"
    )
    (shown,) = receivers.live.messages
    headers = shown["headers"]
    assert (headers["x-test"], headers["authorization"], headers["cookie"]) == ("yes", "(secret)", "(secret)")
    assert {name: shown[name] for name in shown if name != "headers"} == {
        "kind": "received",
        "at": int(NOW * 1000),
        "receiver": "partner",
        "method": "POST",
        "path": "/partner?a=1",
        "body": '{"title":"Zoë <b>"}',
        "status": 204,
    }


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (MATOMO, json.dumps({"requests": [entry()], "token_auth": 'my"own'})),
        (MATOMO, json.dumps({"requests": [entry(token_auth="my%own")]})),
        (MATOMO, json.dumps({"x": TOKEN})),
        (MATOMO + entry(token_auth="my-own"), ""),
        (MATOMO, entry(token_auth="my-own")[1:]),
    ],
)
async def test_no_token_is_shown(receivers: Receivers, path: str, body: str) -> None:
    await receivers.send(path, body.encode(), content_type="text/plain")
    (shown,) = receivers.live.messages
    assert "own" not in shown["path"] + shown["body"]
    assert TOKEN not in shown["body"]
    assert "(secret)" in shown["path"] + shown["body"]


@pytest.mark.parametrize("path", ["/partner", MATOMO])
async def test_a_body_has_an_end(receivers: Receivers, path: str) -> None:
    assert (await receivers.send(path, b"x" * (LARGEST_BODY + 1))).status == 413
    assert receivers.live.messages[-1]["body"] == ""


async def test_nothing_else_is_there(receivers: Receivers) -> None:
    assert (await receivers.send("/crm", method="GET")).status == 405
    assert (await receivers.send("/a/b")).status == 404
    assert receivers.live.messages == []
