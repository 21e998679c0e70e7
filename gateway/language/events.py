"""What can be listened for on a page, one row each: check, editor schema and docs derive from this table."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Source(StrEnum):
    """What stands behind a kind."""

    CSS = "css"
    LINK = "link"
    """outbound, download, or a CSS selector."""
    PERCENT = "percent"
    SECONDS = "seconds"
    TRUE = "true"


class EventKind(Struct, frozen=True, kw_only=True):
    """One thing that can happen. `options`: its own, beside limit and delay; `fields`: what the event carries."""

    name: str
    source: Source
    description: str
    example: str
    options: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}


LIMITS: Mapping[str, str] = {
    "every_time": "each time it happens",
    "once_per_page": "the first time on a page",
    "once_per_visit": "the first time in a visit",
    "once_per_visitor": "the first time ever, as far as the visitor can be recognised",
}
BEYOND_THE_PAGE = ("once_per_visit", "once_per_visitor")
"""The gateway keeps these; the page all others."""
MOST_SECONDS = 86_400
LEAST_SECONDS = 0.05
LINKS = ("outbound", "download")

_ELEMENT = {
    "id": "the element's id",
    "classes": "its classes, with blanks between them",
    "text": "what can be read on it, 100 characters at the most; never what somebody typed",
    "href": "the address it leads to",
    "element": "what it is: a, button, img",
}

KINDS: dict[str, EventKind] = {
    kind.name: kind
    for kind in (
        EventKind(
            name="click",
            source=Source.CSS,
            description="Somebody clicks on an element that this CSS selector finds, or on something in it.",
            example="button.buy",
            fields=_ELEMENT | {"button": "left, middle or right"},
        ),
        EventKind(
            name="submit",
            source=Source.CSS,
            description="Somebody sends a form that this CSS selector finds; what was typed into it is not read.",
            example="form#newsletter",
            fields={
                "id": "the form's id",
                "name": "its name",
                "classes": "its classes, with blanks between them",
                "href": "the address it is sent to",
            },
        ),
        EventKind(
            name="visible",
            source=Source.CSS,
            description="An element that this CSS selector finds comes into view.",
            example="section.prices",
            options=("percent",),
            fields=_ELEMENT | {"percent": "how much of it was in view"},
        ),
        EventKind(
            name="link",
            source=Source.LINK,
            description="Somebody follows a link: one to another website (outbound), one to a file (download), "
            "or one that this CSS selector finds.",
            example="outbound",
            fields=_ELEMENT,
        ),
        EventKind(
            name="scroll",
            source=Source.PERCENT,
            description="Somebody has scrolled down this much of the page; a page that fits the window counts as 100%.",
            example="50%",
            fields={"percent": "how far"},
        ),
        EventKind(
            name="timer",
            source=Source.SECONDS,
            description="The page has been looked at for this long; time in the background does not count.",
            example="30s",
            options=("repeat",),
            fields={"seconds": "for how long now", "count": "which time it is, from 1"},
        ),
        EventKind(
            name="leave",
            source=Source.TRUE,
            description="The mouse leaves the window at the top, as if somebody were about to close it.",
            example="true",
        ),
        EventKind(
            name="error",
            source=Source.TRUE,
            description="A script of the page breaks.",
            example="true",
            fields={"message": "the error's text", "href": "the script's address", "line": "the line in it"},
        ),
        EventKind(
            name="fullscreen",
            source=Source.TRUE,
            description="Something fills the screen, or stops to.",
            example="true",
            fields={"action": "enter or exit"},
        ),
        EventKind(
            name="history",
            source=Source.TRUE,
            description="The page changes its own address without being loaded anew.",
            example="true",
            fields={
                "action": "push, replace, pop or hash",
                "old": "the address before",
                "new": "the address now",
            },
        ),
        EventKind(
            name="dom_ready",
            source=Source.TRUE,
            description="The page's text is there, its pictures not yet.",
            example="true",
        ),
        EventKind(
            name="loaded",
            source=Source.TRUE,
            description="All of the page is there, pictures too.",
            example="true",
        ),
        EventKind(
            name="unload",
            source=Source.TRUE,
            description="The page is left or put into the background for good.",
            example="true",
        ),
        EventKind(
            name="media",
            source=Source.CSS,
            description="A film or a sound that this CSS selector finds plays, pauses, or passes a quarter of its "
            "length.",
            example="video",
            fields={
                "action": "play, pause, 25, 50, 75 or end",
                "percent": "how much of it was played",
                "id": "the element's id",
                "href": "the address it plays",
            },
        ),
        EventKind(
            name="interaction",
            source=Source.TRUE,
            description="The first sign of a person on the page: a key, a click, a touch, a scroll, the mouse.",
            example="true",
            fields={"action": "key, click, touch, scroll or move"},
        ),
    )
}
