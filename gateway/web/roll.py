"""Which tags there are, to tell what is queued for a tag from what is queued for nobody any more."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from gateway.delivery.failures import State
from gateway.language.load import Loaded

Route = tuple[str, str]
"""Container and tag."""


class Standing(StrEnum):
    """What a tag is to the configuration."""

    CONFIGURED = "configured"
    NOT_RUNNING = "not_running"
    """Its container has errors and no version that runs."""
    GONE = "gone"
    """No such tag any more."""


class Roll(Struct, frozen=True, kw_only=True):
    """`tags`: those that run, or would, and how each fares (None while no gateway runs). `broken`: containers whose
    tags nobody knows."""

    tags: Mapping[Route, State | None] = {}
    broken: frozenset[str] = frozenset()

    def standing(self, route: Route) -> Standing:
        """What this tag is."""
        if route in self.tags:
            return Standing.CONFIGURED
        return Standing.NOT_RUNNING if route[0] in self.broken else Standing.GONE


def roll_of(files: Iterable[tuple[str, Loaded]]) -> Roll:
    """By the containers' files, while no gateway runs."""
    tags: dict[Route, State | None] = {}
    broken = set()
    for name, loaded in files:
        if loaded.container is None:
            broken.add(name)
        else:
            tags.update(dict.fromkeys(((name, tag) for tag in loaded.container.tags), None))
    return Roll(tags=tags, broken=frozenset(broken))
