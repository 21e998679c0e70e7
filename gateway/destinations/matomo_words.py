"""JSON values → the texts Matomo takes: cleaned, cut, numbers without exponent; "" where there is nothing to say."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from gateway.model import Json

NOTHING = frozenset({"", "undefined", "null", "[object object]"})
"""Matomo stores what it is given; each of these would become one giant value (or visitor)."""

MOST_ITEMS = 200
MOST_CATEGORIES = 5
LONGEST_ITEM = 250
LONGEST_DATA = 4096

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
_RESOLUTION = re.compile(r"[0-9]{1,5}x[0-9]{1,5}")
_HALF_ESCAPE = re.compile(r"%[0-9A-Fa-f]?\Z")


def text(value: Json, limit: int) -> str:
    """A value as text of at most `limit` characters; lists joined by commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, list | tuple):
        return text(",".join(filter(None, (text(part, limit) for part in value))), limit)
    if not isinstance(value, str):
        return ""
    clean = value.replace("\0", "").strip()
    return "" if clean.lower() in NOTHING else clean[:limit].rstrip()


def address(value: str | None, limit: int) -> str:
    """An address, never cut inside a percent escape."""
    whole = text(value, len(value or ""))
    return whole if len(whole) <= limit else _HALF_ESCAPE.sub("", whole[:limit])


def number(value: Json) -> str:
    """A finite number (or text that is one) in plain digits."""
    if isinstance(value, str):
        return value.strip() if _NUMBER.fullmatch(value.strip()) else ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) >= 1e15:
        return ""
    plain = f"{Decimal(repr(value)):.10f}".rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


def whole(value: Json) -> str:
    """A number from 0 up without a fraction."""
    said = number(value)
    return said if said.isdigit() else ""


def rounded(value: Json) -> str:
    """A measured time, without its fraction; none below 0."""
    said = number(value)
    return "" if not said or said.startswith("-") else str(round(float(said)))


def flag(value: Json) -> str:
    """1 or 0."""
    return {"1": "1", "true": "1", "0": "0", "false": "0"}.get(text(value, 5).lower(), "")


def resolution(value: Json) -> str:
    """Of a screen: width x height."""
    said = text(value, 12)
    return said if _RESOLUTION.fullmatch(said) else ""


def data(value: Json) -> str:
    """Structured data as JSON; left out rather than cut, for half a document says nothing."""
    said = msgspec.json.encode(value).decode() if isinstance(value, dict | list) else ""
    return said if len(said) <= LONGEST_DATA else ""


def categories(value: Json) -> str:
    """A product's category, or up to five as a JSON list."""
    if isinstance(value, list):
        named = [said for part in value if (said := text(part, LONGEST_ITEM))][:MOST_CATEGORIES]
        return msgspec.json.encode(named).decode() if named else ""
    return text(value, LONGEST_ITEM)


def items(value: Json) -> str:
    """Products as Matomo's JSON list of [sku, name, category, price, quantity]."""
    products = value if isinstance(value, list) else []
    rows = [row for product in products[:MOST_ITEMS] if (row := _item(product))]
    return msgspec.json.encode(rows).decode() if rows else ""


def _item(product: Json) -> Sequence[Json]:
    if not isinstance(product, dict):
        return ()
    sku, name = text(product.get("sku"), LONGEST_ITEM), text(product.get("name"), LONGEST_ITEM)
    if not sku and not name:
        return ()
    said = product.get("category")
    category = [text(part, LONGEST_ITEM) for part in said[:MOST_CATEGORIES]] if isinstance(said, list) else None
    price, quantity = float(number(product.get("price")) or 0), int(whole(product.get("quantity")) or 1)
    return (sku or name, name, category or text(said, LONGEST_ITEM), price, quantity)
