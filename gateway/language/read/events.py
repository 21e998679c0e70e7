"""The section events."""

from gateway.language.container import Event
from gateway.language.events import KINDS, LEAST_SECONDS, LINKS, MOST_SECONDS, EventKind, Source
from gateway.language.nodes import child, entries, key_place, text
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.language.read.sources import doubt_selector
from gateway.language.texts import FLAGS
from gateway.language.units import amount
from gateway.problems import did_you_mean, quoted

TAKEN = ("page_view", "identify", "group", "alias")
OWN_OPTIONS = {option: kind.name for kind in KINDS.values() for option in kind.options}


def read_event(key: Text, node: Node, names: Names) -> Event:
    """Something to listen for."""
    [(word, value)] = [entry for entry in entries(node) if entry[0].text in KINDS]
    kind = KINDS[word.text]
    _allowed(key, names)
    _own_options(node, kind, names)
    if kind.source in (Source.CSS, Source.LINK):
        _finds(value, kind, names)
    counts = kind.source in (Source.PERCENT, Source.SECONDS)
    return Event(
        name=key.text,
        kind=kind.name,
        source=text(value) if kind.source in (Source.CSS, Source.LINK) else "",
        amount=_amount(value if counts else None, names, seconds=kind.source is Source.SECONDS),
        percent=_amount(child(node, "percent"), names),
        repeat=FLAGS.get(text(child(node, "repeat")), False),
        limit=text(child(node, "limit"), "every_time"),
        delay=_amount(child(node, "delay"), names, seconds=True) or 0.0,
        place=key.place,
    )


def _allowed(key: Text, names: Names) -> None:
    if key.text in TAKEN:
        hint = f"Call it something else, for instance my_{key.text}."
        names.say(key.place, "reserved-name", f"{quoted(key.text)} already means something here.", hint)


def _own_options(node: Node, kind: EventKind, names: Names) -> None:
    for option, owner in OWN_OPTIONS.items():
        if child(node, option) and option not in kind.options:
            message = f"{quoted(option)} says nothing about {kind.name}; it belongs to {owner}."
            names.say(key_place(node, option), "event-option", message, "Delete it.")


def _finds(value: Node, kind: EventKind, names: Names) -> None:
    """Whether a selector can find anything."""
    word = text(value)
    hint = did_you_mean(word, LINKS) if kind.source is Source.LINK and word not in LINKS else ""
    if hint.startswith("Did"):
        names.say(value.place, "unknown-value", f"{quoted(word)} is not possible here.", hint)
    elif isinstance(value, Text) and not (kind.source is Source.LINK and word in LINKS):
        doubt_selector(value, names)


def _amount(node: Node | None, names: Names, *, seconds: bool = False) -> float | None:
    if node is None:
        return None
    number = amount(text(node))
    least, most, unit = (LEAST_SECONDS, MOST_SECONDS, "s") if seconds else (1, 100, "%")
    if not least <= number <= most:
        message = f"{text(node)} is too {'small' if number < least else 'large'}."
        names.say(node.place, "out-of-range", message, f"Write {least}{unit} to {most}{unit}.")
    return number
