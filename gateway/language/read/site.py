"""The sections site, consent and visitor."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from gateway.language.choices import BANNERS, KINDS, TCF_KEEPS, Banner, SourceKind
from gateway.language.container import Calls, ConsentSource, Dialects, Site, Visitor, WhileUnknown
from gateway.language.exempt import MOST_DAYS
from gateway.language.nodes import child, entries, place, text, texts, words
from gateway.language.plain_yaml import Map, Node, Text
from gateway.language.read.names import ALWAYS_SAYS, Names
from gateway.language.read.sources import check_parameter
from gateway.language.texts import FLAGS
from gateway.problems import did_you_mean, quoted

_OF_BERLIN = frozenset({"MEZ", "MESZ", "CEST", "GMT+1", "GMT+2", "UTC+1", "UTC+2"})
"""What a clock in the middle of Europe is called; CET is a zone of its own."""


_NO_PLACE = frozenset({"localtime", "posixrules", "Factory"})
"""Files beside the zones: what they say depends on the machine."""


def read_site(node: Node | None, names: Names) -> Site:
    """The website a container is for."""
    zone = text(child(node, "timezone"), "UTC")
    names.zone_given = child(node, "timezone") is not None
    try:
        names.zone = ZoneInfo("" if zone in _NO_PLACE else zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        where = place(child(node, "timezone"))
        names.say(where, "unknown-timezone", f"There is no time zone called {quoted(zone)}.", _zone_hint(zone))
    names.dropped = frozenset(word.text.casefold() for word in texts(child(node, "drop_query")))
    for word in texts(child(node, "drop_query")):
        check_parameter(word, names)
        if "*" in word.text:
            message = f"A * stands for nothing here: {quoted(word.text)} takes out no other parameter."
            names.warn(word.place, "star", message, "Write each parameter by its whole name.")
    for word in texts(child(node, "domains")):
        _doubt_domain(word, names)
    return Site(
        name=text(child(node, "name")),
        domains=tuple(word.lower() for word in words(child(node, "domains"))),
        timezone=zone,
        drop_query=frozenset(words(child(node, "drop_query"))),
    )


def _doubt_domain(word: Text, names: Names) -> None:
    if "." not in word.text and word.text.lower() != "localhost":
        message = f"{quoted(word.text)} is a whole host only in one's own network: no page on the internet has it."
        hint = f"Write the host as the browser shows it, like www.{word.text.lower()}.example."
        names.warn(word.place, "odd-value", message, hint)


def _zone_hint(typed: str) -> str:
    """By the city, however it is written."""
    if "//" in typed:
        return "A comment begins with #."
    if typed.upper() in _OF_BERLIN:
        return "Write Europe/Berlin, or the Continent/City that is meant; its summer time comes by itself."
    zones = {name.rpartition("/")[2].lower(): name for name in sorted(available_timezones()) if "/" in name}
    hint = did_you_mean(typed.rpartition("/")[2].strip().replace(" ", "_"), zones)
    found = [zones[city] for city in zones if quoted(city) in hint] if hint.startswith("Did") else []
    return f"Did you mean {quoted(found[0])}?" if found else "Write it as Continent/City: Europe/Berlin; or UTC."


def read_calls(node: Node | None, names: Names) -> Calls:
    """Whose calls the pages may keep; the purposes are known by now."""
    purpose = child(node, "matomo", "consent_purpose")
    if isinstance(purpose, Text):
        names.purpose(purpose)
    found = {name: child(node, name) is not None for name in ("matomo", "segment", "gtag")}
    return Calls(**found, consent_purpose=text(purpose) or None)


def read_dialects(node: Node | None, names: Names) -> Dialects:
    """Who may speak other tools' HTTP APIs."""
    sites, token = child(node, "matomo", "site_ids"), child(node, "matomo", "server_token")
    matomo, segment = child(node, "matomo", "apps"), child(node, "segment", "apps")
    key = child(node, "segment", "browser_key")
    hint = "Add site_ids: the numbers by which Matomo's clients name this site, like [1]."
    if token and not sites:
        names.say(place(token), "missing-key", "Without site_ids nobody could send with this token.", hint)
    if matomo and not sites:
        names.say(place(matomo), "missing-key", "Without site_ids no app could send.", hint)
    if segment and not key:
        hint = "Add browser_key: the write key that stands in the apps, like shop-web."
        names.say(place(segment), "missing-key", "Without browser_key no app could send.", hint)
    return Dialects(
        site_ids=tuple(dict.fromkeys(int(number) for number in words(sites))),
        server_token=text(child(token, "secret")) or None,
        browser_key=text(key) or None,
        server_key=text(child(node, "segment", "server_key", "secret")) or None,
        matomo_apps=FLAGS.get(text(matomo), False),
        segment_apps=FLAGS.get(text(segment), False),
    )


