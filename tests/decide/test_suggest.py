"""Tests that a container lacks: each passes where it is pasted, and nothing more is suggested afterwards."""

from pathlib import Path

import pytest

from gateway.cli.output import loader
from gateway.decide.sample import candidates, sample, samples
from gateway.decide.suggest import suggested
from gateway.decide.suppose import judge
from gateway.language.as_test import as_test, called
from gateway.language.container import Container, Given, Matcher
from gateway.model import Consent, Form

ROOT = Path(__file__).parents[2]
LOADER = loader()

HEAD = """\
version: 1
site: { name: Shop, domains: [shop.example.com] }
consent: CONSENT
variables:
  account_id: { data_layer: user.id }
  company: { data_layer: user.company }
  value: { event: value, type: number }
  plan: { cookie: plan }
  path: { url: path }
  vip: { data_layer: vip, type: true_false }
  tastes: { data_layer: tastes, type: set }
  shop: { constant: shop }
  proof: { data_layer: user.proof }
  kind: { lookup: plan, table: { gold: paying, silver: paying, free: guest }, default: none }
  both: { text: "{plan}/{shop_id}" }
  shop_id: { query: shop }
  device: { agent: device }
  of_event: { lookup: event, table: { buy: 1, look: 0 }, type: number }
triggers:
"""
TAGS = """\
tags:
  one:
    type: file
    send_when: asked
    settings: { path: hits.jsonl }
USER
tests: []
"""
ASKS = "{ from: { cookie: choice }, purposes: { analytics: a, marketing: m } }"
USER = "user_id: { from: account_id, account: company, otherwise: drop }"
PROVEN = "user_id: { from: account_id, verified_by: { token: proof, key: { secret: k } }, otherwise: drop }"


def container(triggers: str, consent: str = ASKS, user: str = USER) -> Container:
    text = HEAD.replace("CONSENT", consent) + triggers + TAGS.replace("USER", user)
    loaded = LOADER.compile(text.encode(), "shop", "shop.yaml")
    assert loaded.container, "\n".join(loaded.report())
    return loaded.container


def pasted(text: str, found: Container) -> Container:
    """The container with its suggested tests at its end."""
    tests = "".join(f"{line}\n" for test in suggested(found) for line in test.lines(found))
    text = text.replace("tests: []\n", "tests:\n") + tests
    loaded = LOADER.compile(text.encode(), "shop", "shop.yaml")
    assert loaded.container, "\n".join(loaded.report())
    return loaded.container


ASKED = {
    "an event": "  asked: { event: purchase }\n",
    "any event": "  asked: { path: { present: true } }\n",
    "a number": "  asked: { event: a, value: { more_than: 3, at_most: 4 } }\n",
    "less": "  asked: { value: { less_than: 1 } }\n",
    "a pattern": '  asked: { path: { like: "/shop/*/?" } }\n',
    "an end": "  asked: { path: { ends_with: .pdf } }\n",
    "not": "  asked: { plan: { is_not: gold, not_contains: x } }\n",
    "one of": "  asked: { event: { one_of: [a, b] }, plan: { one_of: [gold, silver], ignore_case: true } }\n",
    "a flag": "  asked: { vip: true }\n",
    "a set": "  asked: { tastes: { contains: shoes } }\n",
    "looked up": "  asked: { event: a, kind: guest }\n",
    "looked up event": "  asked: { of_event: { at_least: 1 } }\n",
    "built": "  asked: { both: a/b }\n",
    "one of few": "  asked: { device: { is_not: desktop } }\n",
    "missing": "  asked: { plan: { present: false } }\n",
    "a constant": "  asked: { shop: shop, event: b }\n",
    "a join": "  a: { event: a }\n  b: { plan: gold }\n  asked: { any_of: [a, b], none_of: [c] }\n  c: { vip: true }\n",
    "another way": "  a: { plan: x, all_of: [p] }\n  p: { plan: y }\n  b: { event: b }\n  asked: { any_of: [a, b] }\n",
    "a person": "  asked: { account_id: { starts_with: k } }\n",
    "consent": "  asked: { event: a, consent: { granted: analytics, refused: marketing } }\n",
    "no answer": "  asked: { event: a, consent: { unknown: analytics } }\n",
}


