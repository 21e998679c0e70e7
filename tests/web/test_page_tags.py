"""Tags of the browser: what the answer to POST /collect tells a page to run, and what it never tells."""

import random
from typing import Any

import pytest

from gateway.decide.pseudonym import PseudonymKey
from gateway.language.container import Container
from gateway.model import Form
from gateway.snippet.codes import version

from .gate import GRANTED, HOUR, REFUSED, SECRETS, START, Gate, shop

TAGS = """\
  chat:
    type: script
    send_when: { all_of: [any_event, marketing_ok] }
    settings: { url: https://chat.example.com/w.js, async: no, attributes: { data-site: shop } }
    fields: { plan: plan }
  greet:
    type: script
    send_when: { all_of: [any_event, analytics_ok] }
    settings:
      code: |
        // What the shop says.
        document.title = `Hello ${tag.fields.plan}`;  // {{no template}}
  ad:
    type: pixel
    send_when: { all_of: [any_event, marketing_ok] }
    settings: { url: "https://pixel.example.com/p.gif?shop=1", user_id: uid }
    fields: { worth: value, came: came_from, plan: plan }
  open:
    type: pixel
    send_when: any_event
    consent: not_needed
    settings: { url: https://open.example.com/ }

user_id:
"""
RULES = "hash: [partner] }\n    - { when: customer, attach: [crm, greet], hash: [ad, chat] }\n    #"


@pytest.fixture
async def page_gate(gate: Gate) -> Gate:
    await load(gate)
    return gate


async def load(gate: Gate, *changes: tuple[str, str]) -> Container:
    text = shop(gate.matomo.url + "/", gate.hooks.url)
    for old, new in (("\nuser_id:\n", "\n" + TAGS), ("hash: [partner] }", RULES), *changes):
        assert old in text, old
        text = text.replace(old, new, 1)
    await gate.load(text)
    return gate.runtimes["shop"].container


def hit_id(number: int) -> str:
    return f"{number:032x}"


def pseudonym(tag: str, person: str = "alice") -> str:
    return PseudonymKey(SECRETS["USER_ID_KEY"].encode(), "user-id", 1, "shop", tag).of(person)


async def test_a_page_is_told_what_to_run_with_what(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=GRANTED)
    values = {"plan": "free", "account_id": "alice"}
    more = {"fields": {"value": 19.5}, "referrer": "https://a.example/"}
    hit = browser.hit("purchase", id=hit_id(1), values=values, **more)
    answer = await browser.send(hit)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
    told = {one["tag"]: one for one in answer.json["run"]}
    assert set(answer.json) == {"run"}
    assert told == {
        "chat": {"tag": "chat", "hit": hit_id(1), "data": {"plan": "free", "user-id": pseudonym("chat")}},
        "greet": {
            "tag": "greet",
            "hit": hit_id(1),
            "event": "purchase",
            "fields": {},
            "user": {"form": "attach", "id": "alice"},
        },
        "ad": {
            "tag": "ad",
            "hit": hit_id(1),
            "url": "https://pixel.example.com/p.gif?shop=1&worth=19.5"
            f"&came=https%3A%2F%2Fa.example%2F&plan=free&uid={pseudonym('ad')}",
        },
        "open": {"tag": "open", "hit": hit_id(1), "url": "https://open.example.com/"},
    }


async def test_who_refused_or_is_a_guest_gets_no_more_than_was_decided(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=REFUSED)
    answer = await browser.send(browser.hit(id=hit_id(1), user="alice"))
    assert [one["tag"] for one in answer.json["run"]] == ["open"]
    assert b"alice" not in answer.body
    guest = page_gate.browser(consent=GRANTED, ip="203.0.113.77")
    told = (await guest.send(guest.hit(id=hit_id(2)))).json["run"]
    assert [one["tag"] for one in told] == ["chat", "greet", "ad", "open"]
    assert not any("user" in one or "user-id" in one.get("data", {}) or "uid=" in one.get("url", "") for one in told)


