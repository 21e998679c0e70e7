"""The addresses as interfaces.md promises them: every status, and nothing of a request in any answer."""

import asyncio
import base64
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.outbox.protocol import DiskLow, Full, Refused
from gateway.settings import Limits
from gateway.store.protocol import StoreError

from .asgi import Answer
from .gate import GRANTED, REFUSED, SECRETS, Gate, shop

HERE = {"origin": "https://shop.example.com"}
SERVER = {"authorization": f"Bearer {SECRETS['SHOP_SERVER']}"}
CANARY = "canary5ae1f"
"""Stands in every bad request; must stand nowhere in what comes of it."""


async def post(
    gate: Gate, body: Any, headers: Mapping[str, str] = HERE, path: str = "/collect/shop", **more: Any
) -> Answer:
    return await gate.web.ask("POST", path, body, headers, **more)


def said(answer: Answer) -> bytes:
    return answer.body + repr(answer.headers).encode()


async def accepted(gate: Gate) -> int:
    """Hits that came as far as the tag that gets all."""
    counts = await gate.counts()
    return counts[("shop", "plain")].accepted if ("shop", "plain") in counts else 0


def deep(levels: int) -> str:
    return '{"event":"x","fields":{"a":' + "[" * levels + f'"{CANARY}"' + "]" * levels + "}}"


BAD_BODIES = {
    "empty": ("", "not_json"),
    "not JSON": (CANARY, "not_json"),
    "a form": (f"event=page_view&user_id={CANARY}", "not_json"),
    "half": ('{"event": "page_view", "user_id": "' + CANARY, "not_json"),
    "two": ('{"event":"x"}{"event":"y"}', "not_json"),
    "not UTF-8": (b'{"event":"\xff' + CANARY.encode() + b'"}', "not_utf8"),
    "UTF-16": (('{"event":"x"}').encode("utf-16"), None),
    "a duplicate key": ('{"event":"x","event":"' + CANARY + '"}', "duplicate_key"),
    "a duplicate key inside": ('{"event":"x","fields":{"' + CANARY + '":1,"' + CANARY + '":2}}', "duplicate_key"),
    "an escaped duplicate key": ('{"event":"x","\\u0065vent":"y"}', "duplicate_key"),
    "NUL": ('{"event":"a\\u0000' + CANARY + '"}', "nul_character"),
    "a raw NUL": ('{"event":"a\0' + CANARY + '"}', "not_json"),
    "half a surrogate": ('{"event":"' + CANARY + '\\ud800"}', "lone_surrogate"),
    "33 levels": (deep(32), "too_deep"),
    "100 KB deep": (deep(50_000), "too_deep"),
    "100 KB deep, open": ("[" * 100_000, "too_deep"),
    "Infinity": ('{"event":"x","at":Infinity}', "not_a_number"),
    "a huge number": ('{"event":"x","at":1e999}', "number_too_large"),
    "a huge integer": ('{"event":"x","at":' + "9" * 5000 + "}", "number_too_large"),
    "a text": (f'"{CANARY}"', "not_an_object"),
    "a list": ('[{"event":"x"}]', "not_an_object"),
    "null": ("null", "not_an_object"),
    "no event": ('{"url":"https://shop.example.com/"}', "missing_key"),
    "an empty event": ('{"event":""}', "bad_event"),
    "a long event": (json.dumps({"event": CANARY * 1000}), "bad_event"),
    "a number for an event": ('{"event":7}', "wrong_type"),
    "an unknown key": (json.dumps({"event": "x", CANARY: 1}), "unknown_key"),
    "ip without the key": (json.dumps({"event": "x", "ip": "1.2.3.4"}), "unknown_key"),
    "user_agent without the key": (json.dumps({"event": "x", "user_agent": CANARY}), "unknown_key"),
    "visitor without the key": (json.dumps({"event": "x", "visitor": CANARY}), "unknown_key"),
    "a word for gpc": (json.dumps({"event": "x", "gpc": CANARY}), "wrong_type"),
    "an id that is no UUID": (json.dumps({"event": "x", "id": CANARY}), "bad_id"),
    "a long page": (json.dumps({"event": "x", "page": CANARY * 20}), "bad_page"),
    "an empty page": (json.dumps({"event": "x", "page": ""}), "bad_page"),
    "a word for a time": (json.dumps({"event": "x", "at": CANARY}), "wrong_type"),
    "true for a time": (json.dumps({"event": "x", "at": True}), "wrong_type"),
    "a word for a consent": (json.dumps({"event": "x", "consent": {"analytics": CANARY}}), "wrong_type"),
    "null for a consent": (json.dumps({"event": "x", "consent": {"analytics": None}}), "wrong_type"),
    "a list of fields": (json.dumps({"event": "x", "fields": [CANARY]}), "wrong_type"),
    "a number for a proof": (json.dumps({"event": "x", "proof": 1}), "wrong_type"),
    "too many fields": (json.dumps({"event": "x", "fields": {f"{CANARY}{n}": n for n in range(101)}}), "too_many"),
    "no hits": ('{"hits":[]}', "bad_batch"),
    "101 hits": (json.dumps({"hits": [{"event": "x"}] * 101}), "bad_batch"),
    "hits that are no list": (json.dumps({"hits": {"event": CANARY}}), "bad_batch"),
    "more beside hits": (json.dumps({"hits": [{"event": "x"}], CANARY: 1}), "unknown_key"),
    "a word for sent_at": (json.dumps({"hits": [{"event": "x"}], "sent_at": CANARY}), "wrong_type"),
    "no good one among three": (json.dumps({"hits": [{"event": ""}, CANARY, {"e": 1}]}), "bad_event"),
}


