"""The number of a guest for one day."""

from datetime import date

from gateway.decide.day import DayNumber


class Keys:
    def of(self, day: date) -> bytes:
        return day.isoformat().encode().ljust(32)


DAY = date(2026, 5, 28)
NUMBER = DayNumber(Keys())


def test_one_browser_at_one_address_is_one_guest_for_a_day() -> None:
    first = NUMBER.of(DAY, "shop", "203.0.113.9", "Firefox")
    assert first == NUMBER.of(DAY, "shop", "203.0.113.9", "Firefox")
    assert len(first) == 16


def test_everything_counts_and_nothing_runs_together() -> None:
    found = {
        NUMBER.of(DAY, "shop", "1.2.3.4", "x"),
        NUMBER.of(date(2026, 5, 29), "shop", "1.2.3.4", "x"),
        NUMBER.of(DAY, "blog", "1.2.3.4", "x"),
        NUMBER.of(DAY, "shop", "1.2.3.5", "x"),
        NUMBER.of(DAY, "shop", "1.2.3.4", "y"),
        NUMBER.of(DAY, "shop", "1.2.3.4x", ""),
        NUMBER.of(DAY, "shop1", ".2.3.4", "x"),
        NUMBER.of(DAY, "shop", "1.2.3.4", "\ud800"),
    }
    assert len(found) == 8
