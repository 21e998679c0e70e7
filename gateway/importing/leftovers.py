"""What was carried over for something that in the end was not: taken out again, until all that is left is used."""

import re
from collections.abc import Iterable, Iterator

from gateway.importing.draft import Draft
from gateway.model import Json

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
JOINS = ("all_of", "any_of", "none_of")


def take_out(draft: Draft) -> dict[str, list[str]]:
    """The names taken out of each section."""
    out: dict[str, list[str]] = {"triggers": [], "events": [], "variables": []}
    while unused := [(section, name) for section in out for name in _unused(draft, section)]:
        for section, name in unused:
            del getattr(draft, section)[name]
            out[section].append(name)
    return out


def _unused(draft: Draft, section: str) -> list[str]:
    used = {"triggers": _triggers, "events": _events, "variables": _variables}[section](draft)
    kept = set(used)
    return [name for name in getattr(draft, section) if name not in kept]


def _triggers(draft: Draft) -> Iterator[str]:
    joins = [tag["send_when"] for tag in draft.tags.values()] + list(draft.triggers.values())
    joins += [rule["when"] for rule in draft.user_id.get("rules", ())]
    for join in joins:
        for part in JOINS:
            yield from join.get(part, ())
    yield from draft.visitor.values()


def _events(draft: Draft) -> Iterator[str]:
    for trigger in draft.triggers.values():
        yield from _texts(trigger.get("event"))


def _variables(draft: Draft) -> Iterator[str]:
    for trigger in draft.triggers.values():
        yield from trigger
    for tag in draft.tags.values():
        yield from tag["fields"].values()
    for variable in draft.variables.values():
        yield from _texts(variable.get("lookup"))
        yield from _PLACEHOLDER.findall(str(variable.get("text", "")))
    yield from _texts(draft.user_id.get("from"))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, Iterable):
        yield from (one for one in value if isinstance(one, str))