async def test_a_bad_body_is_400_and_disturbs_nobody(gate: Gate, logged: io.StringIO) -> None:
    good = {"event": "page_view", "url": "https://shop.example.com/"}
    for number, (name, (body, code)) in enumerate(BAD_BODIES.items()):
        answer, other = await asyncio.gather(post(gate, body), post(gate, good))
        assert (answer.status, other.status) == (400, 204), name
        assert set(answer.json) == {"error", "detail"}
        assert code in (None, answer.error), name
        assert CANARY.encode() not in said(answer), name
        assert answer.headers["access-control-allow-origin"] == HERE["origin"]
        assert await accepted(gate) == number + 1
    assert CANARY not in await gate.text_of_metrics()
    assert CANARY not in logged.getvalue()


ODD_BUT_READABLE: list[dict[str, Any]] = [
    {"at": -1e308},
    {"at": 1e308},
    {"at": -(2**63)},
    {"at": 2**64 - 1},
    {"consent": REFUSED, "consent_at": -1e308},
    {"consent": REFUSED, "consent_at": 1e308},
    {"consent": GRANTED, "consent_at": -(2**63)},
    {"consent": {"no_such_purpose": True}, "consent_at": 1},
    {"user_id": 1e300},
    {"user_id": {"a": [1, {}]}},
    {"user_id": True, "account": [None], "values": {"account_id": {"deep": []}, "company_id": 5.5}},
    {"user_id": "a", "values": {"account_id": "b"}},
    {"user_id": "x" * 100_000},
    {"user_id": "\ud83d\ude00\u202e"},
    {"proof": "x" * 100_000, "values": {"proof": "." * 10_000}},
    {"url": "http://[::1"},
    {"url": "https://shop.example.com/?" + "a&" * 1500},
    {"url": "https://shop.example.com/?" + ";" * 1500},
    {"url": "https://shop.example.com/?section=%zz%00%ed%a0%80"},
    {"url": "http://ex\u2100mple.com/"},
    {"url": "https://u:p@shop.example.com:99999999/"},
    {"url": "javascript:alert(1)", "referrer": "data:,x"},
    {"url": "", "title": None, "referrer": "//", "language": "\u202e" * 500},
    {"title": "a" * 200_000},
    {"fields": {"value": {"a": {"b": 1}}, "": None, "\u202e": "x"}},
    {"traits": {"email": ["a", {"b": None}]}},
    {"values": {str(number): None for number in range(100)}},
    {"values": {"plan": [1, 2], "email": "not a trait"}},
    {"id": "0" * 32},
]


