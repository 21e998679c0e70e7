"""Requests that come at once to one process: how often anybody is asked for all of them, and what follows what."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.outbox.codec import decode
from gateway.web import flow, together
from gateway.web.desk import OwnDesk, Want
from gateway.web.repeats import Repeats

from .gate import GRANTED, Gate
from .test_together import at_once, known, read, seen, still, users

__all__ = ["still"]


def counted(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many hits each call of the outbox brings from now on."""
    calls, put = list[int](), gate.outbox.put

    async def noted(arrivals: Sequence[Any], ticket: int) -> Sequence[bool]:
        calls.append(len(arrivals))
        return await put(arrivals, ticket)

    monkeypatch.setattr(gate.outbox, "put", noted)
    return calls


async def test_those_who_change_nothing_are_one_call_of_the_outbox(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = await known(still, 4)
    calls = counted(still, monkeypatch)
    assert await seen(browsers) == [204] * 4
    assert calls == [4]


async def test_more_than_are_enough_for_one_time_go_in_several(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = await known(still, 7)
    calls = counted(still, monkeypatch)
    monkeypatch.setattr(together, "MOST", 3)
    assert await seen(browsers) == [204] * 7
    assert calls == [3, 3, 1]
    several = [browser.send(*[browser.hit()] * (3 - who)) for who, browser in enumerate(browsers[:3])]
    await asyncio.gather(*several)
    assert calls[3:] == [3, 3]


async def test_new_pages_are_looked_up_at_once_and_go_together(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = await known(still, 4)
    looks, know = list[int](), still.store.know

    async def noted(container: str, keys: Sequence[bytes]) -> Any:
        looks.append(len(keys))
        return await know(container, keys)

    monkeypatch.setattr(still.store, "know", noted)
    calls = counted(still, monkeypatch)
    for browser in browsers:
        browser.new_page()
    assert await seen(browsers) == [204] * 4
    assert (looks, calls) == ([4], [4])


async def test_what_was_stored_before_a_restart_is_counted_and_run_once(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = await known(still, 2)
    again = browsers[0].hit(user="member-0", id="0" * 32)
    await browsers[0].send(again)
    monkeypatch.setattr(Repeats, "has", lambda *_: False)
    hits = (again, browsers[1].hit(user="member-1"))
    await asyncio.gather(*[browser.send(hit) for browser, hit in zip(browsers, hits, strict=True)])
    assert 'taggate_hits_total{container="shop"} 4.0' in await still.text_of_metrics()
    assert len(await users(still)) == 4


async def test_who_is_forgotten_again_goes_alone_and_the_others_keep_what_is_theirs(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = await known(still, 4)
    for browser in browsers:
        browser.new_page()
    lost, glance = still.runtimes["shop"].keys.lookup.page(browsers[1].page), OwnDesk.glance

    def forgets(desk: OwnDesk, want: Want) -> Any:
        return None if lost in want.keys else glance(desk, want)

    monkeypatch.setattr(OwnDesk, "glance", forgets)
    calls = counted(still, monkeypatch)
    assert await seen(browsers) == [204] * 4
    assert calls == [3, 1]
    assert (await users(still))[-4:] == ["member-0", "member-2", "member-3", "member-1"]


async def test_what_follows_a_logout_of_the_same_moment_is_somebody_elses(still: Gate) -> None:
    browser = still.browser(consent=GRANTED)
    await browser.see(user="alice")
    await at_once(browser, browser.hit(user="alice"), browser.hit(user=None), browser.hit(), browser.hit(user=None))
    made = [decode(body) for tag, body in read(still) if tag == "matomo"]
    assert sorted(one.user or "" for one in made) == ["", "", "", "alice", "alice"]
    assert len({one.visitor for one in made if one.user}) == len({one.visitor for one in made if not one.user}) == 1


async def test_what_follows_a_logout_does_so_too_where_it_is_one_too_many_for_one_time(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = still.browser(consent=GRANTED)
    await browser.see(user="alice")
    monkeypatch.setattr(together, "MOST", 1)
    await at_once(browser, browser.hit(user=None), browser.hit())
    made = [decode(body) for tag, body in read(still) if tag == "matomo"]
    first, *rest = [one.visitor for one in made]
    assert len(set(rest)) == 1
    assert first not in rest


async def test_what_follows_who_must_be_looked_up_waits_too(still: Gate) -> None:
    browser = still.browser(consent=GRANTED)
    await browser.see(user=None)
    # Nobody knows Alice yet: a logout that did not wait for her would be none.
    await at_once(browser, browser.hit(user="alice"), browser.hit(user=None), browser.hit())
    made = [decode(body) for tag, body in read(still) if tag == "matomo"]
    assert [one.user for one in made].count("alice") == 1
    first, *rest = [one.visitor for one in made if one.user is None]
    assert len(set(rest)) == 1
    assert first not in rest


async def test_what_cannot_be_stored_is_told_to_its_sender_alone(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = await known(still, 3)
    still.clock.now += 3_600_000
    encode = flow.encode
    monkeypatch.setattr(flow, "encode", lambda made: range(3) if made.event == "odd" else encode(made))
    kinds = ("page_view", "odd", "page_view")
    hits = [browser.hit(kinds[who], user=f"member-{who}") for who, browser in enumerate(browsers)]
    answers = await asyncio.gather(*[browser.send(hit) for browser, hit in zip(browsers, hits, strict=True)])
    assert [answer.status for answer in answers] == [204, 400, 204]
    assert await seen(browsers) == [204] * 3
    # What was stored began a visit; what was not was seen by nobody.
    last = [decode(body).new_visit for tag, body in read(still) if tag == "matomo"][-3:]
    assert last == [False, True, False]
