"""The gateway's addresses as one ASGI application: those of hits and choices in front, Starlette for the rest."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.web import as_matomo, health, matomo, segment
from gateway.web.answers import Answer, failed, plain
from gateway.web.asked import Asked
from gateway.web.collect import Collector, Door, Work
from gateway.web.dialects import Directory, Reception
from gateway.web.gateway import Gateway
from gateway.web.preview import addresses as preview
from gateway.web.scripts import MAP, SCRIPT, Scripts
from gateway.web.withdraw import Withdrawer

COLLECT, CONSENT, SNIPPET, GIF = "/collect/", "/consent/", "/t/", ".gif"
FIRST = frozenset({COLLECT, CONSENT, SNIPPET})


def create(gateway: Gateway, more: Sequence[BaseRoute] = ()) -> "Front":
    """`more`: routes beside the gateway's own."""
    scripts = Scripts(gateway)
    previews = preview.routes(gateway, gateway.previews) if gateway.previews else ()
    routes = [*health.routes(gateway), *as_matomo.routes(gateway, scripts), *previews, *more]
    application = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_allowed})
    # A redirect would name the host that the request named.
    application.router.redirect_slashes = False
    return Front(gateway, application, scripts)


class Front:
    """What every hit and every snippet goes through: one look at the path instead of a router."""

    def __init__(self, gateway: Gateway, behind: ASGIApp, scripts: Scripts) -> None:
        self._behind = behind
        self._door = Door(gateway)
        collector = Collector(self._door)
        self._collect: Work = collector.collect
        self._count: Work = collector.count
        withdrawer = Withdrawer(self._door)
        self._consent: Work = withdrawer.consent
        self._refuse: Work = withdrawer.refuse
        self._scripts = scripts
        reception = Reception(self._door, Directory(gateway.runtimes))
        self._others = {**matomo.addresses(reception), **segment.addresses(reception)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope.get("path", "") if scope["type"] == "http" else ""
        first = path[: path.find("/", 1) + 1]
        name = path[len(first) :]
        if first in FIRST and name and "/" not in name:
            answer = await self._answer(first, name, Asked(scope, receive))
        elif speak := self._others.get(path):
            answer = await speak(Asked(scope, receive), scope["query_string"])
        else:
            await self._behind(scope, receive, send)
            return
        await answer.send(send)

    async def _answer(self, first: str, name: str, asked: Asked) -> Answer:
        if first == SNIPPET:
            return self._script(asked, name)
        if first == COLLECT and name.endswith(GIF):
            if asked.method not in ("GET", "HEAD"):
                return _wrong_method("GET, HEAD")
            return await self._door.answer(asked, name.removesuffix(GIF), self._count)
        if asked.method not in ("POST", "OPTIONS"):
            return _wrong_method("POST, OPTIONS")
        if first == COLLECT:
            return await self._door.answer(asked, name, self._collect)
        return await self._door.answer(asked, name, self._consent, absent=self._refuse)

    def _script(self, asked: Asked, file: str) -> Answer:
        if not file.endswith((SCRIPT, MAP)):
            return unknown()
        if asked.method not in ("GET", "HEAD"):
            return _wrong_method("GET, HEAD")
        return self._scripts.answer(asked, file)


def unknown() -> Answer:
    """404 for an address that is none."""
    return failed(404, "unknown_address", "there is nothing at this address")


def _wrong_method(allowed: str) -> Answer:
    return failed(405, "wrong_method", "this address does not take this method", {"Allow": allowed})


async def _not_found(_: Request, __: Exception) -> Response:
    return plain(unknown())


async def _not_allowed(_: Request, error: Exception) -> Response:
    return plain(_wrong_method((getattr(error, "headers", None) or {}).get("Allow", "")))