async def test_odd_values_are_stored_and_break_nothing(gate: Gate) -> None:
    for number, odd in enumerate(ODD_BUT_READABLE):
        browser = gate.browser(consent=GRANTED)
        await browser.see()
        answer = await browser.send({**browser.hit(), **odd})
        assert answer.status == 204, str(odd)[:80]
        assert (await browser.see()).status == 204, str(odd)[:80]
        assert await accepted(gate) == 3 * (number + 1)
    await gate.delivered()
    assert all(one.dead == 0 for one in (await gate.counts()).values())


async def test_odd_times_in_batches(gate: Gate) -> None:
    browser = gate.browser()
    for at, sent_at in ((-1e308, 1e308), (1e308, -1e308), (0, 2**64 - 1), (5, -(2**63))):
        hit = {"event": "x", "at": at, "consent": REFUSED, "consent_at": at}
        assert (await browser.send(hit, hit, sent_at=sent_at)).status == 204


async def test_odd_consent_cookies(gate: Gate) -> None:
    for value in ("[" * 4000, "{" * 4000, '{"a":' * 600, "%", "%ff%fe", "\xff", '"', "[1,null]", "true", "%22"):
        browser = gate.browser()
        browser.cookies["cookie_consent"] = value
        assert (await browser.see()).status == 204


OTHERS = [
    "https://attacker.net",
    "https://evilshop.example.com.attacker.net",
    "https://shop.example.com.attacker.net",
    "https://notshop.example.com",
    "https://xshop.example.com",
    "https://example.com",
    "https://www.shop.example.com",
    "https://acme.example",
    "https://evilacme.example",
    "https://acme.example.attacker.net",
    "https://shop.example.com@attacker.net",
    "https://attacker.net/shop.example.com",
    "https://attacker.net#@shop.example.com",
    "https://attacker.net\\@shop.example.com",
    "https://attacker.net?https://shop.example.com",
    "null",
    "",
    "shop.example.com",
    "https://",
    "https://shop.example.com,https://attacker.net",
    "file://shop.example.com/etc",
]


async def test_pages_of_others_may_not_send(gate: Gate) -> None:
    for origin in OTHERS:
        answer = await post(gate, {"event": "x"}, {"origin": origin, "referer": "https://shop.example.com/"})
        assert (answer.status, answer.error) == (403, "wrong_origin"), origin
        assert "access-control-allow-origin" not in answer.headers
        assert not origin or origin.encode() not in said(answer)
    assert await accepted(gate) == 0


OURS = [
    {"origin": "https://shop.example.com"},
    {"origin": "http://shop.example.com"},
    {"origin": "https://SHOP.Example.COM"},
    {"origin": "https://shop.example.com:8443"},
    {"origin": "https://shop.example.com."},
    {"origin": "https://www.acme.example"},
    {"origin": "https://a.b.acme.example"},
    {"referer": "https://shop.example.com/cart?a=b"},
]


async def test_pages_of_the_site_may_send(gate: Gate) -> None:
    for headers in OURS:
        answer = await post(gate, {"event": "x"}, headers)
        assert answer.status == 204, headers
        assert answer.headers.get("access-control-allow-origin") == headers.get("origin")
        assert answer.headers["vary"] == "Origin"
        assert answer.headers["cache-control"] == "no-store"


async def test_without_origin_and_referer_nobody_may_send(gate: Gate) -> None:
    assert (await post(gate, {"event": "x"}, {})).status == 403


async def test_an_unknown_container_is_404(gate: Gate) -> None:
    for path in ("/collect/nope", "/consent/nope", f"/collect/{CANARY}", "/collect/Shop", "/collect/shop%00", "/x"):
        answer = await post(gate, {"event": "x"}, path=path)
        assert answer.status == 404
        assert CANARY.encode() not in said(answer)
    assert (await gate.web.ask("GET", "/t/nope.js")).status == 404
    assert (await gate.web.ask("GET", "/collect/nope.gif", b"", HERE)).status == 404
    assert CANARY not in await gate.text_of_metrics()


