"""The events that other tag managers make by themselves, and what is written here instead."""

import re

from gateway.language.events import KINDS

_OWN = re.compile(r"(gtm|mtm)\.(.+)", re.IGNORECASE)
_PAGE_VIEW = ("js", "pageview", "init")
_KINDS = {
    "dom": "dom_ready",
    "load": "loaded",
    "window": "loaded",
    "link": "link",
    "form": "submit",
    "scroll": "scroll",
    "history": "history",
    "timer": "timer",
    "video": "media",
    "element": "visible",
    "pageerror": "error",
    "javascripterror": "error",
    "fullscreen": "fullscreen",
    "": "click",
}
"""How the name goes on, in small letters: the kind that is listened for; else a click."""


def instead(event: str) -> str:
    """What to write for another tool's own event; empty: it is none."""
    found = _OWN.fullmatch(event)
    if found is None:
        return ""
    name = found[2].lower()
    if name.startswith(_PAGE_VIEW):
        return "Write page_view."
    kind = KINDS[next(kind for begin, kind in _KINDS.items() if name.startswith(begin))]
    own = f"my_{kind.name}"
    return f"Listen for it in the section events, like {own}: {{ {kind.name}: {kind.example} }}, and ask for {own}."
