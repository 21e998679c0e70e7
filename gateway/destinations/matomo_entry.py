"""Delivery → one entry of a Matomo bulk: `?idsite=…&rec=1&…` (events.md, matomo-tracking-api.md)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from urllib.parse import quote

from gateway.destinations.called import ADDED, REMOVED
from gateway.destinations.matomo_words import (
    address,
    categories,
    data,
    flag,
    items,
    number,
    resolution,
    rounded,
    text,
    whole,
)
from gateway.destinations.protocol import Target
from gateway.model import Delivery, Form, Json

Told = dict[str, str]
Meaning = Callable[[Mapping[str, Json]], Told]

LONGEST_NAME = 1024
LONGEST_URL = 1024
LONGEST_REFERRER = 1500
LONGEST_USER_ID = 200
LONGEST_ORDER_ID = 100
LONGEST_DIMENSION = 250
LONGEST_CAMPAIGN = 255
LONGEST_AGENT = 512
LONGEST_LANGUAGE = 20
KEPT = frozenset({"ua", "lang", "url", "urlref", "action_name", "cdt"})
"""These come again and again, and are of nobody alone: their quoted form is kept."""
LONGEST_KEPT = 512

TOKENLESS_AGE = 23 * 3600
"""Seconds. Older than 24 h by Matomo's clock needs the token; an hour is left for clocks that differ."""

PASSED: Mapping[str, Callable[[Json], str]] = {
    **dict.fromkeys(("pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl", "h", "m", "s"), rounded),
    **dict.fromkeys(("cookie", "pdf", "qt", "realp", "wma", "fla", "java", "ag", "bots"), flag),
    **dict.fromkeys(("uadata", "cvar", "_cvar"), data),
    **dict.fromkeys(("_rcn", "_rck"), partial(text, limit=LONGEST_CAMPAIGN)),
    "res": resolution,
}
"""What Matomo's own clients measure and Matomo understands: passed on as it came, where it is of that kind. A page may
have fields of these names that mean something else."""

DIMENSIONS = "dimensions"
"""Custom dimensions that a Matomo client told: number → value."""

FIELDS = (
    *(r"dimension[1-9][0-9]{0,2}", "revenue", "action_name", "e_c", "e_n", "e_v", "search_cat", "search_count"),
    *("ec_st", "ec_tx", "ec_sh", "ec_dt", "res", "pf_(net|srv|tfr|dm1|dm2|onl)"),
)
"""What `fields` may name. Never who (uid, cid, _id), when (cdt), where (cip, country…), how (token_auth, new_visit)."""

_FIELD = re.compile("|".join(FIELDS))
_NUMBERS = frozenset({"revenue", "e_v", "search_count", "ec_st", "ec_tx", "ec_sh", "ec_dt"})
_ONLY_WITH = {
    **dict.fromkeys(("e_c", "e_n", "e_v"), "e_a"),
    **dict.fromkeys(("search_cat", "search_count"), "search"),
    **dict.fromkeys(("ec_st", "ec_tx", "ec_sh", "ec_dt"), "ec_id"),
}
"""A field of these would change what kind of hit it is, were it sent with another kind."""


def entry(delivery: Delivery, target: Target, now: float) -> str:
    """The delivery as an entry. Raises ValueError where it has no visitor: Matomo would then guess one from the
    address and the browser, and may find somebody who is signed in."""
    told = {
        "idsite": str(target.settings["site_id"]),
        "rec": "1",
        "apiv": "1",
        **_who(delivery),
        "cdt": _when(delivery, now, trusted=bool(target.secrets.get("token"))),
        "cip": text(delivery.ip, 45) if target.secrets.get("token") else "",
        "ua": text(delivery.user_agent, LONGEST_AGENT),
        "lang": text(delivery.language, LONGEST_LANGUAGE),
        "url": address(delivery.url, LONGEST_URL),
        "urlref": address(delivery.referrer, LONGEST_REFERRER),
        "pv_id": (delivery.page_view or "")[:6],
        "send_image": "0",
        **{name: clean(delivery.details[name]) for name, clean in PASSED.items() if name in delivery.details},
        **_dimensions(delivery.details.get(DIMENSIONS)),
        **_what(delivery, target),
    }
    told |= _listed(delivery, told)
    # Names are ours, and nothing in them is to be quoted.
    return "?" + "&".join([f"{name}={_quoted(name, value)}" for name, value in told.items() if value])


def _quoted(name: str, value: str) -> str:
    if value.isascii() and value.isalnum():
        return value
    return _quoted_once(value) if name in KEPT and len(value) <= LONGEST_KEPT else quote(value, safe="")


@lru_cache(1024)
def _quoted_once(value: str) -> str:
    return quote(value, safe="")


def _dimensions(told: Json) -> Told:
    named = {f"dimension{number}": value for number, value in told.items()} if isinstance(told, dict) else {}
    return {name: text(value, LONGEST_DIMENSION) for name, value in named.items() if _FIELD.fullmatch(name)}


def _who(delivery: Delivery) -> Told:
    if len(delivery.visitor) < 16:
        raise ValueError("a delivery without a visitor")
    user = text(delivery.user, LONGEST_USER_ID) if delivery.form is not Form.NONE else ""
    return {"cid": delivery.visitor[:16], "uid": user, "new_visit": "1" if delivery.new_visit else ""}


