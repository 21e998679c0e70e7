"""The gateway's addresses as one Starlette application."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.web import collect, health, scripts, withdraw
from gateway.web.answers import failed
from gateway.web.gateway import Gateway


def create(gateway: Gateway, more: Sequence[BaseRoute] = ()) -> Starlette:
    """`more`: routes beside the gateway's own."""
    routes = [
        *collect.routes(gateway),
        *withdraw.routes(gateway),
        *scripts.routes(gateway),
        *health.routes(gateway),
        *more,
    ]
    application = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_allowed})
    # A redirect would name the host that the request named.
    application.router.redirect_slashes = False
    return application


async def _not_found(_: Request, __: Exception) -> Response:
    return failed(404, "unknown_address", "there is nothing at this address")


async def _not_allowed(_: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None)
    return failed(405, "wrong_method", "this address does not take this method", headers)
