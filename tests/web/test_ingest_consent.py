"""Consent from grant to withdrawal, as receivers and browsers notice it (identity.md, containers.md)."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from receivers import hang, status

from gateway.outbox.disk import Disk
from gateway.store.protocol import StoreError
from gateway.web import withdraw

from .asgi import jar
from .gate import GRANTED, HOUR, REFUSED, SIGNATURE, Gate, shop, signature, until

API = (
    "consent:\n  from: { api: true }\n  purposes: { analytics: statistics, marketing: ads }\n  gpc_refuses: [marketing]"
)


def forms(events: list[dict[str, Any]]) -> list[str]:
    return [event.get("user", {}).get("form", "drop") for event in events]


# the consent cookie, read by the gateway

CHOICES = {
    "a map": ('{"statistics": true, "ads": false}', True, False),
    "a map, encoded": (quote('{"statistics": true, "ads": true}', safe=""), True, True),
    "a map without one": ('{"ads":true}', False, True),
    "a map of words": ('{"statistics":"true","ads":1}', False, False),
    "an empty map": ("{}", False, False),
    "a list": ('["statistics"]', True, False),
    "a list, encoded": (quote('["statistics","ads"]', safe=""), True, True),
    "an empty list": ("[]", False, False),
    "a quoted list": ('"[]"', False, False),
    "words": ("statistics|ads", True, True),
    "words, encoded": ("statistics%2Cads", True, True),
    "one word": ("ads", False, True),
    "another word": ("necessary", False, False),
    "a longer word": ("statistics-not", False, False),
    "half of JSON": ('{"statistics": true', False, False),
    "our word is not the banner's": ("analytics", False, False),
}


@pytest.mark.parametrize("name", CHOICES)
async def test_the_consent_cookie(gate: Gate, name: str) -> None:
    value, analytics, marketing = CHOICES[name]
    browser = gate.browser()
    browser.cookies["cookie_consent"] = value
    await browser.see(user="alice")
    assert bool(browser.cookie) == analytics
    assert forms(await gate.got("partner")) == (["hash"] if analytics else [])
    assert forms(await gate.got("crm")) == (["attach"] if marketing else [])


@pytest.mark.parametrize("value", ["", " ", "%20", "x" * 5000])
async def test_a_consent_cookie_that_says_nothing(gate: Gate, value: str) -> None:
    browser = gate.browser()
    browser.cookies["cookie_consent"] = value
    await browser.see()
    assert [(one.facts.consent["analytics"].value) for one in gate.taken] == ["unknown"]


async def test_the_pixel_reads_the_consent_cookie(gate: Gate) -> None:
    browser = gate.browser()
    browser.cookies["cookie_consent"] = "statistics"
    headers = {**browser.headers(), "referer": "https://shop.example.com/"}
    answer = await gate.web.ask("GET", "/collect/shop.gif", b"", headers)
    assert "tg_shop" in jar(answer)
    assert len(await gate.got("partner")) == 1


async def test_of_cookie_and_hit_a_refusal_wins(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    browser.cookies["cookie_consent"] = "statistics"
    await browser.see(user="alice")
    assert (len(await gate.got("partner")), await gate.got("crm")) == (1, [])
    other = gate.browser(consent={"analytics": False, "marketing": True})
    other.cookies["cookie_consent"] = "statistics ads"
    await other.see(user="alice")
    assert (len(await gate.got("partner")), len(await gate.got("crm"))) == (1, 1)


async def test_a_cookie_that_still_refuses_keeps_a_claim_from_lifting(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    kept = dict(browser.cookies)
    await browser.choose(REFUSED)
    browser.cookies = {**kept, "cookie_consent": "none"}
    gate.clock.now += 1000
    browser.consent, browser.consent_at = GRANTED, gate.clock.now
    await browser.see()
    browser.cookies = dict(kept)
    browser.consent_at = None
    await browser.see()
    assert await gate.accepted("partner") == 1


async def test_a_servers_request_has_no_consent_cookie(gate: Gate) -> None:
    from .gate import SECRETS

    headers = {"authorization": f"Bearer {SECRETS['SHOP_SERVER']}", "cookie": "cookie_consent=statistics"}
    await gate.web.ask("POST", "/collect/shop", {"event": "x"}, headers)
    assert await gate.got("partner") == []


# Global Privacy Control


async def test_global_privacy_control_refuses_on_this_hit(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for value in ("1", "0", "true", ""):
        gate.clock.now += 1000
        await browser.send(browser.hit(value, user="alice") if value else browser.hit(), extra={"sec-gpc": value})
    assert [event["event"] for event in await gate.got("crm")] == ["0", "true", "page_view"]
    assert len(await gate.got("partner")) == 4
    assert browser.cookie


async def test_what_the_page_alone_is_told_of_it_refuses_too(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for said, header in ((True, "0"), (False, "1"), (False, "0")):
        gate.clock.now += 1000
        await browser.send(browser.hit(f"{said} {header}", gpc=said), extra={"sec-gpc": header})
    assert [event["event"] for event in await gate.got("crm")] == ["False 0"]


# withdrawal


async def test_a_withdrawal_ends_the_cookie_and_what_rested_on_it(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    gate.matomo.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    for _ in range(3):
        await browser.see(user="alice")
    await browser.choose({"analytics": False, "marketing": True})
    assert browser.cookie is None
    await gate.senders.stop()
    counts = await gate.counts()
    assert counts[("shop", "partner")].dropped == {"consent_withdrawn": 3}
    assert counts[("shop", "matomo")].dropped == {"consent_withdrawn": 3}
    # With the cookie in it everything rests on what lets the gateway remember.
    assert counts[("shop", "plain")].dropped == {"consent_withdrawn": 3}


async def test_what_does_not_rest_on_it_stays(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    browser = gate.browser(consent={"analytics": False, "marketing": True})
    await browser.see(user="alice")
    await browser.choose(REFUSED)
    counts = await gate.counts()
    assert counts[("shop", "crm")].dropped == {"consent_withdrawn": 1}
    assert (counts[("shop", "plain")].pending, counts[("shop", "plain")].dropped) == (1, {})


async def test_dead_letters_go_too(gate: Gate) -> None:
    gate.hooks.answers(status(400))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    await gate.delivered()
    assert (await gate.counts())[("shop", "crm")].dead == 1
    await browser.choose(REFUSED)
    counts = (await gate.counts())[("shop", "crm")]
    assert (counts.dead, counts.dropped) == (0, {"consent_withdrawn": 1})


@pytest.mark.parametrize("shows", ["cookie", "page", "user"])
async def test_a_withdrawal_is_found_by_what_it_shows(gate: Gate, shows: str) -> None:
    await gate.load(verified_by=SIGNATURE)
    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice", proof=signature("alice"))
    stranger = gate.browser(consent=GRANTED)
    await stranger.see(user="bob", proof=signature("bob"))
    body: dict[str, Any] = {"consent": REFUSED}
    headers: dict[str, str] = {}
    if shows == "cookie":
        headers["cookie"] = f"tg_shop={browser.cookie}"
    else:
        body |= {"page": browser.page} if shows == "page" else {"user_id": " alice ", "proof": "wrong"}
    answer = await gate.web.ask("POST", "/consent/shop", body, headers)
    assert answer.status == 204
    counts = (await gate.counts())[("shop", "crm")]
    assert (counts.accepted, counts.dropped) == (2, {"consent_withdrawn": 1})


async def test_a_withdrawal_is_found_by_a_cookie_that_counts_no_more(gate: Gate) -> None:
    """The container keeps cookies for fewer days than when it set this one."""
    await gate.load(text=shop(gate.matomo.url + "/", gate.hooks.url))
    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    gate.clock.now += 40 * 24 * HOUR
    await browser.see(user="alice")
    await gate.load(text=shop(gate.matomo.url + "/", gate.hooks.url).replace("days: 390", "days: 30"))
    headers = {"cookie": f"tg_shop={browser.cookie}", "origin": "https://shop.example.com"}
    answer = await gate.web.ask("POST", "/consent/shop", {"consent": REFUSED}, headers)
    assert (answer.status, jar(answer)["tg_shop"]["max-age"]) == (204, "0")
    counts = (await gate.counts())["shop", "crm"]
    assert (counts.accepted, counts.dropped) == (2, {"consent_withdrawn": 2})


async def test_a_withdrawal_also_ends_a_cookie_that_nobody_can_read(gate: Gate) -> None:
    """Of a gateway that had another secret: its data folder was made anew."""
    headers = {"cookie": "tg_shop=AAAA", "origin": "https://shop.example.com"}
    ended = await gate.web.ask("POST", "/consent/shop", {"consent": REFUSED, "page": "p" * 20}, headers)
    assert (ended.status, jar(ended)["tg_shop"]["max-age"]) == (204, "0")
    kept = await gate.web.ask("POST", "/consent/shop", {"consent": GRANTED, "page": "p" * 20}, headers)
    assert (kept.status, jar(kept)) == (204, {})


async def test_an_unverified_word_refuses_for_the_person_and_does_not_grant(gate: Gate) -> None:
    await gate.load(verified_by=SIGNATURE)
    browser = gate.browser(consent=GRANTED)
    browser.consent_at = gate.clock.now
    await browser.see(user="alice", proof=signature("alice"))
    stranger = gate.browser(ip="192.0.2.9")
    await stranger.choose(REFUSED, user_id="alice")
    await browser.see(user="alice", proof=signature("alice"))
    await stranger.choose(GRANTED, user_id="alice")
    await browser.see(user="alice", proof=signature("alice"))
    assert await gate.accepted("crm") == 1
    await browser.choose(GRANTED, user_id="alice", proof=signature("alice"))
    await browser.see(user="alice", proof=signature("alice"))
    assert await gate.accepted("crm") == 2


async def test_hits_that_claim_the_older_consent_stay_refused(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    kept = dict(browser.cookies)
    await gate.delivered()
    await browser.choose(REFUSED)
    for claimed_at in (None, gate.clock.now - 1, gate.clock.now):
        browser.cookies = dict(kept)
        browser.consent, browser.consent_at = GRANTED, claimed_at
        answer = await browser.see(user="alice")
        assert jar(answer)["tg_shop"]["max-age"] == "0"
    assert await gate.accepted("crm") == 1
    assert len({event["visitor"] for event in await gate.got("plain")}) == 2
    assert [entry.get("uid") for entry in await gate.tracked()] == ["alice", None, None, None]


async def test_a_newer_grant_lifts_a_refusal(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    await browser.choose(REFUSED)
    await browser.see()
    await browser.choose(GRANTED)
    await browser.see()
    browser.new_page()
    browser.consent_at = None
    await browser.see()
    assert browser.cookie
    assert await gate.accepted("partner") == 3


async def test_of_refuse_grant_refuse_the_last_holds_in_whatever_order_they_come(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    cookies = dict(browser.cookies)
    now = gate.clock.now
    for consent, at in ((REFUSED, now + 1), (REFUSED, now + 9), (GRANTED, now + 5)):
        gate.clock.now = now + 10_000
        browser.cookies = dict(cookies)
        await browser.post("/consent/shop", {"consent": consent, "at": at, "page": browser.page})
    browser.cookies = dict(cookies)
    browser.consent, browser.consent_at = GRANTED, now + 5
    await browser.see()
    assert await gate.accepted("partner") == 1


@pytest.mark.parametrize("order", [(GRANTED, REFUSED), (REFUSED, GRANTED)])
async def test_of_two_at_one_time_the_refusal_wins(gate: Gate, order: Any) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    cookies = dict(browser.cookies)
    await browser.choose(REFUSED)
    at = gate.clock.now = gate.clock.now + 5000
    for consent in order:
        browser.cookies = dict(cookies)
        await browser.post("/consent/shop", {"consent": consent, "at": at})
    browser.cookies = dict(cookies)
    browser.consent, browser.consent_at = GRANTED, at
    await browser.see()
    assert await gate.accepted("partner") == 1


async def test_a_time_later_than_arrival_is_the_arrival(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    cookies = dict(browser.cookies)
    await browser.post("/consent/shop", {"consent": REFUSED, "at": gate.clock.now + 99 * HOUR})
    gate.clock.now += 1000
    browser.cookies = dict(cookies)
    browser.consent, browser.consent_at = GRANTED, gate.clock.now
    await browser.see()
    assert await gate.accepted("partner") == 2
    await browser.post("/consent/shop", {"consent": REFUSED})
    browser.cookies = dict(cookies)
    browser.consent_at = gate.clock.now + 99 * HOUR
    gate.clock.now += 1
    answer = await browser.send(browser.hit())
    assert answer.status == 204


async def test_a_refusal_counts_after_the_clock_was_set_back(gate: Gate) -> None:
    """What was granted while it was ahead has a time that is not yet."""
    browser = gate.browser(consent=GRANTED)
    browser.keeps_cookies = False
    await browser.choose(REFUSED)
    gate.clock.now += HOUR
    await browser.choose(GRANTED)
    await browser.see(user="alice")
    gate.clock.now -= HOUR // 2
    assert (await browser.choose(REFUSED)).status == 204
    before = len(await gate.got("partner"))
    gate.clock.now += 1000
    # A page that is open still, and knows the choice before the last one.
    browser.consent, browser.consent_at = GRANTED, gate.clock.now - 9000
    await browser.see(user="alice")
    assert len(await gate.got("partner")) == before


async def test_one_request_of_many_people_takes_from_each_what_they_refuse(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    who = [{"event": "page_view", "user_id": name, "consent": GRANTED} for name in ("alice", "bob")]
    assert (await gate.server(*who)).status == 204
    said = ({"analytics": False, "marketing": True}, {"analytics": True, "marketing": False})
    at = gate.clock.now
    refusing = [{**one, "consent": choice, "consent_at": at} for one, choice in zip(who, said, strict=True)]
    assert (await gate.server(*refusing)).status == 204
    counts = await gate.counts()
    dropped = {tag: counts["shop", tag].dropped for tag in ("partner", "crm")}
    assert dropped == {"partner": {"consent_withdrawn": 1}, "crm": {"consent_withdrawn": 1}}


async def test_a_grant_without_time_lifts_nothing(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    cookies = dict(browser.cookies)
    await browser.post("/consent/shop", {"consent": REFUSED})
    gate.clock.now += 1000
    browser.cookies = dict(cookies)
    await browser.post("/consent/shop", {"consent": GRANTED, "page": browser.page})
    browser.cookies = dict(cookies)
    browser.consent_at = None
    await browser.see()
    assert await gate.accepted("partner") == 1


async def test_a_refusal_of_a_person_holds_on_another_device(gate: Gate) -> None:
    phone, laptop = gate.browser(consent=GRANTED), gate.browser(consent=GRANTED, agent="Safari")
    await laptop.see(user="alice")
    await phone.see(user="alice")
    await gate.delivered()
    await phone.choose(REFUSED, user_id="alice")
    await laptop.see(user="alice")
    await laptop.see(user=None)
    await laptop.see(user="bob")
    assert forms(await gate.got("crm")) == ["attach", "attach", "drop", "attach"]
    assert [event["event"] for event in await gate.got("plain")] == ["page_view"] * 5


async def test_a_repeat_gives_no_cookie_that_the_hit_did_not(gate: Gate) -> None:
    phone, laptop = gate.browser(), gate.browser(consent=GRANTED, agent="Safari")
    await phone.choose(REFUSED, user_id="alice")
    hit = laptop.hit(user="alice", id="0" * 32)
    for _ in range(2):
        assert (await laptop.send(hit)).set_cookies == ()


async def test_a_persons_grant_never_widens_a_device(gate: Gate) -> None:
    phone, laptop = gate.browser(consent=GRANTED), gate.browser(consent=REFUSED, agent="Safari")
    await phone.choose(GRANTED, user_id="alice")
    await laptop.see(user="alice")
    unasked = gate.browser(agent="Chrome")
    await unasked.see(user="alice")
    assert await gate.got("crm") == []


async def test_a_refusal_in_a_hit_is_a_withdrawal_too(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    browser.consent = REFUSED
    answer = await browser.see(user="alice")
    assert jar(answer)["tg_shop"]["max-age"] == "0"

    async def dropped() -> bool:
        return (await gate.counts())[("shop", "crm")].dropped == {"consent_withdrawn": 1}

    # The first attempt may still be in flight: a hit does not wait for it, as a withdrawal does.
    await until(dropped)


async def test_a_refusal_in_a_hit_that_was_not_taken_at_first_is_a_withdrawal_too(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    gate.clock.now += 1000
    browser.consent, browser.consent_at = REFUSED, gate.clock.now
    refusing = browser.hit(user="alice", id="0" * 32)
    with monkeypatch.context() as patch:
        patch.setattr(gate.outbox._guard, "_disk", Disk(reserve=1 << 60))
        assert (await browser.send(refusing)).status == 503
    assert (await browser.send(refusing)).status == 204

    async def dropped() -> bool:
        return (await gate.counts())[("shop", "crm")].dropped == {"consent_withdrawn": 1}

    await until(dropped)


async def test_a_refusal_in_a_hit_begins_the_visit_of_nobody_as_ever(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    await browser.see(user="alice")
    await gate.delivered()
    browser.consent = REFUSED
    await browser.see(user="alice")
    await browser.see(user="alice")
    entries = await gate.tracked()
    assert [entry.get("uid") for entry in entries] == ["alice", "alice", None, None]
    assert [entry.get("new_visit") for entry in entries][2:] == ["1", None]


async def test_refusing_one_purpose_leaves_the_others_cookie(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    cookie = browser.cookie
    await browser.choose({"marketing": False})
    assert browser.cookie == cookie
    browser.consent = {"analytics": True, "marketing": False}
    await browser.see()
    assert browser.cookie == cookie


async def test_a_withdrawal_with_the_old_cookie_is_the_successors_too(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    old = dict(browser.cookies)
    await browser.see(user=None)
    new = dict(browser.cookies)
    browser.new_page()
    await browser.see(user=None)
    await gate.web.ask("POST", "/consent/shop", {"consent": REFUSED}, {"cookie": f"tg_shop={old['tg_shop']}"})
    assert (await gate.counts())[("shop", "crm")].dropped == {"consent_withdrawn": 3}
    browser.cookies = new
    await browser.see(user=None)
    assert (await gate.counts())[("shop", "crm")].accepted == 3


async def test_a_withdrawal_waits_for_what_is_in_flight(gate: Gate) -> None:
    gate.hooks.answers_next(hang(), hang(), hang(), hang())
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    await gate.hooks.arrived(3)
    choosing = asyncio.create_task(browser.choose(REFUSED))
    done, _ = await asyncio.wait({choosing}, timeout=0.05)
    assert not done
    await gate.hooks.down()
    await gate.hooks.up()
    answer = await choosing
    assert answer.status == 204
    came = len(gate.hooks.requests)
    await gate.delivered()
    assert all(b'"alice"' not in request.body for request in gate.hooks.requests[came:])
    assert (await gate.counts())[("shop", "crm")].pending == 0


async def test_a_withdrawal_that_waits_too_long_is_503(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdraw, "PATIENCE", 0.05)
    gate.hooks.answers(hang())
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    await gate.hooks.arrived(3)
    answer = await browser.choose(REFUSED)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    await browser.see(user="alice")
    assert (await gate.counts())[("shop", "crm")].accepted == 1


async def test_of_a_withdrawal_that_cannot_be_kept_what_waits_does_not_leave(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise StoreError("the disk is full")

    gate.hooks.answers(status(503))
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    with monkeypatch.context() as patch:
        patch.setattr(gate.store, "keep", fails)
        answer = await browser.choose(REFUSED)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert (await gate.counts())[("shop", "crm")].dropped == {"consent_withdrawn": 1}


async def test_a_choice_by_api_is_taken_with_every_source(gate: Gate) -> None:
    await gate.load(consent=API)
    browser = gate.browser(consent=GRANTED)
    browser.cookies["cookie_consent"] = "nothing"
    await browser.see()
    assert len(await gate.got("partner")) == 1


async def test_where_consent_is_not_needed_choices_change_nothing(gate: Gate) -> None:
    text = """\
version: 1
site: { name: Blog, domains: [shop.example.com] }
consent: not_needed
triggers:
  view: { event: page_view }
tags:
  plain:
    type: webhook
    send_when: { all_of: [view] }
    settings: { url: "HOOKS/plain" }
tests: []
"""
    await gate.load(text.replace("HOOKS", gate.hooks.url), name="blog")
    browser = gate.browser(consent=REFUSED)
    assert (await browser.post("/consent/blog", {"consent": REFUSED, "page": browser.page})).status == 204
    assert (await browser.post("/collect/blog", browser.hit(user_id="alice"))).status == 204
    assert len(await gate.got("plain")) == 1
    assert b"alice" not in gate.everything_sent()


async def test_the_choice_survives_a_restart(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    cookies = dict(browser.cookies)
    await browser.choose(REFUSED)
    await gate.close()
    await gate.open()
    browser.cookies = cookies
    browser.consent, browser.consent_at = GRANTED, None
    await browser.see(user="alice")
    assert await gate.accepted("crm") == 1
    assert json.dumps(await gate.got("plain")).count("alice") == 0
