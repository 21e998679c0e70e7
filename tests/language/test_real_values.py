"""What a variable can really be: the proof shows no hit that there is not, and the check no value."""

import shlex

import pytest

from gateway.language.container import Given
from gateway.language.given import read_words
from gateway.language.suite import command
from tests.language.small import changed, codes, container, load
from tests.language.test_guarantees import asked, promised

SENDS = ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]")
MORE = """  hour: { time: hour }
  spoken: { time: hour, type: text }
  late: { time: hour, default: 99 }
  dice: { random: 6 }
  large: { random: 100000 }
  wide: { random: 5000, type: text }
  shown: { text: "{hour}h" }
  part: { lookup: hour, table: { 3: night, 25: never } }
  place: { url: path }
  again: { url: path }
  whole: { url: href }
  cookie: { cookie: side }
  same: { cookie: side }
  groups: { event: groups, type: set }
"""


def shown(asks: str, excuse: str) -> str | None:
    """The words of the hit in which the first is true and the other is not; None: there is none."""
    found = promised(
        "{ never: send, to: [crm], unless: excuse }",
        asked(asks=asks, excuse=excuse),
        ("  plan: {", f"{MORE}  plan: {{"),
        SENDS,
    )
    failed = [one.hint for one in found if one.code == "guarantee-failed"]
    return failed[0].partition("event=page_view")[2].strip() if failed else None


@pytest.mark.parametrize(
    ("asks", "excuse", "hit"),
    [
        ("{ hour: { more_than: 22 } }", "{ hour: 23 }", None),
        ("{ hour: { less_than: 1 } }", "{ hour: 0 }", None),
        ("{ hour: { at_least: 24 } }", "{ plan: gold }", None),
        ("{ hour: { at_least: 22.5 } }", "{ hour: { at_least: 23 } }", None),
        ("{ hour: { at_least: 0.5 } }", "{ plan: gold }", "hour=1"),
        ("{ hour: { less_than: 22.5 } }", "{ plan: gold }", "hour=0"),
        ("{ hour: { less_than: 0.5 } }", "{ hour: 0 }", None),
        ("{ hour: { more_than: 8.5, less_than: 9.5 } }", "{ hour: 9 }", None),
        ("{ hour: { more_than: 8.2, less_than: 8.8 } }", "{ plan: gold }", None),
        ("{ dice: { at_least: 4.5 } }", "{ dice: 5 }", None),
        ("{ late: { more_than: 50.5 } }", "{ late: 99 }", None),
        ("{ hour: { present: true } }", "{ hour: { at_least: 1 } }", "hour=0"),
        ("{ hour: { more_than: 8, less_than: 10 } }", "{ hour: { one_of: [8, 10] } }", "hour=9"),
        ("{ spoken: { starts_with: 2 } }", "{ spoken: { one_of: ['2', '20', '21', '22', '23'] } }", None),
        ("{ late: { at_least: 24 } }", "{ late: 99 }", None),
        ("{ late: { is_not: 99, at_least: 24 } }", "{ plan: gold }", None),
        ("{ late: { present: true } }", "{ late: { less_than: 50 } }", ""),
        ("{ dice: { more_than: 4 } }", "{ dice: 5 }", None),
        ("{ large: { at_least: 99999 } }", "{ large: 99999 }", None),
        ("{ wide: { starts_with: x } }", "{ plan: gold }", "wide=x"),
        ("{ shown: 30h }", "{ plan: gold }", None),
        ("{ shown: 3h }", "{ hour: 3 }", None),
        ("{ part: never }", "{ plan: gold }", None),
        ("{ part: night }", "{ plan: gold }", "hour=3"),
        ("{ place: /a }", "{ again: { starts_with: / } }", None),
        ("{ place: /a }", "{ again: /b }", "place=/a again=/a"),
        ("{ place: { starts_with: /a } }", "{ again: { starts_with: /ab } }", "place=/a again=/a"),
        ("{ place: { present: true } }", "{ again: { present: true } }", None),
        ("{ cookie: a }", "{ same: a }", "cookie=a"),
        ("{ groups: { contains: 'a,b' } }", "{ groups: { contains: a } }", "'groups=[\"a,b\"]'"),
        ("{ groups: { contains: '[a' } }", "{ groups: { contains: a } }", "'groups=[\"[a\"]'"),
    ],
)
def test_the_proof_knows_what_there_is(asks: str, excuse: str, hit: str | None) -> None:
    assert shown(asks, excuse) == hit


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hour: 24", '"24" is not possible here.'),
        ("hour: 7.5", '"7.5" is not possible here.'),
        ("hour: { one_of: [7, -1] }", '"-1" is not possible here.'),
        ("dice: 6", '"6" is not possible here.'),
    ],
)
def test_a_number_that_is_not_possible_is_an_error(line: str, said: str) -> None:
    problems = load(changed(asked(asks=f"{{ {line} }}"), ("  plan: {", f"{MORE}  plan: {{"))).problems
    found = [one for one in problems if one.code == "unknown-value"]
    assert [one.message for one in found] == [said]
    assert found[0].hint in ("Write a whole number from 0 to 23.", "Write a whole number from 0 to 5.")
    assert "unknown-value" not in codes(
        changed(asked(asks="{ late: { one_of: [0, 99] } }"), ("  plan: {", f"{MORE}  plan: {{"))
    )


@pytest.mark.parametrize("items", [("a", "b"), ("a,b",), ("[1]",), ("[", "]"), ('"a"', "b c"), ("ü,", ",")])
def test_a_set_is_said_so_that_it_is_read_again(items: tuple[str, ...]) -> None:
    tried = container(changed(("  plan: {", f"{MORE}  plan: {{")))
    said = command(Given(event="page_view", values={"groups": items}))
    assert read_words(shlex.split(said), tried).values == {"groups": items}
