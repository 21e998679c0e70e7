"""What a delivery rests on: as long as none of that is refused, no other refusal takes its reason away."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide.decide import Decider
from gateway.model import Consent, Decision, Facts
from tests.language.drawn import PURPOSES, Model, built, facts, models
from tests.language.small import changed, container, seen

GRANTED_ONLY = ("granted",)


def refusing(hit: Facts, purposes: frozenset[str]) -> Facts:
    """The same hit after these were refused."""
    consent = {**hit.consent, **dict.fromkeys(purposes, Consent.REFUSED)}
    return Facts(event=hit.event, readings=hit.readings, consent=consent, identity=hit.identity)


@settings(max_examples=80, deadline=None)
@given(models(), facts(), st.frozensets(st.sampled_from(PURPOSES)))
def test_refusing_what_it_does_not_rest_on_changes_nothing(model: Model, hit: Facts, refused: frozenset[str]) -> None:
    decider = Decider(built(model))
    before = decider.decide(hit)
    for number, tag in enumerate(before.tags):
        if tag.sent:
            after = decider.decide(refusing(hit, refused - tag.rests)).tags[number]
            assert after.sent
            assert after.form >= tag.form
    if before.remember:
        assert decider.decide(refusing(hit, refused - before.remember_rests)).remember


@settings(max_examples=100, deadline=None)
@given(models(GRANTED_ONLY), facts())
def test_when_all_is_refused_nothing_remains_that_needed_it(model: Model, hit: Facts) -> None:
    decider = Decider(built(model))
    before, after = decider.decide(hit), decider.decide(refusing(hit, frozenset(PURPOSES)))
    for was, now in zip(before.tags, after.tags, strict=True):
        assert now.rests == frozenset()
        if was.sent and not (now.sent and now.form >= was.form):
            assert was.rests
    assert not before.remember or after.remember or before.remember_rests


@settings(max_examples=100, deadline=None)
@given(models(), facts())
def test_it_rests_only_on_what_is_not_refused(model: Model, hit: Facts) -> None:
    refused = {purpose for purpose, state in hit.consent.items() if state is Consent.REFUSED}
    assert not refused & _rests(Decider(built(model)).decide(hit))


def _rests(decision: Decision) -> frozenset[str]:
    return decision.remember_rests.union(*(tag.rests for tag in decision.tags))


def rests(*pairs: tuple[str, str], hit: Facts) -> set[str]:
    """What the small container's tag rests on."""
    text = changed(*pairs, ("visitor: { remember_when: analytics_ok }\n", ""))
    return set(_rests(Decider(container(text[: text.index("tests:")] + "tests: []\n")).decide(hit)))


SEND = "send_when: { all_of: [analytics_ok], any_of: [page_view, big_order] }"
MORE = (
    "tags:\n",
    "  marketing_ok: { consent: { granted: marketing } }\n  said_no: { consent: { refused: marketing } }\n"
    "  silent: { consent: { unknown: marketing } }\n  either: { any_of: [marketing_ok, page_view] }\ntags:\n",
)


def test_of_several_reasons_the_one_that_rests_on_least_counts() -> None:
    assert rests(MORE, (SEND, "send_when: either\n    consent: not_needed"), hit=seen(who=None)) == set()
    assert rests(MORE, (SEND, "send_when: { any_of: [either, marketing_ok] }"), hit=seen(who=None)) == set()


def test_the_rule_counts_as_well_as_the_tag() -> None:
    with_rule = (MORE, ("all_of: [signed_in, analytics_ok]", "all_of: [signed_in, marketing_ok]"))
    assert rests(*with_rule, hit=seen()) == {"analytics", "marketing"}
    assert rests(*with_rule, hit=seen(who=None)) == {"analytics"}


def test_a_rule_above_that_would_give_less_must_stay_no() -> None:
    less = (
        "  rules:\n",
        "  rules:\n    - { when: { all_of: [signed_in, said_no] }, hash: [crm], consent: not_needed }\n",
    )
    assert rests(MORE, less, hit=seen()) == {"analytics", "marketing"}
    assert rests(MORE, less, hit=seen(marketing=Consent.REFUSED)) == {"analytics"}


def test_what_is_unknown_may_be_what_it_rests_on() -> None:
    asked = (MORE, (SEND, "send_when: { all_of: [silent, page_view] }\n    consent: not_needed"))
    assert rests(*asked, hit=seen(marketing=Consent.UNKNOWN, who=None)) == {"marketing"}
    refused = (MORE, (SEND, "send_when: { none_of: [said_no] }\n    consent: not_needed"))
    assert rests(*refused, hit=seen(who=None)) == {"marketing"}
    silent = (MORE, (SEND, "send_when: { none_of: [silent] }\n    consent: not_needed"))
    assert rests(*silent, hit=seen(who=None)) == set()
