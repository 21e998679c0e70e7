"""What a container can do, and what changes, in plain words; changes of hits as the real decision makes them."""

import shlex
from collections.abc import Callable

import pytest
from hypothesis import assume, given

from gateway.decide.decide import Decider
from gateway.decide.suppose import suppose
from gateway.language.container import Container, Given
from gateway.language.explained.change import LEVELS, changes
from gateway.language.explained.explain import explain
from gateway.language.given import read_words
from gateway.language.load import build
from gateway.language.proof.scenes import Scenes
from gateway.model import Form
from tests.language.every import MOST_HITS, Everything, Model, models, parts_of
from tests.language.small import TEXT, changed, container
from tests.language.test_every_hit import few

EITHER = "{ any_of: [other, page_view] }"
COUNTER = """  counter:
    type: counter
    send_when: page_view
    consent: not_needed
    settings: { path: hits.txt }
user_id:
"""


def test_the_strongest_that_a_tag_can_get_and_the_shortest_way_there() -> None:
    some = changed(("user_id:\n", COUNTER), ("expect: { crm: attach }", "expect: { crm: attach, counter: drop }"))
    found = explain(container(some.replace("expect: {}", "expect: { counter: drop }")))
    crm, counter = found.receivers
    assert {name: (reach.gets, reach.story) for name, reach in crm.reach.items()} == {
        "ever": ("attach", ("event page_view", "signed in", "analytics granted")),
        "before the answer": ("nothing", ()),
        "after a refusal of everything": ("nothing", ()),
        "as a guest": ("drop", ("event page_view", "analytics granted")),
        "signed in without proof": ("drop", ("event page_view", "signed in without proof", "analytics granted")),
    }
    assert crm.reach["ever"].hit == "event=page_view account_id=ada granted=analytics"
    assert crm.needs == ("analytics",)
    assert counter.reach["after a refusal of everything"].story == (
        "event page_view",
        "analytics refused",
        "marketing refused",
    )
    assert found.before_answer == ("counter",)
    assert found.no_deletion == ("crm", "counter")
    assert found.remembers["before the answer"].gets == "no cookie"
    assert found.remembers["ever"].gets == "cookie"
    assert found.questions["big_order"] == "event is: purchase and total at_least: 100"
    assert [test.expect for test in found.tests] == [{"crm": "attach", "counter": "drop"}] + [{"counter": "drop"}] * 2


def test_a_story_tells_values_and_what_nobody_can_tell() -> None:
    triggers = """  gold: { plan: gold, groups: { contains: a } }
  odd: { mail: { present: true }, level: { present: true } }
  unsaid: { level: { present: false } }
  analytics_ok: {"""
    text = changed(
        ("  analytics_ok: {", triggers),
        (
            "  plan: {",
            """  mail: { trait: mail, personal: true }
  groups: { event: groups, type: set }
  level: { event: level }
  plan: {""",
        ),
        ("any_of: [page_view, big_order]", "any_of: [gold, odd], none_of: [unsaid]"),
    )
    found = explain(container(text[: text.index("tests:")] + "tests: []\n"))
    story = found.receivers[0].reach["ever"].story
    assert story == ("event page_view", "signed in", "analytics granted", "mail is there", "level is something")


def test_no_example_is_no_story() -> None:
    text = changed(("event: page_view }", "event: { matches: '^p.+w$' } }"))
    (crm,) = explain(container(text[: text.index("tests:")] + "tests: []\n")).receivers
    assert crm.reach["ever"].gets == "attach"


