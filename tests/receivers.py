"""Receivers for tests: real HTTP servers on ports of their own that record what came and answer as told.

    async with MatomoReceiver() as matomo:
        ...                                     # point a tag at matomo.url
        await matomo.arrived(3)                 # until three requests have come
        assert matomo.recorded[0]["uid"] == "alice"

    async with WebhookReceiver() as crm:
        crm.answers_next(status(503), hang(), reset())      # for the next three requests; then as usual
        crm.answers(status(404))                            # from now on
        crm.answers(None)                                   # as usual again
        await crm.down(); await crm.up()                    # the port stays the same
        assert crm.events[0]["event"] == "purchase"

An answer is an async function (Receiver, Received) → web.StreamResponse; `status`, `redirect`, `hang`, `once`, `drip`,
`endless`, `reset` and `garbage` make them. Nothing here sleeps.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web
from process import HeldPort

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")


@dataclass(frozen=True)
class Received:
    """One request as it came. Header names in lower case."""

    method: str
    path: str
    """With the query, if there was one."""
    headers: Mapping[str, str]
    body: bytes
    connection: web.Request = field(repr=False, compare=False)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def entries(self) -> list[dict[str, str]]:
        """The parameters of each entry of a Matomo bulk."""
        return [parameters(entry) for entry in self.json["requests"]]


Answer = Callable[["Receiver", Received], Awaitable[web.StreamResponse]]


def parameters(entry: str) -> dict[str, str]:
    """An entry of a Matomo bulk as PHP reads it: what has no leading `?` has no parameters, the last one wins."""
    return dict(parse_qsl(entry[1:], keep_blank_values=True)) if entry.startswith("?") else {}


def status(code: int, body: bytes | str = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """This status, and nothing else."""

    async def answer(_: "Receiver", __: Received) -> web.StreamResponse:
        content = body.encode() if isinstance(body, str) else body
        return web.Response(status=code, body=content, headers=dict(headers or {}))

    return answer


def redirect(to: str, code: int = 302) -> Answer:
    """Elsewhere."""
    return status(code, headers={"location": to})


def hang() -> Answer:
    """Takes the request and says nothing until the other side goes or the receiver stops."""

    async def answer(receiver: "Receiver", _: Received) -> web.StreamResponse:
        await receiver.stopping.wait()
        return web.Response(status=500)

    return answer


def once(happened: asyncio.Event) -> Answer:
    """As usual, as soon as this has happened."""

    async def answer(receiver: "Receiver", received: Received) -> web.StreamResponse:
        await happened.wait()
        return await receiver.usual(receiver, received)

    return answer


def drip(code: int = 200, body: bytes = b" ") -> Answer:
    """A status at once, then one piece of the body and no end."""

    async def answer(receiver: "Receiver", received: Received) -> web.StreamResponse:
        response = web.StreamResponse(status=code)
        await response.prepare(received.connection)
        await response.write(body)
        await receiver.stopping.wait()
        # Ended properly it would be a whole answer, of a receiver that perhaps took nothing.
        if received.connection.transport is not None:
            received.connection.transport.abort()
        return response

    return answer


def endless(code: int = 200) -> Answer:
    """A body that goes on as long as anybody reads it."""

    async def answer(receiver: "Receiver", received: Received) -> web.StreamResponse:
        response = web.StreamResponse(status=code)
        await response.prepare(received.connection)
        while not receiver.stopping.is_set():
            await response.write(b"x" * 16_384)
        return response

    return answer


def reset() -> Answer:
    """Takes the request and cuts the connection."""

    async def answer(_: "Receiver", received: Received) -> web.StreamResponse:
        assert received.connection.transport is not None
        received.connection.transport.abort()
        return web.Response(status=500)

    return answer


def garbage(raw: bytes = b"this is not HTTP\r\n\r\n") -> Answer:
    """These bytes in place of an answer."""

    async def answer(_: "Receiver", received: Received) -> web.StreamResponse:
        transport = received.connection.transport
        assert transport is not None
        transport.write(raw)
        transport.close()
        return web.Response(status=500)

    return answer


class Receiver:
    """Records every request and answers 204, or as told. `usual` is for subclasses and for `Receiver(usual=…)`."""

    def __init__(
        self, *, usual: Answer | None = None, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Received] = []
        """In the order of arrival."""
        self.together = 0
        """The most requests that were here at one time."""
        self.stopping = asyncio.Event()
        self._usual = usual or self.usual
        self._next: deque[Answer] = deque()
        self._always: Answer | None = None
        self._here = 0
        self._came = asyncio.Condition()
        self._host, self._tls = host, tls
        # Who is down is not to be answered for by somebody else's receiver.
        self._held = HeldPort(host, port)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http{'s' if self._tls else ''}://{self._host}:{self._held.number}"

    @property
    def port(self) -> int:
        """The port, the same after down and up."""
        return self._held.number

    async def usual(self, _: "Receiver", received: Received) -> web.StreamResponse:
        """The answer when nothing else was told."""
        return web.Response(status=204)

    def answers(self, answer: Answer | None) -> None:
        """From now on; None: as usual."""
        self._always = answer

    def answers_next(self, *answers: Answer) -> None:
        """One for each of the next requests, before anything else."""
        self._next.extend(answers)

    async def arrived(self, count: int, within: float = 10.0) -> None:
        """Returns once this many requests have come in all. Raises TimeoutError."""
        async with asyncio.timeout(within), self._came:
            await self._came.wait_for(lambda: len(self.requests) >= count)

    async def up(self) -> None:
        """Listens (again)."""
        self.stopping.clear()
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self.port, reuse_address=True, ssl_context=self._tls).start()

    async def down(self) -> None:
        """Refuses connections; whoever hangs is let go."""
        self.stopping.set()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.path_qs, headers, await request.read(), request)
        self._here += 1
        self.together = max(self.together, self._here)
        try:
            async with self._came:
                self.requests.append(received)
                self._came.notify_all()
            answer = self._next.popleft() if self._next else self._always or self._usual
            return await answer(self, received)
        finally:
            self._here -= 1


class WebhookReceiver(Receiver):
    """A webhook's receiver: 204 for everything. With a `signing_key`, 401 for what is not signed with it."""

    def __init__(self, *, signing_key: bytes | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._key = signing_key
        self.events: list[dict[str, Any]] = []
        """The objects it took, in order."""

    async def usual(self, _: Receiver, received: Received) -> web.StreamResponse:
        if self._key is not None and not signed(received, self._key):
            return web.Response(status=401)
        self.events.append(received.json)
        return web.Response(status=204)


def signed(received: Received, key: bytes) -> bool:
    """Whether a request is signed with this key, as Standard Webhooks says. `key` is decoded already."""
    head = f"{received.headers.get('webhook-id')}.{received.headers.get('webhook-timestamp')}.".encode()
    wanted = "v1," + base64.b64encode(hmac.digest(key, head + received.body, hashlib.sha256)).decode()
    return hmac.compare_digest(wanted, received.headers.get("webhook-signature", ""))


class MatomoReceiver(Receiver):
    """Speaks the bulk API of a Matomo 5.0.2 (matomo-tracking-api.md): counts entries, and refuses the same ones.

    `sites` and `goals` it knows (None: any); `token` is the one with write access; `super_user`: whether it is also
    a super user's, to whom the wrong entries are named; `now` (seconds) judges `cdt`, None: never too old.
    """

    def __init__(
        self,
        *,
        sites: Iterable[int] | None = None,
        goals: Iterable[int] | None = None,
        token: str | None = None,
        super_user: bool = False,
        now: Callable[[], float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.recorded: list[dict[str, str]] = []
        """The parameters of every entry it tracked, in order."""
        self._sites = None if sites is None else {str(site) for site in sites}
        self._goals = None if goals is None else {str(goal) for goal in goals}
        self._token, self._super_user, self._now = token, super_user, now
        self._orders: set[tuple[str, str]] = set()

    async def usual(self, _: Receiver, received: Received) -> web.StreamResponse:
        bulk = self._bulk(received.body)
        tracked, invalid = 0, []
        for place, entry in enumerate(bulk.get("requests", ())):
            told = parameters(entry) if isinstance(entry, str) else {}
            if not told:
                continue
            if self._refuses(told, bulk.get("token_auth")):
                invalid.append(place)
                continue
            tracked += 1
            if told.get("rec") == "1":
                self.recorded.append(told)
        said: dict[str, Any] = {"status": "success", "tracked": tracked, "invalid": len(invalid)}
        if invalid and self._super_user and bulk.get("token_auth") == self._token:
            said["invalid_indices"] = invalid
        return web.Response(status=204) if bulk.get("send_image") == 0 else web.json_response(said)

    def _bulk(self, body: bytes) -> dict[str, Any]:
        try:
            bulk = json.loads(body)
        except ValueError:
            return {}
        return bulk if isinstance(bulk, dict) and isinstance(bulk.get("requests"), list) else {}

    def _refuses(self, told: dict[str, str], bulk_token: str | None) -> bool:
        trusted = self._token is not None and told.get("token_auth", bulk_token) == self._token
        site, order = told.get("idsite", ""), told.get("ec_id")
        return (
            not site.isdigit()
            or (self._sites is not None and site not in self._sites)
            or ("cid" in told and len(told["cid"]) != 16)
            or (self._goals is not None and told.get("idgoal", "0") not in {"0", *self._goals})
            or (not trusted and any(name in told for name in ("cip", "country", "region", "city", "lat", "long")))
            or (not trusted and self._too_old(told.get("cdt")))
            or (order is not None and not self._new_order(site, order))
        )

    def _too_old(self, cdt: str | None) -> bool:
        if self._now is None or cdt is None:
            return False
        at = float(cdt) if cdt.isdigit() else datetime.fromisoformat(cdt).replace(tzinfo=UTC).timestamp()
        return self._now() - at > 86_400

    def _new_order(self, site: str, order: str) -> bool:
        known = (site, order) in self._orders
        self._orders.add((site, order))
        return not known
