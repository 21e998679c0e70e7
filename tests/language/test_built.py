"""Variables that are built from others: order, loops, and who somebody is."""

from graphlib import CycleError

import pytest
from msgspec import structs

from gateway.language.built import in_order
from gateway.language.template import names, pieces
from tests.language.small import changed, codes, container, load

MORE = "  plan: {"


def with_variables(*lines: str) -> str:
    """The small container with these variables too."""
    return changed((MORE, "".join(f"  {line}\n" for line in lines) + MORE))


def test_the_names_in_a_text() -> None:
    assert names("{a}/{ b }-{a}") == ("a", "b")
    assert pieces("x{a}/{ b }") == ("x", "a", "/", "b", "")


def test_each_comes_after_its_parts_wherever_it_stands() -> None:
    lines = ('c: { text: "{b}{plan}" }', "b: { lookup: a, table: { x: y } }", 'a: { text: "{plan}{event}" }')
    made = container(with_variables(*lines))
    assert in_order(made.variables) == ("a", "b", "c")
    assert made.variables["c"].parts == ("b", "plan")


def test_what_is_built_counts_as_a_use_of_its_parts() -> None:
    text = with_variables("used: { cookie: used }", 'label: { text: "{used}" }')
    assert [problem.message for problem in load(text).problems] == ['Nothing uses the variable "label".']


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (('a: { text: "{a}" }',), "a → a"),
        (('a: { text: "{b}" }', 'b: { text: "{c}" }', "c: { lookup: a, table: { x: y } }"), "c → a → b → c"),
    ],
)
def test_a_loop_is_told_in_order(lines: tuple[str, ...], said: str) -> None:
    found = [p for p in load(with_variables(*lines)).problems if p.code == "variable-loop"]
    assert [problem.message for problem in found] == [f'"{said[0]}" is built from itself: {said}.']


def test_each_loop_is_told_once() -> None:
    text = with_variables('a: { text: "{b}" }', 'b: { text: "{a}" }', 'c: { text: "{c}" }')
    assert codes(text).count("variable-loop") == 2


def test_nothing_that_runs_has_loops() -> None:
    label = container(with_variables('a: { text: "{plan}" }')).variables["a"]
    with pytest.raises(CycleError):
        in_order({"a": label, "plan": structs.replace(label, name="plan", parts=("a",))})


@pytest.mark.parametrize(
    "line",
    [
        'label: { text: "{account_id}" }',
        "label: { lookup: account_id, table: { a: b } }",
        'label: { text: "{mail}" }',
        'label: { text: "{part}" }',
    ],
)
def test_nothing_is_built_from_what_says_who_somebody_is(line: str) -> None:
    more = ("mail: { trait: email, personal: true }", "part: { data_layer: user }", line)
    assert "personal-part" in codes(with_variables(*more))


def test_what_is_built_from_something_personal_is_personal_itself() -> None:
    lines = ("mail: { trait: email, personal: true }", 'a: { text: "{b}" }', 'b: { text: "{mail}" }')
    said = load(with_variables(*lines)).problems
    assert [p.message for p in said if p.code == "personal-part"] == [
        '"b" says who somebody is, so nothing can be built from it.',
        '"mail" says who somebody is, so nothing can be built from it.',
    ]


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ("{ is: Friday, ignore_case: true }", []),
        ("friday", []),
        ("none", []),
        ("{ one_of: [friday, Sunday] }", ["unknown-value"]),
        ("{ is_not: fri }", ["unknown-value"]),
        ("{ starts_with: fri }", []),
    ],
)
def test_what_has_few_values_must_be_able_to_have_this_one(matcher: str, expected: list[str]) -> None:
    text = changed(
        ("domains: [shop.example.com] }", "domains: [shop.example.com], timezone: UTC }"),
        (MORE, "  day: { time: weekday, default: none }\n" + MORE),
        ("{ event: page_view }", f"{{ event: page_view, day: {matcher} }}"),
    )
    assert [code for code in codes(text) if code != "test-failed"] == expected