def test_without_consent_and_user_id_there_is_one_circumstance() -> None:
    text = """version: 1
site: { name: S, domains: [a.example] }
consent: not_needed
triggers:
  page_view: { event: page_view }
  other: { event: other }
tags:
  crm: { type: webhook, send_when: page_view, settings: { url: https://a.example/ } }
guarantees:
  - { never: remember }
  - { never: [attach, hash], to: all, unless: { any_of: [page_view, other], none_of: [other] } }
  - { never: send, to: [crm], unless: page_view }
tests: []
"""
    found = explain(container(text))
    assert found.circumstances == ("ever",)
    assert found.before_answer == ("crm",)
    assert found.guarantees == (
        "never remember",
        "never attach or hash to any tag, unless (page_view or other) and not other",
        "never send to crm, unless page_view",
    )
    text = text.replace("  - { never: send, to: [crm], unless: page_view }\n", "")
    old, new = (container(text.replace("send_when: page_view", f"send_when: {said}")) for said in ("other", EITHER))
    (change,) = changes(old, new)
    assert change.text == "crm now also gets hits without User ID, whoever visits. For example: event page_view."
    said = changes(new, container(text.replace("send_when: page_view", f"sample: 5%, send_when: {EITHER}")))
    assert [change.wider for change in said] == [False]


def versions(*pairs: tuple[str, str]) -> tuple[Container, Container]:
    """The small container without tests, before and after these pieces were replaced."""
    plain = TEXT[: TEXT.index("tests:")] + "tests: []\n"
    text = plain
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return container(plain), container(text)


ID = "  from: account_id\n"
TILL = "{ secret: till }"


@pytest.mark.parametrize(
    ("pairs", "text"),
    [
        ([("attach: [crm]", "hash: [crm]")], "crm no longer gets the User ID as it is, but a pseudonym of the User ID"),
        ([("all_of: [analytics_ok], any", "any")], "crm now also gets hits without User ID, when nothing is granted"),
        ([("visitor: { remember_when: analytics_ok }\n", "")], "The visitor is no longer remembered with a cookie"),
        (
            [("{ remember_when: analytics_ok }", "{ remember_when: page_view, consent: not_needed }")],
            "now also remembered",
        ),
        ([("hooks.example", "other.example")], "crm goes to another place: its type or settings are others."),
        ([("{ plan: plan }", "{ total: total, plan: plan }")], "crm now also gets total (as total, under fields)."),
        ([("    fields: { plan: plan }\n", "")], "crm no longer gets plan (as plan, under fields)."),
        (
            [("    fields:", "    ip: full\n    fields:")],
            "crm gets more of the visitor's address: anonymous became full.",
        ),
        ([("    fields:", "    page: path\n    fields:")], "crm gets less of the page's address: url became path."),
        ([("    fields:", "    hash_group: us\n    fields:")], "crm sees other pseudonyms: those of us."),
        ([("    fields:", "    schedule: { from: 2026-12-01 }\n    fields:")], "crm sends at other times."),
        ([("    fields:", "    sample: 10%\n    fields:")], "crm gets the hits of fewer visitors."),
        ([("{ data_layer: user.id }", "{ data_layer: user.key }")], "Who is signed in is read from another place."),
        ([("  verified_by: { token: proof, key: { secret: login_key } }\n", "")], "must no longer be proved."),
        ([("  purposes:", "  while_unknown: send\n  purposes:")], "The page no longer waits for the visitor's answer"),
        (
            [("  purposes:", "  gpc_refuses: [analytics]\n  purposes:")],
            "Global Privacy Control no longer refuses marketing.",
        ),
        (
            [("remember_when: analytics_ok", "remember_when: analytics_ok, days: 400")],
            "The cookie is kept for 400 days, and",
        ),
        ([("[shop.example.com]", "[shop.example.com, b.example]")], "Pages on b.example may now send hits."),
        (
            [("tests: []", "guarantees:\n  - { never: hash, to: all }\ntests: []")],
            "It is now promised: never hash to any tag.",
        ),
        ([(ID, f"{ID}  at_login: same_visit\n")], "before signing in becomes theirs: now."),
        ([(ID, f"{ID}  at_logout: same_visitor\n")], "stays the same visitor: now."),
        (
            [(ID, f"{ID}  account: plan\n"), ("    fields: { plan: plan }\n", "")],
            "organisation of a person goes along: now.",
        ),
        (
            [("remember_when: analytics_ok", "remember_when: analytics_ok, without_cookie: none")],
            "no longer told apart",
        ),
        ([("consent:\n", "accept: { server: { key: { secret: shop } } }\nconsent:\n")], "A server may now send hits."),
        (
            [("consent:\n", f"accept: {{ matomo: {{ site_ids: [7], server_token: {TILL} }} }}\nconsent:\n")],
            "for site 7 is now taken",
        ),
        (
            [("consent:\n", f"accept: {{ matomo: {{ site_ids: [7], server_token: {TILL} }} }}\nconsent:\n")],
            "A server that speaks Matomo's Tracking API may now send hits.",
        ),
        (
            [("consent:\n", f"accept: {{ segment: {{ server_key: {TILL} }} }}\nconsent:\n")],
            "A server that speaks Segment's HTTP API may now send hits.",
        ),
        (
            [("consent:\n", "accept: { segment: { browser_key: shop-web } }\nconsent:\n")],
            "Pages that speak Segment's HTTP API now show the write key shop-web.",
        ),
        (
            [("consent:\n", "accept: { segment: { browser_key: shop-web, apps: true } }\nconsent:\n")],
            "Apps that speak Segment's HTTP API may now send hits.",
        ),
        (
            [("consent:\n", "accept: { matomo: { site_ids: [7], apps: true } }\nconsent:\n")],
            "Apps that speak Matomo's Tracking API may now send hits.",
        ),
        ([("{ cookie: choice }", "{ cookie: other }")], "choice is read from another place, or by other words."),
        ([("[shop.example.com]", "[shop.example.com], drop_query: [ref]")], "ref is now taken out of addresses."),
        (
            [("user_id:\n", COUNTER)],
            "counter now also gets hits without User ID, whatever was granted. For example: event page",
        ),
    ],
)
def test_what_changes_is_said(pairs: list[tuple[str, str]], text: str) -> None:
    old, new = versions(*pairs)
    said = [change for change in changes(old, new) if text in change.text]
    assert said, [change.text for change in changes(old, new)]
    back = changes(new, old)
    assert any(change.wider is not said[0].wider for change in back) or "another place" in text
    assert changes(new, new) == ()


