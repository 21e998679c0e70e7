"""GET /t/{container}.js: the snippet, from memory."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.snippet.build import Snippet
from gateway.web.answers import failed, plain
from gateway.web.gateway import Gateway

HEADERS = {
    "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}


def routes(gateway: Gateway) -> list[Route]:
    """The address of the snippets: nothing in the answer depends on query, host or cookies."""

    async def script(request: Request) -> Response:
        runtime = gateway.runtimes().get(request.path_params["container"])
        if runtime is None:
            return plain(failed(404, "unknown_container", "there is no such container"))
        return _answer(runtime.snippet, request)

    return [Route("/t/{container}.js", script, methods=["GET"])]


def _answer(snippet: Snippet, request: Request) -> Response:
    encoding, body = _encoded(snippet, request.headers.get("accept-encoding", ""))
    # A strong ETag names these very bytes, so each encoding has its own.
    etag = snippet.etag if not encoding else f'{snippet.etag[:-1]}-{encoding}"'
    headers = {**HEADERS, "ETag": etag} | ({"Content-Encoding": encoding} if encoding else {})
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/javascript")


def _encoded(snippet: Snippet, accepted: str) -> tuple[str, bytes]:
    offers = {}
    for part in accepted.split(","):
        name, _, quality = part.strip().partition(";")
        offers[name.strip().lower()] = quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    if offers.get("br"):
        return "br", snippet.brotli
    return ("gzip", snippet.gzip) if offers.get("gzip") else ("", snippet.body)
