"""The sections site, consent and visitor."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.language.container import ConsentSource, Site, Visitor, WhileUnknown
from gateway.language.nodes import child, entries, place, text, texts, words
from gateway.language.plain_yaml import Map, Node
from gateway.language.read.names import Names
from gateway.problems import quoted


def read_site(node: Node | None, names: Names) -> Site:
    """The website a container is for."""
    zone = text(child(node, "timezone"), "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Write it as Continent/City: Europe/Berlin; or UTC."
        where = place(child(node, "timezone"))
        names.say(where, "unknown-timezone", f"There is no time zone called {quoted(zone)}.", hint)
    return Site(
        name=text(child(node, "name")),
        domains=tuple(word.lower() for word in words(child(node, "domains"))),
        timezone=zone,
        drop_query=frozenset(words(child(node, "drop_query"))),
    )


def read_consent(node: Node | None, names: Names) -> ConsentSource | None:
    """Where the visitor's choice is kept; None: not needed."""
    if not isinstance(node, Map):
        return None
    purposes = {key.text: text(value) for key, value in entries(node.get("purposes"))}
    names.purposes = tuple(purposes)
    refused = node.get("gpc_refuses")
    for word in texts(refused):
        names.purpose(word)
    kind, where = entries(node.get("from"))[0]
    return ConsentSource(
        kind=kind.text,
        where=text(where),
        purposes=purposes,
        while_unknown=WhileUnknown(text(node.get("while_unknown"), "hold")),
        gpc_refuses=frozenset(words(refused)) if refused else frozenset(purposes),
    )


def read_visitor(node: Node | None, names: Names) -> Visitor:
    """When a visitor may be remembered."""
    remember = child(node, "remember_when")
    return Visitor(
        remember_when=names.join(remember) if remember else None,
        consent_not_needed=child(node, "consent") is not None,
        days=int(text(child(node, "days"), "390")),
        without_cookie=text(child(node, "without_cookie"), "day_number"),
    )