def test_what_is_read_otherwise_is_another_variable() -> None:
    triggers = ("  analytics_ok: {", "  gold: { level: gold }\n  silver: { named: silver! }\n  analytics_ok: {")
    built = '  level: { lookup: plan, table: { a: gold } }\n  named: { text: "{plan}!" }\n  total: {'
    base = changed(triggers, ("  total: {", built), ("any_of: [page_view, big_order]", "any_of: [gold, silver]"))
    base = base[: base.index("tests:")] + "tests: []\n"
    other = base.replace("{ cookie: plan }", "{ query: plan }")
    found = changes(container(base), container(other))
    texts = [change.text for change in found if change.wider]
    assert len(texts) == 4
    assert "crm gets plan (as plan, under fields) from another place." in texts
    assert "plan is read from another place, or in another way." in texts
    assert changes(container(base), container(base)) == ()


def test_some_of_several_purposes_are_named() -> None:
    more = ("{ analytics: statistics, marketing: ads }", "{ analytics: statistics, marketing: ads, video: video }")
    both = ("  analytics_ok: {", "  video_ok: { consent: { granted: video } }\n  analytics_ok: {")
    old = changed(more, both)
    old = old[: old.index("tests:")] + "tests: []\n"
    new = old.replace("all_of: [analytics_ok], any", "all_of: [analytics_ok, video_ok], any")
    (change,) = (one for one in changes(container(old), container(new)) if "hits without" in one.text)
    assert ", when analytics alone is granted, or analytics and marketing are granted. For" in change.text
    assert (
        explain(
            container(old.replace("  video_ok: {", "  all_ok: { all_of: [analytics_ok] }\n  video_ok: {"))
        ).questions["all_ok"]
        == "analytics_ok"
    )


