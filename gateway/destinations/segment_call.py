"""Delivery → one call of a Segment batch: page, track, identify or group (source: vendor's documentation)."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from gateway.destinations.called import ADDED, DETAILS, REMOVED, campaign, only_called, product
from gateway.destinations.ga4_words import LONGEST, amount, known, plain, words
from gateway.destinations.matomo_words import text
from gateway.destinations.shape import instant
from gateway.model import Delivery, Form, Json

Told = dict[str, Json]
Convert = Callable[[Json], Json]

LONGEST_CAMPAIGN = 255
LIBRARY = {"name": "taggate", "version": "1"}
"""`version` is that of these calls; it grows when other programs would have to know that they changed."""

NAMES = {
    "purchase": "Order Completed",
    "cart_update": "Cart Viewed",
    "product_view": "Product Viewed",
    "search": "Products Searched",
    "begin_checkout": "Checkout Started",
}
"""What Segment's e-commerce vocabulary calls events of ours (events.md); the others are called there as here."""
CHANGES: Mapping[Json, str] = {ADDED: "Product Added", REMOVED: "Product Removed"}
"""What happened to a cart: what it calls that."""
ITEMS = {"items": "products"}
PROPERTIES = {"purchase": {"value": "total", **ITEMS}, "search": {"term": "query"}}
"""Fields of our events that have another name there; the others are called there as here."""
CAMPAIGN = {"campaign": "name", **{name: name for name in ("source", "medium", "term", "content")}}
"""What of a campaign Segment's own libraries tell once more, and its destinations read there."""
PEOPLE = frozenset({"identify", "group", "alias"})
"""Calls that say who somebody is."""

TAKEN = {**DETAILS, "begin_checkout": ("order_id", *DETAILS["*"])}
"""What is taken of each event."""


def call(delivery: Delivery, now: float) -> Told:
    """The call. Raises ValueError where Segment would drop it without a word: nobody's, or a track without a name."""
    account = _decided(delivery, delivery.account)
    who = {"userId": _decided(delivery, delivery.user), "anonymousId": delivery.visitor}
    if not any(who.values()):
        raise ValueError("a delivery of nobody")
    return known(
        {
            **_what(delivery, account),
            "messageId": delivery.id,
            "timestamp": instant(min(delivery.at, int(now * 1000))),
            **who,
            "context": _context(delivery, account),
        }
    )


def products(value: Json) -> list[Told]:
    """Items as Segment's products; those with neither number nor name are left out."""
    return [row for item in (value if isinstance(value, list) else []) if (row := _product(item))]


def _what(delivery: Delivery, account: str) -> Told:
    listed = {name: plain(value) for name, value in delivery.fields.items()}
    if delivery.event in PEOPLE:
        # An alias names the ID before, which may leave in no form: who it is now is all that can be said.
        kind = "group" if delivery.event == "group" and account else "identify"
        return {"type": kind, "groupId": account if kind == "group" else "", "traits": known(listed)}
    if delivery.event == "page_view":
        named = {name: plain(delivery.details.get(name)) for name in ("name", "category")}
        return {"type": "page", "name": named["name"], "properties": known({**_page(delivery), **named, **listed})}
    if not delivery.event.strip():
        raise ValueError("an event without a name")
    own = only_called(delivery.event, delivery.details)
    name = delivery.event if own else _changed(delivery) or NAMES.get(delivery.event, delivery.event)
    called = {} if own else PROPERTIES.get(delivery.event, ITEMS)
    return {"type": "track", "event": name, "properties": known({**_properties(delivery, called), **listed})}


def _changed(delivery: Delivery) -> str | None:
    action = delivery.details.get("action") if delivery.event == "cart_update" else None
    return CHANGES.get(action) if isinstance(action, str) else None


def _properties(delivery: Delivery, called: Mapping[str, str]) -> Told:
    told = delivery.details
    if delivery.event == "product_view":
        return {**_product(told), "currency": plain(told.get("currency"))}
    wanted = TAKEN.get(delivery.event, TAKEN["*"])
    if delivery.event == "cart_update":
        rows = products(told.get("items"))
        # In Segment's words one product that comes or goes is the event's own.
        what: Told = rows[0] if _changed(delivery) and len(rows) == 1 else {"products": rows}
        return {"value": amount(told.get("value")), "currency": plain(told.get("currency")), **what}
    found = {name: CONVERT.get(name, plain)(told.get(name)) for name in wanted}
    return {called.get(name, name): value for name, value in known(found).items()}


def _product(item: Json) -> Told:
    if not isinstance(item, dict):
        return {}
    number, named, said = product(item)
    sku, name, category = words(number, LONGEST), words(named, LONGEST), plain(said)
    told = {"product_id": sku, "sku": sku, "name": name}
    told["category"] = "/".join(category) if isinstance(category, list) else category
    counted = {"price": amount(item.get("price")), "quantity": amount(item.get("quantity"))}
    return known({**told, **counted}) if sku or name else {}


CONVERT: Mapping[str, Convert] = {
    **dict.fromkeys(("value", "subtotal", "tax", "shipping", "discount", "results"), amount),
    "order_id": lambda value: words(value, LONGEST),
    **dict.fromkeys(("items", "products"), products),
}


def _page(delivery: Delivery) -> Told:
    url = text(delivery.url, LONGEST)
    title = text(delivery.details.get("title") or delivery.title, LONGEST)
    return known({"url": url, "title": title, "referrer": text(delivery.referrer, LONGEST), **_parts(url)})


def _parts(url: str) -> Told:
    try:
        parts = urlsplit(url)
    except ValueError:
        return {}
    return {"path": parts.path, "search": f"?{parts.query}" if parts.query else ""}


def _campaign(url: str) -> Told:
    told = campaign(url)
    return known({said: words(told.get(name), LONGEST_CAMPAIGN) for name, said in CAMPAIGN.items()})


def _context(delivery: Delivery, account: str) -> Told:
    personal = delivery.identifiers if delivery.form is Form.RAW else {}
    page = _page(delivery)
    return known(
        {
            "library": LIBRARY,
            "page": page,
            "campaign": _campaign(words(page.get("url"), LONGEST)),
            "ip": text(delivery.ip, 45),
            "userAgent": text(delivery.user_agent, LONGEST),
            "locale": text(delivery.language, LONGEST),
            "groupId": account,
            "traits": known({name: plain(value) for name, value in personal.items()}),
        }
    )


def _decided(delivery: Delivery, id: str | None) -> str:
    """What of an ID may leave; a form of none says that nothing does, whatever else stands in the delivery."""
    return id or "" if delivery.form is not Form.NONE else ""
