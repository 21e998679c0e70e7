"""`8-18` and `monday-friday`, which people write for every one between: in the language's words."""

import re

from gateway.language.gateway_kinds import WEEKDAYS

_NUMBERS = re.compile(r"([0-9]{1,9})\s*(?:-|–|to)\s*([0-9]{1,9})")
_DAYS = re.compile(r"([a-z]{3,9})\s*(?:-|–|\bto\b)\s*([a-z]{3,9})", re.IGNORECASE)


def numbers(text: str) -> str:
    """A matcher; nothing where it is no span."""
    found = _NUMBERS.fullmatch(text)
    if not found or int(found[1]) > int(found[2]):
        return ""
    return f"{{ at_least: {found[1]}, at_most: {found[2]} }}"


def weekdays(text: str) -> str:
    """The days, as they may be written between brackets; nothing where it is no span."""
    found = _DAYS.fullmatch(text)
    ends = [_day(word) for word in found.groups()] if found else []
    if not ends or None in ends:
        return ""
    first, last = (WEEKDAYS.index(str(day)) for day in ends)
    return ", ".join(WEEKDAYS[(first + step) % 7] for step in range((last - first) % 7 + 1))


def _day(word: str) -> str | None:
    return next((day for day in WEEKDAYS if day.startswith(word.lower())), None)
