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


def only_called(event: str, told: Mapping[str, Json]) -> bool:
    """Whether it tells what an event of the site's own does, and nothing of what its name stands for."""
    if event not in MEANT or any(told.get(name) for name in MEANT[event]):
        return False
    return bool(told.get("category") or told.get("name"))
