"""Traces, when they are configured: what `serve` needs of them. OpenTelemetry is only imported then."""

from importlib import import_module
from typing import Protocol

from starlette.types import ASGIApp

from gateway.delivery.attempts import Watcher
from gateway.outbox.protocol import Outbox
from gateway.settings import Settings
from gateway.web.gateway import Containers

INSTALL = "traces: need OpenTelemetry: pip install 'taggate[otel]'"


class CannotTrace(Exception):
    """Traces are configured, and what makes them is not installed."""


class Tracing(Protocol):
    """Spans of requests, of the wait for the disk and of attempts to deliver."""

    def requests(self, application: ASGIApp, containers: Containers) -> ASGIApp:
        """The application, each request a span."""
        ...

    def commits(self, outbox: Outbox) -> Outbox:
        """The outbox, each `put` a span in that of its request."""
        ...

    def attempts(self, watcher: Watcher) -> Watcher:
        """The watcher, each attempt a span too."""
        ...

    async def close(self) -> None:
        """Sends what waits, as far as that goes quickly."""
        ...


def tracing(settings: Settings) -> Tracing | None:
    """None: not configured. Raises CannotTrace."""
    if settings.traces is None:
        return None
    try:
        # Not at the top: an optional extra, and a third of a second at each start.
        spans = import_module("gateway.web.spans")
    except ImportError:
        raise CannotTrace(INSTALL) from None
    made: Tracing = spans.Spans(settings.traces, settings.environment)
    return made
