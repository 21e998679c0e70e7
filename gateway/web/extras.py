"""What a gateway may be started with beside its settings, and why it may not start."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from starlette.routing import BaseRoute

from gateway.delivery.sender import OnExchange
from gateway.web.fleet import Status
from gateway.web.ingest import Watch


class StartFailed(Exception):
    """The gateway cannot start; the text says why, for the operator."""


class Extras(Struct, frozen=True, kw_only=True):
    """What `taggate demo` adds."""

    only: str | None = None
    """The one container that is to run."""
    routes: Sequence[BaseRoute] = ()
    watch: Watch | None = None
    on_status: Callable[[Status], None] | None = None
    on_exchange: OnExchange | None = None
