"""POST /collect/{container} and GET /collect/{container}.gif."""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, answered, read_hits
from gateway.model import Cookie, Hit
from gateway.outbox.protocol import OutboxError, Refused
from gateway.store.protocol import StoreError
from gateway.web.answers import JSON, PIXEL, STORED, Answer, absent, failed, preflight, shared, unreadable
from gateway.web.asked import (
    Asked,
    BodyTooLarge,
    client_ip,
    country,
    from_app,
    from_site,
    is_https,
    sender_of,
)
from gateway.web.gateway import Gateway
from gateway.web.ingest import CookieChange
from gateway.web.rates import asker
from gateway.web.runtime import Runtime

Work = Callable[[Asked, Runtime, str | None], Awaitable[Answer]]


class Turned(Exception):
    """The request is turned away with this answer."""

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer, self.reason = answer, reason


ERRORS = (Turned, BadHit, BodyTooLarge, Refused, OutboxError, StoreError, ClientDisconnect)


def refusal(error: Exception) -> tuple[Answer, str]:
    """What one of ERRORS is answered with, and what it is counted as; nothing: it is not counted."""
    if isinstance(error, Turned):
        return error.answer, error.reason
    if isinstance(error, BadHit):
        return unreadable(error), error.code
    if isinstance(error, BodyTooLarge):
        return failed(413, "too_large", "the body is too large"), "too_large"
    if isinstance(error, Refused):
        return failed(400, "not_storable", "a hit cannot be stored as it is"), "not_storable"
    if isinstance(error, ClientDisconnect):
        return failed(400, "incomplete", "the body did not arrive whole"), ""
    return failed(503, "cannot_promise", "the hit cannot be stored right now"), type(error).__name__.lower()


def _too_many() -> Turned:
    return Turned(failed(429, "too_many", "too many requests"), "too_many")


class Door:
    """What every public address does first and last: container, limits, cookies, headers for other hosts."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def answer(
        self, asked: Asked, name: str, work: Work, *, admitted: bool = False, absent: Work | None = None
    ) -> Answer:
        """`work` with the container as it runs now; errors become answers. `admitted`: the address was asked about;
        `absent`: what is done where it does not run, and something of it may be kept."""
        runtime = self.gateway.runtimes().get(name)
        if runtime is None and absent and self.gateway.husks and asked.method == "POST":
            runtime, work = self.gateway.husks.of(name), absent
        if runtime is None:
            return self.absent(name)
        if asked.method == "OPTIONS":
            return shared(preflight(), asked, runtime)
        try:
            ip = self.ip(asked) if admitted else self.admit(asked)
            if not self.gateway.per_container.allows(name):
                raise _too_many()
            answer = await work(asked, runtime, ip)
        except ERRORS as error:
            answer, reason = refusal(error)
            if reason:
                self.gateway.metrics.rejected(name, reason)
        return shared(answer, asked, runtime)

    def absent(self, name: str) -> Answer:
        """Of a container that does not run."""
        return absent(name, self.gateway.broken())

    def ip(self, asked: Asked) -> str | None:
        """The visitor's address."""
        return client_ip(asked, self.gateway.settings.trusted_proxies)

    def admit(self, asked: Asked) -> str | None:
        """The visitor's address; one that asks too often is turned away."""
        ip = self.ip(asked)
        if not self.gateway.per_address.allows(asker(ip)):
            raise _too_many()
        return ip

    async def body(self, asked: Asked) -> bytes:
        """The body within the limit."""
        return await asked.body(self.gateway.settings.limits.body)

    def trusted(self, asked: Asked, runtime: Runtime) -> bool:
        """Whether the sender showed the server's key; a wrong one is turned away."""
        said = asked.header(b"authorization")
        if said is None:
            return False
        kind, _, token = said.partition(" ")
        key = runtime.keys.server
        if key is None or kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), key):
            headers = {"WWW-Authenticate": "Bearer"}
            raise Turned(failed(401, "wrong_key", "the server key is not right", headers), "wrong_key")
        return True

    def sender(self, asked: Asked, runtime: Runtime, ip: str | None) -> Sender:
        """Who sends; one that is neither a page of the site nor shows the key is turned away."""
        trusted = asked.header(b"authorization") is not None and self.trusted(asked, runtime)
        return self.seen(asked, runtime, ip, trusted=trusted)

    def seen(self, asked: Asked, runtime: Runtime, ip: str | None, *, trusted: bool, apps: bool = False) -> Sender:
        """Who sends, when it is known whether a secret was shown; other pages than the site's are turned away, and what
        is no page where `apps` may not send."""
        if not (trusted or from_site(asked, runtime) or (apps and from_app(asked))):
            raise Turned(failed(403, "wrong_origin", "this page may not send hits for this site"), "wrong_origin")
        settings = self.gateway.settings
        header = "" if trusted else settings.country.header
        told = country(asked, header, settings.trusted_proxies) if header else None
        return sender_of(asked, runtime, self.gateway.now(), ip, trusted=trusted, country=told)

    def with_cookie(self, answer: Answer, asked: Asked, runtime: Runtime, change: CookieChange | None) -> Answer:
        """The answer with what becomes of the visitor cookie."""
        return answer.and_headers([self._set_cookie(asked, runtime, change.cookie)]) if change else answer

    def _set_cookie(self, asked: Asked, runtime: Runtime, cookie: Cookie | None) -> tuple[bytes, bytes]:
        settings = self.gateway.settings
        secure = settings.public_url.startswith("https:") or is_https(asked, settings.trusted_proxies)
        days = runtime.container.visitor.days
        age = cookie.issued // 1000 + days * 86_400 - self.gateway.now() // 1000 if cookie else 0
        written = Response()
        written.set_cookie(
            runtime.keys.cookie.name,
            runtime.keys.cookie.write(cookie) if cookie else "",
            max_age=max(age, 0),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )
        return written.raw_headers[-1]


class Collector:
    """Hits in; the answer once they are on disk."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._gateway = door.gateway

    async def collect(self, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        """Of POST /collect/{container}."""
        sender = self._door.sender(asked, runtime, ip)
        body = await self._door.body(asked)
        taken = await self._gateway.ingest.read(runtime, partial(read_hits, body, runtime.container, sender))
        rejected, told = taken.rejected, taken.told
        for one in rejected:
            self._gateway.metrics.rejected(runtime.container.name, one.error.code)
        answer = Answer(200, answered(rejected, told), JSON) if rejected or told else STORED
        return self._door.with_cookie(answer, asked, runtime, taken.cookie)

    async def count(self, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        """Of GET /collect/{container}.gif."""
        sender = self._door.sender(asked, runtime, ip)
        # Nobody has seen a page that is only fetched ahead.
        if asked.method != "GET" or "prefetch" in (asked.header(b"sec-purpose") or ""):
            return PIXEL
        change = await self._gateway.ingest.accept(runtime, [_page_view(asked, runtime, sender)])
        return self._door.with_cookie(PIXEL, asked, runtime, change)


def _page_view(asked: Asked, runtime: Runtime, sender: Sender) -> Hit:
    return Hit(
        container=runtime.container.name,
        event="page_view",
        at=sender.arrived,
        arrived=sender.arrived,
        url=asked.header(b"referer"),
        language=sender.language,
        ip=sender.ip,
        user_agent=sender.user_agent,
        country=sender.country,
        headers=sender.headers,
        cookies=sender.cookies,
        gpc=sender.gpc,
        cookie=sender.cookie,
    )
