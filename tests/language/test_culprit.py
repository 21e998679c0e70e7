"""The trigger that is named where a test fails."""

import pytest

from tests.language.small import changed, load

TWO = ("any_of: [page_view, big_order] }", "any_of: [page_view, big_order], none_of: [big, rich] }")
ASKED = (
    "  analytics_ok: {",
    "  big: { total: { at_least: 1 } }\n  rich: { plan: gold }\n  either: { any_of: [big, rich] }\n  analytics_ok: {",
)
HIT = "given: { event: page_view, account_id: 007, consent: [analytics] }"


def hint(*pairs: tuple[str, str]) -> str:
    """Of the first test that fails, what is said before the command."""
    said = next(problem.hint for problem in load(changed(*pairs)).problems if problem.code == "test-failed")
    return said.partition("See why")[0].strip()


def test_where_two_are_in_the_way_the_first_is_named() -> None:
    both = (HIT, HIT.replace("007", "007, total: 5, plan: gold"))
    assert hint(TWO, ASKED, both) == '"crm" is held back by "big" (line 16), which says yes.'
    waits = ("all_of: [analytics_ok], any", "all_of: [analytics_ok, big, rich], any")
    assert hint(waits, ASKED) == '"crm" is held back by "big" (line 16), which says no.'


def test_where_it_could_be_several_together_nobody_is_named() -> None:
    either = ("any_of: [page_view, big_order] }", "any_of: [fit, big_order] }")
    fit = (
        "  analytics_ok: {",
        "  fit: { event: page_view, any_of: [big, also] }\n  also: { all_of: [big, rich] }\n  analytics_ok: {",
    )
    asked = ("  analytics_ok: {", "  big: { total: { at_least: 1 } }\n  rich: { plan: gold }\n  analytics_ok: {")
    assert hint(either, fit, asked) == '"crm" is held back by "big" (line 18), which says no.'
    apart = (either[0], "any_of: [pair, couple] }")
    pair = (
        "  analytics_ok: {",
        "  pair: { all_of: [page_view, big, rich] }\n  couple: { all_of: [pair] }\n  analytics_ok: {",
    )
    assert hint(apart, pair, asked) == ""


def test_a_rule_that_does_not_hold() -> None:
    rule = ("attach: [crm] }", "attach: [crm] }\n    - { when: { all_of: [analytics_ok, rich] }, hash: [crm] }")
    wanted = ("crm: attach", "crm: hash")
    said = 'The rule in line 30 is held back by "rich" (line 16), which says no.'
    assert hint(rule, ("  analytics_ok: {", "  rich: { plan: gold }\n  analytics_ok: {"), wanted) == said
    unsigned = (HIT, HIT.replace("007", "007, signed: no"))
    assert hint(unsigned) == 'The rule in line 28 is held back by "signed_in" (line 15), which cannot tell.'


def test_a_form_that_no_rule_gives() -> None:
    assert hint(("crm: attach", "crm: drop")) == "The rule in line 28 says attach."
    assert hint(("attach: [crm]", "hash: [crm]")) == 'No rule in user_id names "crm" under attach.'
    nobody = (HIT, "given: { event: page_view, consent: [analytics] }")
    assert hint(("[signed_in, analytics_ok]", "[analytics_ok]"), nobody) == ""
    alone = (
        changed().partition("user_id:")[0]
        + "tests:\n  - { name: A, given: { event: page_view, consent: [analytics] }, expect: { crm: hash } }\n"
    )
    said = [problem.hint for problem in load(alone).problems if problem.code == "test-failed"]
    assert said[0].startswith('No rule in user_id names "crm" under hash. See why')


def test_what_lets_a_tag_through() -> None:
    again = ("account_id: 007, consent: [] }", "account_id: 007, consent: [analytics] }")
    twice = ("all_of: [analytics_ok], any", "all_of: [analytics_ok, signed_in], any")
    assert hint(twice, again) == '"crm" is let through by "signed_in" (line 15), which says yes.'
    assert hint(again) == ""
    gold = [
        ("  analytics_ok: {", "  rich: { plan: gold }\n  analytics_ok: {"),
        (HIT, HIT.replace("007", "007, plan: gold")),
    ]
    both = (again[0], "account_id: 007, plan: gold, consent: [analytics] }")
    said = '"crm" is let through by "signed_in" (line 15), which says yes, and "rich" (line 16), which says yes.'
    assert hint(("all_of: [analytics_ok], any", "all_of: [analytics_ok, signed_in, rich], any"), *gold, both) == said
    assert hint(("expect: { crm: attach }", "expect: {}")) == "If it should get it, add crm: attach to expect."


def test_a_type_that_takes_no_hit_without_an_id() -> None:
    people = ("type: webhook", "type: list")
    nobody = (HIT, "given: { event: page_view, consent: [analytics] }")
    assert hint(people, nobody, ("crm: attach", "crm: drop")) == ""


@pytest.mark.parametrize(("many", "named"), [(90, True), (110, False)])
def test_of_very_many_triggers_none_is_turned(many: int, named: bool) -> None:
    names = [f"t{number}" for number in range(many)]
    lines = "".join(f"  {name}: {{ plan: p{name} }}\n" for name in names)
    hold = ("any_of: [page_view, big_order] }", f"any_of: [{', '.join(names)}] }}")
    assert hint(hold, ("  analytics_ok: {", f"{lines}  analytics_ok: {{")).startswith('"crm" is held back') is named