NO_SCRIPTS = {
    "GET": "/x /t/nope.js /t/shop.js.map /t/shop.a.b.js /collect/nope.gif /collect/shop /matomo.js /matomo.php "
    "/matomo.php?idsite=77&rec=1 /v1/track /preview/shop.x.js",
    "HEAD": "/matomo.php",
    "PUT": "/t/shop.js /matomo.php",
}


async def test_no_cache_keeps_what_is_no_script(gate: Gate) -> None:
    for method, paths in NO_SCRIPTS.items():
        for path in paths.split():
            answer = await gate.web.ask(method, path)
            assert answer.headers.get("cache-control") == "no-store", (method, path)


@pytest.mark.parametrize("path", ["/collect/shop/", "/consent/shop/", "/readyz/", "//collect/shop"])
async def test_nobody_is_sent_elsewhere(gate: Gate, path: str) -> None:
    answer = await post(gate, {"event": "x"}, {**HERE, "host": CANARY}, path=path)
    assert answer.status in (404, 405)
    assert CANARY.encode() not in said(answer)


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        ("/collect/shop", ("GET", "HEAD", "PUT", "DELETE", "PATCH"), {"POST", "OPTIONS"}),
        ("/consent/shop", ("GET", "HEAD", "PUT", "DELETE"), {"POST", "OPTIONS"}),
        ("/collect/shop.gif", ("POST", "PUT", "OPTIONS"), {"GET", "HEAD"}),
        ("/t/shop.js", ("POST", "PUT", "DELETE"), {"GET", "HEAD"}),
        ("/healthz", ("POST",), {"GET", "HEAD"}),
        ("/metrics", ("POST",), {"GET", "HEAD"}),
    ],
)
async def test_another_method_is_405_and_counts_nothing(
    gate: Gate, path: str, methods: tuple[str, ...], allowed: set[str]
) -> None:
    for method in methods:
        answer = await gate.web.ask(method, path, {"event": CANARY}, HERE)
        assert answer.status == 405, method
        assert {name.strip() for name in answer.headers["allow"].split(",")} == allowed
        assert CANARY.encode() not in said(answer)
    assert await accepted(gate) == 0


async def test_options_says_what_may_be_sent_and_counts_nothing(gate: Gate) -> None:
    for path in ("/collect/shop", "/consent/shop"):
        answer = await gate.web.ask("OPTIONS", path, b"", {**HERE, "access-control-request-method": "POST"})
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == HERE["origin"]
        assert answer.headers["access-control-allow-credentials"] == "true"
        other = await gate.web.ask("OPTIONS", path, b"", {"origin": "https://attacker.net"})
        assert "access-control-allow-origin" not in other.headers
    assert await accepted(gate) == 0


async def test_a_body_of_1_mb_is_413(gate: Gate) -> None:
    big = json.dumps({"event": "x", "title": CANARY * 100_000})
    for path in ("/collect/shop", "/consent/shop"):
        answer = await post(gate, big, {**HERE, "content-length": str(len(big))}, path=path)
        assert (answer.status, answer.error) == (413, "too_large")
        chunks = [big[at : at + 9000].encode() for at in range(0, len(big), 9000)]
        assert (await post(gate, chunks, path=path)).status == 413
        assert (await post(gate, chunks, {**HERE, "content-length": "-5"}, path=path)).status == 413
    edge = b'{"event":"x"' + b" " * (256 * 1024 - 13) + b"}"
    assert (await post(gate, edge)).status == 204
    assert (await post(gate, edge + b" ")).status == 413
    assert await accepted(gate) == 1


async def test_a_body_that_breaks_off_counts_nothing(gate: Gate) -> None:
    answer = await gate.web.ask("POST", "/collect/shop", b'{"event":', HERE, disconnects=True)
    assert answer.status == 400
    assert await accepted(gate) == 0


