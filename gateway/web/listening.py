"""uvicorn, run inside our own loop and with our own signals."""

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from gateway.web.connection import Connection

GRACE = 20
"""Seconds that requests may take to finish once the server is told to stop."""


_WHY = {
    errno.EADDRINUSE: "it is in use already, perhaps by another taggate",
    errno.EADDRNOTAVAIL: "this machine has no such address",
    errno.EACCES: "this user may not. Take a port above 1023 and let a proxy listen on the other",
}


class CannotListen(Exception):
    """The address cannot be listened on."""

    @classmethod
    def because(cls, host: str, port: int, error: BaseException | None) -> "CannotListen":
        """Says what the system said, and what that means."""
        if isinstance(error, socket.gaierror):
            why = "no address has this name. Write one: 127.0.0.1, 0.0.0.0 or [::]"
        else:
            number = error.errno if isinstance(error, OSError) and error.errno else 0
            why = _WHY.get(number) or (os.strerror(number) if number else "the log says more")
        return cls(f"{host}:{port} cannot be listened on: {why}.")


@contextlib.asynccontextmanager
async def listening(
    application: ASGIApp, host: str, port: int, sockets: list[socket.socket] | None = None
) -> AsyncIterator[int]:
    """Serves as long as the context lasts; gives the port. `sockets`: bound already, in place of host and port.
    Raises CannotListen. The process's signals stay ours: uvicorn must not end the process before the queue is closed.
    """
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        # What it warns of is what clients do wrong: each request could be a line, or two.
        log_level=logging.ERROR,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Quiet(config)
    task = asyncio.create_task(server.serve(sockets))
    await server.up.wait()
    if not server.started:
        await asyncio.wait([task])
        raise CannotListen.because(host, port, server.why)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([task])


class _Quiet(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.why: BaseException | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process's signals are the gateway's."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as end:
            self.should_exit, self.why = True, end.__context__
        except OSError as error:
            self.should_exit, self.why = True, error
        finally:
            self.up.set()
