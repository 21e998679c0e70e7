"""Are the receivers reachable? Looked up, checked against private networks, connected to; no hit is sent."""

import asyncio
import os
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from gateway.cli.doctor.finding import Finding, ok, problem
from gateway.delivery.addresses import Guard, Network
from gateway.delivery.http import CONNECT
from gateway.delivery.load import OUR_FAULT
from gateway.delivery.senders import Route
from gateway.delivery.transport import Lookup, look_up
from gateway.model import Append, Delivery

PORTS = {"http": 80, "https": 443}


class Reach:
    """`tls`: what certificates are checked with. Names are looked up by `lookup`, on threads."""

    def __init__(
        self,
        allow: Sequence[Network],
        data: Path,
        *,
        lookup: Lookup = look_up,
        tls: ssl.SSLContext | None = None,
        patience: float = CONNECT,
    ) -> None:
        self._guard = Guard(allow)
        self._data = data
        self._lookup = lookup
        self._tls = tls or ssl.create_default_context()
        self._patience = patience

    async def all(self, routes: Sequence[Route], now: float) -> list[Finding]:
        """One finding a tag; `now` in seconds since 1970."""
        return list(await asyncio.gather(*(self._one(route, now) for route in routes)))

    async def _one(self, route: Route, now: float) -> Finding:
        name = "/".join(route.key)
        try:
            # Only the address in it is used: what a tag type makes of its settings is its own knowledge.
            hit = Delivery(id="0" * 32, event="page_view", at=int(now * 1000), visitor="0" * 64)
            request = route.destination.render([hit], route.target, now)
        except OUR_FAULT as error:
            return problem("receivers", f"{name} cannot make a request ({type(error).__name__}).", "Report it.")
        if isinstance(request, Append):
            return _file(name, self._data / request.path)
        return await self._host(name, request.url)

    async def _host(self, name: str, url: str) -> Finding:
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or PORTS[parts.scheme]
        said = f"{name}: {host}:{port}"
        try:
            async with asyncio.timeout(self._patience):
                found = await asyncio.to_thread(self._lookup, host, port)
                permitted = [address for address in dict.fromkeys(found) if self._guard.permits(address)]
                if not permitted:
                    return problem("receivers", f"{said} is a private address, and tags may not send there.",
                                   "Allow its network under networks: allow, if that is meant.")  # fmt: skip
                await self._connect(permitted, host, port, secure=secure)
        except TimeoutError:
            return problem(
                "receivers", f"{said} does not answer within {self._patience:g} s.", "Is a firewall between?"
            )
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message
            return problem("receivers", f"{said} has no TLS that can be trusted: {why}.", "See its certificate.")
        except ssl.SSLError as error:
            hint = "Does it speak TLS? Look at http: or https: in the tag's settings, and at the port."
            return problem("receivers", f"{said} makes no connection with TLS: {error.reason or 'it failed'}.", hint)
        except socket.gaierror:
            return problem("receivers", f"{said} has a name that nobody knows.", "See the tag's settings, and DNS.")
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "no connection"
            return problem("receivers", f"{said} cannot be reached: {why}.", "Is it up? Is the port right?")
        return ok("receivers", f"{said} takes connections{' with TLS' if secure else ''}. No hit was sent.")

    async def _connect(self, addresses: Sequence[str], host: str, port: int, *, secure: bool) -> None:
        """To the first that takes it. Raises what the last one raised."""
        *others, last = addresses
        for address in others:
            try:
                return await self._connect_to(address, host, port, secure=secure)
            except OSError:
                continue
        return await self._connect_to(last, host, port, secure=secure)

    async def _connect_to(self, address: str, host: str, port: int, *, secure: bool) -> None:
        tls = {"ssl": self._tls, "server_hostname": host} if secure else {}
        _, writer = await asyncio.open_connection(address, port, **tls)  # type: ignore[arg-type]
        writer.transport.abort()


def _file(name: str, path: Path) -> Finding:
    place = path if path.exists() else path.parent
    if os.access(place, os.W_OK):
        return ok("receivers", f"{name}: {path} can be written.")
    return problem("receivers", f"{name}: {path} cannot be written.", "Make its folder, writable for this user.")