async def test_a_batch_of_100_and_one_with_some_that_cannot_be_read(gate: Gate) -> None:
    assert (await post(gate, {"hits": [{"event": "x"}] * 100})).status == 204
    mixed = [{"event": "a"}, {"event": ""}, CANARY, {"event": "b", CANARY: 1}, {"event": "c"}]
    answer = await post(gate, {"hits": mixed, "sent_at": gate.clock.now})
    assert answer.status == 200
    assert [one["index"] for one in answer.json["rejected"]] == [1, 2, 3]
    assert [one["error"] for one in answer.json["rejected"]] == ["bad_event", "not_an_object", "unknown_key"]
    assert CANARY.encode() not in said(answer)
    assert await accepted(gate) == 102
    assert 'taggate_rejected_total{container="shop",reason="bad_event"} 1.0' in await gate.text_of_metrics()


async def test_details_name_the_field_and_never_its_value(gate: Gate) -> None:
    wrong = {"consent_at": "x", "consent": 3, "at": [], "id": 5, "user_agent": {}, "ip": 1, "reset": "yes", "traits": 1}
    for field, value in wrong.items():
        answer = await post(gate, {"event": "x", field: value}, SERVER)
        assert answer.status == 400
        assert answer.json["detail"].split()[0] == field
    said = (await post(gate, {"event": "x", "consent": ["analytics"]}, SERVER)).json["detail"]
    assert said == 'consent does not fit: it is like {"analytics": true}'
    assert "goes under fields" in (await post(gate, {"event": "x", "value": 5}, SERVER)).json["detail"]


async def test_the_servers_key(gate: Gate) -> None:
    body = {"event": "x", "ip": "192.0.2.77", "user_agent": "curl", "visitor": "v1", "gpc": True}
    assert (await post(gate, body, SERVER)).status == 204
    assert (await post(gate, body, {"authorization": f"bearer  {SECRETS['SHOP_SERVER']} "})).status == 204
    for wrong in ("Bearer", "Bearer ", f"Bearer {CANARY}", f"Basic {SECRETS['SHOP_SERVER']}", "Bearer \xff\xfe", ""):
        for path in ("/collect/shop", "/consent/shop"):
            answer = await post(gate, body, {**HERE, "authorization": wrong}, path=path)
            assert (answer.status, answer.error) == (401, "wrong_key")
            assert answer.headers["www-authenticate"] == "Bearer"
            assert CANARY.encode() not in said(answer)
    assert await accepted(gate) == 2


async def test_a_container_without_a_key_knows_no_server(gate: Gate) -> None:
    text = shop(gate.matomo.url + "/", gate.hooks.url)
    head, _, rest = text.partition("accept:")
    await gate.load(head + rest.partition("\n\n")[2], name="keyless")
    assert (await post(gate, {"event": "x"}, SERVER, path="/collect/keyless")).status == 401
    assert (await post(gate, {"event": "x"}, path="/collect/keyless")).status == 204


async def test_sendbeacon_bodies_are_read_whatever_they_are_called(gate: Gate) -> None:
    for kind in ("text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/json", ""):
        assert (await post(gate, {"event": "x"}, {**HERE, "content-type": kind})).status == 204


# the pixel


async def test_the_pixel(gate: Gate) -> None:
    headers = {"referer": "https://shop.example.com/cart?reset_token=1&a=b", "user-agent": "Lynx"}
    answer = await gate.web.ask("GET", f"/collect/shop.gif?user_id={CANARY}&event={CANARY}", b'{"event":1}', headers)
    assert (answer.status, answer.headers["content-type"], len(answer.body)) == (200, "image/gif", 43)
    assert answer.body.startswith(b"GIF89a")
    [event] = await gate.got("plain")
    assert event["event"] == "page_view"
    assert event["page"]["url"] == "https://shop.example.com/cart?a=b"
    assert CANARY.encode() not in gate.everything_sent()


async def test_the_pixel_counts_only_what_somebody_looks_at(gate: Gate) -> None:
    assert (
        await gate.web.ask("HEAD", "/collect/shop.gif", b"", {"referer": "https://shop.example.com/"})
    ).status == 200
    fetched = {"referer": "https://shop.example.com/", "sec-purpose": "prefetch;prerender"}
    assert (await gate.web.ask("GET", "/collect/shop.gif", b"", fetched)).status == 200
    assert (await gate.web.ask("GET", "/collect/shop.gif", b"", {"referer": "https://attacker.net/"})).status == 403
    assert (await gate.web.ask("GET", "/collect/shop.gif")).status == 403
    assert await accepted(gate) == 0


