"""A hit in a test's words → facts: what is left out was not found, consent in the words of the file."""

import pytest

from gateway.decide.suppose import judge, suppose
from gateway.language.container import Given
from gateway.language.values import NOT_PROVEN
from gateway.model import ABSENT, CannotTell, Consent, Form, Signed
from tests.language.small import TEXT, changed, container

SMALL = container(TEXT)
GRANTED = {"analytics": Consent.GRANTED, "marketing": Consent.REFUSED}
MORE = container(
    changed(
        ("  from: account_id\n", "  from: account_id\n  account: company\n"),
        (
            "  plan: { cookie: plan }",
            "  company: { data_layer: company.id }\n  whole: { data_layer: user }\n  brand: { constant: acme }\n"
            "  groups: { data_layer: groups, type: set }\n  plan: { cookie: plan, default: free }\n"
            '  price: { data_layer: price, type: number, decimal: comma, default: "1,50" }',
        ),
    )
)


def test_a_variable_left_out_is_absent() -> None:
    facts = suppose(SMALL, Given(event="page_view"))
    assert facts.readings == {
        "event": "page_view",
        "account_id": ABSENT,
        "proof": ABSENT,
        "plan": ABSENT,
        "total": ABSENT,
    }
    assert facts.identity.signed is Signed.NOBODY
    assert facts.consent == {"analytics": Consent.UNKNOWN, "marketing": Consent.UNKNOWN}


def test_values_have_the_type_of_their_variable() -> None:
    values = {"total": "59.90", "plan": "gold", "price": "1.299,00", "groups": ("a", "b")}
    readings = suppose(MORE, Given(event="purchase", values=values)).readings
    assert (readings["total"], readings["plan"], readings["price"]) == (59.9, "gold", 1299.0)
    assert readings["groups"] == frozenset({"a", "b"})
    assert isinstance(suppose(SMALL, Given(event="e", values={"total": "much"})).readings["total"], CannotTell)


def test_constants_are_always_there_and_defaults_stand_in() -> None:
    readings = suppose(MORE, Given(event="e", values={"plan": ""})).readings
    assert (readings["brand"], readings["plan"], readings["price"]) == ("acme", "free", 1.5)


def test_who_is_signed_in_is_normalised() -> None:
    facts = suppose(MORE, Given(event="e", values={"account_id": " 007 ", "company": "acme"}))
    assert (facts.identity.signed, facts.identity.id, facts.identity.account) == (Signed.VERIFIED, "007", "acme")
    assert facts.readings["account_id"] == "007"
    assert suppose(MORE, Given(event="e", values={"account_id": "007", "company": "null"})).identity.account is None


def test_who_is_signed_in_may_be_what_nobody_can_tell() -> None:
    facts = suppose(SMALL, Given(event="e", cannot_tell=("account_id",)))
    assert facts.identity.signed is Signed.UNSAID
    assert isinstance(facts.readings["account_id"], CannotTell)


@pytest.mark.parametrize("claim", ["", "guest", "000", "{{user.id}}"])
def test_what_is_no_id_is_nobody(claim: str) -> None:
    facts = suppose(SMALL, Given(event="e", values={"account_id": claim}))
    assert facts.identity.signed is Signed.NOBODY
    assert facts.readings["account_id"] is ABSENT


def test_without_proof_nothing_of_the_person_can_be_told() -> None:
    facts = suppose(MORE, Given(event="e", values={"account_id": "007", "whole": "007", "plan": "gold"}, signed=False))
    assert facts.identity.signed is Signed.UNVERIFIED
    assert facts.identity.id is None
    unproven = {name for name, value in facts.readings.items() if value is NOT_PROVEN}
    assert unproven == {"account_id", "company", "whole"}


def test_without_verified_by_the_word_of_the_page_is_believed() -> None:
    believed = container(changed(("  verified_by: { token: proof, key: { secret: login_key } }\n", "")))
    given = Given(event="e", values={"account_id": "007"}, signed=False)
    assert suppose(believed, given).identity.signed is Signed.VERIFIED


def test_without_user_id_nobody_is_signed_in() -> None:
    nobody = container(TEXT[: TEXT.index("user_id:")] + "tests: []\n")
    facts = suppose(nobody, Given(event="e", values={"account_id": "007"}))
    assert facts.identity.signed is Signed.NOBODY
    assert facts.readings["account_id"] == "007"


def test_global_privacy_control_refuses() -> None:
    granted = dict.fromkeys(("analytics", "marketing"), Consent.GRANTED)
    given = Given(event="e", consent=granted, gpc=True)
    assert set(suppose(SMALL, given).consent.values()) == {Consent.REFUSED}
    one = container(changed(("marketing: ads }\n", "marketing: ads }\n  gpc_refuses: [marketing]\n")))
    assert suppose(one, given).consent == GRANTED


def test_a_site_that_needs_no_consent_keeps_none() -> None:
    consent = TEXT[TEXT.index("consent:") : TEXT.index("variables:")]
    text = TEXT.replace(consent, "consent: not_needed\n")
    text = text[: text.index("tests:")].replace("  analytics_ok: { consent: { granted: analytics } }\n", "")
    free = container(text.replace("analytics_ok", "signed_in") + "tests: []\n")
    assert suppose(free, Given(event="e")).consent == {}


def test_judge_says_what_each_tag_gets() -> None:
    values = {"account_id": "007"}
    assert judge(SMALL)(Given(event="page_view", values=values, consent=GRANTED)) == {"crm": Form.RAW}
    assert judge(SMALL)(Given(event="page_view", values=values)) == {}