async def test_after_a_withdrawal_the_next_page_is_told_nothing(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=GRANTED)
    await browser.send(browser.hit(id=hit_id(1)))
    assert (await browser.choose(REFUSED)).status == 204
    # What happened before and comes late still claims what the banner said then: the later refusal stands.
    late = {**browser.hit(id=hit_id(2)), "consent": GRANTED, "consent_at": START}
    assert [one["tag"] for one in (await browser.send(late)).json["run"]] == ["open"]
    browser.new_page()
    assert [one["tag"] for one in (await browser.send(browser.hit(id=hit_id(3)))).json["run"]] == ["open"]


async def test_nothing_runs_twice_for_one_hit(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=GRANTED)
    hit = browser.hit(id=hit_id(1))
    assert (await browser.send(hit)).status == 200
    assert (await browser.send(hit)).status == 204
    both = await browser.send(browser.hit(id=hit_id(2)), browser.hit(id=hit_id(2)), browser.hit(id=hit_id(1)))
    assert sorted({one["hit"] for one in both.json["run"]}) == [hit_id(2)]
    assert len(both.json["run"]) == 4
    page_gate.clock.now += 3 * HOUR
    assert (await browser.send(hit)).status == 204


ALONE = """\
version: 1
site: { name: Shop, domains: [shop.example.com] }
consent: not_needed
triggers:
  any_event: { event: { present: true } }
tags:
  open: { type: pixel, send_when: any_event, settings: { url: https://open.example.com/ } }
tests: []
"""


async def test_a_container_of_nothing_else_remembers_over_a_restart_what_was_told(gate: Gate) -> None:
    await gate.load(ALONE)
    browser = gate.browser()
    hit = browser.hit(id=hit_id(1))
    assert (await browser.send(hit)).json == {
        "run": [{"tag": "open", "hit": hit_id(1), "url": "https://open.example.com/"}]
    }
    assert await gate.counts() == {}
    await gate.close()
    await gate.open()
    await gate.load(ALONE)
    assert (await browser.send(hit)).status == 204
    assert (await browser.send(browser.hit(id=hit_id(2)))).status == 200


async def test_of_several_hits_each_is_told_beside_those_that_cannot_be_read(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=GRANTED)
    answer = await browser.send(browser.hit(id=hit_id(1)), {"event": ""}, browser.hit("purchase", id=hit_id(3)))
    assert answer.json["rejected"] == [{"index": 1, "error": "bad_event"}]
    assert [one["hit"] for one in answer.json["run"]] == [hit_id(1)] * 4 + [hit_id(3)] * 4


async def test_whom_no_page_reads_is_told_nothing_and_that_is_counted(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=GRANTED)
    # Kept from a page that is gone; without an id it could be told of twice; a server; a picture.
    kept = {name: said for name, said in browser.hit(id=hit_id(1)).items() if name != "page"}
    assert (await browser.send(kept)).status == 204
    assert (await browser.send(browser.hit())).status == 204
    told = {"consent": GRANTED, "page": browser.page, "id": hit_id(2), "event": "page_view"}
    assert (await page_gate.server(told)).status == 204
    headers = browser.headers(referer="https://shop.example.com/")
    await page_gate.web.ask("GET", "/collect/shop.gif", b"", headers, ip=browser.ip)
    assert (await browser.send(browser.hit(id=hit_id(3)))).status == 200
    metrics = (await page_gate.exposition()).decode()
    assert 'taggate_run_total{container="shop",outcome="no_page",tag="chat"} 3.0' in metrics
    assert 'taggate_run_total{container="shop",outcome="no_page",tag="open"} 4.0' in metrics
    assert 'taggate_run_total{container="shop",outcome="told",tag="open"} 1.0' in metrics


