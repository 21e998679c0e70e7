"""GET /healthz, /readyz, /metrics."""

from msgspec import json, structs
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.outbox.protocol import OutboxError
from gateway.web.gateway import Gateway, Report

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def routes(gateway: Gateway) -> list[Route]:
    """For machines that watch; a receiver that is down does not make the gateway unready."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def readyz(_: Request) -> Response:
        try:
            report = await gateway.health.report()
        except OutboxError as error:
            report = Report([str(error)], [], {})
        body = {"ready": not report.unready, "environment": gateway.settings.environment, **structs.asdict(report)}
        headers = {"Cache-Control": "no-store"}
        return Response(json.encode(body), 503 if report.unready else 200, headers, media_type="application/json")

    async def metrics(_: Request) -> Response:
        headers = {"Cache-Control": "no-store"}
        try:
            return Response(await gateway.health.exposition(), headers=headers, media_type=METRICS_TYPE)
        except OutboxError:
            return Response(status_code=503, headers=headers)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
