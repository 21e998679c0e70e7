"""What may leave a browser: all that something can use in this state of consent, and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide.decide import Decider
from gateway.language.container import Container
from gateway.language.leave import LETTERS
from gateway.language.values import NOT_SENT
from gateway.model import ABSENT, Answer, Consent, Facts, Form, Identity, Signed
from tests.language.drawn import PURPOSES, VARIABLES, WHO, Model, built, facts, models
from tests.language.small import TEXT, changed, container

IN_PAGE = {name for name, said in VARIABLES.items() if said.get("personal")} | set(WHO)


def state(seen: Facts) -> str:
    """The letters of its consent."""
    return "".join(LETTERS[seen.consent[purpose]] for purpose in PURPOSES)


def test_a_state_is_a_letter_for_each_purpose() -> None:
    purposes = ", ".join(f"p{n}: p{n}" for n in range(6))
    text = changed(("{ analytics: statistics, marketing: ads }", f"{{ analytics: statistics, {purposes} }}"))
    found = container(text).may_leave["account_id"]
    assert found == {letters for letters in found if letters[0] == "g"}
    assert len(found) == 3**6


@settings(max_examples=100, deadline=None)
@given(models(), facts())
def test_what_gets_a_form_may_leave(model: Model, seen: Facts) -> None:
    tried = built(model)
    for tag in Decider(tried).decide(seen).tags:
        if tag.form is not Form.NONE:
            needed = {*WHO, "user_id", *(["email"] if tag.tag == "one" and tag.form is Form.RAW else [])}
            assert [name for name in needed if state(seen) not in tried.may_leave[name]] == []


@settings(max_examples=80, deadline=None)
@given(models(), facts(), st.sampled_from(sorted(IN_PAGE)))
def test_what_would_be_missed_may_leave(model: Model, seen: Facts, name: str) -> None:
    """Withheld it is "cannot tell"; where that changes what happens, the value may leave in this state."""
    tried = built(model)
    if _outcome(tried, seen) != _outcome(tried, _without(seen, name)):
        assert state(seen) in tried.may_leave[name]


def _outcome(tried: Container, seen: Facts) -> tuple[object, ...]:
    decision = Decider(tried).decide(seen)
    return decision.remember, [(tag.sent, tag.form) for tag in decision.tags]


def _without(seen: Facts, name: str) -> Facts:
    identity = Identity(Signed.UNSAID) if name == "account_id" else seen.identity
    return Facts(event=seen.event, readings={**seen.readings, name: NOT_SENT}, consent=seen.consent, identity=identity)


def test_what_nothing_uses_stays_in_the_page() -> None:
    found = container(changed(("  plan: {", "  mail: { trait: mail, personal: true }\n  plan: {"))).may_leave
    assert found["mail"] == frozenset()
    assert found["account_id"] == found["proof"] == found["user_id"] == {"gg", "gr", "gu"}


ASKS = {
    "alone": "{ mail: { present: true } }",
    "agreed": "{ mail: { present: true }, consent: { granted: marketing } }",
}
MARKETING = {one: {f"{other}{one}" for other in "gru"} for one in "gru"}


@pytest.mark.parametrize(
    ("asks", "send_when", "marketing"),
    [
        ("alone", "any_of: [page_view, asked]", "gru"),
        ("agreed", "any_of: [page_view, asked]", "g"),
        ("agreed", "all_of: [page_view, asked]", "g"),
        ("agreed", "any_of: [page_view, above]", "g"),
        ("agreed", "all_of: [page_view], none_of: [asked]", "gu"),
        ("agreed", "all_of: [page_view], none_of: [above]", ""),
        ("agreed", "all_of: [twice]", "g"),
    ],
)
def test_what_is_decided_without_a_value_keeps_it_in_the_page(asks: str, send_when: str, marketing: str) -> None:
    more = "  above: { all_of: [big_order], any_of: [asked, page_view] }\n  twice: { all_of: [also, asked] }\n"
    text = changed(
        (
            "variables:\n",
            "variables:\n  mail: { trait: mail, personal: true }\n  same: { trait: mail, personal: true }\n",
        ),
        ("  analytics_ok: {", f"  asked: {ASKS[asks]}\n  also: {{ same: a }}\n{more}  analytics_ok: {{"),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", send_when),
    )
    found = container(text[: text.index("tests:")] + "tests: []\n").may_leave
    assert found["mail"] == set().union(*(MARKETING[one] for one in marketing))


def test_without_user_id_only_what_triggers_ask_leaves() -> None:
    text = TEXT[: TEXT.index("user_id:")] + "tests: []\n"
    text = text.replace("{ data_layer: user.id }", "{ data_layer: user.id, personal: true }")
    found = container(text.replace("any_of: [page_view,", "any_of: [signed_in,")).may_leave
    assert found == {"account_id": {"gg", "gr", "gu"}}
    assert container(text.replace("any_of: [page_view,", "any_of: [analytics_ok,")).may_leave == {"account_id": set()}


def test_a_hit_that_is_absent_or_withheld_is_told_apart() -> None:
    tried = container(TEXT)
    readings = {"event": "page_view", "account_id": ABSENT, "proof": ABSENT, "plan": ABSENT, "total": ABSENT}
    seen = Facts(
        event="page_view",
        readings=readings,
        consent=dict.fromkeys(PURPOSES, Consent.GRANTED),
        identity=Identity(Signed.NOBODY),
    )
    assert tried.program.triggers["signed_in"](tried.program.answered(seen)) is Answer.NO
    hit = tried.program.answered(_without(seen, "account_id"))
    assert tried.program.triggers["signed_in"](hit) is Answer.CANNOT_TELL
