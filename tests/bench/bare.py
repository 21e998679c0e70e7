"""Bare Starlette routes: what everything else is measured against."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODY = b"x" * int(os.environ.get("BENCH_BYTES", "0"))


async def collect(request: Request) -> Response:
    """Reads the body, and that is all."""
    await request.body()
    return Response(status_code=204)


async def script(_: Request) -> Response:
    """So many bytes from memory."""
    return Response(BODY, media_type="text/javascript")


app = Starlette(
    routes=[
        Route("/collect/bench", collect, methods=["POST"]),
        Route("/t/bench.js", script, methods=["GET"]),
    ]
)