# consent


async def test_a_withdrawal_is_taken_where_a_grant_is_not(gate: Gate) -> None:
    for headers in ({"origin": "https://attacker.net"}, {}, {"origin": "null"}):
        granted = await post(gate, {"consent": GRANTED}, headers, path="/consent/shop")
        assert (granted.status, granted.error) == (403, "wrong_origin")
        mixed = {"consent": {"analytics": True, "marketing": False}}
        assert (await post(gate, mixed, headers, path="/consent/shop")).status == 403
        assert (await post(gate, {"consent": REFUSED}, headers, path="/consent/shop")).status == 204
    assert (await post(gate, {"consent": GRANTED}, path="/consent/shop")).status == 204
    assert (await post(gate, {"consent": GRANTED, "user_id": "a"}, SERVER, path="/consent/shop")).status == 204


async def test_a_server_is_not_told_that_a_refusal_was_kept_that_means_nothing(gate: Gate) -> None:
    async def refuse(**said: Any) -> tuple[int, str]:
        answer = await post(gate, {"consent": REFUSED, **said}, SERVER, path="/consent/shop")
        return answer.status, answer.error if answer.body else ""

    assert await refuse() == (400, "nobody")
    assert await refuse(user_id="undefined") == (400, "nobody")
    assert await refuse(user_id="alice", consent={"marketing": False, "ads": False}) == (400, "unknown_purpose")
    assert await refuse(user_id="alice") == (204, "")
    assert await refuse(page="p" * 32) == (204, "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "not_json"),
        ("{}", "missing_key"),
        ('{"consent":{}}', "empty"),
        ('{"consent":{"analytics":"no"}}', "wrong_type"),
        ('{"consent":{"analytics":false},"consent":{}}', "duplicate_key"),
        ('{"consent":{"analytics":false},"' + CANARY + '":1}', "unknown_key"),
        ('{"consent":{"analytics":false},"ip":"1.2.3.4"}', "unknown_key"),
        ('{"consent":{"analytics":false},"at":"' + CANARY + '"}', "wrong_type"),
        ('[{"consent":{"analytics":false}}]', "not_an_object"),
        ('{"consent":{"ads":false}}', "unknown_purpose"),
    ],
)
async def test_a_choice_that_cannot_be_read(gate: Gate, body: str, code: str) -> None:
    answer = await post(gate, body, path="/consent/shop")
    assert (answer.status, answer.error) == (400, code)
    assert CANARY.encode() not in said(answer)


async def test_odd_choices_break_nothing(gate: Gate) -> None:
    times = (-1e308, 1e308, -(2**63), 2**64 - 1, 0, None)
    for at in times:
        for sent_at in (None, 1e308, -1e308):
            body = {"consent": REFUSED, "at": at, "sent_at": sent_at, "page": "p" * 1000, "user_id": {"a": 1}}
            assert (await post(gate, body, path="/consent/shop")).status == 204
    older = {"consent": {"no_such": False, "marketing": False}}
    assert (await post(gate, older, path="/consent/shop")).status == 204
    assert (await post(gate, {"event": "x", "page": "p" * 100, "consent": REFUSED})).status == 204


# when it cannot promise


async def test_too_many_requests_are_429(quick_path: Path) -> None:
    limits = Limits(per_address=1, per_container=3, disk_reserve=0)
    async with Gate(quick_path, limits) as gate:
        answers = [await post(gate, {"event": "x"}, ip="192.0.2.1") for _ in range(3)]
        assert [answer.status for answer in answers] == [204, 204, 429]
        assert int(answers[2].headers["retry-after"]) >= 1
        assert answers[2].error == "too_many"
        others = [await post(gate, {"event": "x"}, ip=f"192.0.2.{n}") for n in range(2, 8)]
        assert [answer.status for answer in others] == [204] * 4 + [429] * 2
        gate.clock.now += 1000
        assert (await post(gate, {"event": "x"}, ip="192.0.2.1")).status == 204
        assert (await post(gate, {"consent": REFUSED}, ip="192.0.2.1", path="/consent/shop")).status == 429
        assert await accepted(gate) == 7


