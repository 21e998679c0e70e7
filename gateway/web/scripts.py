"""GET /t/{container}.js: the snippet, from memory; under its version for ever; its source map; code of its tags."""

from functools import lru_cache

from gateway.snippet.build import Snippet
from gateway.web.answers import Answer, absent, failed
from gateway.web.asked import Asked
from gateway.web.gateway import Gateway

MOST = 256
"""Answers that are kept ready: four for each snippet, and as many of its version."""
SCRIPT, MAP = ".js", ".js.map"
HEADERS = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
    "vary": "Accept-Encoding",
}
SOON = "public, max-age=300, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"

Ready = tuple[str, Answer]
"""An answer and its ETag."""


class Scripts:
    """The addresses of the snippets: nothing in the answer depends on query, host or cookies."""

    def __init__(self, gateway: Gateway) -> None:
        self._runtimes = gateway.runtimes
        self._broken = gateway.broken
        self._ready: dict[tuple[str, str, bool, str], Ready] = {}

    def answer(self, asked: Asked, file: str) -> Answer:
        """Of GET /t/{file}, which ends with SCRIPT or MAP."""
        name, _, version = file.removesuffix(MAP).removesuffix(SCRIPT).partition(".")
        runtime = self._runtimes().get(name)
        if file.endswith(MAP):
            if runtime is None or version != runtime.snippet.version:
                return failed(404, "unknown_version", "there is no such version of a snippet")
            return Answer(200, runtime.snippet.source_map, _headers({**HEADERS, "content-type": "application/json"}))
        if runtime is None:
            return absent(name, self._broken())
        snippet = runtime.snippet
        if "." in version:
            return _code(snippet.codes.get(version))
        encoding = accepted(asked.header(b"accept-encoding") or "")
        etag, answer = self._prepared(name, snippet, encoding, for_ever=version == snippet.version)
        said = asked.header(b"if-none-match")
        if said is not None:
            known = [tag.strip().removeprefix("W/") for tag in said.split(",")]
            if etag in known or "*" in known:
                return Answer(304, b"", answer.headers)
        return answer

    def _prepared(self, name: str, snippet: Snippet, encoding: str, *, for_ever: bool) -> Ready:
        key = (name, snippet.version, for_ever, encoding)
        found = self._ready.get(key)
        if found is None:
            if len(self._ready) == MOST:
                self._ready.clear()
            found = self._ready[key] = _answer(name, snippet, encoding, for_ever=for_ever)
        return found


def _answer(name: str, snippet: Snippet, encoding: str, *, for_ever: bool) -> Ready:
    # A strong ETag names these very bytes, so each encoding has its own.
    etag = snippet.etag if not encoding else f'{snippet.etag[:-1]}-{encoding}"'
    headers = {
        **HEADERS,
        # A version that is gone gets the one that runs: a page with `integrity` refuses it, others go on.
        "cache-control": FOR_EVER if for_ever else SOON,
        "etag": etag,
        "sourcemap": f"{name}.{snippet.version}{MAP}",
        "content-type": "text/javascript; charset=utf-8",
    }
    bodies = {"br": snippet.brotli, "gzip": snippet.gzip, "": snippet.body}
    headers |= {"content-encoding": encoding} if encoding else {}
    return etag, Answer(200, bodies[encoding], _headers(headers))


def _code(code: bytes | None) -> Answer:
    """Of a tag of the container; never another version than was asked for."""
    if code is None:
        return failed(404, "unknown_version", "there is no such version of a tag's code")
    headers = {**HEADERS, "cache-control": FOR_EVER, "content-type": "text/javascript; charset=utf-8"}
    return Answer(200, code, _headers(headers))


def _headers(named: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in named.items()]


@lru_cache(MOST)
def accepted(said: str) -> str:
    """The encoding that a client accepts: br, gzip or none."""
    offers = {}
    for part in said.split(","):
        name, _, quality = part.strip().partition(";")
        offers[name.strip().lower()] = quality.lower().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return "br" if offers.get("br") else "gzip" if offers.get("gzip") else ""
