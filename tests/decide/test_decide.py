"""Which rule decides: order, what a cannot tell on the way costs, and otherwise drop."""

import pytest
from hypothesis import given, settings

from gateway.decide.decide import NEEDS_ID, Decider
from gateway.language.container import Container
from gateway.language.values import NOT_SENT
from gateway.model import ABSENT, Consent, Facts, Form, Reading, TagDecision
from tests.language.drawn import CANNOT_TELL, YES, Model, Truth, built, facts, models
from tests.language.small import TEXT, changed, container, seen

RULE = "    - { when: { all_of: [signed_in, analytics_ok] }, attach: [crm] }\n"
WORDS = {"attach": Form.RAW, "hash": Form.PSEUDONYM}


def ruled(*rules: str) -> Container:
    """The small container with these rules; gold and silver are plans."""
    said = [rule.split() for rule in rules]
    lines = [f"    - {{ when: {{ all_of: [{when}, analytics_ok] }}, {form}: [crm] }}\n" for when, form in said]
    plans = ("tags:\n", "  gold: { plan: gold }\n  silver: { plan: silver }\ntags:\n")
    text = changed((f"  rules:\n{RULE}", f"  rules:\n{''.join(lines)}" if rules else ""), plans)
    return container(text[: text.index("tests:")] + "tests: []\n")


def decided(tried: Container, hit: Facts) -> TagDecision:
    """What the one tag gets."""
    (tag,) = Decider(tried).decide(hit).tags
    return tag


@pytest.mark.parametrize(
    ("rules", "plan", "form", "rule"),
    [
        (("gold attach", "signed_in hash"), "gold", Form.RAW, 0),
        (("gold attach", "signed_in hash"), "silver", Form.PSEUDONYM, 1),
        (("gold hash", "signed_in attach"), "gold", Form.PSEUDONYM, 0),
        (("gold hash", "signed_in attach"), "silver", Form.RAW, 1),
        (("gold hash", "signed_in attach"), ABSENT, Form.RAW, 1),
        (("gold hash", "signed_in attach"), NOT_SENT, Form.PSEUDONYM, 1),
        (("gold attach", "signed_in hash"), NOT_SENT, Form.PSEUDONYM, 1),
        (("gold attach", "signed_in attach"), NOT_SENT, Form.RAW, 1),
        (("gold attach", "silver hash"), NOT_SENT, Form.NONE, None),
        (("gold attach", "silver hash"), "bronze", Form.NONE, None),
        ((), "gold", Form.NONE, None),
    ],
)
def test_the_first_yes_decides_and_a_cannot_tell_limits(
    rules: tuple[str, ...], plan: Reading, form: Form, rule: int | None
) -> None:
    tag = decided(ruled(*rules), seen(plan))
    assert (tag.sent, tag.form, tag.rule) == (True, form, rule)


def test_nobody_signed_in_is_dropped_without_a_rule() -> None:
    assert decided(ruled("signed_in attach"), seen(who=None)).form is Form.NONE


def test_what_is_not_sent_has_no_form() -> None:
    tag = decided(ruled("signed_in attach"), seen(analytics=Consent.REFUSED))
    assert tag == TagDecision("crm", sent=False)


def test_a_type_for_people_only_gets_nothing_without_an_id() -> None:
    tried = container(
        changed(
            ("type: webhook", "type: list"), ("    fields: { plan: plan }\n", ""), ("  plan: { cookie: plan }\n", "")
        )
    )
    assert decided(tried, seen()).form is Form.RAW
    nobody = decided(tried, seen(who=None))
    assert (nobody.sent, nobody.held) == (False, NEEDS_ID)


def test_a_container_without_user_id_sends_without() -> None:
    text = TEXT[: TEXT.index("user_id:")] + "tests: []\n"
    assert decided(container(text), seen()) == TagDecision("crm", sent=True, rests=frozenset({"analytics"}))


def test_the_cookie_needs_a_yes() -> None:
    decider = Decider(container(TEXT))
    granted, unknown = decider.decide(seen()), decider.decide(seen(analytics=Consent.UNKNOWN))
    assert (granted.remember, granted.remember_rests) == (True, frozenset({"analytics"}))
    assert (unknown.remember, unknown.remember_rests) == (False, frozenset())
    never = Decider(container(changed(("visitor: { remember_when: analytics_ok }\n", ""))))
    assert not never.decide(seen()).remember


@settings(max_examples=100, deadline=None)
@given(models(), facts())
def test_decisions_follow_the_contract(model: Model, hit: Facts) -> None:
    truth = Truth(model, hit)
    decision = Decider(built(model)).decide(hit)
    for tag in decision.tags:
        form = _form(model, truth, tag.tag) if hit.identity.id else Form.NONE
        sent = truth.join(model["sends"][tag.tag]) == YES and (tag.tag == "one" or form > Form.NONE)
        assert (tag.sent, tag.form) == (sent, form if sent else Form.NONE)
    assert decision.remember == bool(model["remember"] and truth.join(model["remember"]) == YES)


def _form(model: Model, truth: Truth, tag: str) -> Form:
    """In order the first yes, but never more than the form of a cannot tell on the way."""
    passed = []
    for rule in model["rules"]:
        forms = [form for word, form in WORDS.items() if tag in rule.get(word, ())]
        answer = truth.join(rule["when"]) if forms else ""
        if answer == YES:
            return min([*forms, *passed])
        passed += forms if answer == CANNOT_TELL else []
    return Form.NONE
