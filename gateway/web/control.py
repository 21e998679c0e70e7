"""The control socket in the data folder: one line of JSON in, one line out, for the operator's commands."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import structlog

log = structlog.get_logger()

NAME = "control.sock"
LONGEST = 65_536
PATIENCE = 10.0
"""Seconds in which a caller must have said what it wants."""
GRACE = 10.0
_LONGEST_PATH = 100

Answer = Callable[[bytes], Awaitable[bytes]]


@contextlib.asynccontextmanager
async def controlled(folder: Path, answer: Answer) -> AsyncIterator[None]:
    """Answers on the folder's socket as long as the context lasts. Whoever calls this holds the folder, so that a
    socket that is there already is a dead one. Without a socket the gateway runs all the same."""
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - streams call this as a task
        busy.add(task)
        task.add_done_callback(busy.discard)
        await _serve(reader, writer, answer)

    try:
        server = await asyncio.start_unix_server(serve, sock=_bound(folder), limit=LONGEST)
    except OSError as error:
        log.warning("no_control_socket", why=error.strerror)
        yield
        return
    try:
        yield
    finally:
        server.close()
        # One that stays, on a disk that went bad, is a dead one to the next start.
        with contextlib.suppress(OSError):
            (folder / NAME).unlink()
        if busy:
            await asyncio.wait(busy, timeout=GRACE)


def ask(folder: Path, said: bytes) -> bytes:
    """The answer of the gateway that holds this folder. Raises OSError where none answers."""
    with socket.socket(socket.AF_UNIX) as caller, _short(folder) as short:
        caller.connect(f"{short}/{NAME}")
        caller.sendall(said + b"\n")
        caller.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: caller.recv(LONGEST), b""))
    if not answer.endswith(b"\n"):
        raise ConnectionError("the gateway ended before it answered")
    return answer


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    said = b""
    with contextlib.suppress(OSError, TimeoutError, ValueError):
        said = await asyncio.wait_for(reader.readline(), PATIENCE)
    if said:
        writer.write(await answer(said) + b"\n")
        with contextlib.suppress(OSError):
            await writer.drain()
    writer.close()


def _bound(folder: Path) -> socket.socket:
    path = folder / NAME
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        with _short(folder) as short:
            listener.bind(f"{short}/{NAME}")
        path.chmod(0o600)
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A name for the folder that fits into the address of a socket (108 bytes on Linux)."""
    if len(os.fsencode(folder)) < _LONGEST_PATH:
        yield str(folder)
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
