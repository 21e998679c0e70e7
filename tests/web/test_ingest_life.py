"""The life of an identity, from a browser's request to what receivers get (identity.md)."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from .asgi import jar
from .gate import GRANTED, HOUR, REFUSED, SECRETS, START, Gate

DAY = 24 * HOUR


def visitors(events: list[dict[str, Any]]) -> list[str]:
    return [event["visitor"] for event in events]


# the first visit


async def test_without_consent_there_is_no_cookie_and_a_number_for_the_day(gate: Gate) -> None:
    one = gate.browser(consent=REFUSED)
    for _ in range(2):
        assert not (await one.see()).set_cookies
    one.new_page()
    assert not (await one.see()).set_cookies
    unasked = gate.browser()
    assert not (await unasked.see()).set_cookies
    await gate.browser(ip="203.0.113.10").see()
    await gate.browser(agent="Chrome").see()
    gate.clock.now += DAY
    await one.see()
    first, *same, other_ip, other_agent, tomorrow = visitors(await gate.got("plain"))
    assert same == [first] * 3
    assert len({first, other_ip, other_agent, tomorrow}) == 4


async def test_without_a_day_number_a_visitor_is_known_for_one_page(quick_path: Path) -> None:
    async with Gate(quick_path, without_cookie="none") as gate:
        browser = gate.browser(consent=REFUSED)
        await browser.see()
        await browser.see()
        browser.new_page()
        await browser.see()
        hit = browser.hit()
        del hit["page"]
        await browser.send(hit)
        await browser.send(hit)
        first, again, *others = visitors(await gate.got("plain"))
        assert first == again
        assert len({first, *others}) == 4


async def test_somebody_signed_in_never_gets_the_days_number(gate: Gate) -> None:
    browser = gate.browser(consent=REFUSED)
    await browser.see()
    await browser.see(user="alice")
    await gate.browser(consent=REFUSED).see(user="bob")
    guest, alice, bob = visitors(await gate.got("plain"))
    assert len({guest, alice, bob}) == 3


async def test_the_cookie(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    answer = await browser.see()
    morsel = jar(answer)["tg_shop"]
    assert morsel["max-age"] == str(390 * 86_400)
    assert (morsel["path"], morsel["samesite"], morsel["httponly"], morsel["secure"]) == ("/", "lax", True, True)
    assert not morsel["domain"]
    assert len(answer.set_cookies) == 1


async def test_the_cookie_is_secure_wherever_the_visitors_connection_is(gate: Gate) -> None:
    plain = gate.browser(consent=GRANTED)
    plain.scheme = "http"
    assert not jar(await plain.see())["tg_shop"]["secure"]
    behind = gate.browser(consent=GRANTED, ip="10.0.0.1")
    behind.scheme = "http"
    answer = await behind.send(behind.hit(), extra={"x-forwarded-proto": "https"})
    assert jar(answer)["tg_shop"]["secure"]
    liar = gate.browser(consent=GRANTED)
    liar.scheme = "http"
    answer = await liar.send(liar.hit(), extra={"x-forwarded-proto": "https"})
    assert not jar(answer)["tg_shop"]["secure"]


async def test_the_cookie_is_never_renewed_and_ends_when_it_was_to_end(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    first = browser.cookie
    for _ in range(3):
        gate.clock.now += 100 * DAY
        browser.new_page()
        assert not (await browser.see()).set_cookies
    assert browser.cookie == first
    gate.clock.now += 91 * DAY
    answer = await browser.see()
    assert jar(answer)["tg_shop"]["max-age"] == str(390 * 86_400)
    *same, last = visitors(await gate.got("partner"))
    assert len(set(same)) == 1
    assert last not in same


async def test_the_cookies_age_counts_from_its_issue(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    browser.page = "p" * 32
    hit = browser.hit(at=gate.clock.now - HOUR)
    answer = await browser.send(hit)
    assert jar(answer)["tg_shop"]["max-age"] == str(390 * 86_400 - 3600)


@pytest.mark.parametrize("how", ["foreign", "tampered", "cut", "empty", "of another container"])
async def test_a_cookie_without_our_mac_is_none(gate: Gate, how: str) -> None:
    other = gate.browser(consent=GRANTED)
    await other.see()
    own = other.cookie or ""
    await gate.load(name="blog")
    blog = gate.browser(consent=GRANTED)
    answer = await blog.post("/collect/blog", blog.hit())
    shown = {
        "foreign": "5ae1f0c3",
        "tampered": ("A" if own[0] != "A" else "B") + own[1:],
        "cut": own[:-4],
        "empty": "",
        "of another container": jar(answer)["tg_blog"].value,
    }[how]
    browser = gate.browser(consent=GRANTED)
    browser.cookies["tg_shop"] = shown
    await browser.see()
    assert browser.cookie not in ("", shown, own)
    first, second = visitors(await gate.got("partner"))[-2:] if how != "of another container" else ("", "x")
    assert first != second


async def test_parallel_first_hits_end_with_one_visitor(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    hits = [browser.hit() for _ in range(8)]
    await asyncio.gather(*(browser.send(hit) for hit in hits))
    await browser.see()
    assert len(set(visitors(await gate.got("partner")))) == 1


async def test_parallel_first_hits_of_somebody_signed_in_are_one_visit(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await asyncio.gather(*(browser.send(browser.hit(user="alice")) for _ in range(8)))
    await browser.see(user="alice")
    entries = await gate.tracked()
    assert len({entry["cid"] for entry in entries}) == 1
    assert [entry.get("new_visit") for entry in entries].count("1") == 1


async def test_where_cookies_are_blocked_a_page_is_one_visitor_with_logins_and_logouts(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    browser.keeps_cookies = False
    for user in (None, None, "alice", "alice", None, None):
        await browser.see(user=user)
    cids = [entry["cid"] for entry in await gate.tracked()]
    assert cids[0] == cids[1] != cids[2] == cids[3] != cids[4] == cids[5]
    assert cids[0] != cids[4]
    assert [e.get("new_visit") for e in await gate.tracked()] == [None, None, "1", None, "1", None]
    guests = visitors(await gate.got("guests"))
    assert guests[0] == guests[1] != guests[2] == guests[3]


# login


async def test_login_begins_a_new_visit_and_takes_nothing_anonymous_along(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for user in (None, None, "alice", "alice"):
        await browser.see(user=user)
    entries = await gate.tracked()
    assert [entry.get("uid") for entry in entries] == [None, None, "alice", "alice"]
    assert [entry.get("new_visit") for entry in entries] == [None, None, "1", None]
    assert entries[0]["cid"] == entries[1]["cid"] != entries[2]["cid"] == entries[3]["cid"]
    assert all(re.fullmatch("[0-9a-f]{16}", entry["cid"]) for entry in entries)
    partner = await gate.got("partner")
    assert partner[1]["visitor"] != partner[2]["visitor"]
    assert partner[2]["user"]["form"] == "hash"
    assert len({event["visitor"] for event in partner}) == 2


async def test_same_visit_joins_what_was_before_the_login(quick_path: Path) -> None:
    async with Gate(quick_path, at_login="same_visit") as gate:
        browser = gate.browser(consent=GRANTED)
        for user in (None, "alice", None, "bob"):
            await browser.see(user=user)
        entries = await gate.tracked()
        cids = [entry["cid"] for entry in entries]
        assert cids[0] == cids[1]
        assert len({cids[1], cids[2]}) == 2
        assert cids[2] == cids[3]
        assert [entry.get("new_visit") for entry in entries] == [None, None, "1", None]


async def test_a_second_visit_of_somebody_signed_in_begins_one_too(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    gate.clock.now += HOUR
    browser.new_page()
    await browser.see(user="alice")
    await browser.see(user="alice")
    entries = await gate.tracked()
    assert [entry.get("new_visit") for entry in entries] == ["1", "1", None]
    assert len({entry["cid"] for entry in entries}) == 1


# logout and switch

LOGOUTS: dict[str, dict[str, Any]] = {
    "reset": {"reset": True},
    "reset and null": {"reset": True, "user": None},
    "user_id: null": {"user_id": None},
    "the variable's null": {"user": None},
    "an empty text": {"user_id": ""},
    "a word for nobody": {"user": "undefined"},
}


@pytest.mark.parametrize("how", LOGOUTS)
async def test_after_a_logout_the_very_next_hit_is_a_new_visitors(gate: Gate, how: str) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    before = browser.cookie
    answer = await browser.see(**dict(LOGOUTS[how]))
    assert browser.cookie != before
    assert jar(answer)["tg_shop"]["max-age"] == str(390 * 86_400)
    after = browser.cookie
    assert not (await browser.see(user=None)).set_cookies
    assert browser.cookie == after
    alice, left, guest = await gate.tracked()
    assert "uid" not in left
    assert (left.get("new_visit"), guest.get("new_visit")) == ("1", None)
    assert left["cid"] == guest["cid"] != alice["cid"]
    for event in (await gate.got("partner"))[1:] + (await gate.got("crm"))[1:]:
        assert "user" not in event
        assert "account" not in event


async def test_a_logout_leaves_consent_alone(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    await browser.see(reset=True)
    assert len(await gate.got("partner")) == 2


async def test_same_visitor_keeps_the_cookie_but_not_the_visit(quick_path: Path) -> None:
    async with Gate(quick_path, at_logout="same_visitor") as gate:
        browser = gate.browser(consent=GRANTED)
        await browser.see(user="alice")
        before = browser.cookie
        await browser.see(user=None)
        assert browser.cookie == before
        alice, left = await gate.tracked()
        assert alice["cid"] != left["cid"]
        assert (left.get("new_visit"), left.get("uid")) == ("1", None)


async def test_what_is_left_out_says_nothing(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    cookie = browser.cookie
    await browser.see()
    await browser.see(user="alice")
    assert browser.cookie == cookie
    first, unsaid, again = await gate.tracked()
    assert "uid" not in unsaid
    assert first["cid"] == again["cid"]
    partner = await gate.got("partner")
    assert partner[0]["user"] == partner[2]["user"]
    assert len(await gate.got("guests")) == 0


async def test_an_account_switch_without_a_page_load(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    first = browser.cookie
    await browser.see(user="bob")
    assert browser.cookie != first
    await browser.see(user="bob")
    await browser.see(user="alice")
    entries = await gate.tracked()
    assert [entry["uid"] for entry in entries] == ["alice", "bob", "bob", "alice"]
    assert [entry.get("new_visit") for entry in entries] == ["1", "1", None, "1"]
    cids = [entry["cid"] for entry in entries]
    assert cids[1] == cids[2]
    assert len(set(cids)) == 3


async def test_a_switch_in_one_hit_with_reset(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    await browser.see(user="alice", reset=True)
    one, two = await gate.tracked()
    assert one["uid"] == two["uid"] == "alice"
    assert one["cid"] != two["cid"]
    assert two["new_visit"] == "1"


async def test_hits_in_flight_with_the_old_cookie_belong_to_the_successor(gate: Gate) -> None:
    browser, tab = gate.browser(consent=GRANTED), gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    tab.cookies = dict(browser.cookies)
    await browser.see(user=None)
    answer = await tab.see(user=None)
    assert tab.cookie == browser.cookie
    assert answer.set_cookies
    _, left, other = await gate.tracked()
    assert left["cid"] == other["cid"]
    assert other.get("new_visit") is None


async def test_two_logouts_at_one_time_end_with_one_visitor(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    gate.clock.now += 1000
    answers = await asyncio.gather(*(browser.post("/collect/shop", browser.hit(user=None)) for _ in range(4)))
    assert len({jar(answer)["tg_shop"].value for answer in answers}) == 1
    entries = (await gate.tracked())[1:]
    assert len({entry["cid"] for entry in entries}) == 1
    assert [entry.get("new_visit") for entry in entries].count("1") == 1


async def test_a_logout_that_is_sent_again_happens_once(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    old = dict(browser.cookies)
    left = browser.hit(reset=True, user=None, id="8f14e45f-ceea-467f-a8c0-6a1f8b7f0c11")
    await browser.send(left)
    cookie = browser.cookie
    await browser.see(user=None)
    browser.cookies = old
    gate.clock.now += 5000
    answer = await browser.send({**left, "at": gate.clock.now})
    assert answer.status == 204
    assert browser.cookie == cookie
    await browser.see(user=None)
    cids = [entry["cid"] for entry in await gate.tracked()]
    assert len(cids) == 4
    assert len(set(cids[1:])) == 1
    assert 'taggate_hits_total{container="shop"} 4.0' in await gate.text_of_metrics()


async def test_a_repeat_is_counted_and_told_once(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    hit = browser.hit(id="8F14E45FCEEA467FA8C06A1F8B7F0C11")
    same = {**hit, "id": "8f14e45f-ceea-467f-a8c0-6a1f8b7f0c11"}
    await browser.send(hit, same, same)
    await browser.send(same)
    gate.clock.now += 49 * HOUR
    await browser.send({**same, "at": gate.clock.now})
    assert len(await gate.got("plain")) == 2
    assert len(gate.taken) == 2


# late hits


async def test_a_late_hit_changes_nothing_and_links_nothing(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=None)
    held = browser.hit("held", user=None)
    also = browser.hit("also", user=None)
    await browser.see(user="alice")
    cookie = browser.cookie
    await browser.send(held)
    await browser.send(also)
    assert browser.cookie == cookie
    await browser.see(user="alice")
    guest, login, late, too, again = await gate.tracked()
    assert "uid" not in late
    assert late["cid"] not in (guest["cid"], login["cid"])
    assert late["cid"] == too["cid"]
    assert late.get("new_visit") == "1"
    assert login["cid"] == again["cid"]
    assert again.get("new_visit") is None


async def test_a_late_login_does_not_sign_anybody_in_again(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice")
    gate.clock.now += 1000
    held = browser.hit("held", user="alice")
    await browser.see(user=None)
    cookie = browser.cookie
    await browser.send(held)
    await browser.see(user=None)
    assert browser.cookie == cookie
    first, left, late, guest = await gate.tracked()
    assert late["uid"] == "alice"
    assert left["cid"] == guest["cid"]
    assert len({first["cid"], left["cid"], late["cid"]}) == 3
    assert "uid" not in guest


async def test_a_hit_from_before_the_cookie_is_not_the_cookies(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    before = browser.hit("before")
    await browser.see()
    await browser.send(before)
    first, late = await gate.tracked()
    assert first["cid"] != late["cid"]


async def test_late_hits_of_a_server_do_not_join_strangers(gate: Gate) -> None:
    for visitor, user in (("v1", "alice"), ("v2", "bob")):
        gate.clock.now += 1000
        await gate.server({"event": "x", "visitor": visitor, "consent": GRANTED, "user_id": user})
        late = {"event": "late", "at": START - HOUR, "visitor": visitor, "consent": GRANTED, "user_id": None}
        await gate.server(late)
        await gate.server({**late, "visitor": f"{visitor}x", "user_id": user})
    cids = [entry["cid"] for entry in await gate.tracked()]
    assert len(set(cids)) == 6


async def test_hits_of_one_batch_are_taken_in_order(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    now = gate.clock.now = gate.clock.now + 60_000
    users = [None, "alice", "alice", None, "bob"]
    hits = [browser.hit(at=now - 5000 + number * 1000, user=user) for number, user in enumerate(users)]
    await browser.send(*hits, sent_at=now)
    await browser.see(user="bob")
    entries = await gate.tracked()
    assert [entry.get("uid") for entry in entries] == [*users, "bob"]
    cids = [entry["cid"] for entry in entries]
    assert cids[1] == cids[2]
    assert cids[4] == cids[5]
    assert len(set(cids)) == 4
    assert [entry.get("new_visit") for entry in entries] == [None, "1", None, "1", "1", None]


async def test_hits_held_for_the_first_consent_are_its_visitors(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    now = gate.clock.now = gate.clock.now + 60_000
    hits = [browser.hit(at=now - 30_000 + number * 10_000) for number in range(3)]
    await browser.send(*hits, sent_at=now)
    await browser.see()
    assert len({entry["cid"] for entry in await gate.tracked()}) == 1


async def test_a_batch_that_ends_without_a_word_on_consent_keeps_its_cookie(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    unsaid = browser.hit()
    del unsaid["consent"]
    await browser.send(browser.hit(), unsaid)
    assert browser.cookie
    fresh = gate.browser(consent=GRANTED)
    refused = {**fresh.hit(), "consent": REFUSED}
    await fresh.send(fresh.hit(), refused)
    assert fresh.cookie is None


# clocks


async def test_a_wrong_clock_is_set_right_by_sent_at(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for wrong in (-5 * HOUR, 5 * HOUR):
        now = gate.clock.now
        hits = [browser.hit("x", at=now + wrong - 60_000), browser.hit("y", at=now + wrong)]
        await browser.send(*hits, sent_at=now + wrong)
    times = [event["at"] for event in await gate.got("plain")]
    assert times == ["2026-05-28T20:25:40.000Z", "2026-05-28T20:26:40.000Z"] * 2


async def test_the_way_here_is_not_taken_for_a_wrong_clock(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    at = gate.clock.now
    gate.clock.now += 2000
    await browser.send(browser.hit(at=at - 10, user=None), browser.hit(at=at, user="alice"), sent_at=at)
    await browser.send(browser.hit(at=at + 100, user="alice"))
    _, login, next_hit = await gate.tracked()
    assert login["cid"] == next_hit["cid"]


async def test_times_are_held_within_72_hours_past_and_never_ahead(gate: Gate) -> None:
    browser = gate.browser()
    now = gate.clock.now
    for at in (now - 100 * HOUR, now - 71 * HOUR, now + HOUR, 0, -5):
        await browser.send(browser.hit(at=at))
    times = [event["at"] for event in await gate.got("plain")]
    oldest = "2026-05-25T20:26:40.000Z"
    assert times == [oldest, "2026-05-25T21:26:40.000Z", "2026-05-28T20:26:40.000Z", oldest, oldest]


# servers


async def test_a_servers_visitor_is_one_visitor_over_many_requests(gate: Gate) -> None:
    for user in (None, None, "alice", "alice", None):
        gate.clock.now += 1000
        answer = await gate.server({"event": "x", "visitor": "v1", "consent": GRANTED, "user_id": user})
        assert not answer.set_cookies
    cids = [entry["cid"] for entry in await gate.tracked()]
    assert cids[0] == cids[1] != cids[2] == cids[3] != cids[4]
    assert [entry.get("new_visit") for entry in await gate.tracked()] == [None, None, "1", None, "1"]
    assert b'"v1"' not in gate.everything_sent()


async def test_a_servers_visitor_needs_what_the_cookie_needs(gate: Gate) -> None:
    for _ in range(2):
        await gate.server({"event": "x", "visitor": "v1", "consent": REFUSED})
    one, two = visitors(await gate.got("plain"))
    assert one != two


async def test_a_server_says_the_visitors_address_and_browser(gate: Gate) -> None:
    await gate.server({"event": "x", "ip": "192.0.2.77", "user_agent": "Opera", "gpc": True, "consent": GRANTED})
    [event] = await gate.got("plain")
    assert (event["ip"], event["user_agent"]) == ("192.0.2.0", "Opera")
    assert await gate.got("crm") == []


async def test_the_language_is_the_hits_or_the_browsers_and_never_a_servers(gate: Gate) -> None:
    asks = {"accept-language": "de-AT,de;q=0.9"}
    browser = gate.browser(consent=GRANTED)
    await browser.send(browser.hit(), extra=asks)
    await browser.send(browser.hit(language="fr"), extra=asks)
    key = {"authorization": f"Bearer {SECRETS['SHOP_SERVER']}"}
    hit = {"event": "page_view", "consent": GRANTED}
    await gate.web.ask("POST", "/collect/shop", json.dumps(hit).encode(), {**key, **asks}, ip="198.51.100.1")
    assert [event.get("language") for event in await gate.got("plain")] == ["de-AT", "fr", None]


# what failed is not counted as seen


async def test_a_login_that_could_not_be_stored_still_begins_its_visit(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.outbox.protocol import Full

    async def full(*_: Any) -> Any:
        raise Full("x")

    browser = gate.browser(consent=GRANTED)
    await browser.see(user=None)
    with monkeypatch.context() as patched:
        patched.setattr(gate.outbox, "put", full)
        login = browser.hit(user="alice")
        assert (await browser.send(login)).status == 503
    assert (await browser.send(login)).status == 204
    assert [entry.get("new_visit") for entry in await gate.tracked()] == [None, "1"]


async def test_a_drop_after_an_attached_hit_from_one_address_begins_a_visit(gate: Gate) -> None:
    alice, stranger = gate.browser(consent=GRANTED), gate.browser(consent=REFUSED)
    await alice.see(user="alice")
    await stranger.see()
    await stranger.see()
    entries = await gate.tracked()
    assert "uid" not in entries[1]
    assert [entry.get("new_visit") for entry in entries] == ["1", "1", None]
