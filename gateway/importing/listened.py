"""What a trigger listens for there → what the section events listens for, never oftener than it was."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.importing.source import Condition, SourceVariable
from gateway.model import Json

COUNT = SourceVariable(
    name="_count", type="_count", what="built-in variable", listed=False, reads={"event": "count"}, why=""
)
"""How often a timer has run out since the page was opened."""
ACTION = SourceVariable(
    name="_action", type="_action", what="built-in variable", listed=False, reads={"event": "action"}, why=""
)
"""Whether something begins to fill the screen or stops to."""
ONCE = {"limit": "once_per_page"}
ONLY_PERCENT = "only how much of the page was scrolled down can be listened for here, in percent"
NO_ELEMENT = "it names no element"
NOT_SO_OFTEN = "here it can be told each time or once a page, not so many times"
EACH_ONCE = "once a page here; there once for each element"


class Listened(Struct, frozen=True):
    """Entries of the section `events`, what changes its meaning, why it cannot be, and what is asked besides."""

    listens: tuple[Mapping[str, Json], ...] = ()
    changed: str = ""
    why: str = ""
    asked: tuple[Condition, ...] = ()


def timer(interval: str, times: str) -> Listened:
    """`interval` in milliseconds; `times`: how often on a page, nothing or 0 without end."""
    seconds = f"{int(interval) / 1000:g}s" if interval.isdecimal() and len(interval) < 9 else interval
    changed = "time in the background does not count"
    if times == "1":
        return Listened(({"timer": seconds},), changed)
    asked = () if times in ("", "0") else (Condition(variable=COUNT.name, word="at_most", wanted=times),)
    return Listened(({"timer": seconds, "repeat": True},), changed, asked=asked)


def limited(what: str, times: str) -> Listened:
    """Something that has no options of its own; `times`: how often on a page, nothing or 0 without end."""
    if times in ("", "0"):
        return Listened(({what: True},))
    return Listened(({what: True, **ONCE},)) if times == "1" else Listened(why=NOT_SO_OFTEN)


def fullscreen(action: str, times: str) -> Listened:
    """`action`: exit, any, or else enter."""
    action = action or "enter"
    if action == "any":
        return limited("fullscreen", times)
    if times not in ("", "0") and action != "enter":
        # The first of them is always that something begins to.
        return Listened(why=NOT_SO_OFTEN)
    found = limited("fullscreen", times)
    asked = Condition(variable=ACTION.name, word="is", wanted=action)
    return Listened(found.listens, why=found.why, asked=(asked,))


def visible(selector: str, percent: str, often: str) -> Listened:
    """`often`: page, element, or each time."""
    once = ONCE if often in ("page", "element") else {}
    changed = EACH_ONCE if often == "element" and not selector.startswith("[id=") else ""
    why = "" if selector else NO_ELEMENT
    return Listened(({"visible": selector, "percent": f"{percent or '50'}%", **once},), changed, why)
