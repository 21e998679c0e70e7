"""The address that all workers share. The kernel deals new connections out to those that listen (SO_REUSEPORT)."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator

from gateway.web.listening import CannotListen
from gateway.web.workers.messages import Address

PATIENCE, AGAIN = 3.0, 0.1
"""Seconds: workers whose keeper was killed need a moment to see it and to give the address up."""


@contextlib.asynccontextmanager
async def reserved(host: str, port: int) -> AsyncIterator[list[Address]]:
    """Where workers are to listen, as long as the context lasts; port 0 becomes a free one. Raises CannotListen."""
    clock = asyncio.get_running_loop().time
    until = clock() + PATIENCE
    while True:
        with contextlib.ExitStack() as held:
            try:
                found = _reserve(host, port, held)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or clock() > until:
                    raise CannotListen.because(host, port, error) from None
            else:
                yield found
                return
        await asyncio.sleep(AGAIN)


def _reserve(host: str, port: int, held: contextlib.ExitStack) -> list[Address]:
    found: list[Address] = []
    for family, _, _, _, name in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
        # With SO_REUSEPORT another gateway of the same user would share its visitors with us, unnoticed.
        with _bound((family, str(name[0]), port), shared=False) as probe:
            port = int(probe.getsockname()[1])
        found.append((int(family), str(name[0]), port))
        held.enter_context(_bound(found[-1], shared=True))
    return found


def shares(addresses: list[Address]) -> list[socket.socket]:
    """A worker's own sockets for these. Raises OSError."""
    return [_bound(address, shared=True) for address in addresses]


def _bound(address: Address, *, shared: bool) -> socket.socket:
    family, host, port = address
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