async def test_who_has_many_ipv6_addresses_asks_as_one(quick_path: Path) -> None:
    async with Gate(quick_path, Limits(per_address=1, per_container=0, disk_reserve=0)) as gate:
        for one in ("2001:db8:1:2::", "2001:db8:1:3::", "fe80::1%eth"):
            answers = [await post(gate, {"event": "x"}, ip=f"{one}{n}") for n in range(1, 4)]
            assert [answer.status for answer in answers] == [204, 204, 429]
        inside = [await post(gate, {"event": "x"}, ip=f"::ffff:192.0.2.{n}") for n in range(1, 4)]
        assert [answer.status for answer in inside] == [204] * 3, (
            "these are IPv4 addresses, as a dual socket tells them"
        )
        strange = [await post(gate, {"event": "x"}, ip="unknown" * n) for n in range(1, 4)]
        assert [answer.status for answer in strange] == [204, 204, 429]


@pytest.mark.parametrize("error", [Full("x"), DiskLow("x"), StoreError("x"), Refused("x")])
async def test_what_cannot_be_stored_is_no_2xx(gate: Gate, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> Any:
        raise error

    browser = gate.browser(consent=GRANTED)
    monkeypatch.setattr(gate.store if isinstance(error, StoreError) else gate.outbox, "put", fails, raising=False)
    monkeypatch.setattr(gate.store, "know", fails if isinstance(error, StoreError) else gate.store.know)
    answer = await browser.send(browser.hit())
    assert answer.status == (400 if isinstance(error, Refused) else 503)
    assert ("retry-after" in answer.headers) == (answer.status == 503)
    assert not answer.set_cookies


async def test_a_queue_that_failed_is_503(gate: Gate) -> None:
    await gate.outbox.close()
    for path, body in (("/collect/shop", {"event": "x"}), ("/consent/shop", {"consent": REFUSED})):
        answer = await post(gate, body, path=path)
        assert (answer.status, answer.error) == (503, "cannot_promise")
        assert int(answer.headers["retry-after"]) >= 1
    pixel = await gate.web.ask("GET", "/collect/shop.gif", b"", {"referer": "https://shop.example.com/"})
    assert pixel.status == 503
    assert 'taggate_rejected_total{container="shop",reason="unusable"} 3.0' in await gate.text_of_metrics()
    await gate.outbox.open()
    assert (await post(gate, {"event": "x"})).status == 204


async def test_a_state_store_that_failed_is_503_and_lets_nothing_out(gate: Gate) -> None:
    await gate.store.close()
    browser = gate.browser(consent=GRANTED)
    assert (await browser.send(browser.hit(user="alice"))).status == 503
    assert await accepted(gate) == 0


# the snippet


async def test_the_snippet(gate: Gate) -> None:
    plain = await gate.web.ask("GET", "/t/shop.js")
    assert plain.status == 200
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["vary"] == "Accept-Encoding"
    assert "max-age" in plain.headers["cache-control"]
    assert "set-cookie" not in plain.headers
    etags = {plain.headers["etag"]}
    for accept, encoding in (("gzip, deflate", "gzip"), ("gzip, br", "br"), ("br;Q=0, gzip", "gzip"), ("*;q=0", None)):
        packed = await gate.web.ask("GET", "/t/shop.js", b"", {"accept-encoding": accept})
        assert packed.headers.get("content-encoding") == encoding
        assert encoding is None or len(packed.body) < len(plain.body)
        etags.add(packed.headers["etag"])
    assert len(etags) == 3
    assert all(etag.startswith('"') for etag in etags)


async def test_the_snippet_is_unpacked_to_the_same(gate: Gate) -> None:
    import gzip

    import brotli

    plain = await gate.web.ask("GET", "/t/shop.js")
    for name, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        packed = await gate.web.ask("GET", "/t/shop.js", b"", {"accept-encoding": name})
        assert unpack(packed.body) == plain.body


async def test_the_snippet_depends_on_nothing_the_visitor_sends(gate: Gate) -> None:
    plain = await gate.web.ask("GET", "/t/shop.js")
    odd = {"host": CANARY, "cookie": f"tg_shop={CANARY}", "origin": "https://attacker.net", "referer": CANARY}
    other = await gate.web.ask("GET", f"/t/shop.js?{CANARY}", b"", odd)
    assert (other.body, dict(other.headers)) == (plain.body, dict(plain.headers))
    assert not any(secret.encode() in plain.body for secret in SECRETS.values())


async def test_a_snippet_that_is_there_already_is_304(gate: Gate) -> None:
    for accept in ("", "gzip", "br"):
        first = await gate.web.ask("GET", "/t/shop.js", b"", {"accept-encoding": accept})
        etag = first.headers["etag"]
        for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = await gate.web.ask(
                "GET", "/t/shop.js", b"", {"accept-encoding": accept, "if-none-match": condition}
            )
            assert (again.status, again.body) == (304, b""), condition
            assert again.headers["etag"] == etag
            assert again.headers["vary"] == "Accept-Encoding"


async def test_a_new_version_has_a_new_etag(gate: Gate) -> None:
    first = await gate.web.ask("GET", "/t/shop.js")
    await gate.load(consent=first_purpose_renamed())
    second = await gate.web.ask("GET", "/t/shop.js", b"", {"if-none-match": first.headers["etag"]})
    assert second.status == 200
    assert second.headers["etag"] != first.headers["etag"]


def first_purpose_renamed() -> str:
    return "consent:\n  from: { cookie: other_cookie }\n  purposes: { analytics: a, marketing: b }"


async def test_a_version_of_the_snippet_is_for_ever(gate: Gate) -> None:
    plain = await gate.web.ask("GET", "/t/shop.js")
    snippet = gate.runtimes["shop"].snippet
    versioned = await gate.web.ask("GET", f"/t/shop.{snippet.version}.js")
    assert versioned.body == plain.body
    assert versioned.headers["cache-control"] == "public, max-age=31536000, immutable"
    digest = base64.b64encode(hashlib.sha384(plain.body).digest()).decode()
    assert snippet.integrity == f"sha384-{digest}"
    for header in ("cross-origin-resource-policy", "access-control-allow-origin", "timing-allow-origin"):
        assert versioned.headers[header] in ("*", "cross-origin")
    gone = await gate.web.ask("GET", "/t/shop.0123456789ab.js")
    assert (gone.body, gone.headers["cache-control"]) == (plain.body, plain.headers["cache-control"])


async def test_the_source_map(gate: Gate) -> None:
    plain = await gate.web.ask("GET", "/t/shop.js")
    found = await gate.web.ask("GET", f"/t/{plain.headers['sourcemap']}")
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    sections = json.loads(found.body)["sections"]
    assert [s["map"]["sources"][0] for s in sections][-1] == "taggate/start.js"
    lines = plain.body.decode().split("\n")
    for section in sections:
        assert lines[section["offset"]["line"]][section["offset"]["column"] - 1] in ";{,"
    assert (await gate.web.ask("GET", "/t/shop.0123456789ab.js.map")).status == 404
    assert (await gate.web.ask("GET", "/t/none.0123456789ab.js.map")).status == 404


# health


async def test_health(gate: Gate) -> None:
    assert (await gate.web.ask("GET", "/healthz")).body == b"ok\n"
    ready = await gate.web.ask("GET", "/readyz")
    assert (ready.status, ready.json["ready"], list(ready.json["containers"])) == (200, True, ["shop"])
    gate.degraded = ["tags/shop.yaml: …"]
    assert (await gate.web.ask("GET", "/readyz")).json["degraded"] == ["tags/shop.yaml: …"]
    gate.unready = ["stopping"]
    ready = await gate.web.ask("GET", "/readyz")
    assert (ready.status, ready.json["unready"]) == (503, ["stopping"])
    assert ready.headers["cache-control"] == "no-store"
