"""Events of the site's own, and those that are only called like an event with a meaning (events.md)."""

from collections.abc import Mapping

from gateway.model import Json

OWN = ("category", "name", "value")
"""What an event of the site's own may tell."""

MEANT = {
    "search": ("term",),
    "outlink": ("href",),
    "download": ("href",),
    "purchase": ("order_id", "items"),
}
"""Events that receivers call otherwise, and without what they mean nothing there."""


ADDED, REMOVED = "add", "remove"
"""What the `action` of a `cart_update` may be: its items are what came or went, and no cart."""


CATEGORIES = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")


def product(item: Mapping[str, Json]) -> tuple[Json, Json, Json]:
    """Number, name and category of an item: in our words, or in those of GA4 or Segment, which events of the site's own
    have."""
    category = item.get("category") or [level for name in CATEGORIES if (level := item.get(name))]
    number = next((item[name] for name in ("sku", "item_id", "product_id") if item.get(name) not in (None, "")), None)
    return number, item.get("name", item.get("item_name")), category


def only_called(event: str, told: Mapping[str, Json]) -> bool:
    """Whether it tells what an event of the site's own does, and nothing of what its name stands for."""
    if event not in MEANT or any(told.get(name) for name in MEANT[event]):
        return False
    return bool(told.get("category") or told.get("name"))
