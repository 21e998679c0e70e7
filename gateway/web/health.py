"""GET /healthz, /readyz, /metrics."""

from msgspec import json
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.outbox.protocol import OutboxError
from gateway.web.gateway import Gateway

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def routes(gateway: Gateway) -> list[Route]:
    """For machines that watch; a receiver that is down does not make the gateway unready."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def readyz(_: Request) -> Response:
        unready, degraded = gateway.health.troubles()
        body = {
            "ready": not unready,
            "environment": gateway.settings.environment,
            "unready": unready,
            "degraded": degraded,
            "containers": {name: runtime.container.revision for name, runtime in gateway.runtimes().items()},
        }
        headers = {"Cache-Control": "no-store"}
        return Response(json.encode(body), 503 if unready else 200, headers, media_type="application/json")

    async def metrics(_: Request) -> Response:
        try:
            counts = await gateway.outbox.counts()
        except OutboxError:
            # All else is still told, most of all that hits are refused.
            counts = {}
        text = gateway.metrics.text(counts, gateway.look())
        return Response(text, headers={"Cache-Control": "no-store"}, media_type=METRICS_TYPE)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
