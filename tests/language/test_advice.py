"""What to type in place of a text that does not fit."""

import pytest

from tests.language.small import changed, load

HOST = 'Write the host alone, like shop.example.com or "*.example.com"; ü and its like as xn--….'
DAYS = "Write the days alone: 390."


def hint(*pairs: tuple[str, str]) -> str:
    """Of the only problem."""
    (problem,) = load(changed(*pairs)).problems
    return problem.hint


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("https://shop.example.com:8443/a?b", "Write shop.example.com."),
        ("http://käse.example", "Write xn--kse-qla.example."),
        ("grüße.example", HOST),  # Two spellings: browsers keep the ß, Python's rules write ss.
        (".example.com", HOST),
        ("ü..example", HOST),
        (f"ü{'a' * 70}.example", HOST),
        ("//", HOST),
        ("a_b/", HOST),
    ],
)
def test_a_domain(typed: str, advice: str) -> None:
    assert hint(("[shop.example.com]", f'["{typed}"]')) == advice


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("2 weeks", "Write the days alone: 14."),
        ("1year", "Write the days alone: 365."),
        ("2 years", DAYS),
        ("0 days", DAYS),
        ("long", DAYS),
    ],
)
def test_days(typed: str, advice: str) -> None:
    assert hint(("visitor: {", f"visitor: {{ days: {typed},")) == advice


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("//hooks.example.com/in", "Write https://hooks.example.com/in."),
        ("hooks.example.com", "Write https://hooks.example.com/."),
        ("hooks", "Write the whole address, without ? and what follows: https://stats.example.com/."),
        (
            "https://hooks.example.com/?a=b",
            "Write the whole address, without ? and what follows: https://stats.example.com/.",
        ),
    ],
)
def test_an_address(typed: str, advice: str) -> None:
    assert hint(("https://hooks.example.com/", f'"{typed}"')) == advice


@pytest.mark.parametrize("typed", ["24.12.2026", "24/12/2026", "12/24/2026", "2026-12-24", "2026-12-1"])
def test_a_day(typed: str) -> None:
    text = changed(("    fields: {", f"    schedule: {{ from: {typed} }}\n    fields: {{"))
    wanted = "2026-12-01" if typed.endswith("-1") else "2026-12-24"
    assert [problem.hint for problem in load(text).problems if problem.code == "bad-format"] == [f"Write {wanted}."] * (
        typed != wanted
    )


def test_what_is_no_day() -> None:
    text = changed(("    fields: {", "    schedule: { from: soon }\n    fields: {"))
    (problem,) = load(text).problems
    assert problem.hint.startswith("Write a day, or a day and a time")


def test_a_bracket_that_was_opened_on_another_line() -> None:
    (problem,) = load(changed(("consent: [] }", "consent: [\n    }"))).problems
    assert problem.message == "This bracket closes nothing."


def test_a_bracket_behind_one_that_is_closed() -> None:
    (problem,) = load(changed(("consent: [] }", "consent: [], granted: [ }"))).problems
    assert (problem.message, problem.hint) == ("A [ is not closed.", "Close it with ] before this }.")
