"""Everything the addresses share: the containers that run, the flow, the limits."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from msgspec import Struct

from gateway.settings import Settings
from gateway.web.desk import Desk
from gateway.web.husks import Husks
from gateway.web.ingest import Ingest
from gateway.web.metrics import Counting
from gateway.web.preview.drafts import Previews
from gateway.web.rates import Rate
from gateway.web.runtime import Runtime

Containers = Callable[[], Mapping[str, Runtime]]
"""The containers as they run at this moment."""


class Health(Protocol):
    """What /readyz and /metrics ask. Raises OutboxError when nobody knows."""

    async def report(self) -> "Report":
        """Whether it takes hits."""
        ...

    async def exposition(self) -> bytes:
        """The metrics as Prometheus reads them."""
        ...


class Report(Struct, frozen=True):
    """`unready`: why it takes no hits. `containers`: name → the revision that runs."""

    unready: list[str]
    degraded: list[str]
    containers: dict[str, str]


class Gateway(Struct, frozen=True, kw_only=True):
    """Made once at start. `runtimes` gives the containers as they run at this moment."""

    settings: Settings
    runtimes: Containers
    ingest: Ingest
    desk: Desk
    metrics: Counting
    health: Health
    per_address: Rate
    per_container: Rate
    now: Callable[[], int]
    """ms since 1970."""
    broken: Callable[[], Collection[str]] = frozenset
    """The containers that are there and do not run: their files have errors."""
    husks: Husks | None = None
    """Of containers that do not run. None: nobody asks for one."""
    previews: Previews | None = None
    """None: there are none."""
