"""A bare Starlette route that answers 204: what everything else is measured against."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def collect(request: Request) -> Response:
    """Reads the body, and that is all."""
    await request.body()
    return Response(status_code=204)


app = Starlette(routes=[Route("/collect/bench", collect, methods=["POST"])])
