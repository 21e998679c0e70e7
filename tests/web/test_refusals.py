"""A device's refusals hold over logouts and from its first hit on, and a hit's refusal finds all it is known by."""

import pytest
from receivers import status

from .gate import GRANTED, REFUSED, Gate, until

SOME = {"analytics": True, "marketing": False}


@pytest.mark.parametrize("stale", [True, False])
async def test_a_logout_takes_the_refusals_along(gate: Gate, stale: bool) -> None:
    browser = gate.browser(consent=GRANTED)
    before = gate.clock.now
    await browser.see(user="alice")
    await browser.choose(SOME)
    await browser.see(user="alice")
    cookie = browser.cookie
    await browser.see(user=None)
    assert browser.cookie != cookie
    browser.new_page()
    browser.consent, browser.consent_at = GRANTED, before if stale else None
    await browser.see(user=None)
    assert await gate.accepted("crm") == 1
    browser.consent_at = gate.clock.now + 1
    await browser.see(user=None)
    assert await gate.accepted("crm") == 2


async def test_a_refusal_in_the_hit_that_logs_out_holds(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    browser.consent = SOME
    await browser.see(user=None)
    browser.new_page()
    browser.consent = GRANTED
    await browser.see(user=None)
    assert await gate.accepted("crm") == 1


async def test_a_refusal_in_the_hit_that_gets_the_cookie_holds(gate: Gate) -> None:
    browser = gate.browser(consent=SOME)
    await browser.see()
    assert browser.cookie
    browser.new_page()
    browser.consent = GRANTED
    await browser.see()
    assert await gate.accepted("crm") == 0


async def test_a_refusal_in_a_hit_finds_what_its_page_queued(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    cookie = browser.cookie
    await browser.see(user=None)
    assert browser.cookie != cookie
    browser.consent = REFUSED
    await browser.see(user=None)

    async def dropped() -> bool:
        return (await gate.counts())[("shop", "crm")].dropped == {"consent_withdrawn": 2}

    await until(dropped)


async def test_what_the_successor_refused_holds_for_the_cookie_before(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    old = dict(browser.cookies)
    await browser.see(user=None)
    await browser.choose(REFUSED)
    browser.new_page()
    browser.cookies, browser.consent, browser.consent_at = old, GRANTED, None
    await browser.see(user=None)
    assert browser.cookie is None
    assert await gate.accepted("crm") == 2


async def test_a_refusal_with_the_cookie_before_is_the_successors(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    old = dict(browser.cookies)
    await browser.see(user=None)
    new = dict(browser.cookies)
    browser.new_page()
    browser.cookies, browser.consent = old, REFUSED
    await browser.see(user=None)
    browser.new_page()
    browser.cookies, browser.consent = new, GRANTED
    await browser.see(user=None)
    assert await gate.accepted("crm") == 2


async def test_who_agrees_again_right_after_a_refusal_in_a_hit_is_heard(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    browser, other = gate.browser(consent=GRANTED), gate.browser(consent=REFUSED, agent="Safari")
    for choice in (GRANTED, SOME, GRANTED, GRANTED):
        browser.consent, browser.consent_at = choice, gate.clock.now + 1
        await browser.see()
        # Two workers take turns: so the same one hears of the browser again.
        await other.see()
    crm = (await gate.counts())[("shop", "crm")]
    assert (crm.accepted, crm.dropped) == (3, {"consent_withdrawn": 1})
