"""The section events."""

from gateway.language.events import KINDS, LIMITS, LINKS, EventKind, Source
from gateway.language.schema.build import Schema, choice, flag, one_key, one_map, quantity, text
from gateway.language.units import Unit

_ON_PAGES = (
    "On which pages is asked in the trigger: { event: scroll, path: { starts_with: /news/ } }, "
    "with a variable path: { url: path }."
)


_ONE = {"x-items": "One event has one of them: write an event for each, under a name of its own."}
_KIND = 'The kind is the key, and behind it stands where: { click: "button.buy" }.'


def event() -> Schema:
    """One event: the key says what is listened for, its value says where or how much."""
    sources: Schema = {kind.name: _source(kind) for kind in KINDS.values()}
    options: Schema = {
        "percent": quantity("How much of the element must be in view; a half if not said.", Unit.PERCENT, "50%"),
        "repeat": flag("true: again and again, each time this long passes."),
        "limit": choice("How often it counts.", LIMITS) | {"default": "every_time"},
        "delay": quantity("How long to wait before it is sent.", Unit.SECONDS, "2s"),
    }
    say = 'a map like { click: "button.buy" }'
    about = "Something to listen for on the pages, under a name of yours."
    return one_map(sources | options, [], about, **one_key(sources, "kind of event")) | {
        "x-say": say,
        "x-instead": {word: f"Write {{ link: {word} }}." for word in LINKS}
        | {"page_view": "It is always there: ask for it in a trigger, page_view: { event: page_view }."}
        | dict.fromkeys(("url", "path", "page", "pages", "on", "where"), _ON_PAGES)
        | dict.fromkeys(("type", "kind", "selector", "css"), _KIND),
        "x-wrap": 'Write {{ click: "button.buy" }}, {{ scroll: 50% }}, {{ leave: true }} or what else is meant.',
    }


def _source(kind: EventKind) -> Schema:
    about = kind.description
    if kind.source is Source.TRUE:
        return {"enum": [True, "yes"], "description": about, "x-say": "true"}
    if kind.source is Source.PERCENT:
        return quantity(about, Unit.PERCENT, kind.example) | _ONE
    if kind.source is Source.SECONDS:
        return quantity(about, Unit.SECONDS, kind.example) | _ONE
    say = "a CSS selector" if kind.source is Source.CSS else f"{', '.join(LINKS)} or a CSS selector"
    return text(about, say=say, example=kind.example) | {
        "x-empty": 'Write it behind the colon; one that begins with # needs quotes: "#buy".',
        "x-list": 'A selector in square brackets needs quotes: "[{0}]".',
    }
