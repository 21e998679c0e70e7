"""uvicorn, run inside our own loop and with our own signals."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

GRACE = 20
"""Seconds that requests may take to finish once the server is told to stop."""


class CannotListen(Exception):
    """The address cannot be listened on."""


@contextlib.asynccontextmanager
async def listening(application: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serves as long as the context lasts; gives the port. Raises CannotListen. The process's signals stay ours:
    uvicorn must not end the process before the queue is closed."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Quiet(config)
    task = asyncio.create_task(server.serve())
    await server.up.wait()
    if not server.started:
        await asyncio.wait([task])
        raise CannotListen(f"{host}:{port} cannot be listened on: is it in use already?")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait([task])


class _Quiet(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process's signals are the gateway's."""
        yield

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        try:
            await super().startup(sockets)  # type: ignore[arg-type]
        except SystemExit:
            self.should_exit = True
        finally:
            self.up.set()
