"""Request → Reply or Fault by aiohttp."""

import socket
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.delivery.addresses import ForbiddenAddress, Guard
from gateway.delivery.threads import apart
from gateway.delivery.transport import Lookup
from gateway.model import Fault, Reply, Request

CONNECT = 5.0
"""Seconds to resolve, connect and shake hands."""
LONGEST_ANSWER = 65_536
KEEP_ALIVE = 4.0
"""Seconds. Shorter than servers wait (five is common): a POST on a connection that they just closed is ambiguous."""


class Http:
    """One session for all tags; see Transport."""

    def __init__(self, guard: Guard, agent: str, lookup: Lookup, clock: Callable[[], float]) -> None:
        self._guard = guard
        self._agent = agent
        self._resolver = Resolver(lookup)
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, timeout: float) -> Reply | Fault:  # noqa: ASYNC109
        """The answer, or why there is none. `timeout`: seconds for the whole exchange."""
        connection = SimpleNamespace(made=False)
        try:
            return await self._post(request, timeout, connection)
        except (aiohttp.ClientError, TimeoutError, OSError, UnicodeError) as error:
            return _fault(error, made=connection.made)

    async def close(self) -> None:
        """Closes every connection."""
        if self._session:
            await self._session.close()

    async def _post(self, request: Request, timeout: float, connection: SimpleNamespace) -> Reply:  # noqa: ASYNC109
        self._session = self._session or self._opened()
        async with self._session.request(
            request.method,
            request.url,
            data=request.body,
            headers=request.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout, connect=CONNECT, sock_connect=CONNECT),
            trace_request_ctx=connection,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            # RFC 9110, 6.6.1: who passes on an answer without a date adds when it came. Retry-After needs it.
            headers.setdefault("date", formatdate(self._clock(), usegmt=True))
            return Reply(response.status, headers, await _body(response))

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            socket_factory=self._guard.socket,
            limit=0,
            keepalive_timeout=KEEP_ALIVE,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": self._agent, "accept": "*/*", "accept-encoding": "identity"},
            auto_decompress=False,
            trust_env=False,
            read_bufsize=LONGEST_ANSWER,
            trace_configs=[_watch()],
        )


class Resolver(AbstractResolver):
    """Looks names up in threads: names that hang must not hold up those of other tags, nor the end of the process.
    The connector looks up a name once at a time, so that there is at most one thread for each."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host; whether they may be used is asked when they are connected to."""
        found = await apart(partial(self._lookup, host, port), "lookup")
        return [_resolved(host, address, port) for address in dict.fromkeys(found)]

    async def close(self) -> None:
        """Nothing is held."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = b""
    while len(body) < LONGEST_ANSWER and (part := await response.content.read(LONGEST_ANSWER - len(body))):
        body += part
    if not response.content.at_eof():
        # More than anybody reads, perhaps without end: the connection is worth less than its rest.
        response.close()
    return body


def _watch() -> aiohttp.TraceConfig:
    watch = aiohttp.TraceConfig()

    async def connected(session: aiohttp.ClientSession, context: SimpleNamespace, _: Any) -> None:
        context.trace_request_ctx.made = True

    watch.on_connection_create_end.append(connected)
    watch.on_connection_reuseconn.append(connected)
    return watch


def _fault(error: Exception, *, made: bool) -> Fault:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress):
        return Fault.FORBIDDEN_ADDRESS
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | UnicodeError):
        # UnicodeError: a name that no resolver takes, such as a..b.
        return Fault.FORBIDDEN_ADDRESS
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Fault.TLS
    return Fault.NO_ANSWER if made else Fault.NO_CONNECTION
