"""A tag's `schedule`: days and times by the site's clock → moments."""

from bisect import bisect_left
from datetime import datetime, timedelta

from gateway.language.container import Schedule
from gateway.language.nodes import child, place, text
from gateway.language.plain_yaml import Node
from gateway.language.read.names import Names
from gateway.problems import quoted

DAY = len("2026-12-24")


def read_schedule(node: Node | None, names: Names) -> Schedule | None:
    """None: it may send at any time."""
    if node is None:
        return None
    begins = _moment(child(node, "from"), names, last=False)
    ends = _moment(child(node, "until"), names, last=True)
    if begins is not None and ends is not None and begins >= ends:
        where = place(child(node, "until"))
        names.say(where, "empty-schedule", "This schedule ends before it begins.", "Let until be later than from.")
    said = ((word, text(child(node, word))) for word in ("from", "until"))
    return Schedule(begins=begins, ends=ends, text=" ".join(f"{word} {when}" for word, when in said if when))


def _moment(node: Node | None, names: Names, *, last: bool) -> int | None:
    """In ms since 1970; a day as the last one lasts until midnight."""
    if node is None:
        return None
    typed = text(node)
    try:
        local = datetime.fromisoformat(typed).replace(tzinfo=names.zone)
        if last and len(typed) == DAY:
            local += timedelta(days=1)
        return _shown(local) * 1000
    except (ValueError, OverflowError):
        hint = "Look into a calendar; write it as 2026-12-24 or 2026-12-24 18:00."
        names.say(node.place, "unknown-day", f"There is no such time: {quoted(typed)}.", hint)
        return None


def _shown(local: datetime) -> int:
    """When the clock shows this for the first time, in s since 1970; of a time that it jumps over, when it jumps."""
    zone = local.tzinfo
    first, last = sorted(int(local.replace(fold=fold).timestamp()) for fold in (0, 1))
    if datetime.fromtimestamp(first, zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return first
    after = datetime.fromtimestamp(last, zone).utcoffset()
    seconds = range(first, last + 1)
    return seconds[bisect_left(seconds, True, key=lambda at: datetime.fromtimestamp(at, zone).utcoffset() == after)]
