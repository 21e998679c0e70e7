"""The section events: every row of the table can be written, and says what it carries."""

import json

import pytest
from msgspec import structs

from gateway.language.container import Event
from gateway.language.events import KINDS, LIMITS
from gateway.language.plain_yaml import compose
from gateway.language.read import read
from gateway.language.schema import SECTIONS, schema
from gateway.language.shape import check_shape
from gateway.language.units import Unit, rewritten
from gateway.problems import Place
from tests.language.small import TYPES, changed, codes, load

BEGINS = "variables:\n  account_id"


def section(*lines: str) -> str:
    """The small container with these events."""
    return changed((BEGINS, "events:\n" + "".join(f"  {line}\n" for line in lines) + BEGINS))


def events(*lines: str) -> list[Event]:
    """What is read of these events, without their places."""
    root = compose(section(*lines).encode())
    assert check_shape(root, schema(TYPES), SECTIONS) == ()
    return [structs.replace(e, place=Place(1, 1)) for e in read(root, TYPES)[0].events.values()]


def event(line: str) -> Event:
    """What is read of one."""
    return events(f"mine: {line}")[0]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_row_is_read_as_its_example_says(kind: object) -> None:
    row = KINDS[getattr(kind, "name", "")]
    said = row.example if row.example == "true" else json.dumps(row.example)
    found = event(f"{{ {row.name}: {said} }}")
    assert found.kind == row.name
    assert row.example in (
        found.source,
        f"{found.amount:g}%" if found.amount else "",
        f"{found.amount or 0:g}s",
        "true",
    )
    assert row.description.endswith(".")
    assert all(found and not about.endswith(".") for about in row.fields.values())


def test_what_is_not_said_is_as_documented() -> None:
    assert event("{ timer: 2.5s }") == Event(name="mine", kind="timer", amount=2.5, place=Place(1, 1))


@pytest.mark.parametrize("limit", LIMITS)
def test_the_options_are_read(limit: str) -> None:
    found = event(f"{{ visible: .prices, percent: 80%, limit: {limit}, delay: 2s }}")
    assert (found.source, found.percent, found.limit, found.delay) == (".prices", 80, limit, 2)
    assert event("{ timer: 30s, repeat: yes }").repeat


def test_a_word_that_is_no_element_finds_nothing() -> None:
    for line in ("{ click: buy }", "{ click: true }", "{ link: partner }", "{ media: player }"):
        assert "unknown-element" in codes(section(f"mine: {line}"))
    for line in ("{ click: .buy }", "{ click: BUTTON }", "{ link: a }", "{ link: outbound }", "{ click: my-button }"):
        assert "unknown-element" not in codes(section(f"mine: {line}"))
    assert "unknown-value" in codes(section("mine: { link: external }"))


def test_a_link_may_be_a_selector() -> None:
    assert event('{ link: "a.partner" }').source == "a.partner"
    assert event("{ link: download }").source == "download"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{ scroll: 0.5% }", "out-of-range"),
        ("{ scroll: 101% }", "out-of-range"),
        ("{ timer: 0.01s }", "out-of-range"),
        ("{ timer: 86401s }", "out-of-range"),
        ("{ timer: 30s, delay: 90000s }", "out-of-range"),
        ("{ visible: .x, percent: 0% }", "out-of-range"),
        ("{ timer: 30s, percent: 50% }", "event-option"),
        ("{ click: .x, repeat: true }", "event-option"),
        ("{ link: outbond }", "unknown-value"),
        ("{ timer: 30 s }", "bad-format"),
        ("{ scroll: 50s }", "bad-format"),
        ("{ limit: once_per_page }", "no-kind"),
    ],
)
def test_what_is_wrong_is_said(line: str, code: str) -> None:
    assert code in codes(section(f"mine: {line}"))


@pytest.mark.parametrize(
    ("unit", "typed", "hint"),
    [
        (Unit.SECONDS, "30", "Write 30s"),
        (Unit.SECONDS, "30 Sec", "Write 30s"),
        (Unit.SECONDS, "500ms", "Write 0.5s"),
        (Unit.SECONDS, "1,5 min", "Write 90s"),
        (Unit.SECONDS, "2h", "Write 7200s"),
        (Unit.SECONDS, "soon", "Write like this"),
        (Unit.SECONDS, "3%", "Write like this"),
        (Unit.PERCENT, "25 percent", "Write 25%"),
        (Unit.PERCENT, "half", "Write like this"),
        (Unit.PERCENT, "0.1", "Write 10%"),
        (Unit.PERCENT, ",05", "Write 5%"),
        (Unit.PERCENT, "1 / 4", "Write 25%"),
        (Unit.PERCENT, "1", "Write 100%"),
        (Unit.PERCENT, "10", "Write 10%"),
    ],
)
def test_a_wrong_unit_is_written_as_it_was_meant(unit: Unit, typed: str, hint: str) -> None:
    assert rewritten(unit, typed, "like this").startswith(hint)


def test_an_event_that_no_trigger_asks_for_is_doubtful() -> None:
    assert "unused-event" in codes(section("buy: { click: .buy }"))
    asked = section("buy: { click: .buy }").replace("event: purchase", "event: { one_of: [purchase, buy] }")
    assert "unused-event" not in codes(asked)
    every = section("buy: { click: .buy }").replace("any_of: [page_view, big_order]", "none_of: [big_order]")
    assert "unused-event" not in codes(every)


def test_a_name_that_nearly_is_an_event_is_doubtful() -> None:
    for said in ("page_veiw", "{ is: page_veiw }", "{ one_of: [buy, page_veiw] }"):
        found = load(changed(("page_view: { event: page_view }", f"page_view: {{ event: {said} }}"))).problems
        assert [p.hint for p in found if p.code == "unknown-event"] == ['Did you mean "page_view"?']
    both = changed(("event: purchase", "event: { one_of: [purchase, page_viewed] }"))
    assert "unknown-event" not in codes(both)


def test_a_broken_trigger_makes_no_event_unused() -> None:
    text = section("buy: { click: .buy }").replace("present: true", "at_least: 1")
    assert "unused-event" not in codes(text)