def read_consent(node: Node | None, names: Names) -> ConsentSource | None:
    """Where the visitor's choice is kept; None: not needed."""
    if not isinstance(node, Map):
        return None
    purposes = {key.text: text(value) for key, value in entries(node.get("purposes"))}
    names.purposes = tuple(purposes)
    names.banner_words = {word: ours for ours, word in purposes.items()}
    refused = node.get("gpc_refuses")
    for word in texts(refused):
        names.purpose(word)
    kind, where = entries(node.get("from"))[0]
    _words(kind, where, node.get("purposes"), names)
    _doubtful_words(kind, where, node.get("purposes"), names)
    _kept_by_a_banner(kind, where, names)
    return ConsentSource(
        kind=kind.text,
        where=text(where),
        needs=_needs(child(where, "purpose")),
        purposes=purposes,
        while_unknown=WhileUnknown(text(node.get("while_unknown"), "hold")),
        gpc_refuses=frozenset(words(refused)) if refused else frozenset(purposes),
    )


def _words(kind: Text, where: Node, purposes: Node | None, names: Names) -> None:
    """The banner's words must be words that it knows."""
    row: SourceKind | Banner = BANNERS[text(where)] if kind.text == "banner" else KINDS[kind.text]
    for _, word in entries(purposes):
        if row.words and text(word) not in row.words:
            message = f"{quoted(text(word))} is no word of {row.name}."
            hint = f"{did_you_mean(text(word), row.words)} {row.advice}".rstrip()
            names.say(place(word), "banner-word", message, hint)


def _doubtful_words(kind: Text, where: Node, purposes: Node | None, names: Names) -> None:
    """Words that nobody can refuse, and one word for two purposes."""
    always = BANNERS[text(where)].always if kind.text == "banner" else ()
    first: dict[str, str] = {}
    for key, word in entries(purposes):
        said = text(word)
        if said in always:
            message = f"{text(where)} always grants {quoted(said)}: everybody counts as having agreed to {key.text}."
            hint = "Write the banner's word for what visitors can refuse."
            names.warn(word.place, "always-granted", message, hint)
        elif first.setdefault(said, key.text) != key.text:
            message = f"{key.text} has the same word as {first[said]}: who agrees to one agrees to the other."
            names.warn(word.place, "same-word", message, "Write the banner's own word for each purpose.")


def _kept_by_a_banner(kind: Text, where: Node, names: Names) -> None:
    """What a banner keeps for itself is written as it pleases it, and changes with its versions."""
    if kind.text not in ("cookie", "local_storage"):
        return
    by = next((banner.name for banner in BANNERS.values() if text(where) in banner.keeps), None)
    said = "tcf: { purpose: [1] }" if text(where) in TCF_KEEPS else f"banner: {by}" if by else ""
    if said:
        message = f"{quoted(text(where))} is what a banner keeps for itself; it is surer to ask the banner."
        names.warn(where.place, "banner-cookie", message, f"Write from: {{ {said} }}, and its words under purposes.")


def _needs(node: Node | None) -> tuple[str, ...]:
    return words(node) or ((text(node),) if node else ())


def _asks(names: Names) -> str:
    """What to say to who would remember every visitor."""
    if not names.purposes:
        return ALWAYS_SAYS
    ours = names.purposes[0]
    made = f"{ours}_ok: {{ consent: {{ granted: {ours} }} }}"
    return f"A cookie needs consent: name a trigger here that asks for it, like {made}."


def read_visitor(node: Node | None, names: Names) -> Visitor:
    """When a visitor may be remembered."""
    remember = child(node, "remember_when")
    days = int(text(child(node, "days"), "390"))
    if names.exempt and days > MOST_DAYS:
        message = f"A tag says exempt: cnil, so the cookie may live for {MOST_DAYS} days (13 months) at the most."
        names.say(place(child(node, "days")), "exempt", message, f"Write days: {MOST_DAYS}, or less.")
    return Visitor(
        remember_when=names.join(remember, _asks(names)) if remember else None,
        consent_not_needed=child(node, "consent") is not None,
        days=days,
        without_cookie=text(child(node, "without_cookie"), "day_number"),
    )
