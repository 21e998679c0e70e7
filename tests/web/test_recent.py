"""What a worker was told a moment ago is used again, and never believed once it is outdated."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from gateway.model import Choice, Consent, Life
from gateway.outbox.protocol import Arrival, Full, Unusable
from gateway.web.workers.looks import OneDay
from gateway.web.workers.messages import Ask, Done, Found, Message, Part, Store, Stored
from gateway.web.workers.recent import LASTS, Recent, Told

from .gate import GRANTED, REFUSED, Gate, shop

OUTDATED = Stored([Done()])

DAY = date(2026, 11, 22)


def told(at: float = 0.0, moment: int = 0) -> Told:
    return Told(at=at, keys=[b"a"], moment=moment, ticket=0, lives={}, choices={}, visits={})


def whom(key: bytes = b"a") -> tuple[str, frozenset[bytes]]:
    return ("shop", frozenset([key]))


def test_what_was_told_lasts_a_minute() -> None:
    now = [0.0]
    recent = Recent(lambda: now[0])
    assert recent.of(whom()) is None
    recent.note(whom(), told())
    now[0] = LASTS - 1
    assert recent.of(whom()) == told()
    recent.note(whom(), told(moment=1))
    now[0] = LASTS
    # What was stored since makes it no younger: its ticket is as old as it was.
    assert recent.of(whom()) is None
    recent.clean(DAY)
    assert recent._told == {}
    recent.note(whom(), told(at=LASTS))
    recent.clean(DAY)
    assert recent.of(whom()) == told(at=LASTS)


def test_it_is_bounded_and_of_visitors_only() -> None:
    recent = Recent(lambda: 0.0, most=2)
    for key in (b"a", b"b", b"a", b"c"):
        recent.note(whom(key), told())
    assert [recent.of(whom(key)) is not None for key in (b"a", b"b", b"c")] == [True, False, True]
    recent.drop(whom(b"a"))
    recent.drop(whom(b"a"))
    assert recent.of(whom(b"a")) is None
    recent.note(("shop", frozenset()), told())
    assert recent.of(("shop", frozenset())) is None


def test_the_days_key_goes_with_its_day() -> None:
    recent = Recent(lambda: 0.0)
    recent.note_day(DAY, b"key")
    recent.clean(DAY)
    assert recent.day_key(DAY) == b"key"
    assert recent.day_key(date(2026, 11, 21)) is None
    recent.clean(date(2026, 11, 23))
    assert recent.day_key(DAY) is None


def test_the_key_of_another_day_is_not_made_up() -> None:
    assert OneDay(DAY, b"key").of(DAY) == b"key"
    for one in (OneDay(DAY, b"key"), OneDay(date(2026, 11, 23), None)):
        with pytest.raises(Unusable):
            one.of(date(2026, 11, 23))


# in the flow of hits


def kinds(asked: Sequence[Message]) -> list[type[Message]]:
    return [type(one) for one in asked]


two_workers = pytest.mark.parametrize("workers", [2], indirect=True, ids=["two workers"])


@two_workers
async def test_a_visitor_who_comes_again_costs_one_question(gate: Gate, asked: list[Message]) -> None:
    browser = gate.browser(consent=GRANTED)
    for _ in range(4):
        await browser.see(user="alice")
    asked.clear()
    for _ in range(4):
        await browser.see(user="alice")
    assert kinds(asked) == [Store] * 4
    gate.clock.now += 86_400_000
    await browser.see(user="alice")
    assert isinstance(asked[4], Ask)
    assert len({entry["cid"] for entry in await gate.tracked()}) == 1


@two_workers
async def test_a_visit_without_a_cookie_costs_one_question_too(gate: Gate, asked: list[Message]) -> None:
    events = "events:\n  half_read: { scroll: 50%, limit: once_per_visit }\n\nvariables:\n"
    text = shop(gate.matomo.url + "/", gate.hooks.url)
    await gate.load(text.replace("variables:\n", events, 1))
    browser = gate.browser(consent=REFUSED)
    for _ in range(4):
        await browser.see("half_read")
    asked.clear()
    for _ in range(2):
        await browser.see("half_read")
    assert kinds(asked) == [Store] * 2
    assert [one["event"] for one in await gate.got("plain")] == ["half_read"]


@two_workers
async def test_what_the_other_worker_changed_is_seen_at_once(gate: Gate, asked: list[Message]) -> None:
    browser = gate.browser(consent=GRANTED)
    for user in ({"user": "alice"}, {"user": "alice"}, {}, {}):
        await browser.see(**user)
    cookies = dict(browser.cookies)
    await browser.see(user=None)
    browser.cookies = cookies
    asked.clear()
    await browser.see()
    assert kinds(asked) == [Store, Ask, Ask, Store]
    entries = await gate.tracked()
    assert [entry.get("uid") for entry in entries] == ["alice"] * 2 + [None] * 4
    assert entries[3]["cid"] != entries[4]["cid"] == entries[5]["cid"]


@two_workers
async def test_a_refusal_at_one_worker_holds_at_the_other(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for _ in range(4):
        await browser.see(user="alice")
    crm = await gate.accepted("crm")
    consent, at = browser.consent, browser.consent_at
    await browser.choose(REFUSED)
    browser.consent, browser.consent_at = consent, at
    for _ in range(2):
        await browser.see(user="alice")
    assert await gate.accepted("crm") == crm


@two_workers
async def test_a_hit_sent_again_is_one_though_nothing_else_changed(gate: Gate, asked: list[Message]) -> None:
    browser = gate.browser(consent=GRANTED)
    for _ in range(4):
        await browser.see(user="alice")
    hit = browser.hit(user="alice", id="0" * 31 + "1")
    assert (await browser.send(hit)).status == 204
    asked.clear()
    assert (await browser.send(hit)).status == 204
    assert kinds(asked) == [Store, Ask, Store]
    assert len(await gate.tracked()) == 5


@two_workers
async def test_what_failed_is_asked_again(gate: Gate, asked: list[Message], monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> object:
        raise Full("x")

    browser = gate.browser(consent=GRANTED)
    for _ in range(4):
        await browser.see(user="alice")
    with monkeypatch.context() as patched:
        patched.setattr(gate.outbox, "put", full)
        for _ in range(2):
            assert (await browser.send(browser.hit(user="alice"))).status == 503
    asked.clear()
    for _ in range(2):
        assert (await browser.send(browser.hit(user="alice"))).status == 204
    assert kinds(asked) == [Ask, Store] * 2
    assert len(await gate.tracked()) == 6


@two_workers
async def test_what_the_keeper_forgot_meanwhile_is_looked_up_before_anything_is_added_to_it(gate: Gate) -> None:
    assert gate.office is not None
    front, key = gate.office._front, b"k"
    life, choice = Life(session=b"s" * 16, since=1), Choice(Consent.REFUSED, 1)
    found = await front.answer(ask(key))
    assert isinstance(found, Found)
    stored = await front.answer(store(found, key, lives={key: life}))
    assert isinstance(stored, Stored)
    front._people._most = 1
    await front.answer(ask(b"another"))
    assert await front.answer(store(stored, key, choices={key: {"ads": choice}})) == OUTDATED
    found = await front.answer(ask(key))
    assert isinstance(found, Found)
    await front.answer(store(found, key, choices={key: {"ads": choice}}))
    again = await front.answer(ask(key))
    assert isinstance(again, Found)
    assert (again.lives, again.choices) == ({key: life}, {key: {"ads": choice}})


@two_workers
async def test_a_look_from_before_withdrawals_that_are_forgotten_is_outdated(gate: Gate) -> None:
    assert gate.office is not None
    front = gate.office._front
    found = await front.answer(ask(b"k"))
    assert isinstance(found, Found)
    for key in (b"one", b"two"):
        gate.outbox._withdrawals._limit = 1
        await gate.outbox.withdraw([key], ["ads"], 1.0)
    hit = [Arrival(container="shop")]
    assert await front.answer(store(found, b"k", ticket=found.ticket, arrivals=hit)) == OUTDATED
    found = await front.answer(ask(b"k"))
    assert isinstance(found, Found)
    assert await front.answer(store(found, b"k", ticket=found.ticket, arrivals=hit)) == Stored(
        [Done([True], found.moment + 1)]
    )


def ask(key: bytes) -> Ask:
    return Ask(container="shop", keys=[key], prints=[], ids=[], arrived=0, day=None)


def store(told: Found | Stored, key: bytes, **changes: Any) -> Store:
    moment = told.parts[0].moment if isinstance(told, Stored) else told.moment
    kept = {"lives": {}, "choices": {}, **changes}
    some = {"container": "shop", "ticket": 0, "arrived": 0, "read": [], "saw": [], "ids": [], "arrivals": []}
    return Store([Part(moment=moment, keys=[key], **{**some, **kept})])
