"""Requests that come at once to one of several workers: one question to the keeper, and whose fault is whose."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.model import Delivery
from gateway.outbox.codec import decode
from gateway.outbox.protocol import Refused
from gateway.web import flow
from gateway.web.workers.messages import Ask, Message, Store

from .asgi import Answer, Asgi
from .gate import GRANTED, REFUSED, Browser, Gate
from .office import InTurn
from .test_together import known, read, still, users

__all__ = ["still"]

pytestmark = pytest.mark.parametrize("workers", [2], indirect=True, ids=["two workers"])


def shape(asked: Sequence[Message]) -> list[tuple[type[Message], int]]:
    """What was asked, and of how many requests."""
    return [(type(one), len(one.parts) if isinstance(one, Store) else 1) for one in asked]


def worker(gate: Gate, at: int) -> Asgi:
    assert isinstance(gate.web, InTurn)
    return gate.web.applications[at]


async def members(gate: Gate, number: int) -> list[Browser]:
    """Visitors whom both workers know."""
    browsers = await known(gate, number)
    for at in (0, 1):
        await at_worker(gate, at, browsers)
    return browsers


async def at_worker(gate: Gate, at: int, browsers: Sequence[Browser], **told: Any) -> list[Answer]:
    """The answers to a hit of each, at once and from one worker."""
    hits = [browser.hit(**{"user": f"member-{who}", **told}) for who, browser in enumerate(browsers)]
    return await sent(gate, at, browsers, hits)


async def sent(gate: Gate, at: int, browsers: Sequence[Browser], hits: Sequence[Any]) -> list[Answer]:
    web, gate.web = gate.web, worker(gate, at)
    try:
        asking = [asyncio.create_task(browser.send(hit)) for browser, hit in zip(browsers, hits, strict=True)]
        return await asyncio.gather(*asking)
    finally:
        gate.web = web


async def made(gate: Gate) -> list[Delivery]:
    """What Matomo is to get, in order."""
    return [decode(body) for tag, body in read(gate) if tag == "matomo"]


async def test_those_who_change_nothing_are_one_question(still: Gate, asked: list[Message]) -> None:
    browsers = await members(still, 4)
    asked.clear()
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [204] * 4
    assert shape(asked) == [(Store, 4)]
    assert len(await users(still)) == 16


async def test_who_is_not_known_is_asked_for_first_and_then_goes_with_the_others(
    still: Gate, asked: list[Message]
) -> None:
    browsers = await members(still, 3)
    for browser in browsers:
        browser.new_page()
    asked.clear()
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [204] * 3
    assert shape(asked) == [(Ask, 1)] * 3 + [(Store, 3)]


async def test_of_whom_nothing_can_be_asked_is_asked_once(still: Gate, asked: list[Message]) -> None:
    guest = {"event": "page_view", "at": still.clock.now, "values": {}}
    browser = still.browser()
    assert [answer.status for answer in await sent(still, 0, [browser], [guest])] == [204]
    assert shape(asked) == [(Ask, 1), (Store, 1)]


async def test_what_one_was_decided_on_is_outdated_and_the_others_are_stored(still: Gate, asked: list[Message]) -> None:
    browsers = await members(still, 3)
    # Somebody signs out at the other worker.
    cookies = dict(browsers[1].cookies)
    await sent(still, 1, browsers[1:2], [browsers[1].hit(user=None)])
    browsers[1].cookies = cookies
    asked.clear()
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [204] * 3
    # And who took over, since that is where the hit belongs.
    assert shape(asked) == [(Store, 3), (Ask, 1), (Ask, 1), (Store, 1)]
    assert sorted(filter(None, await users(still)))[-4:] == ["member-2"] * 4
    first, *_, last = [one for one in await made(still) if one.user == "member-1"]
    assert first.visitor != last.visitor
    assert len({one.visitor for one in await made(still) if one.user == "member-2"}) == 1


async def test_what_cannot_be_sent_to_the_keeper_is_its_senders_fault(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = await members(still, 3)
    encode = flow.encode
    monkeypatch.setattr(flow, "encode", lambda made: range(3) if made.event == "odd" else encode(made))
    hits = [browser.hit("odd" if who == 1 else "page_view") for who, browser in enumerate(browsers)]
    assert [answer.status for answer in await sent(still, 0, browsers, hits)] == [204, 400, 204]


async def test_what_the_outbox_refuses_is_its_senders_fault(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = await members(still, 3)
    still.clock.now += 3_600_000
    for browser in browsers:
        browser.new_page()
    put = still.outbox.put

    async def picky(arrivals: Sequence[Any], ticket: int) -> Sequence[bool]:
        await put([arrivals[0], arrivals[2]], ticket)
        raise Refused("x", [True, None, True])

    with monkeypatch.context() as patched:
        patched.setattr(still.outbox, "put", picky)
        assert [answer.status for answer in await at_worker(still, 0, browsers)] == [204, 400, 204]
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [204] * 3
    # What was refused began no visit.
    begun = {one.user: one.new_visit for one in (await made(still))[-3:]}
    assert begun == {"member-0": False, "member-1": True, "member-2": False}


async def test_who_agreed_again_is_not_held_to_the_withdrawal_of_before(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is stored with the ticket of the own look."""
    browsers = await members(still, 2)
    for consent in (REFUSED, GRANTED):
        still.clock.now += 1_000
        assert (await browsers[1].choose(consent)).status == 204
    assert [answer.status for answer in await at_worker(still, 0, browsers[1:], user="member-1")] == [204]
    tickets, put = list[int](), still.outbox.put

    async def noted(arrivals: Sequence[Any], ticket: int) -> Sequence[bool]:
        tickets.append(ticket)
        return await put(arrivals, ticket)

    monkeypatch.setattr(still.outbox, "put", noted)
    before = len(await users(still))
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [204] * 2
    assert len(tickets) == len(set(tickets)) == 2
    assert sorted((await users(still))[before:]) == ["member-0", "member-1"]  # type: ignore[type-var]


async def test_when_the_keeper_is_gone_all_are_told(still: Gate) -> None:
    browsers = await members(still, 3)
    assert still.office is not None
    place = still.office.places[0]
    place.keeper.close()
    await place.gone.wait()
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [503] * 3
    for browser in browsers:
        browser.new_page()
    assert [answer.status for answer in await at_worker(still, 0, browsers)] == [503] * 3
    assert [answer.status for answer in await at_worker(still, 1, browsers)] == [204] * 3
