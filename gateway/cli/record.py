"""`taggate try --from FILE`: a recorded hit, the body of POST /collect; or of a client of Matomo's or Segment's API."""

import codecs
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.cli.nearby import unreadable
from gateway.cli.output import wrong_use
from gateway.intake import matomo, segment
from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, read_hits
from gateway.intake.wording import Beside
from gateway.language.container import Container
from gateway.model import Hit, Json

SERVERS_OWN = frozenset({"ip", "user_agent", "visitor"})
LARGEST = 1 << 20
COLLECT, MATOMO, SEGMENT = "POST /collect", "Matomo's Tracking API", "Segment's HTTP API"
ACCEPT = {MATOMO: "matomo: {{ site_ids: [{0}] }}", SEGMENT: "segment: {{ browser_key: shop-web }}"}
_SITE = re.compile(rb"""\bidsite["']?\s*[=:]\s*["']?([0-9]{1,9})\b""")


def recorded(path: Path, container: Container, now: int) -> Hit:
    """The one hit in a file; wrong use where it cannot be read. `now`: when it arrives, unless it says when it was."""
    try:
        body = path.read_bytes()[:LARGEST]
    except OSError as error:
        raise wrong_use(unreadable(path, error)) from None
    # Editors put it before a text; no client sends it.
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        found = None
    dialect = _dialect(found, body)
    if dialect is COLLECT and (said := _not_json(body)):
        raise wrong_use(f"{path}: {said}")
    _accepted(path, dialect, container, body)
    try:
        hits = READERS[dialect](body, found, container, now)
    except BadHit as error:
        # The file is of the one who reads this: here, and nowhere else, a key may be said.
        extra = f" Not known: {', '.join(error.extra)}." if error.extra else ""
        raise wrong_use(f"{path}: this is no hit as {dialect} takes it: {error.detail}.{extra}") from None
    if len(hits) > 1:
        raise wrong_use(f"{path}: there are {len(hits)} hits in it. Keep the one that is to be tried.")
    return hits[0]


def _dialect(found: Json, body: bytes) -> str:
    """Whose client wrote this."""
    if isinstance(found, dict):
        if "requests" in found:
            return MATOMO
        return SEGMENT if "batch" in found or found.get("type") in segment.CALLS.values() else COLLECT
    return MATOMO if b"idsite=" in body else COLLECT


def _not_json(body: bytes) -> str:
    """Why a text cannot be read, and where; nothing of what stands in it."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        return "the file is empty."
    if text.startswith("<"):
        return "this is HTML or XML, not the JSON of a hit: copy the request's body."
    try:
        json.loads(text)
    except RecursionError:
        return ""
    except json.JSONDecodeError as error:
        where = f"this is no JSON: line {error.lineno}, column {error.colno}"
        if error.pos >= len(text) or error.msg.startswith("Unterminated"):
            return f"{where}: it ends in the middle. Was all of it copied?"
        if text[error.pos] in "'‘’“”„":
            return f'{where}: texts and names stand in plain double quotes: {{"event": "page_view"}}.'
        return f"{where}: {error.msg[0].lower()}{error.msg[1:]}."
    return ""


def _accepted(path: Path, dialect: str, container: Container, body: bytes) -> None:
    said, told = container.dialects, _SITE.search(body)
    site = int(told[1]) if told else 1
    taken = {COLLECT: True, MATOMO: said.site_ids, SEGMENT: said.browser_key or said.server_key}
    hint = f"accept: {{ {ACCEPT[dialect].format(site)} }}" if dialect in ACCEPT else ""
    if not taken[dialect]:
        raise wrong_use(f"{path}: this is a hit of {dialect}, which {container.file} does not take. Add {hint}.")
    if dialect is MATOMO and told and site not in said.site_ids:
        sites = ", ".join(map(str, (*said.site_ids, site)))
        raise wrong_use(
            f"{path}: this is a hit of site {site}, which {container.file} does not take. "
            f"Write site_ids: [{sites}] under accept: matomo:, if it is the same website."
        )


def _collected(body: bytes, found: Json, container: Container, now: int) -> list[Hit]:
    one = _one(found)
    return read_hits(body, container, Sender(arrived=_arrived(found, one, now), trusted=_by_server(one)))[0]


def _of_matomo(body: bytes, found: Json, container: Container, now: int) -> list[Hit]:
    """Who shows a token is taken for the server whose it is."""
    if isinstance(found, dict):
        bulk = matomo.read_bulk(body)
        entries, token = [matomo.entry(one) for one in bulk.entries], bulk.token
    else:
        text = body.decode("utf-8", "replace").strip()
        entries, token = [matomo.parameters(text.rpartition("?")[2])], ""
    if not entries:
        raise BadHit("empty", "requests is empty")
    return [
        matomo.read_hit(one, container, _sender(now, token or one.get("token_auth", "")), Beside()) for one in entries
    ]


def _of_segment(body: bytes, found: Json, container: Container, now: int) -> list[Hit]:
    """Who shows another key than that of the pages is taken for a server."""
    called = "batch" if isinstance(found, dict) and "batch" in found else str(found["type"])
    calls = segment.read_calls(body, called)
    key = "" if calls.key in ("", container.dialects.browser_key) else calls.key
    return segment.read_hits(calls, container, _sender(now, key), Beside())[0]


def _sender(now: int, secret: str) -> Sender:
    return Sender(arrived=now, trusted=bool(secret))


READERS: dict[str, Callable[[bytes, Json, Container, int], list[Hit]]] = {
    COLLECT: _collected,
    MATOMO: _of_matomo,
    SEGMENT: _of_segment,
}


def _one(found: Json) -> Json:
    if isinstance(found, dict) and isinstance(found.get("hits"), list) and found["hits"]:
        return found["hits"][0]
    return found


def _by_server(one: Json) -> bool:
    return isinstance(one, dict) and not SERVERS_OWN.isdisjoint(one)


def _arrived(found: Json, one: Json, now: int) -> int:
    """When it was sent, so that an old record keeps its time."""
    times = [
        found.get("sent_at") if isinstance(found, dict) else None,
        one.get("at") if isinstance(one, dict) else None,
    ]
    said = [at for at in times if isinstance(at, int | float) and not isinstance(at, bool) and 0 < at <= now]
    return int(said[0]) if said else now
