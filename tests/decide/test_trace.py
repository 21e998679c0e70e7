"""Why a decision came out as it did; personal values only as fingerprints."""

from people.shops import container, with_user

from gateway.decide.decide import Decider
from gateway.decide.trace import because, reasons, rule_text, shown
from gateway.language.container import Container
from gateway.model import ABSENT, CannotTell, Consent, Facts, Identity, Reading, Signed

GRANTED = {"analytics": Consent.GRANTED}


def decided(
    shop: Container, readings: dict[str, Reading], who: Identity | None = None, event: str = "page_view"
) -> tuple:  # type: ignore[type-arg]
    values: dict[str, Reading] = dict.fromkeys(shop.variables, ABSENT)
    facts = Facts(event, {**values, "event": event, **readings}, GRANTED, who or Identity(Signed.NOBODY))
    decision, answered = Decider(shop).answered(facts)
    return decision.tags[0], reasons(shop, answered)


def test_values_are_shown_as_people_write_them() -> None:
    assert shown(ABSENT, personal=True) == "absent"
    assert shown(CannotTell("why"), personal=True) == "cannot tell: why"
    assert shown("gold", personal=False) == "gold"
    assert shown(3.0, personal=False) == "3"
    assert shown(True, personal=False) == "true"
    assert shown(frozenset({"b", "a"}), personal=False) == "a, b"
    assert len(shown("x" * 500, personal=False)) == 120


def test_personal_values_are_fingerprints_that_can_be_compared() -> None:
    one, same, other = (shown(text, personal=True) for text in ("alice", "alice", "bob"))
    assert one == same != other
    assert "alice" not in one
    assert one.startswith("(personal, ")
    assert "secret" not in shown(frozenset({"secret"}), personal=True)
    shown("\ud800", personal=True)


def test_every_answer_with_what_was_wanted_and_seen() -> None:
    shop = with_user(triggers="  both: { all_of: [signed_in, view] }\n  gone: { account_id: { present: false } }")
    tag, found = decided(shop, {"account_id": "alice"}, Identity(Signed.VERIFIED, "alice"))
    [line] = found["signed_in"].lines
    assert (line.variable, line.wanted, line.answer) == ("account_id", "present: true", "yes")
    assert "alice" not in line.seen
    [consent] = found["analytics_ok"].lines
    assert (consent.variable, consent.wanted, consent.seen, consent.answer) == (
        "consent analytics",
        "granted",
        "granted",
        "yes",
    )
    [event] = found["view"].lines
    assert (event.wanted, event.seen) == ("is: page_view", "page_view")
    assert found["both"].of == ("signed_in", "view")
    assert (found["both"].answer, found["gone"].answer) == ("yes", "no")
    assert [reason.trigger for reason in because(shop, tag, found)] == ["view", "signed_in", "analytics_ok"]
    assert rule_text(shop, tag).startswith("rule in line ")


def test_which_rule_decided_in_words() -> None:
    shop = with_user()
    guest, found = decided(shop, {})
    assert rule_text(shop, guest) == "otherwise: drop"
    assert [reason.trigger for reason in because(shop, guest, found)] == ["view", "signed_in", "analytics_ok"]
    other, found = decided(shop, {}, event="other")
    assert rule_text(shop, other) == "send_when is not yes"
    assert [reason.trigger for reason in because(shop, other, found)] == ["view"]
    bare = container(triggers="  gold: { plan: gold }")
    tag, found = decided(bare, {"plan": "gold"})
    assert rule_text(bare, tag) == "no section user_id"
    assert [reason.trigger for reason in because(bare, tag, found)] == ["view"]
