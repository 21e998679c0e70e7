"""GET /t/{container}.js: the snippet, from memory; under its version for ever; and its source map."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.snippet.build import Snippet
from gateway.web.answers import failed, plain
from gateway.web.gateway import Gateway

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}
SOON = "public, max-age=300, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"


def routes(gateway: Gateway) -> list[Route]:
    """The addresses of the snippets: nothing in the answer depends on query, host or cookies."""

    async def script(request: Request) -> Response:
        name, _, version = request.path_params["name"].partition(".")
        runtime = gateway.runtimes().get(name)
        if runtime is None:
            return plain(failed(404, "unknown_container", "there is no such container"))
        return _answer(name, runtime.snippet, version, request)

    async def source_map(request: Request) -> Response:
        name, _, version = request.path_params["name"].partition(".")
        runtime = gateway.runtimes().get(name)
        if runtime is None or version != runtime.snippet.version:
            return plain(failed(404, "unknown_version", "there is no such version of a snippet"))
        return Response(runtime.snippet.source_map, headers=HEADERS, media_type="application/json")

    return [
        Route("/t/{name}.js", script, methods=["GET"]),
        Route("/t/{name}.js.map", source_map, methods=["GET"]),
    ]


def _answer(name: str, snippet: Snippet, version: str, request: Request) -> Response:
    encoding, body = _encoded(snippet, request.headers.get("accept-encoding", ""))
    # A strong ETag names these very bytes, so each encoding has its own.
    etag = snippet.etag if not encoding else f'{snippet.etag[:-1]}-{encoding}"'
    headers = {
        **HEADERS,
        # A version that is gone gets the one that runs: a page with `integrity` refuses it, others go on.
        "Cache-Control": FOR_EVER if version == snippet.version else SOON,
        "ETag": etag,
        "SourceMap": f"{name}.{snippet.version}.js.map",
    } | ({"Content-Encoding": encoding} if encoding else {})
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
