"""Senders that give a visitor the User ID as number: a tag whose decision is drop must not know two devices as one."""

from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

import pytest

from .gate import DIALECTS, SECRETS, Gate

ALICE = "alice-4711"
AGREED = {"consent": {"categoryPreferences": {"statistics": True}}}


async def segment(gate: Gate, visitor: str, user: Any) -> None:
    call = {"event": "x", "anonymousId": visitor, "userId": user, "context": AGREED}
    answer = await gate.web.ask("POST", "/v1/track", {"writeKey": SECRETS["SEGMENT_KEY"], **call}, {})
    assert answer.status == 200


async def matomo(gate: Gate, visitor: str, user: Any) -> None:
    number = sha1(visitor.encode()).hexdigest()[:16]
    told = {"idsite": 1, "rec": 1, "_id": number, "uid": user, "consent": 1, "token_auth": SECRETS["SHOP_TOKEN"]}
    assert (await gate.web.ask("GET", "/matomo.php?" + urlencode(told))).status == 200


async def in_a_browser(gate: Gate, visitor: str, user: Any) -> None:
    """Each time another one, which sends no cookie."""
    call = {"event": "x", "anonymousId": visitor, "userId": user, "context": AGREED}
    headers = {"origin": "https://shop.example.com"}
    answer = await gate.web.ask("POST", "/v1/track", {"writeKey": "shop-web", **call}, headers, ip="203.0.113.9")
    assert answer.status == 200


async def server(gate: Gate, visitor: str, user: Any) -> None:
    hit = {"event": "x", "visitor": visitor, "values": {"account_id": user}, "consent": {"analytics": True}}
    assert (await gate.server(hit)).status == 204


@pytest.mark.parametrize("send", [segment, in_a_browser, matomo, server])
@pytest.mark.parametrize("user", [ALICE, f" {ALICE}", 4711])
async def test_it_is_no_visitors(gate: Gate, send: Any, user: Any) -> None:
    await gate.load(accept=DIALECTS)
    for visitor in (str(user).strip(), str(user).strip(), "a1", "a1"):
        gate.clock.now += 1000
        await send(gate, visitor, user)
    first, second, third, fourth = [event["visitor"] for event in await gate.got("plain")]
    assert first != second
    assert third == fourth


async def test_the_hits_of_a_page_stay_one_visitors(gate: Gate) -> None:
    """Of a browser that sends no cookie, as Matomo's clients do across hosts."""
    await gate.load(accept=DIALECTS)
    told = {"idsite": 1, "rec": 1, "_id": sha1(ALICE.encode()).hexdigest()[:16], "uid": ALICE}
    headers = {"origin": "https://shop.example.com", "cookie": "cookie_consent=statistics"}
    for page in ("abcdef", "abcdef", "ghijkl"):
        gate.clock.now += 1000
        path = "/matomo.php?" + urlencode({**told, "pv_id": page})
        assert (await gate.web.ask("GET", path, headers=headers, ip="203.0.113.9")).status == 200
    first, second, third = [event["visitor"] for event in await gate.got("plain")]
    assert first == second != third
    assert all(len(set(taken.attendance.known_by)) == len(taken.attendance.known_by) for taken in gate.taken)
