"""Segment's HTTP API at the whole gateway: the answers its clients know, and what becomes of a User ID."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest

from gateway.intake.segment import CALLS
from gateway.settings import Limits

from .asgi import Answer
from .gate import DIALECTS, SECRETS, TOKEN, Browser, Gate, signature
from .gate import SIGNATURE as SIGNED

KEY = SECRETS["SEGMENT_KEY"]
ALICE = "alice.example-4711"
URL = "https://shop.example.com/a"
AGREED = {"consent": {"categoryPreferences": {"statistics": True, "ads": False}}}
ALL = {"consent": {"categoryPreferences": {"analytics": True, "marketing": True}}}


@pytest.fixture
async def gate(gate: Gate) -> Gate:
    await gate.load(accept=DIALECTS)
    return gate


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}


async def server(gate: Gate, called: str, headers: Any = None, **told: Any) -> Answer:
    gate.clock.now += 1000
    return await gate.web.ask("POST", f"/v1/{called}", told, headers or basic(KEY), ip="198.51.100.1")


async def call(browser: Browser, called: str, **told: Any) -> Answer:
    """As analytics.js does."""
    browser.gate.clock.now += 1000
    body = {"writeKey": "shop-web", "context": {"page": {"url": URL}}, **told}
    return browser.keep(await browser.post(f"/v1/{called}", json.dumps(body), {"content-type": "text/plain"}))


@pytest.mark.parametrize("called", [word for both in CALLS.items() for word in both])
async def test_every_call_has_its_address(gate: Gate, called: str) -> None:
    told: dict[str, Any] = {"userId": ALICE, "event": "Signed Up", "groupId": "acme", "previousId": "old"}
    batch = {"batch": [{"type": "page", **told}, {"type": "identify", **told}]}
    answer = await server(gate, called, **(batch if called in ("b", "batch") else told))
    assert (answer.status, answer.json) == (200, {"success": True})
    assert answer.headers["content-type"] == "application/json"
    assert await gate.accepted("plain") == (2 if called in ("b", "batch") else 1)


async def test_what_counts_nothing(gate: Gate) -> None:
    browser = gate.browser()
    allowed = await gate.web.ask("OPTIONS", "/v1/t", headers=browser.headers())
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (204, "https://shop.example.com")
    assert "Authorization" in allowed.headers["access-control-allow-headers"]
    other = await gate.web.ask("OPTIONS", "/v1/t", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    wrong = await gate.web.ask("GET", "/v1/t")
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST, OPTIONS")
    assert (await gate.web.ask("POST", "/v1/x")).status == 404
    assert await gate.accepted("plain") == 0


async def test_apps_may_send_where_the_container_says_so(gate: Gate) -> None:
    key = "browser_key: shop-web"
    assert key in DIALECTS
    await gate.load(accept=DIALECTS.replace(key, f"{key}, apps: yes"))
    assert (await server(gate, "page", {"x": "y"}, writeKey="shop-web")).status == 200
    assert (await server(gate, "page", {"origin": "null"}, writeKey="shop-web")).error == "wrong_origin"
    assert await gate.accepted("plain") == 1


async def test_who_may_send(gate: Gate) -> None:
    for headers in (basic("no"), basic(""), {"authorization": "Basic é"}, {"authorization": "Basic"}, {"x": "y"}):
        answer = await server(gate, "page", headers)
        assert (answer.status, answer.error) == (401, "wrong_key")
    assert (await server(gate, "page", {"x": "y"}, writeKey="shop-we")).status == 401
    assert (await server(gate, "page", {"x": "y"}, writeKey=["shop-web"])).status == 401
    strange = await server(gate, "page", {"origin": "https://evil.example"}, writeKey="shop-web")
    assert (strange.status, strange.error) == (403, "wrong_origin")
    assert (await server(gate, "page", {"x": "y"}, writeKey="shop-web")).status == 403, "no page at all"
    assert (await server(gate, "page", {"x": "y"}, writeKey=KEY)).status == 200
    assert (await call(gate.browser(), "page")).headers["access-control-allow-origin"] == "https://shop.example.com"
    assert await gate.accepted("plain") == 2


async def test_a_key_that_two_containers_claim_is_nobodys(gate: Gate) -> None:
    await gate.load(name="blog", accept=DIALECTS.replace("[1, 5]", "[7]"))
    assert (await server(gate, "page")).status == 401
    assert (await call(gate.browser(), "page")).status == 401


async def test_a_container_without_keys_takes_none(gate: Gate) -> None:
    await gate.load(accept="segment: {}\n  ")
    assert (await server(gate, "page")).status == 401
    assert (await call(gate.browser(), "page")).status == 401
    allowed = await gate.web.ask("OPTIONS", "/v1/t", headers=gate.browser().headers())
    assert "access-control-allow-origin" not in allowed.headers


# who is signed in


async def test_a_browser_that_cannot_prove_who_is_signed_in_gets_nobody_anywhere(gate: Gate) -> None:
    await gate.load(accept=DIALECTS, verified_by=TOKEN)
    context = {**ALL, "page": {"url": f"{URL}?u={ALICE}", "referrer": f"{URL}/{ALICE}", "title": ALICE}}
    told = {"userId": ALICE, "anonymousId": "a1", "context": context}
    properties = {"name": f"of {ALICE}", "category": ALICE.upper(), "value": 5}
    assert (await call(gate.browser(), "track", event=f"of {ALICE}", properties=properties, **told)).status == 200
    assert (await call(gate.browser(), "identify", traits={"email": "alice@example.com"}, **told)).status == 200
    assert (await call(gate.browser(), "alias", previousId=ALICE, **told)).status == 200
    assert len(await gate.tracked()) == 3
    everything = gate.everything_sent().lower() + gate.stored().lower()
    assert ALICE.encode() not in everything
    assert b"alice@example.com" not in everything


PROPERTIES = (
    *("category", "name", "value", "label", "url", "title", "referrer", "path", "search", "query", "order_id", "total"),
    *(
        "products",
        "sku",
        "product_id",
        "currency",
        "href",
        "results",
        "content",
        "target",
        "term",
        "items",
        "dimensions",
    ),
)
EVENTS = (
    "Signed Up",
    "Order Completed",
    "Cart Viewed",
    "Product Viewed",
    "Products Searched",
    "outlink",
    "search",
    "goal",
)


@pytest.mark.parametrize("form", ["plain", "quoted", "base64", "listed"])
async def test_no_property_carries_the_user_id_past_a_drop(gate: Gate, form: str) -> None:
    """A name with letters that JSON and addresses write otherwise."""
    user = "zoë/älice 4711"
    said = {
        "plain": f"for {user}, today",
        "quoted": f"https://a.example/?u={quote(user, safe='')}",
        "base64": b64encode(user.encode()).decode(),
        "listed": [{"sku": "s", "name": user, "category": [user], user: user}],
    }[form]
    calls = [
        {"type": kind, "event": event, "properties": {"order_id": f"o{number}", name: said}}
        for number, name in enumerate(PROPERTIES)
        for kind, event in (("track", EVENTS[number % len(EVENTS)]), ("page", ""), ("screen", ""))
    ]
    text = said if isinstance(said, str) else user
    page = {"page": {"url": f"{URL}?u={text}", "title": text, "referrer": f"{URL}#{text}"}, "userAgent": text}
    context = {**page, "locale": text, "ip": text, "groupId": user, "traits": {"email": text}}
    more = [{"type": "group", "groupId": user, "traits": {"name": said}}, {"type": "alias", "previousId": user}]
    told = [{"userId": user, "name": said, "category": said, "context": context, **one} for one in (*calls, *more)]
    answer = await server(gate, "batch", batch=told)
    assert answer.json == {"success": True}
    assert len(await gate.tracked()) == len(told)
    sent = gate.everything_sent().decode("utf-8", "replace").lower()
    spelt = {user, json.dumps(user)[1:-1], quote(user, safe=""), quote(quote(user, safe=""), safe="")}
    assert [one for one in spelt | {b64encode(user.encode()).decode()} if one.lower() in sent] == []


async def test_a_proof_among_the_traits_counts(gate: Gate) -> None:
    await gate.load(accept=DIALECTS, verified_by=SIGNED)
    proof = signature(ALICE)
    context = {**ALL, "page": {"url": f"{URL}?proof={proof}"}}
    traits = {"email": "alice@example.com", "proof": proof}
    assert (await call(gate.browser(), "identify", userId=ALICE, traits=traits, context=context)).status == 200
    (entry,) = await gate.tracked()
    assert entry["uid"] == ALICE
    (event,) = await gate.got("crm")
    assert event["identifiers"] == {"email": "alice@example.com"}
    assert proof.encode() not in gate.everything_sent()


async def test_a_server_proves_who_is_signed_in_with_its_key(gate: Gate) -> None:
    await gate.load(accept=DIALECTS, verified_by=TOKEN)
    context = {**AGREED, "ip": "192.0.2.7", "userAgent": "Chrome", "locale": "de", "groupId": "acme-ltd"}
    await server(gate, "track", userId=ALICE, anonymousId="anon-1", event="Signed Up", context=context)
    (entry,) = await gate.tracked()
    assert (entry["uid"], entry["cip"], entry["ua"], entry["lang"]) == (ALICE, "192.0.2.0", "Chrome", "de")
    assert entry["e_a"] == "Signed Up"
    (event,) = await gate.got("partner")
    assert event["user"] != ALICE
    assert ALICE not in json.dumps(event)
    assert "acme-ltd" not in json.dumps(event)
    assert await gate.got("crm") == [], "ads were refused"
    everything = gate.everything_sent() + gate.stored()
    assert KEY.encode() not in everything
    assert b"anon-1" not in everything


async def test_without_consent_the_hit_goes_and_the_id_stays(gate: Gate) -> None:
    for context in ({}, {"consent": {}}, {"consent": {"categoryPreferences": {"statistics": False}}}, {"consent": 7}):
        assert (await server(gate, "track", userId=ALICE, event="x", context=context)).status == 200
    assert ["uid" in entry for entry in await gate.tracked()] == [False] * 4
    assert await gate.got("partner") == []


async def test_what_a_global_privacy_control_refuses_is_refused(gate: Gate) -> None:
    browser = gate.browser()
    body = {"writeKey": "shop-web", "userId": ALICE, "context": ALL}
    assert (await browser.post("/v1/page", json.dumps(body), {"sec-gpc": "1"})).status == 200
    assert "uid" in (await gate.tracked())[0]
    assert await gate.got("crm") == []


async def test_who_signs_out_is_another_visitor(gate: Gate) -> None:
    browser = gate.browser()
    browser.keeps_cookies = False
    for user in (ALICE, ALICE, None, None):
        await call(browser, "page", userId=user, anonymousId="a1", context=AGREED)
    first, second, third, fourth = await gate.tracked()
    assert first["cid"] == second["cid"] != third["cid"] == fourth["cid"]
    assert ["uid" in entry for entry in (first, second, third, fourth)] == [True, True, False, False]
    assert third["new_visit"] == "1"


async def test_the_id_before_leaves_in_no_text(gate: Gate) -> None:
    context = {**AGREED, "page": {"url": f"{URL}?u=old-7-id&v={ALICE}"}}
    answer = await server(gate, "alias", previousId="old-7-id", userId=ALICE, context=context)
    assert answer.status == 200
    (entry,) = await gate.tracked()
    assert (entry["uid"], entry["url"]) == (ALICE, f"{URL}?u=(removed)&v={ALICE}")
    assert b"old-7-id" not in gate.everything_sent() + gate.stored()


@pytest.mark.parametrize("workers", [1, 2], indirect=True, ids=["one process", "two workers"])
async def test_servers_tell_visitors_apart_by_the_anonymous_id(gate: Gate) -> None:
    calls = [{"type": "page", "anonymousId": name, "context": AGREED} for name in ("a1", "a2", "a1")]
    assert (await server(gate, "batch", batch=calls)).status == 200
    first, second, third = [entry["cid"] for entry in await gate.tracked()]
    assert first == third != second


async def test_a_purchase_is_an_order_at_a_matomo(gate: Gate) -> None:
    products = [{"product_id": "p1", "name": "Shoe", "category": "men", "price": 29.95, "quantity": 2}]
    properties = {"order_id": "o1", "total": 59.9, "tax": 9.9, "products": products}
    await server(gate, "track", userId=ALICE, event="Order Completed", properties=properties)
    (entry,) = await gate.tracked()
    assert {name: entry[name] for name in ("idgoal", "ec_id", "revenue", "ec_tx")} == {
        "idgoal": "0",
        "ec_id": "o1",
        "revenue": "59.9",
        "ec_tx": "9.9",
    }
    assert json.loads(entry["ec_items"]) == [["p1", "Shoe", "men", 29.95, 2]]
    (event,) = await gate.got("plain")
    assert event["fields"]["value"] == 59.9


# once, too much


async def test_a_message_that_is_sent_again_is_counted_once(gate: Gate) -> None:
    call = {"type": "page", "messageId": "node-next-1-x", "anonymousId": "a1"}
    for _ in range(2):
        assert (await server(gate, "batch", batch=[call, call])).status == 200
    assert len(await gate.tracked()) == 1


async def test_a_good_call_beside_bad_ones_is_stored(gate: Gate) -> None:
    answer = await server(gate, "batch", batch=[7, {"type": "page"}, {"type": "x"}, {"type": "track"}])
    assert (answer.status, answer.json["success"]) == (200, True)
    assert [one["index"] for one in answer.json["rejected"]] == [0, 2, 3]
    assert len(await gate.tracked()) == 1
    assert 'taggate_rejected_total{container="shop",reason="unknown_call"} 1.0' in await gate.text_of_metrics()
    bad = await server(gate, "batch", batch=[7])
    assert (bad.status, bad.error) == (400, "not_an_object")
    assert (bad.json["success"], bad.json["code"], bad.json["message"]) == (False, bad.error, bad.json["detail"])
    odd = await gate.web.ask("POST", "/v1/batch", b'{"batch":[{}],"batch":[]}', basic(KEY))
    assert (odd.status, odd.error) == (400, "duplicate_key")


async def test_too_many_requests_of_an_address_are_turned_away_unread(quick_path: Any) -> None:
    limits = Limits(per_address=1, per_container=0, disk_reserve=0)
    async with Gate(quick_path, limits, accept=DIALECTS) as gate:
        answers = [await gate.web.ask("POST", "/v1/page", b"{", basic(KEY)) for _ in range(3)]
        assert [answer.status for answer in answers] == [400, 400, 429]
        assert answers[2].headers["retry-after"] == "2"
    limits = Limits(per_address=0, per_container=1, disk_reserve=0)
    async with Gate(quick_path, limits, accept=DIALECTS) as gate:
        assert [(await server(gate, "page")).status for _ in range(3)] == [200, 200, 200]
        answers = [await gate.web.ask("POST", "/v1/page", b"{}", basic(KEY)) for _ in range(3)]
        assert answers[-1].status == 429
