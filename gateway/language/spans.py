"""`8-18` and `monday-friday`, which people write for every one between: what to write in their place."""

import re
from collections.abc import Sequence

from gateway.language.gateway_kinds import WEEKDAYS

_NUMBERS = re.compile(r"([0-9]{1,9})(?::00)?\s*(?:-|–|to)\s*([0-9]{1,9})(?::00)?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_DAYS = re.compile(r"([a-z]{3,9})\s*(?:-|–|\bto\b)\s*([a-z]{3,9})", re.IGNORECASE)


def numbers(text: str, *, hours: bool = False) -> str:
    """A hint; nothing where it is no span. `hours`: until 22 is until 22:00, and at_most: 22 lasts until 23:00."""
    found = _NUMBERS.fullmatch(text)
    if not found:
        return ""
    first, last = map(int, found.groups())
    most = "less_than" if hours else "at_most"
    if first > last:
        two = f"{{ at_least: {first} }} and {{ {most}: {last} }}"
        return f"Ask {two} in a trigger each, and join the two with any_of."
    return f"Write {{ at_least: {first}, {most}: {last} }}."


def of_list(items: Sequence[object], words: str) -> str:
    """What to add for `[6, 22]`; nothing where it is no span. `words`: with places for both."""
    ends = [int(item) for item in items if isinstance(item, str) and _WHOLE.fullmatch(item)]
    is_span = words and len(items) == len(ends) == 2 and ends[0] < ends[1]
    return f" Or, {words.format(*ends)}" if is_span else ""


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
