"""Under which grants a tag gets what: exactly those of some hit, and each decision rests on one of them."""

from hypothesis import given

from gateway.decide.decide import Decider
from gateway.decide.suppose import suppose
from gateway.language.grants import grants
from gateway.model import Consent, Decision, Form, TagDecision
from tests.language.every import Model, models
from tests.language.small import changed, container
from tests.language.test_every_hit import everything, few

WINDOW = "window"
"""What runs in the page is never queued."""


def of_gateway(decision: Decision) -> list[TagDecision]:
    return [tag for tag in decision.tags if tag.sent and tag.tag != WINDOW]


@few(25)
@given(models())
def test_the_least_grants_are_exactly_those_of_some_hit(model: Model) -> None:
    scenes, _, hits = everything(model)
    found = grants(scenes)
    found = {name: found[name] for name in found if name != WINDOW}
    seen: dict[tuple[str, Form], set[frozenset[str]]] = {(name, form): set() for name in found for form in Form}
    for shown, decision, _ in hits:
        granted = frozenset(name for name, state in shown.consent.items() if state is Consent.GRANTED)
        for tag in of_gateway(decision):
            for form in [form for form in Form if form <= tag.form]:
                seen[tag.tag, form].add(granted)
    for (name, form), ways in seen.items():
        assert found[name][form] == {way for way in ways if not any(less < way for less in ways)}, (name, form)


@few(25)
@given(models())
def test_each_decision_rests_on_one_of_them(model: Model) -> None:
    scenes, tried, hits = everything(model)
    found = grants(scenes)

    def stands(tag: TagDecision) -> bool:
        return any(way <= tag.rests for way in found[tag.tag][tag.form])

    for shown, _, _ in hits:
        decision = Decider(tried.container).decide(suppose(tried.container, shown))
        assert all(stands(tag) for tag in of_gateway(decision)), shown


def test_of_several_ways_each_is_told() -> None:
    either = changed(
        ("  analytics_ok: { consent: { granted: analytics } }\n", EITHER),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [page_view, ok]"),
        ("all_of: [signed_in, analytics_ok]", "all_of: [signed_in, ok, marketing_ok]"),
        ("consent: [analytics]", "consent: [marketing]"),
    )
    analytics, marketing = frozenset({"analytics"}), frozenset({"marketing"})
    assert container(either).grants == {
        "crm": {
            Form.NONE: {analytics, marketing},
            Form.PSEUDONYM: {marketing},
            Form.RAW: {marketing},
        }
    }


EITHER = """\
  analytics_ok: { consent: { granted: analytics } }
  marketing_ok: { consent: { granted: marketing } }
  ok: { any_of: [analytics_ok, marketing_ok] }
"""
