"""Requests, commits and attempts → OpenTelemetry spans: names of containers and tags, words of ours and numbers.
Nothing of a hit, nothing that came with a request, no text of an error, and no trace that goes on elsewhere."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, cast

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.delivery.attempts import Attempt, Watcher
from gateway.delivery.threads import apart
from gateway.outbox.protocol import Arrival, Outbox
from gateway.settings import Traces
from gateway.web import matomo, segment
from gateway.web.gateway import Containers

METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
LONGEST_EXPORT = 5.0
LONGEST_CLOSE = 3.0
OTHERS = frozenset({*matomo.PATHS, *segment.PATHS})
"""The addresses of other tools, which name no container."""
_ADDRESS = re.compile(r"/(collect|consent|t)/([^/]+?)(\.gif|\.js)?")


class Spans:
    """web.tracing.Tracing by the SDK: spans are sent from a thread of its own; what it cannot keep up with is lost."""

    def __init__(self, told: Traces, environment: str) -> None:
        # Not Resource.create: it adds what the environment and the machine say.
        resource = Resource({"service.name": "taggate", "deployment.environment.name": environment})
        sampler = ParentBased(TraceIdRatioBased(told.sample))
        self._provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=told.endpoint, timeout=LONGEST_EXPORT)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("taggate")

    def requests(self, application: ASGIApp, containers: Containers) -> ASGIApp:
        """See Tracing."""
        return _Requests(self._tracer, application, containers)

    def commits(self, outbox: Outbox) -> Outbox:
        """See Tracing."""
        return cast(Outbox, _Commits(self._tracer, outbox))

    def attempts(self, watcher: Watcher) -> Watcher:
        """See Tracing."""
        return _Attempts(self._tracer, watcher)

    async def close(self) -> None:
        """See Tracing."""
        await asyncio.wait({asyncio.ensure_future(apart(self._provider.shutdown, "traces"))}, timeout=LONGEST_CLOSE)


class _Requests:
    def __init__(self, tracer: Tracer, application: ASGIApp, containers: Containers) -> None:
        self._tracer, self._application, self._containers = tracer, application, containers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        # A context of its own: whoever sends the request may not join it to a trace of theirs.
        with _current(self._tracer, "request", Context(), self._labels(scope)) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._application(scope, receive, sending)

    def _labels(self, scope: Scope) -> dict[str, str]:
        method = scope["method"] if scope["method"] in METHODS else "other"
        found = _ADDRESS.fullmatch(scope["path"])
        if found is None or found[2] not in self._containers():
            route = scope["path"] if scope["path"] in OTHERS else "other"
            return {"http.request.method": method, "http.route": route}
        route = f"/{found[1]}/{{container}}{found[3] or ''}"
        return {"http.request.method": method, "http.route": route, "taggate.container": found[2]}


class _Commits:
    """An outbox whose `put` is a span; everything else is the outbox's own."""

    def __init__(self, tracer: Tracer, outbox: Outbox) -> None:
        self._tracer, self._outbox = tracer, outbox

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)

    async def put(self, arrivals: Sequence[Arrival], ticket: int) -> Sequence[bool]:
        """See Outbox.put."""
        request: Span = get_current_span()
        request.set_attribute("taggate.hits", len(arrivals))
        with _current(self._tracer, "commit") as span:
            stored = await self._outbox.put(arrivals, ticket)
            span.set_attribute("taggate.new", sum(stored))
            return stored


class _Attempts:
    """A watcher that also makes a span of each attempt: a trace of its own, bound to no request."""

    def __init__(self, tracer: Tracer, watcher: Watcher) -> None:
        self._tracer, self._watcher = tracer, watcher

    def attempted(self, attempt: Attempt) -> None:
        """One request to a receiver."""
        self._watcher.attempted(attempt)
        labels = {
            "taggate.container": attempt.container,
            "taggate.tag": attempt.tag,
            "taggate.outcome": attempt.outcome.value,
            "taggate.reason": attempt.reason,
            "taggate.deliveries": attempt.deliveries,
        }
        span = self._tracer.start_span(
            "deliver", Context(), SpanKind.CLIENT, labels, start_time=int(attempt.began * 1e9)
        )
        span.end(int(attempt.ended * 1e9))

    def crashed(self, container: str, tag: str) -> None:
        """Only counted."""
        self._watcher.crashed(container, tag)


def _current(
    tracer: Tracer, name: str, context: Context | None = None, labels: Mapping[str, str] | None = None
) -> AbstractContextManager[Span]:
    """A span without the errors that pass through it: their text may hold what a request held."""
    kind = SpanKind.INTERNAL if context is None else SpanKind.SERVER
    return tracer.start_as_current_span(
        name, context, kind, labels, record_exception=False, set_status_on_exception=False
    )
