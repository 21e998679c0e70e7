"""Delivery → one event of GA4: a name and up to 25 parameters (source: vendor's documentation)."""

import re
from collections.abc import Callable, Mapping

import msgspec

from gateway.destinations.called import ADDED, CATEGORIES, OWN, REMOVED, campaign, only_called, product
from gateway.destinations.ga4_words import amount, known, words
from gateway.destinations.matomo_words import address, text
from gateway.model import Delivery, Json

Told = dict[str, Json]
Meaning = Callable[[Mapping[str, Json]], Told]

MOST_PARAMS = 25
LONGEST_NAME = 40
LONGEST_VALUE = 100
LIMITS = {"page_location": 1000, "page_referrer": 420, "page_title": 300}
"""Parameters whose values may be longer than LONGEST_VALUE."""

MOST_ITEMS = 200
MOST_ITEM_BYTES = 100_000
"""Of the 130 kB a body may have. All else that is sent is limited to a fraction of the rest."""

ENGAGEMENT = 1
"""Milliseconds. Without this parameter a session does not show; nobody measured how long it was, so it is the least."""

DAY = 86_400
LATEST_DAWN = 4 * 3600

RESERVED = frozenset(
    {
        *("ad_activeview", "ad_click", "ad_exposure", "ad_impression", "ad_query", "ad_reward", "adunit_exposure"),
        *("app_clear_data", "app_exception", "app_install", "app_remove", "app_store_refund", "app_update"),
        *("app_store_subscription_cancel", "app_store_subscription_convert", "app_store_subscription_renew"),
        *("app_upgrade", "dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error"),
        *("first_open", "first_visit", "in_app_purchase", "notification_dismiss", "notification_foreground"),
        *("notification_open", "notification_receive", "notification_send", "os_update", "screen_view"),
        *("session_start", "user_engagement"),
    }
)
"""Event names that GA4 refuses, from anybody or for websites."""
PREFIXES = ("_", "firebase_", "ga_", "google_", "gtag.", "query_id")
NAMES = {"outlink": "click", "download": "file_download", "cart_update": "view_cart", "product_view": "view_item"}
"""What GA4 calls events of our vocabulary (events.md); the others are called there as here."""
CHANGES: Mapping[Json, str] = {ADDED: "add_to_cart", REMOVED: "remove_from_cart"}
"""What happened to a cart: what GA4 calls it."""
CAMPAIGN = {"id": "campaign_id", **{name: name for name in ("campaign", "source", "medium", "term", "content")}}
"""What of a campaign it calls how."""
CARTS = ("add_to_cart", "begin_checkout", "cart_update", "remove_from_cart", "view_cart", "view_item")

_OURS = r"client_id|engagement_time_msec|firebase_conversion|items|session_id|session_number|timestamp_micros"
_WHO = r"user_?id|customer_?id|sessionid|cid|sid|uid"
FIELDS = (
    *("content_group", "coupon", "currency", "method", "shipping", "tax", "value"),
    rf"(?!(?:{_OURS}|{_WHO})\Z)(?!firebase_|ga_|google_)[A-Za-z][A-Za-z0-9_]{{0,39}}",
)
"""What `fields` may name: any parameter but who it was, in which session, and what GA4 keeps for itself."""

DETAILS = {
    "page_view": ("title", "category"),
    "search": ("term", *OWN),
    "outlink": ("href", *OWN),
    "download": ("href", *OWN),
    "goal": ("goal", *OWN),
    "purchase": ("order_id", "value", "tax", "shipping", "currency", "items", *OWN[:2]),
    **dict.fromkeys(CARTS, ("value", "currency", "items", *OWN[:2])),
    "cart_update": ("action", "value", "currency", "items", *OWN[:2]),
    "product_view": ("sku", "name", "category", "price", "currency"),
    "content_impression": ("content", "piece", "target", *OWN),
    "content_interaction": ("content", "piece", "target", "interaction", *OWN),
    **dict.fromkeys(("heartbeat", "identify", "group", "alias"), ()),
    "*": (*OWN, "currency", "items", "products"),
}

_FIELD = re.compile("|".join(FIELDS))
_NUMBERS = frozenset({"value", "tax", "shipping"})
_ODD = re.compile(r"\W+")
_CURRENCY = re.compile(r"[A-Za-z]{3}")


def events(delivery: Delivery, at: int) -> list[Json]:
    """The event; before a page view the campaign that led to it, which GA4 does not read from the page's address here.
    `at`: when it happened, seconds since 1970, as GA4 is told."""
    led = delivery.event == "page_view" and known(
        {CAMPAIGN[name]: words(said, LONGEST_VALUE) for name, said in campaign(delivery.url or "").items()}
    )
    return [
        *([{"name": "campaign_details", "params": {**_begun(delivery, at), **led}}] if led else ()),
        _event(delivery, at),
    ]


def _begun(delivery: Delivery, at: int) -> Told:
    return {"session_id": session(delivery.visitor, at), "engagement_time_msec": ENGAGEMENT}


