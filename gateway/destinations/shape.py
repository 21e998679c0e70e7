"""Delivery → the one JSON object that webhooks and files get. Stable: others' programs read it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.destinations.called import product
from gateway.destinations.ga4_words import LONGEST, amount, known, plain, words
from gateway.model import Delivery, Form, Json

SENDS = (
    "the event's name, id and time",
    "the page's address, title and referrer",
    "language",
    "user agent",
    "address (as `ip` says)",
    "the receiver's own visitor ID",
    "User ID and account in the form decided",
    "the event's details, of products number, name, category, price and quantity",
)
"""What every object holds when it is known; `fields` and `identifiers` hold what the container lists."""

AMOUNTS = frozenset({"value", "subtotal", "tax", "shipping", "discount", "results", "price"})
NUMBERS = frozenset({"order_id", "sku", "goal"})
"""Told as texts: they may have more digits than a number holds."""


def shape(delivery: Delivery) -> bytes:
    """The object as compact JSON in UTF-8; whatever is empty is left out.

    {"id": …, "event": …, "at": "2026-05-28T20:26:40.000Z", "page": {"url", "title", "referrer"}, "language",
    "user_agent", "ip", "visitor", "user": {"form": "attach" | "hash", "id"}, "account",
    "identifiers": {}, "details": {…, "items": [{"sku", "name", "category", "price", "quantity"}]}, "fields": {}}
    """
    details = _details(delivery.details)
    title = details.pop("title", None) or delivery.title
    told = {
        "id": delivery.id,
        "event": delivery.event,
        "at": instant(delivery.at),
        "page": _full({"url": delivery.url, "title": title, "referrer": delivery.referrer}),
        "language": delivery.language,
        "user_agent": delivery.user_agent,
        "ip": delivery.ip,
        "visitor": delivery.visitor,
        **_identity(delivery),
        "details": details,
        "fields": {name: _whole(value) for name, value in delivery.fields.items()},
    }
    return msgspec.json.encode(_full(told))


def instant(at: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000, tzinfo=None)
    return moment.isoformat(timespec="milliseconds") + "Z"


def _identity(delivery: Delivery) -> dict[str, Any]:
    # A form of none says that nothing of the identity leaves, whatever else stands in the delivery.
    if delivery.form is Form.NONE:
        return {}
    user = {"form": delivery.form.word, "id": delivery.user} if delivery.user else None
    personal = dict(delivery.identifiers) if delivery.form is Form.RAW else {}
    return {"user": user, "account": delivery.account, "identifiers": personal}


def _details(told: Mapping[str, Json]) -> dict[str, Json]:
    found = {name: _detail(name, value) for name, value in told.items() if name not in ("items", "products")}
    # Whoever sent them: in our words.
    return known({**found, "items": _items(told.get("items") or told.get("products"))})


def _detail(name: str, value: Json) -> Json:
    if name in AMOUNTS:
        return amount(value)
    return words(value, LONGEST) if name in NUMBERS else plain(value)


def _items(value: Json) -> list[Json]:
    """Of a product only what is told of products: a sender may have put into it who it is for."""
    rows = [_item(item) for item in (value if isinstance(value, list) else []) if isinstance(item, dict)]
    return [row for row in rows if row]


def _item(item: Mapping[str, Json]) -> dict[str, Json]:
    number, name, category = product(item)
    counted = {"price": amount(item.get("price")), "quantity": amount(item.get("quantity"))}
    return known({"sku": words(number, LONGEST), "name": words(name, LONGEST), "category": plain(category), **counted})


def _whole(value: Json) -> Json:
    # 7.0 is read as a whole number by few; from 2**53 on it would seem more exact than it is.
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _full(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in (None, "", {}, [])}
