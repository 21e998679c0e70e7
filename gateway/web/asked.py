"""A request as the public addresses look at it, straight from ASGI: Starlette's Request would cost more than a hit's
whole decision. Bodies are read within limits."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from gateway.decide.address import host
from gateway.intake.sender import Sender
from gateway.settings import Network
from gateway.web.runtime import Runtime
from gateway.web.senders import first_language

_COUNTRY = re.compile(r"[A-Z]{2}")
_NO_COUNTRY = ("XX", "ZZ")
_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]+)?|([^:]+):[0-9]+")
_JOINED = {b"cookie": b"; ", b"x-forwarded-for": b", ", b"x-forwarded-proto": b", "}


class BodyTooLarge(Exception):
    """The body is larger than the limit."""


class Asked:
    """One request. Of a header that stands twice the first counts, but for those that are lists."""

    __slots__ = ("_headers", "_receive", "method", "peer", "scheme")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.scheme: str = scope["scheme"]
        client = scope.get("client")
        self.peer: str | None = client[0] if client else None
        self._receive = receive
        headers = scope["headers"]
        found: dict[bytes, bytes] = dict(headers)
        self._headers = found if len(found) == len(headers) else _first(headers)

    def header(self, name: bytes) -> str | None:
        """A header by its name in lower case."""
        found = self._headers.get(name)
        return None if found is None else found.decode("latin-1")

    def headers(self, names: Iterable[bytes]) -> tuple[bytes | None, ...]:
        """As they came."""
        return tuple(map(self._headers.get, names))

    async def body(self, limit: int) -> bytes:
        """Of at most `limit` bytes. Raises BodyTooLarge, ClientDisconnect."""
        said = self._headers.get(b"content-length", b"")
        if said.isdigit() and int(said) > limit:
            raise BodyTooLarge
        parts: list[bytes] = []
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part: bytes = message.get("body", b"")
            limit -= len(part)
            if limit < 0:
                raise BodyTooLarge
            if not message.get("more_body"):
                return b"".join([*parts, part]) if parts else part
            parts.append(part)


def _first(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name not in found:
            found[name] = value
        elif name in _JOINED:
            found[name] += _JOINED[name] + value
    return found


def client_ip(asked: Asked, trusted: tuple[Network, ...]) -> str | None:
    """The visitor's address: the last one in X-Forwarded-For that no trusted proxy put there."""
    found = asked.peer
    if not trusted:
        return found
    forwarded = [_without_port(part.strip()) for part in (asked.header(b"x-forwarded-for") or "").split(",")]
    while found and _is_trusted(found, trusted) and forwarded and forwarded[-1]:
        found = forwarded.pop()
    return found


def is_https(asked: Asked, trusted: tuple[Network, ...]) -> bool:
    """Whether the visitor's connection is encrypted, as far as it can be believed."""
    said = asked.header(b"x-forwarded-proto")
    if said is not None and _is_trusted(asked.peer or "", trusted):
        return said.split(",")[-1].strip() == "https"
    return asked.scheme == "https"


def language(asked: Asked) -> str:
    """The one that the visitor's browser names first; empty: none."""
    return first_language(asked.header(b"accept-language"))


def from_site(asked: Asked, runtime: Runtime) -> bool:
    """Whether a page of the site sends this: by the host of Origin, else of Referer."""
    origin = asked.header(b"origin")
    if origin is not None:
        return runtime.origins.has(origin)
    return runtime.container.site.has(host(asked.header(b"referer") or "") or "")


def from_app(asked: Asked) -> bool:
    """Whether it looks like no browser's: browsers tell the page, or how it stands to the address that is asked."""
    return all(asked.header(name) is None for name in (b"origin", b"referer", b"sec-fetch-site"))


def country(asked: Asked, header: str, trusted: tuple[Network, ...]) -> str | None:
    """The visitor's country as a trusted proxy tells it; empty: it does not know. None: none tells it."""
    said = asked.header(header.lower().encode("latin-1"))
    if said is None or not _is_trusted(asked.peer or "", trusted):
        return None
    letters = said.strip().upper()
    return letters if _COUNTRY.fullmatch(letters) and letters not in _NO_COUNTRY else ""


def sender_of(
    asked: Asked, runtime: Runtime, arrived: int, ip: str | None, *, trusted: bool, country: str | None = None
) -> Sender:
    """What the request tells beside its body."""
    senders = runtime.senders
    return senders.of(asked.headers(senders.wanted), arrived, ip, trusted=trusted, country=country)


def _without_port(hop: str) -> str:
    """Some proxies add the visitor's port (Azure's), and then brackets to an IPv6 address."""
    found = _PORT.fullmatch(hop)
    return (found[1] or found[2]) if found else hop


def _is_trusted(ip: str, trusted: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        # As a proxy that listens for both writes the one before it.
        address = address.ipv4_mapped or address
    return any(address in network for network in trusted)
