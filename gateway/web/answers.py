"""The answers of the public addresses, with what browsers on other hosts need to read them."""

from collections.abc import Mapping

from msgspec import json
from starlette.requests import Request
from starlette.responses import Response

from gateway.decide.address import host
from gateway.intake.snippet import BadHit
from gateway.language.container import Container

RETRY_AFTER = "2"
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""The 43-byte transparent GIF that Matomo answers with too."""


def failed(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as JSON; `detail` never holds a value of the request."""
    again = {"Retry-After": RETRY_AFTER} if status in (429, 503) else {}
    body = json.encode({"error": code, "detail": detail})
    return Response(body, status, {**again, **(headers or {})}, media_type="application/json")


def unreadable(error: BadHit) -> Response:
    """400 for a body that cannot be read."""
    return failed(400, error.code, error.detail)


def shared(response: Response, request: Request, container: Container) -> Response:
    """With the headers that let a page of the site read the answer."""
    origin = request.headers.get("origin")
    response.headers["Vary"] = "Origin"
    response.headers["Cache-Control"] = "no-store"
    if origin and container.site.has(host(origin) or ""):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def preflight() -> Response:
    """The answer to OPTIONS."""
    return Response(
        status_code=204,
        headers={
            "Allow": "POST, OPTIONS",
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Content-Type, Authorization",
            "Access-Control-Max-Age": "86400",
        },
    )
