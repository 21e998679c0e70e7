"""Events of the site's own, those that are only called like an event with a meaning (events.md), products, and the
campaign of an address."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from gateway.model import Json

OWN = ("category", "name", "value")
"""What an event of the site's own may tell."""

DETAILS = {
    "page_view": ("title", "category", "name"),
    "search": ("term", "results", *OWN),
    "outlink": ("href", *OWN),
    "download": ("href", *OWN),
    "goal": ("goal", *OWN),
    "purchase": ("order_id", "value", "subtotal", "tax", "shipping", "discount", "currency", "items", *OWN[:2]),
    "cart_update": ("action", "value", "currency", "items"),
    "product_view": ("sku", "name", "category", "price", "currency"),
    "content_impression": ("content", "piece", "target", *OWN),
    "content_interaction": ("content", "piece", "target", "interaction", *OWN),
    **dict.fromkeys(("heartbeat", "identify", "group", "alias"), ()),
    "*": (*OWN, "currency", "items", "products"),
}
"""What is taken of each event where nothing needs it in another way; `*`: of all others."""

MEANT = {
    "search": ("term",),
    "outlink": ("href",),
    "download": ("href",),
    "purchase": ("order_id", "items"),
    "begin_checkout": ("items", "products", "currency"),
}
"""Events that receivers call otherwise, and without what they mean nothing there."""

ADDED, REMOVED = "add", "remove"
"""What the `action` of a `cart_update` may be: its items are what came or went, and no cart."""


CAMPAIGN = {
    **{f"mtm_{said}": name for said, name in (("campaign", "campaign"), ("kwd", "term"), ("cid", "id"))},
    **{f"mtm_{name}": name for name in ("source", "medium", "content")},
    **{f"utm_{name}": name for name in ("campaign", "source", "medium", "term", "content", "id")},
}
"""Parameters of the page's address that name a campaign, Matomo's and everybody's; of both the latter count."""

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


def campaign(url: str) -> dict[str, str]:
    """What the address says of the campaign that led to it; `campaign` is its name."""
    try:
        told = dict(parse_qsl(urlsplit(url).query))
    except ValueError:
        return {}
    return {name: told[said] for said, name in CAMPAIGN.items() if said in told}