async def test_nothing_of_them_is_queued(page_gate: Gate) -> None:
    browser = page_gate.browser(consent=GRANTED)
    await browser.send(browser.hit(id=hit_id(1), user="alice"))
    await page_gate.delivered()
    assert {tag for _, tag in await page_gate.counts()} == {"matomo", "partner", "crm", "plain"}
    assert {tag for _, tag in page_gate.senders.states} == {"matomo", "partner", "crm", "plain", "guests"}
    assert b"p.gif" not in page_gate.everything_sent()


async def test_a_schedule_and_a_sample_hold_for_them_too(gate: Gate) -> None:
    await load(gate, ("  ad:\n    type: pixel\n", "  ad:\n    type: pixel\n    schedule: { until: 2020-01-01 }\n"))
    browser = gate.browser(consent=GRANTED)
    told = (await browser.send(browser.hit(id=hit_id(1)))).json["run"]
    assert [one["tag"] for one in told] == ["chat", "greet", "open"]
    await load(gate, ("  ad:\n    type: pixel\n", "  ad:\n    type: pixel\n    sample: 50%\n"))
    drawn = []
    for number in range(40):
        visitor = gate.browser(consent=GRANTED, ip=f"203.0.113.{number}")
        answers = [await visitor.send(visitor.hit(id=hit_id(1000 + 2 * number + at))) for at in range(2)]
        drawn.append([any(one["tag"] == "ad" for one in answer.json["run"]) for answer in answers])
    assert all(one == other for one, other in drawn)
    assert 5 < sum(one for one, _ in drawn) < 35


async def test_the_code_is_served_for_ever_under_its_version_alone(page_gate: Gate) -> None:
    tag = page_gate.runtimes["shop"].container.tags["greet"]
    path = f"/t/shop.greet.{version(tag.settings['code'])}.js"
    answer = await page_gate.web.ask("GET", path)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    assert answer.body.decode() == (
        "export default async (tag) => {\n// What the shop says.\n"
        "document.title = `Hello ${tag.fields.plan}`;  // {{no template}}\n\n};\n"
    )
    for other in ("/t/shop.greet.000000000000.js", "/t/shop.chat.000000000000.js", "/t/shop.greet..js"):
        assert (await page_gate.web.ask("GET", other)).status == 404
    snippet = (await page_gate.web.ask("GET", "/t/shop.js")).body.decode()
    assert version(tag.settings["code"]) in snippet
    assert "Hello" not in snippet


async def test_never_without_the_decision_and_never_more_than_it(page_gate: Gate) -> None:
    """Drawn hits, held against the decision that was made of each."""
    chance = random.Random(4711)
    seen = dict.fromkeys(Form, 0)
    for number in range(300):
        person = chance.choice(("alice", "alice", None, "undefined"))
        browser = page_gate.browser(ip=f"198.51.100.{number % 250}")
        browser.consent = chance.choice((GRANTED, REFUSED, {"marketing": True}, {"analytics": True}, None))
        extra: dict[str, Any] = {"id": hit_id(number)} if chance.random() < 0.9 else {}
        fields = {"value": 7, "text": "of alice"}
        hit = browser.hit("e", user=person, fields=fields, referrer="https://a.example/?q=alice", **extra)
        answer = await browser.send(hit)
        decision = {tag.tag: tag for tag in page_gate.taken[-1].decision.tags}
        told = answer.json["run"] if answer.status == 200 else []
        wanted = [name for name in ("chat", "greet", "ad", "open") if decision[name].sent] if extra else []
        assert [one["tag"] for one in told] == wanted
        for one in told:
            form = decision[one["tag"]].form
            seen[form] += 1
            said = str(one)
            # Nobody can know that a guest's address holds somebody's ID.
            assert person != "alice" or ("alice" in said) == (form is Form.RAW)
            assert (pseudonym(one["tag"]) in said) == (form is Form.PSEUDONYM)
    assert min(seen.values()) > 20