def _event(delivery: Delivery, at: int) -> Told:
    meaning = MEANINGS.get(delivery.event, _cart)
    told = known(
        {
            **_begun(delivery, at),
            "page_location": address(delivery.url, LIMITS["page_location"]),
            "page_referrer": address(delivery.referrer, LIMITS["page_referrer"]),
            "page_title": text(delivery.details.get("title") or delivery.title, LIMITS["page_title"]),
            "language": text(delivery.language, LONGEST_VALUE),
            **meaning(delivery.details),
        }
    )
    params = dict(list((told | _listed(delivery)).items())[:MOST_PARAMS])
    return {"name": event_name(_called(delivery)), "params": params}


def _called(delivery: Delivery) -> str:
    name, action = delivery.event, delivery.details.get("action")
    if name == "cart_update" and isinstance(action, str) and action in CHANGES:
        return CHANGES[action]
    return name if only_called(name, delivery.details) else NAMES.get(name, name)


def event_name(name: str) -> str:
    """Letters, digits and underscores, at most 40, the first a letter; one that GA4 refuses begins with `site_`."""
    clean = _ODD.sub("_", name)
    refused = clean.lower() in RESERVED or clean.lower().startswith(PREFIXES)
    return (f"site_{clean.lstrip('_')}" if refused or not clean[:1].isalpha() else clean)[:LONGEST_NAME]


def session(visitor: str, at: int) -> str:
    """The session: a visitor's day, named by the second in which it began, as GA4 wants it.

    A day begins between midnight and four, UTC, at a second of the visitor's own: two visitors seldom share a number.
    """
    dawn = int(visitor[16:24], 16) % LATEST_DAWN
    return str((at - dawn) // DAY * DAY + dawn)


def items(value: Json) -> list[Told]:
    """Products as GA4's items, as many as fit."""
    rows, room = [], MOST_ITEM_BYTES
    for row in map(_item, (value if isinstance(value, list) else [])[:MOST_ITEMS]):
        room -= len(msgspec.json.encode(row)) + 1
        if room < 0:
            break
        rows.append(row)
    return [row for row in rows if row]


def _item(item: Json) -> Told:
    if not isinstance(item, dict):
        return {}
    number, name, said = product(item)
    named = known({"item_id": _text(number), "item_name": _text(name)})
    levels = filter(None, map(_text, said if isinstance(said, list) else [said]))
    counted = {"price": amount(item.get("price")), "quantity": amount(item.get("quantity"))}
    return named | dict(zip(CATEGORIES, levels, strict=False)) | known(counted) if named else {}


def _text(value: Json) -> str:
    return words(value, LONGEST_VALUE)


def _currency(told: Mapping[str, Json]) -> str:
    said = _text(told.get("currency"))
    return said.upper() if _CURRENCY.fullmatch(said) else ""


def _page_view(told: Mapping[str, Json]) -> Told:
    return {"content_group": _text(told.get("category"))}


def _search(told: Mapping[str, Json]) -> Told:
    return {"search_term": _text(told.get("term")), **_own(told)}


def _link(told: Mapping[str, Json]) -> Told:
    href = address(words(told.get("href"), LONGEST_VALUE * 2), LONGEST_VALUE)
    return {"link_url": href, **_own(told)}


def _outlink(told: Mapping[str, Json]) -> Told:
    return {**_link(told), "outbound": "true" if told.get("href") else ""}


def _goal(told: Mapping[str, Json]) -> Told:
    return {"goal": _text(told.get("goal")), **_own(told)}


def _cart(told: Mapping[str, Json]) -> Told:
    return {**_own(told), "currency": _currency(told), "items": items(told.get("items") or told.get("products"))}


def _purchase(told: Mapping[str, Json]) -> Told:
    order = {"transaction_id": _text(told.get("order_id"))}
    return {**order, **_cart(told), "tax": amount(told.get("tax")), "shipping": amount(told.get("shipping"))}


def _product_view(told: Mapping[str, Json]) -> Told:
    return {"value": amount(told.get("price")), "currency": _currency(told), "items": items([dict(told)])}


def _content(told: Mapping[str, Json]) -> Told:
    shown = {name: _text(told.get(name)) for name in ("content", "piece", "target", "interaction")}
    return {**shown, **_own(told)}


def _nothing(told: Mapping[str, Json]) -> Told:
    return {}


def _own(told: Mapping[str, Json]) -> Told:
    label = {"event_category": _text(told.get("category")), "event_label": _text(told.get("name"))}
    return {**label, "value": amount(told.get("value"))}


MEANINGS: Mapping[str, Meaning] = {
    "page_view": _page_view,
    "search": _search,
    "outlink": _outlink,
    "download": _link,
    "goal": _goal,
    "purchase": _purchase,
    **dict.fromkeys(CARTS, _cart),
    "product_view": _product_view,
    **dict.fromkeys(("content_impression", "content_interaction"), _content),
    **dict.fromkeys(("heartbeat", "identify", "group", "alias"), _nothing),
}


def _listed(delivery: Delivery) -> Told:
    pairs = ((name, value) for name, value in delivery.fields.items() if _FIELD.fullmatch(name))
    return known({name: _value(name, value) for name, value in pairs})


def _value(name: str, value: Json) -> Json:
    is_number = name in _NUMBERS or (isinstance(value, int | float) and not isinstance(value, bool))
    return amount(value) if is_number else words(value, LIMITS.get(name, LONGEST_VALUE))