def _when(delivery: Delivery, now: float, *, trusted: bool) -> str:
    # Without the token Matomo refuses a hit that is older than a day. The nearest time that it takes keeps the
    # hits of a visit in order; leaving the time out would put the oldest hits last.
    at = min(delivery.at / 1000, now)
    moment = datetime.fromtimestamp(at if trusted else max(at, now - TOKENLESS_AGE), UTC)
    return moment.isoformat(" ", "seconds")[:19]


def _what(delivery: Delivery, target: Target) -> Told:
    goal = whole((target.settings.get("goals") or {}).get(delivery.event))
    if goal:
        return {"idgoal": goal, "revenue": number(delivery.details.get("value"))}
    if delivery.event in {"page_view", "product_view"}:
        return _page_view(delivery)
    meaning = MEANINGS.get(delivery.event)
    # A search without a term, an order without a number…: Matomo would count it as a page view.
    return (meaning(delivery.details) if meaning else {}) or _own_event(delivery, target)


def _own_event(delivery: Delivery, target: Target) -> Told:
    told = delivery.details
    return {
        "e_c": text(told.get("category"), LONGEST_NAME) or text(target.site or target.container, LONGEST_NAME),
        # Never nothing, also not of an event that is called "null": half an event is none.
        "e_a": text(delivery.event, LONGEST_NAME) or delivery.event,
        "e_n": text(told.get("name") or told.get("action"), LONGEST_NAME),
        "e_v": number(told.get("value")),
        "ca": "1",
    }


def _page_view(delivery: Delivery) -> Told:
    told = delivery.details
    title = text(told.get("title") or delivery.title, LONGEST_NAME)
    if delivery.event == "product_view":
        product = {"_pks": text(told.get("sku"), LONGEST_DIMENSION), "_pkn": text(told.get("name"), LONGEST_DIMENSION)}
        product |= {"_pkc": categories(told.get("category")), "_pkp": number(told.get("price"))}
        return {"action_name": title, **product}
    # Matomo builds a tree of page titles from the slashes.
    return {"action_name": "/".join(filter(None, (text(told.get("category"), LONGEST_NAME), title)))[:LONGEST_NAME]}


def _search(told: Mapping[str, Json]) -> Told:
    term, category = text(told.get("term"), LONGEST_NAME), text(told.get("category"), LONGEST_NAME)
    return {"search": term, "search_cat": category, "search_count": whole(told.get("results"))} if term else {}


def _outlink(told: Mapping[str, Json]) -> Told:
    href = address(text(told.get("href"), LONGEST_URL * 2), LONGEST_URL)
    return {"link": href} if href else {}


def _download(told: Mapping[str, Json]) -> Told:
    href = address(text(told.get("href"), LONGEST_URL * 2), LONGEST_URL)
    return {"download": href} if href else {}


def _goal(told: Mapping[str, Json]) -> Told:
    goal = whole(told.get("goal"))
    return {"idgoal": goal, "revenue": number(told.get("value"))} if goal.strip("0") else {}


def _purchase(told: Mapping[str, Json]) -> Told:
    order = text(told.get("order_id"), LONGEST_ORDER_ID)
    amounts = {"revenue": "value", "ec_st": "subtotal", "ec_tx": "tax", "ec_sh": "shipping", "ec_dt": "discount"}
    paid = {name: number(told.get(source)) for name, source in amounts.items()}
    return {"idgoal": "0", "ec_id": order, **paid, "ec_items": items(told.get("items"))} if order else {}


def _cart_update(told: Mapping[str, Json]) -> Told:
    # What came or went is no cart: Matomo would take it for all that lies in it.
    if told.get("action") in (ADDED, REMOVED):
        return {}
    return {"idgoal": "0", "revenue": number(told.get("value")) or "0", "ec_items": items(told.get("items"))}


def _content(told: Mapping[str, Json]) -> Told:
    name, piece = text(told.get("content"), LONGEST_NAME), text(told.get("piece"), LONGEST_NAME)
    return {"c_n": name, "c_p": piece, "c_t": text(told.get("target"), LONGEST_NAME), "ca": "1"} if name else {}


def _content_interaction(told: Mapping[str, Json]) -> Told:
    shown = _content(told)
    return {**shown, "c_i": text(told.get("interaction"), LONGEST_NAME) or "click"} if shown else {}


def _ping(told: Mapping[str, Json]) -> Told:
    return {"ping": "1"}


MEANINGS: Mapping[str, Meaning] = {
    "search": _search,
    "outlink": _outlink,
    "download": _download,
    "goal": _goal,
    "purchase": _purchase,
    "cart_update": _cart_update,
    "content_impression": _content,
    "content_interaction": _content_interaction,
    "heartbeat": _ping,
    # No action of the visitor's; a ping tells Matomo the User ID (if it may have it) and counts nothing.
    **dict.fromkeys(("identify", "group", "alias"), _ping),
}


def _listed(delivery: Delivery, told: Told) -> Told:
    found = {}
    for name, value in delivery.fields.items():
        if not _FIELD.fullmatch(name) or not told.get(_ONLY_WITH.get(name, "rec")):
            continue
        clean = PASSED.get(name) or (number if name in _NUMBERS else None)
        found[name] = clean(value) if clean else text(value, _limit(name))
    return {name: value for name, value in found.items() if value}


def _limit(name: str) -> int:
    return LONGEST_DIMENSION if name.startswith("dimension") else LONGEST_NAME
