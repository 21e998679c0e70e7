"""Receivers of the demo: requests → what Matomo and a signed webhook would answer, shown on the live page."""

import base64
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.destinations.webhook import signature
from gateway.model import Json
from gateway.web.live import Live

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
MATOMO = "/matomo/matomo.php"
LARGEST_BODY = 1 << 20
ORDERS_KEPT = 1000
A_DAY = 86_400
SKEW = 300
"""Seconds that a webhook's time may differ (Standard Webhooks)."""

VEIL = "(secret)"
PRIVATE = frozenset({"authorization", "proxy-authorization", "cookie"})
ONLY_WITH_TOKEN = frozenset({"cip", "country", "region", "city", "lat", "long"})
_TOKEN = re.compile(r"""("token_auth"\s*:\s*")(?:[^"\\]|\\.)*|(\btoken_auth=)[^&"\s]*""")

Now = Callable[[], float]


def app(
    live: Live,
    *,
    keys: Mapping[str, str] | None = None,
    token: str | None = None,
    sites: Collection[int] = (1,),
    now: Now = time.time,
) -> Starlette:
    """`POST /matomo/matomo.php` and `POST /{name}`; every request to them is published as `received`.

    `keys`: webhook → the key its requests must be signed with; one that is not listed takes unsigned ones.
    `token`: Matomo's token_auth. `now` in seconds since 1970.
    """
    receivers = _Receivers(live, _Matomo(sites, token, now), keys or {}, now)
    routes = [
        Route(MATOMO, receivers.matomo, methods=["GET", "POST"]),
        Route("/{name:str}", receivers.webhook, methods=["POST"]),
    ]
    return Starlette(routes=routes)


class _Receivers:
    """The endpoints: body, answer, publish."""

    def __init__(self, live: Live, matomo: "_Matomo", keys: Mapping[str, str], now: Now) -> None:
        self._live = live
        self._matomo = matomo
        self._keys = dict(keys)
        self._now = now

    async def matomo(self, request: Request) -> Response:
        """Matomo's Tracking API: a bulk, or a single hit."""
        body = await _body(request)
        if body is None:
            return self._shown("matomo", request, b"", Response(status_code=413))
        return self._shown("matomo", request, body, self._matomo.answer(request, body))

    async def webhook(self, request: Request) -> Response:
        """A webhook: 204 for what is signed as it should be, else 401."""
        name, body = request.path_params["name"], await _body(request)
        if body is None:
            return self._shown(name, request, b"", Response(status_code=413))
        key = self._keys.get(name)
        taken = key is None or signed(request.headers, body, key, self._now())
        return self._shown(name, request, body, Response(status_code=204 if taken else 401))

    def _shown(self, receiver: str, request: Request, body: bytes, answer: Response) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        message = {
            "kind": "received",
            "at": int(self._now() * 1000),
            "receiver": receiver,
            "method": request.method,
            "path": self._matomo.veil(request.url.path + query),
            "headers": {name: VEIL if name in PRIVATE else value for name, value in request.headers.items()},
            "body": self._matomo.veil(body.decode("utf-8", "replace")),
            "status": answer.status_code,
        }
        self._live.publish(message)
        return answer


def signed(headers: Mapping[str, str], body: bytes, key: str, now: float) -> bool:
    """Whether a request is signed with this key, and not long ago, as Standard Webhooks says."""
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not re.fullmatch(r"[0-9]{1,12}", at) or abs(int(at) - now) > SKEW:
        return False
    wanted = signature(key, name, int(at), body).encode()
    shown = headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(wanted, one) for one in shown)


class _Matomo:
    """What a Matomo 5 answers (matomo-tracking-api.md, 3.2 and 3.3), without keeping anything but order numbers."""

    def __init__(self, sites: Collection[int], token: str | None, now: Now) -> None:
        self._sites = frozenset(map(str, sites))
        self._token = token
        self._now = now
        self._orders: OrderedDict[tuple[str, str], None] = OrderedDict()

    def answer(self, request: Request, body: bytes) -> Response:
        """A bulk is told by its body, whatever its content type."""
        if body.find(b'"requests"') > 0:
            return self._bulk(body)
        told = dict(parse_qsl(body.decode("utf-8", "replace"))) | dict(request.query_params)
        if not told:
            return Response("This resource is part of Matomo.", 200 if request.method == "GET" else 400)
        if self._refuses(told, None):
            return Response("Invalid request.", 400)
        if told.get("send_image") == "0":
            return Response(status_code=204)
        return Response(GIF, media_type="image/gif")

    def veil(self, text: str) -> str:
        """Without the token, and without whatever was sent as one."""
        text = text.replace(self._token, VEIL) if self._token else text
        return _TOKEN.sub(lambda found: f"{found[1] or found[2]}{VEIL}", text)

    def _bulk(self, body: bytes) -> Response:
        bulk = _read(body)
        entries = [told for told in map(_parameters, bulk.get("requests") or ()) if told]
        invalid = sum(self._refuses(told, bulk.get("token_auth")) for told in entries)
        if bulk.get("send_image") == 0:
            return Response(status_code=204)
        return JSONResponse({"status": "success", "tracked": len(entries) - invalid, "invalid": invalid})

    def _refuses(self, told: Mapping[str, str], bulk_token: Json) -> bool:
        if told.get("rec") != "1":
            return False  # Matomo counts it as tracked, and records nothing.
        trusted = self._token is not None and told.get("token_auth", bulk_token) == self._token
        return (
            told.get("idsite", "") not in self._sites
            or not re.fullmatch(r"[0-9A-Za-z]{16}", told.get("cid", "0" * 16))
            or (not trusted and (not ONLY_WITH_TOKEN.isdisjoint(told) or self._old(told.get("cdt", ""))))
            or not self._new_order(told)
        )

    def _old(self, cdt: str) -> bool:
        try:
            at = float(cdt) if cdt.isdigit() else datetime.fromisoformat(cdt).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return False  # Matomo tracks it as of now.
        return self._now() - at > A_DAY

    def _new_order(self, told: Mapping[str, str]) -> bool:
        order = (told.get("idsite", ""), told.get("ec_id", ""))
        known = order in self._orders
        if order[1]:
            self._orders[order] = None
        if len(self._orders) > ORDERS_KEPT:
            self._orders.popitem(last=False)
        return not known


def _read(body: bytes) -> dict[str, Json]:
    try:
        bulk = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return bulk if isinstance(bulk, dict) and isinstance(bulk.get("requests"), list) else {}


def _parameters(entry: Json) -> dict[str, str]:
    """As PHP reads it: what has no leading `?` has no parameters; of two with one name the last counts."""
    if isinstance(entry, dict):
        return {str(name): str(value) for name, value in entry.items()}
    return dict(parse_qsl(entry[1:])) if isinstance(entry, str) and entry.startswith("?") else {}


async def _body(request: Request) -> bytes | None:
    """None: too large, or the other side went away."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)
