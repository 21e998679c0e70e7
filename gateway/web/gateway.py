"""Everything the addresses share: the containers that run, the flow, the limits."""

from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from gateway.outbox.protocol import Outbox
from gateway.people.known import People
from gateway.settings import Settings
from gateway.web.ingest import Ingest
from gateway.web.metrics import Metrics
from gateway.web.rates import Rate
from gateway.web.runtime import Runtime
from gateway.web.seen import Seen

Containers = Callable[[], Mapping[str, Runtime]]
"""The containers as they run at this moment."""


class Health(Protocol):
    """What /readyz asks."""

    def troubles(self) -> tuple[list[str], list[str]]:
        """Why it is not ready, and what is degraded though it is."""
        ...


class Gateway(Struct, frozen=True, kw_only=True):
    """Made once at start. `runtimes` gives the containers as they run at this moment."""

    settings: Settings
    runtimes: Containers
    ingest: Ingest
    outbox: Outbox
    people: People
    metrics: Metrics
    health: Health
    per_address: Rate
    per_container: Rate
    now: Callable[[], int]
    """ms since 1970."""
    look: Callable[[], Seen] = Seen
    """What /metrics shows beside what is counted."""
