"""A request → what is known of its sender; bodies read within limits."""

from collections.abc import Mapping
from ipaddress import ip_address

from starlette.requests import Request

from gateway.decide.address import host
from gateway.intake.sender import Sender
from gateway.model import Cookie
from gateway.settings import Network
from gateway.web.runtime import Runtime

DAY_MS = 86_400_000


class BodyTooLarge(Exception):
    """The body is larger than the limit."""


async def read_limited(request: Request, limit: int) -> bytes:
    """The body, of at most `limit` bytes. Raises BodyTooLarge, ClientDisconnect."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise BodyTooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)


def client_ip(request: Request, trusted: tuple[Network, ...]) -> str | None:
    """The visitor's address: the last one in X-Forwarded-For that no trusted proxy put there."""
    found = request.client.host if request.client else None
    forwarded = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    while found and _is_trusted(found, trusted) and forwarded and forwarded[-1]:
        found = forwarded.pop()
    return found


def is_https(request: Request, trusted: tuple[Network, ...]) -> bool:
    """Whether the visitor's connection is encrypted, as far as it can be believed."""
    peer = request.client.host if request.client else ""
    if _is_trusted(peer, trusted) and "x-forwarded-proto" in request.headers:
        return request.headers["x-forwarded-proto"].split(",")[-1].strip() == "https"
    return request.url.scheme == "https"


def page_host(request: Request) -> str | None:
    """The host of Origin, else of Referer."""
    origin = request.headers.get("origin")
    return host(origin if origin is not None else request.headers.get("referer", ""))


def cookies(request: Request, names: frozenset[str]) -> Mapping[str, str]:
    """The cookies of these names; of two of one name the first."""
    found: dict[str, str] = {}
    for name, value in _cookie_pairs(request):
        if name in names:
            found.setdefault(name, value)
    return found


def sender_of(request: Request, runtime: Runtime, arrived: int, ip: str | None, *, trusted: bool) -> Sender:
    """What the request tells beside its body."""
    headers = request.headers
    return Sender(
        arrived=arrived,
        ip=ip,
        user_agent=headers.get("user-agent"),
        headers={name: headers[name] for name in runtime.headers if name in headers},
        cookies=cookies(request, runtime.cookies),
        gpc=headers.get("sec-gpc") == "1",
        cookie=None if trusted else _visitor(request, runtime, arrived),
        trusted=trusted,
    )


def _visitor(request: Request, runtime: Runtime, arrived: int) -> Cookie | None:
    """The visitor's cookie. Browsers may keep one for longer than they are told to."""
    key, oldest = runtime.keys.cookie, arrived - runtime.container.visitor.days * DAY_MS
    read = (key.read(value) for name, value in _cookie_pairs(request) if name == key.name)
    return next((cookie for cookie in read if cookie and cookie.issued > oldest), None)


def _cookie_pairs(request: Request) -> list[tuple[str, str]]:
    pairs = []
    for line in request.headers.getlist("cookie"):
        for part in line.split(";"):
            name, sign, value = part.strip().partition("=")
            if sign:
                pairs.append((name, value.strip().removeprefix('"').removesuffix('"')))
    return pairs


def _is_trusted(ip: str, trusted: tuple[Network, ...]) -> bool:
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in trusted)