@pytest.mark.parametrize("triggers", ASKED.values(), ids=list(ASKED))
def test_a_hit_is_found_that_a_tag_gets(triggers: str) -> None:
    found = container(triggers)
    hit = sample(found, "one")
    assert hit is not None
    assert judge(found)(hit)["one"] is Form.NONE
    assert samples(found)[0] == hit


@pytest.mark.parametrize(
    "triggers",
    [
        "  asked: { plan: { present: false, is: gold } }\n",
        "  asked: { plan: { is: gold, is_not: gold } }\n",
        "  asked: { event: { is: a, is_not: a } }\n",
        "  asked: { kind: { not_one_of: [paying, guest] } }\n",
        "  asked: { both: nothing }\n",
        "  asked: { both: { is: a/b, is_not: a/b } }\n",
        "  a: { event: a }\n  asked: { all_of: [a], none_of: [a] }\n",
    ],
)
def test_no_hit_is_found_where_there_is_none(triggers: str) -> None:
    found = container(triggers)
    assert (sample(found, "one"), samples(found), suggested(found)) == (None, (), ())


@pytest.mark.parametrize("triggers", ASKED.values(), ids=list(ASKED))
@pytest.mark.parametrize("user", [USER, PROVEN, ""], ids=["believed", "proven", "nobody"])
def test_what_is_suggested_passes_where_it_is_pasted(triggers: str, user: str) -> None:
    if not user and "account_id:" in triggers:
        user = USER
    found = container(triggers, user=user)
    text = HEAD.replace("CONSENT", ASKS) + triggers + TAGS.replace("USER", user)
    again = pasted(text, found)
    assert again.tests
    assert suggested(again) == ()


def test_without_consent_there_are_fewer_stories() -> None:
    names = [test.name for test in suggested(container("  asked: { event: a }\n", "not_needed"))]
    assert names == [
        "A guest, also after signing out (a)",
        "Signed in (a)",
        "Somebody else signs in at the same device (a)",
    ]


@pytest.mark.parametrize("name", ["shop", "demo"])
def test_the_shipped_containers(name: str) -> None:
    path = ROOT / "tags" / f"{name}.yaml"
    loaded = LOADER.load(path)
    assert loaded.container
    again = pasted(path.read_text("utf-8"), loaded.container)
    assert len(again.tests) > len(loaded.container.tests)
    assert suggested(again) == ()


def test_of_a_pattern_the_letters_are_tried() -> None:
    assert "a.b" in candidates(Matcher(word="matches", wanted=r"^a\.b$"))


def test_two_tests_of_one_name_get_numbers() -> None:
    text = "  asked: { event: a }\n"
    found = container(text)
    first = suggested(found)[0].name
    tests = f'tests:\n  - {{ name: "{first}", given: {{ event: b, gpc: yes }}, expect: {{}} }}\n'
    whole = (HEAD.replace("CONSENT", ASKS) + text + TAGS.replace("USER", USER)).replace("tests: []\n", tests)
    loaded = LOADER.compile(whole.encode(), "shop", "shop.yaml")
    assert loaded.container
    assert suggested(loaded.container)[0].name == f"{first.removesuffix(')')}, 2)"


def test_a_mixture_of_answers_as_a_test() -> None:
    found = container("  asked: { event: a }\n")
    mixed = Given(event="a", consent={"analytics": Consent.GRANTED}, gpc=True, signed=False)
    assert (
        as_test("x", mixed, {}, found)[1] == "    given:  { event: a, granted: [analytics], gpc: true, signed: false }"
    )
    both = Given(event="a", consent={"analytics": Consent.GRANTED, "marketing": Consent.REFUSED})
    assert as_test("x", both, {"one": Form.NONE}, found) == (
        "  - name: x",
        "    given:  { event: a, consent: [analytics] }",
        "    expect: { one: drop }",
    )
    unsaid = Given(event="a", consent={"analytics": Consent.UNKNOWN, "marketing": Consent.REFUSED})
    assert as_test("x", unsaid, {}, found)[1] == "    given:  { event: a, refused: [marketing] }"
    untold = Given(event="a", cannot_tell=("plan",))
    assert as_test("x", untold, {}, found)[1] == "    given:  { event: a, cannot_tell: [plan] }"


def test_what_a_test_is_called() -> None:
    trigger = "  asked: { event: a }\n"
    assert called(Given(event="a"), container(trigger, "not_needed", "")) == "a"
    assert called(Given(event="a"), container(trigger)) == "a, a guest, no answer yet"
