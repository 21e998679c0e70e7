"""POST /collect/{container} and GET /collect/{container}.gif."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, read_hits, rejections
from gateway.model import Cookie, Hit
from gateway.outbox.protocol import OutboxError, Refused
from gateway.store.protocol import StoreError
from gateway.web.answers import GIF, failed, preflight, shared, unreadable
from gateway.web.gateway import Gateway
from gateway.web.ingest import CookieChange
from gateway.web.requests import BodyTooLarge, client_ip, is_https, page_host, read_limited, sender_of
from gateway.web.runtime import Runtime

Answer = Callable[[Request, Runtime, str | None], Awaitable[Response]]


class Turned(Exception):
    """The request is turned away with this answer."""

    def __init__(self, response: Response, reason: str) -> None:
        super().__init__(reason)
        self.response, self.reason = response, reason


class Door:
    """What every public address does first and last: container, limits, cookies, headers for other hosts."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def answer(self, request: Request, name: str, work: Answer) -> Response:
        """`work` with the container as it runs now; errors become answers."""
        runtime = self.gateway.runtimes().get(name)
        if runtime is None:
            return failed(404, "unknown_container", "there is no such container")
        if request.method == "OPTIONS":
            return shared(preflight(), request, runtime.container)
        return shared(await self._guarded(request, runtime, work), request, runtime.container)

    async def _guarded(self, request: Request, runtime: Runtime, work: Answer) -> Response:
        name = runtime.container.name
        try:
            ip = client_ip(request, self.gateway.settings.trusted_proxies)
            self._rates(name, ip)
            return await work(request, runtime, ip)
        except Turned as turned:
            self.gateway.metrics.rejected(name, turned.reason)
            return turned.response
        except BadHit as error:
            self.gateway.metrics.rejected(name, error.code)
            return unreadable(error)
        except BodyTooLarge:
            self.gateway.metrics.rejected(name, "too_large")
            return failed(413, "too_large", "the body is too large")
        except Refused:
            self.gateway.metrics.rejected(name, "not_storable")
            return failed(400, "not_storable", "a hit cannot be stored as it is")
        except (OutboxError, StoreError) as error:
            self.gateway.metrics.rejected(name, type(error).__name__.lower())
            return failed(503, "cannot_promise", "the hit cannot be stored right now")
        except ClientDisconnect:
            return failed(400, "incomplete", "the body did not arrive whole")

    def _rates(self, name: str, ip: str | None) -> None:
        by_address = self.gateway.per_address.allows(ip or "")
        if not by_address or not self.gateway.per_container.allows(name):
            raise Turned(failed(429, "too_many", "too many requests"), "too_many")

    async def body(self, request: Request) -> bytes:
        """The body within the limit."""
        return await read_limited(request, self.gateway.settings.limits.body)

    def trusted(self, request: Request, runtime: Runtime) -> bool:
        """Whether the sender showed the server's key; a wrong one is turned away."""
        said = request.headers.get("authorization")
        if said is None:
            return False
        kind, _, token = said.partition(" ")
        key = runtime.keys.server
        if key is None or kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), key):
            headers = {"WWW-Authenticate": "Bearer"}
            raise Turned(failed(401, "wrong_key", "the server key is not right", headers), "wrong_key")
        return True

    def from_site(self, request: Request, runtime: Runtime) -> bool:
        """Whether a page of the site sends this."""
        return runtime.container.site.has(page_host(request) or "")

    def sender(self, request: Request, runtime: Runtime, ip: str | None) -> Sender:
        """Who sends; one that is neither a page of the site nor shows the key is turned away."""
        trusted = self.trusted(request, runtime)
        if not trusted and not self.from_site(request, runtime):
            raise Turned(failed(403, "wrong_origin", "this page may not send hits for this site"), "wrong_origin")
        return sender_of(request, runtime, self.gateway.now(), ip, trusted=trusted)

    def with_cookie(
        self, response: Response, request: Request, runtime: Runtime, change: CookieChange | None
    ) -> Response:
        """The answer with what becomes of the visitor cookie."""
        if change:
            self._set_cookie(response, request, runtime, change.cookie)
        return response

    def _set_cookie(self, response: Response, request: Request, runtime: Runtime, cookie: Cookie | None) -> None:
        settings = self.gateway.settings
        secure = settings.public_url.startswith("https:") or is_https(request, settings.trusted_proxies)
        days = runtime.container.visitor.days
        age = cookie.issued // 1000 + days * 86_400 - self.gateway.now() // 1000 if cookie else 0
        response.set_cookie(
            runtime.keys.cookie.name,
            runtime.keys.cookie.write(cookie) if cookie else "",
            max_age=max(age, 0),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def routes(gateway: Gateway) -> list[Route]:
    """The addresses of hits."""
    door = Door(gateway)

    async def collect(request: Request) -> Response:
        return await door.answer(request, request.path_params["container"], work)

    async def work(request: Request, runtime: Runtime, ip: str | None) -> Response:
        sender = door.sender(request, runtime, ip)
        hits, rejected = read_hits(await door.body(request), runtime.container, sender)
        # A visitor who closes the tab must not take the batch of others along.
        change = await asyncio.shield(gateway.ingest.accept(runtime, hits))
        for one in rejected:
            gateway.metrics.rejected(runtime.container.name, one.error.code)
        answer = (
            Response(rejections(rejected), media_type="application/json") if rejected else Response(status_code=204)
        )
        return door.with_cookie(answer, request, runtime, change)

    async def pixel(request: Request) -> Response:
        return await door.answer(request, request.path_params["container"], count)

    async def count(request: Request, runtime: Runtime, ip: str | None) -> Response:
        sender = door.sender(request, runtime, ip)
        # Nobody has seen a page that is only fetched ahead.
        if request.method != "GET" or "prefetch" in request.headers.get("sec-purpose", ""):
            return Response(GIF, media_type="image/gif")
        change = await asyncio.shield(gateway.ingest.accept(runtime, [_page_view(request, runtime, sender)]))
        return door.with_cookie(Response(GIF, media_type="image/gif"), request, runtime, change)

    async def no_hits(_: Request) -> Response:
        raise HTTPException(405, headers={"Allow": "GET, HEAD"})

    return [
        Route("/collect/{container}.gif", pixel, methods=["GET"]),
        # Else the next address would take them, for a container of that name.
        Route("/collect/{container}.gif", no_hits, methods=["POST", "OPTIONS"]),
        Route("/collect/{container}", collect, methods=["POST", "OPTIONS"]),
    ]


def _page_view(request: Request, runtime: Runtime, sender: Sender) -> Hit:
    return Hit(
        container=runtime.container.name,
        event="page_view",
        at=sender.arrived,
        arrived=sender.arrived,
        url=request.headers.get("referer"),
        language=request.headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip(),
        ip=sender.ip,
        user_agent=sender.user_agent,
        headers=sender.headers,
        cookies=sender.cookies,
        gpc=sender.gpc,
        cookie=sender.cookie,
    )
