"""A refusal that a hit tells without a cookie of ours: of a visitor by another tool's number, or of a server's."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from receivers import status

from .gate import DIALECTS, GRANTED, REFUSED, SECRETS, Gate, until

Tell = Callable[[str, bool | None], Awaitable[None]]
"""One hit of the visitor with this number (also the User ID), which agrees, refuses or says nothing."""


@pytest.fixture
async def gate(gate: Gate) -> Gate:
    await gate.load(accept=DIALECTS)
    return gate


def segment(gate: Gate, *, browser: bool, named: str = "anonymousId") -> Tell:
    async def tell(visitor: str, agreed: bool | None) -> None:
        words = {} if agreed is None else {"consent": {"categoryPreferences": {"statistics": agreed, "ads": agreed}}}
        body = {"event": "x", named: visitor, "userId": visitor, "context": {**words}}
        if named == "anonymousId":
            body[named] = f"a-{visitor}"
        headers = {"origin": "https://shop.example.com"}
        if not browser:
            headers = {"authorization": "Basic " + b64encode(f"{SECRETS['SEGMENT_KEY']}:".encode()).decode()}
        answer = await gate.web.ask("POST", "/v1/track", {"writeKey": "shop-web", **body}, headers, ip="203.0.113.9")
        assert answer.status == 200

    return tell


def matomo(gate: Gate) -> Tell:
    async def tell(visitor: str, agreed: bool | None) -> None:
        browser = gate.browser()
        if agreed is not None:
            browser.cookies["cookie_consent"] = "statistics ads" if agreed else "none"
        number = visitor.encode().hex().ljust(16, "0")[:16]
        address = f"/matomo.php?idsite=1&rec=1&_id={number}&uid={visitor}"
        answer = await gate.web.ask("GET", address, headers=browser.headers(), ip=browser.ip)
        assert answer.status == 200

    return tell


def server(gate: Gate) -> Tell:
    async def tell(visitor: str, agreed: bool | None) -> None:
        said = {} if agreed is None else {"consent": GRANTED if agreed else REFUSED}
        hit: dict[str, Any] = {"event": "x", "visitor": visitor, "values": {"account_id": visitor}, **said}
        assert (await gate.server(hit)).status == 204

    return tell


TELLERS: dict[str, Callable[[Gate], Tell]] = {
    "Segment in a browser": lambda gate: segment(gate, browser=True),
    "Segment at a server": lambda gate: segment(gate, browser=False),
    "Segment at a server, of a person alone": lambda gate: segment(gate, browser=False, named="userId"),
    "Matomo in a browser": matomo,
    "a server": server,
}


def telling(gate: Gate, how: str) -> Tell:
    tell = TELLERS[how](gate)

    async def later(visitor: str, agreed: bool | None) -> None:
        gate.clock.now += 1000
        await tell(visitor, agreed)

    return later


@pytest.mark.parametrize("how", TELLERS)
async def test_it_discards_what_is_queued_for_this_visitor_alone(gate: Gate, how: str) -> None:
    gate.hooks.answers(status(503))
    tell = telling(gate, how)
    for visitor in ("alice", "alice", "bob"):
        await tell(visitor, True)
    await tell("alice", False)

    async def dropped() -> bool:
        return (await gate.counts())["shop", "crm"].dropped == {"consent_withdrawn": 2}

    # The first attempt may still be in flight.
    await until(dropped)
    gate.hooks.answers(None)
    await gate.delivered()
    counts = (await gate.counts())["shop", "crm"]
    assert (counts.accepted, counts.delivered) == (3, 1)


@pytest.mark.parametrize("how", TELLERS)
async def test_it_is_kept(gate: Gate, how: str) -> None:
    tell = telling(gate, how)
    await tell("alice", True)
    await gate.delivered()
    for agreed in (False, True, None):
        await tell("alice", agreed)
    await tell("bob", True)
    assert [event["user"]["id"] for event in await gate.got("crm")] == ["alice", "bob"], "a claim without time"
    assert await gate.accepted("plain") == 5


async def test_a_later_choice_of_the_servers_visitor_takes_it_back(gate: Gate) -> None:
    tell = telling(gate, "a server")
    await tell("alice", False)
    agreed = {"event": "x", "visitor": "alice", "consent": GRANTED}
    await gate.server({**agreed, "consent_at": gate.clock.now})
    assert await gate.accepted("crm") == 0
    gate.clock.now += 1000
    await gate.server({**agreed, "consent_at": gate.clock.now})
    await gate.server(agreed)
    assert await gate.accepted("crm") == 2


async def test_who_is_signed_in_refuses_by_the_device_alone_where_no_time_is_told(gate: Gate) -> None:
    tell = telling(gate, "Segment in a browser")
    await tell("alice", False)
    await server(gate)("alice", True)
    assert len(await gate.got("crm")) == 1
