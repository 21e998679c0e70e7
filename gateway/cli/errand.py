"""An errand done by the gateway that runs, or by the command itself where none does."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec import json

from gateway.cli.configured import WRONG_PLACE
from gateway.cli.output import load_one_of
from gateway.language.load import Loaded, is_container
from gateway.model import Json
from gateway.outbox.protocol import OutboxError
from gateway.outbox.reading import Reading
from gateway.outbox.schema import SCHEMA
from gateway.outbox.sqlite import SqliteOutbox, ignore
from gateway.settings import Settings
from gateway.store.database import verify
from gateway.store.errors import DatabaseError
from gateway.store.folder import FolderInUse, FolderLock, closed, foreign
from gateway.web.control import ask
from gateway.web.errands import Clerk, Drop, Errand, Refused, Retry
from gateway.web.process import milliseconds
from gateway.web.roll import Roll, roll_of

STARTING = 5.0
"""Seconds in which a gateway that has just taken the folder must answer."""


def do(settings: Settings, errand: Errand) -> Json:
    """The answer. Raises Refused."""
    data = settings.data
    if why := closed(data):
        raise Refused("other-user", why)
    if not (data / "queue.db").exists():
        raise Refused("no-queue", f"There is no queue in {data}: no gateway has run there yet. {WRONG_PLACE}")
    deadline = time.monotonic() + STARTING
    while True:
        lock = FolderLock(data)
        try:
            lock.take()
        except FolderInUse:
            answer = _asked(data, errand, last=time.monotonic() > deadline)
            if answer is not None:
                return answer
            time.sleep(0.1)
            continue
        except OSError as error:
            raise Refused("data-folder", f"The data folder {data} cannot be used: {error.strerror}.") from None
        try:
            return asyncio.run(_alone(settings, errand))
        finally:
            lock.release()


def containers(settings: Settings) -> Sequence[tuple[str, Loaded]]:
    """Every container of the folder by its name. Raises OSError."""
    # Not by a pattern: that finds nothing in a folder that is not there, and then every tag would count as gone.
    files = sorted(path for path in settings.containers.iterdir() if is_container(path))
    return [(path.stem, load_one_of(path)) for path in files]


def _asked(data: Path, errand: Errand, *, last: bool) -> Json | None:
    try:
        answer = json.decode(ask(data, json.encode(errand)))
    except OSError:
        if last:
            say = f"A gateway holds {data}, and does not answer on control.sock in it: does it run as another user?"
            raise Refused("no-answer", say) from None
        return None
    if "error" in answer:
        raise Refused(answer["code"], answer["error"])
    return answer


async def _alone(settings: Settings, errand: Errand) -> Json:
    # What root makes here the gateway could not open afterwards.
    if why := foreign(settings.data):
        raise Refused("other-user", why)
    try:
        roll = roll_of(containers(settings))
    except OSError as error:
        say = f"{settings.containers} cannot be read ({error.strerror}): nobody knows which tags there are."
        raise Refused("containers", say) from None
    try:
        async with _clerk(settings, roll, writes=isinstance(errand, Retry | Drop)) as clerk:
            return await clerk.run(errand)
    except (OutboxError, DatabaseError, sqlite3.Error, OSError) as error:
        raise Refused("queue", f"The queue cannot be used: {error}.") from None


@asynccontextmanager
async def _clerk(settings: Settings, roll: Roll, *, writes: bool) -> AsyncIterator[Clerk]:
    path = settings.data / "queue.db"
    # Before it is opened for writing: what is damaged is set aside by the gateway, which says so.
    verify(path, SCHEMA, deep=writes)
    if writes:
        outbox = SqliteOutbox(path, now=milliseconds)
        await outbox.open()
        try:
            yield Clerk(outbox, outbox.desk.reading, outbox.desk, lambda: roll, milliseconds, running=False)
        finally:
            await outbox.close()
    else:
        reading = Reading(ignore)
        await reading.open(path)
        try:
            yield Clerk(reading, reading, None, lambda: roll, milliseconds, running=False)
        finally:
            await reading.close()
