"""Schedule and sample: they only take away, by the site's clock and always from the same visitors."""

from datetime import UTC, datetime

import pytest
from people.shops import container

from gateway.decide.keys import Keys
from gateway.decide.limits import Limits, held, limited, nothing, outside
from gateway.decide.pseudonym import SampleKey
from gateway.language.container import Container
from gateway.model import Decision, Form, TagDecision

OWN = b"o" * 32
YES = TagDecision("hook", sent=True, form=Form.RAW, rule=0, rests=frozenset({"analytics"}))
NO = TagDecision("hook", sent=False)
VISITORS = [number.to_bytes(16) for number in range(4000)]


def shop(options: str = "", zone: str = "UTC") -> Container:
    return container(tag=f"    {options}" if options else "", timezone=zone)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def decided(shop: Container, visitor: bytes = b"v" * 16, at: int = 0, decision: TagDecision = YES) -> TagDecision:
    limits = Limits(shop, Keys.of(shop, OWN, dict[str, bytes]().__getitem__))
    return limits.apply(Decision((decision,), remember=True, remember_rests=frozenset()), at, visitor).tags[0]


def test_without_limits_a_decision_stays_as_it_is() -> None:
    assert decided(shop()) is YES
    assert decided(shop("sample: 50%"), decision=NO) is NO


@pytest.mark.parametrize(
    ("schedule", "at", "is_open"),
    [
        ("from: 2026-12-01", "2026-12-01 00:00", True),
        ("from: 2026-12-01", "2026-11-30 23:59", False),
        ("until: 2026-12-24", "2026-12-24 23:59", True),
        ("until: 2026-12-24", "2026-12-25 00:00", False),
        ("until: 2026-12-24 18:00", "2026-12-24 17:59", True),
        ("until: 2026-12-24T18:00", "2026-12-24 18:00", False),
        ("from: 2026-12-01, until: 2026-12-24", "2026-12-10 12:00", True),
    ],
)
def test_a_schedule_goes_by_the_day(schedule: str, at: str, is_open: bool) -> None:
    found = decided(shop(f"schedule: {{ {schedule} }}"), at=ms(at))
    assert found.sent is is_open
    if not is_open:
        said = schedule.replace(":", "", 1).replace(", until:", " until")
        assert found == TagDecision("hook", sent=False, held=f"outside its schedule ({said})")


def test_a_schedule_goes_by_the_sites_clock() -> None:
    berlin = shop("schedule: { from: 2026-07-01, until: 2026-12-24 18:00 }", "Europe/Berlin")
    for at, is_open in (
        ("2026-06-30 21:59", False),
        ("2026-06-30 22:00", True),
        ("2026-12-24 16:59", True),
        ("2026-12-24 17:00", False),
    ):
        assert decided(berlin, at=ms(at)).sent is is_open


@pytest.mark.parametrize(
    ("schedule", "zone", "open_at"),
    [
        ("from: 2026-03-29 02:30", "Europe/Berlin", [("2026-03-29 00:59", False), ("2026-03-29 01:00", True)]),
        ("until: 2026-03-29 02:30", "Europe/Berlin", [("2026-03-29 00:59", True), ("2026-03-29 01:00", False)]),
        ("until: 2026-03-29 02:00", "Europe/Berlin", [("2026-03-29 00:59", True), ("2026-03-29 01:00", False)]),
        ("until: 2026-03-29 03:00", "Europe/Berlin", [("2026-03-29 00:59", True), ("2026-03-29 01:00", False)]),
        ("until: 2026-10-25 02:30", "Europe/Berlin", [("2026-10-25 00:29", True), ("2026-10-25 00:30", False)]),
        ("from: 2026-10-25 02:30", "Europe/Berlin", [("2026-10-25 00:29", False), ("2026-10-25 00:30", True)]),
        ("until: 2026-04-23", "Africa/Cairo", [("2026-04-23 21:59", True), ("2026-04-23 22:00", False)]),
        ("from: 2026-10-04 02:15", "Australia/Lord_Howe", [("2026-10-03 15:29", False), ("2026-10-03 15:30", True)]),
    ],
)
def test_a_time_that_the_clock_jumps_over_or_shows_twice(
    schedule: str, zone: str, open_at: list[tuple[str, bool]]
) -> None:
    found = shop(f"schedule: {{ {schedule} }}", zone)
    assert [(at, decided(found, at=ms(at)).sent) for at, _ in open_at] == open_at


def test_a_sample_holds_so_many_visitors_and_always_the_same() -> None:
    tenth = shop("sample: 10%")
    drawn = [decided(tenth, visitor).sent for visitor in VISITORS]
    assert 330 < sum(drawn) < 470
    assert drawn == [decided(tenth, visitor).sent for visitor in VISITORS]
    assert all(decided(shop("sample: 100%"), visitor).sent for visitor in VISITORS[:200])
    left_out = decided(tenth, VISITORS[drawn.index(False)])
    assert left_out == TagDecision("hook", sent=False, held="not in its sample of 10%")


def test_each_receiver_draws_its_own_visitors() -> None:
    one, other = SampleKey(OWN, "shop", "a"), SampleKey(OWN, "shop", "b")
    both = sum(one.of(v) < 50 and other.of(v) < 50 for v in VISITORS)
    assert 850 < both < 1150
    assert repr(one) == "SampleKey(…)"


def test_what_limits_a_tag_is_said() -> None:
    said = shop("schedule: { from: 2026-12-01, until: 2026-12-24 }\n    sample: 2.5%").tags["hook"]
    assert limited(said) == "only from 2026-12-01 until 2026-12-24, only of 2.5% of the visitors"
    assert limited(shop().tags["hook"]) is None
    assert outside(shop().tags["hook"], 0) is None
    assert held(YES, None) is YES


def test_nothing_is_sent_to_anybody() -> None:
    other = TagDecision("other", sent=False, rule=1)
    found = nothing(Decision((YES, other), remember=True, remember_rests=frozenset({"a"})), "why")
    assert found.tags == (TagDecision("hook", sent=False, held="why"), other)
    assert found.remember
