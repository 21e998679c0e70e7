"""Events that count once a visit or once a visitor, from a browser's request to what receivers get."""

import asyncio
from typing import Any

import pytest

from .gate import GRANTED, HOUR, REFUSED, Gate, shop

EVENTS = """\
events:
  half_read: { scroll: 50%, limit: once_per_visit }
  newsletter: { submit: form, limit: once_per_visitor }
  engaged: { timer: 30s, limit: once_per_page }

variables:
"""
MINUTE = 60_000


@pytest.fixture
async def shop_gate(gate: Gate) -> Gate:
    await load(gate)
    return gate


async def load(gate: Gate, **told: str) -> None:
    await gate.load(shop(gate.matomo.url + "/", gate.hooks.url, **told).replace("variables:\n", EVENTS, 1))


async def number(gate: Gate, event: str, tag: str = "plain") -> int:
    return [one["event"] for one in await gate.got(tag)].count(event)


async def test_once_a_visit_begins_again_with_the_next_visit(shop_gate: Gate) -> None:
    browser = shop_gate.browser(consent=GRANTED)
    for _ in range(3):
        await browser.see("half_read")
        shop_gate.clock.now += 20 * MINUTE
        await browser.see()
        browser.new_page()
    assert await number(shop_gate, "half_read") == 1
    assert await number(shop_gate, "page_view") == 3
    shop_gate.clock.now += 31 * MINUTE
    await browser.see("half_read")
    await browser.see("half_read")
    assert await number(shop_gate, "half_read") == 2
    last = shop_gate.taken[-1].decision.tags[3]
    assert (last.tag, last.held) == ("plain", "once_per_visit, and it was counted before")


async def test_without_a_cookie_a_visit_goes_by_the_days_number(shop_gate: Gate) -> None:
    for event in ("half_read", "newsletter"):
        browser = shop_gate.browser(consent=REFUSED)
        await browser.see(event)
        browser.new_page()
        await browser.see(event)
        await shop_gate.browser(consent=REFUSED, ip="203.0.113.77").see(event)
        assert await number(shop_gate, event) == 2


async def test_without_a_days_number_it_goes_by_the_page(shop_gate: Gate) -> None:
    await load(shop_gate, without_cookie="none")
    browser = shop_gate.browser(consent=REFUSED)
    await browser.see("half_read")
    await browser.see("half_read")
    browser.new_page()
    await browser.see("half_read")
    assert await number(shop_gate, "half_read") == 2


async def test_once_a_visitor_is_for_ever_and_survives_a_restart(shop_gate: Gate) -> None:
    browser = shop_gate.browser(consent=GRANTED)
    await browser.see("newsletter")
    await browser.see("newsletter", user="alice")
    shop_gate.clock.now += 24 * HOUR
    await browser.see("newsletter")
    assert await number(shop_gate, "newsletter") == 1
    before = shop_gate.told
    await shop_gate.close()
    await shop_gate.open()
    await load(shop_gate, **before)
    await browser.see("newsletter")
    await shop_gate.browser(consent=GRANTED, ip="203.0.113.77").see("newsletter")
    assert await number(shop_gate, "newsletter") == 2


async def test_who_left_is_another_visitor(shop_gate: Gate) -> None:
    browser = shop_gate.browser(consent=GRANTED)
    await browser.see("newsletter", user="alice")
    await browser.see(user_id=None)
    await browser.see("newsletter")
    await browser.see("newsletter")
    assert await number(shop_gate, "newsletter") == 2
    await load(shop_gate, at_logout="same_visitor")
    same = shop_gate.browser(consent=GRANTED, ip="203.0.113.77")
    await same.see("newsletter", user="alice")
    await same.see(user_id=None)
    await same.see("newsletter")
    assert await number(shop_gate, "newsletter") == 3


async def test_what_nobody_got_does_not_count(shop_gate: Gate) -> None:
    text = shop(shop_gate.matomo.url + "/", shop_gate.hooks.url).replace("variables:\n", EVENTS, 1)
    await shop_gate.load(
        text.replace("any_event:    { event: { not_one_of: [nothing] } }", "any_event: { event: none }")
    )
    browser = shop_gate.browser(consent=GRANTED)
    await browser.see("newsletter", values={"account_id": "alice"})
    await load(shop_gate)
    await browser.see("newsletter", values={"account_id": "alice"})
    assert await number(shop_gate, "newsletter") == 1


async def test_a_repeat_counts_for_nothing(shop_gate: Gate) -> None:
    browser = shop_gate.browser(consent=GRANTED)
    hit: dict[str, Any] = browser.hit("newsletter")
    await browser.send(hit)
    await browser.send(hit)
    await browser.send(browser.hit("newsletter"), browser.hit("newsletter"))
    assert await number(shop_gate, "newsletter") == 1


async def test_a_server_names_its_visitors(shop_gate: Gate) -> None:
    told = {"event": "newsletter", "consent": GRANTED}
    for visitor in ("one", "one", "two"):
        await shop_gate.server({**told, "visitor": visitor})
    assert await number(shop_gate, "newsletter") == 2
    for _ in range(2):
        await shop_gate.server(told)
    assert await number(shop_gate, "newsletter") == 4


async def test_limits_of_the_page_are_the_pages(shop_gate: Gate) -> None:
    browser = shop_gate.browser(consent=GRANTED)
    await browser.see("engaged")
    await browser.see("engaged")
    assert await number(shop_gate, "engaged") == 2


@pytest.mark.parametrize("event", ["half_read", "newsletter"])
@pytest.mark.parametrize("consent", [GRANTED, REFUSED])
async def test_of_many_at_the_same_moment_one_counts(shop_gate: Gate, event: str, consent: dict[str, bool]) -> None:
    browser = shop_gate.browser(consent=consent)
    await browser.see()
    answers = await asyncio.gather(*(browser.see(event) for _ in range(4)))
    assert [answer.status for answer in answers] == [204] * 4
    assert await number(shop_gate, event) == 1