def test_a_site_that_stops_asking() -> None:
    plain = """version: 1
site: { name: S, domains: [a.example] }
consent: not_needed
triggers: { page_view: { event: page_view } }
tags:
  crm:
    type: webhook
    send_when: page_view
    consent: not_needed
    settings: { url: https://a.example/ }
    exempt: cnil
tests: []
"""
    asking = plain.replace(
        "consent: not_needed\ntriggers", "consent: { from: { cookie: c }, purposes: { a: a } }\ntriggers"
    )
    old, new = container(asking), container(plain.replace("    exempt: cnil\n", ""))
    texts = [change.text for change in changes(old, new) if change.wider]
    assert texts == [
        "crm is no longer kept within the exemption for audience measurement.",
        "The site no longer asks for consent.",
    ]
    assert [change.wider for change in changes(new, old)] == [False, False]


def test_a_user_id_that_is_new_is_told() -> None:
    nobody = TEXT[: TEXT.index("user_id:")] + "tests: []\n"
    old, new = container(nobody), versions()[1]
    assert any("the User ID as it is" in change.text for change in changes(old, new))
    assert any("no longer gets the User ID as it is" in change.text for change in changes(new, old))


def _levels(tried: Container, words: str, names: tuple[str, ...]) -> list[int]:
    decision = Decider(tried).decide(suppose(tried, read_words(shlex.split(words), tried)))
    given = {tag.tag: 1 + tag.form for tag in decision.tags if tag.sent}
    return [int(given.get(name, 0)) for name in names]


@few(25)
@given(models(), models())
def test_changes_are_exactly_those_of_some_hit(one: Model, other: Model) -> None:
    """Over the hits of both: a step up or down in what a tag gets is told exactly where some hit makes it."""
    assume(one["shared"] == other["shared"] and one["verified"] == other["verified"])
    both = {**one, "triggers": {**one["triggers"], **{f"o{k}": v for k, v in _renamed(other["triggers"]).items()}}}
    tried = Everything(Scenes(parts_of(both)))
    assume(tried.count <= MOST_HITS)
    older, newer = (build(Scenes(parts_of(model)), "drawn", "drawn.yaml", "0" * 16) for model in (one, other))
    names = ("alpha", "beta", "gamma")
    before, after = _of(older, names), _of(newer, names)
    seen = {
        (name, was, now)
        for hit, _, _ in tried.hits()
        for name, was, now in zip(names, before(hit), after(hit), strict=True)
        if was != now
    }
    found = changes(older, newer)
    told = {
        (change.tag, low, high) if change.wider else (change.tag, high, low)
        for change in found
        for low in range(len(LEVELS))
        for high in range(low + 1, len(LEVELS))
        if change.tag in names and _tells(change.text, low, high)
    }
    assert told == seen


def _of(tried: Container, names: tuple[str, ...]) -> Callable[[Given], list[int]]:
    decider = Decider(tried)

    def levels(hit: Given) -> list[int]:
        given = {tag.tag: 1 + Form(tag.form) for tag in decider.decide(suppose(tried, hit)).tags if tag.sent}
        return [int(given.get(name, 0)) for name in names]

    return levels


def _tells(text: str, low: int, high: int) -> bool:
    head = text.partition(", when")[0].partition(", whatever")[0].partition(" gets ")[2]
    up = LEVELS[high] + (f" in place of {LEVELS[low]}" if low else "")
    down = LEVELS[high] + (f", but {LEVELS[low]}" if low else "")
    return head in (up, down)


def _renamed(triggers: Model) -> Model:
    out: Model = {}
    for name, said in triggers.items():
        out[name] = {
            key: [f"o{x}" for x in value] if key in ("all_of", "any_of", "none_of") else value
            for key, value in said.items()
        }
    return out
