"""The demo's page: a small shop, and beside it what the gateway makes of each hit. Files → routes."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.live import Live

PAGES = ("/", "/product/{name}", "/thank-you")
"""Addresses within the shop; the page's script shows what belongs there."""

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

_HERE = re.compile(r"(?:127\.0\.0\.1|localhost)(?::[0-9]+)?", re.IGNORECASE)
Endpoint = Callable[[Request], Awaitable[Response]]


def routes(static: Path, live: Live) -> list[Route]:
    """The shop's pages, its files under `/demo/` and the stream `/demo/live`. `static`: the folder with `demo/` in it,
    read once. Raises OSError when it is not there."""
    found = {file.name: file for file in sorted((static / "demo").iterdir()) if file.suffix in TYPES}
    page = _file(static / "demo" / "index.html")
    assets = [Route(f"/demo/{name}", _file(path)) for name, path in found.items() if path.suffix != ".html"]
    return [*(Route(path, page) for path in PAGES), *assets, Route("/demo/live", _stream(live))]


def _file(path: Path) -> Endpoint:
    body, media_type = path.read_bytes(), TYPES[path.suffix]

    async def endpoint(_: Request) -> Response:
        return Response(body, media_type=media_type, headers=HEADERS)

    return endpoint


def _stream(live: Live) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        # A page of another site may let its own name lead here, and would then read along.
        if not _HERE.fullmatch(request.headers.get("host", "")):
            return Response(status_code=421, headers=HEADERS)
        return live.events(request)

    return endpoint
