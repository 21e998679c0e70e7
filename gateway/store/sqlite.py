"""Identity and consent in one SQLite file. What cannot be read raises: an empty answer would let an ID leave."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import aiosqlite
import structlog
from msgspec import DecodeError, msgpack

from gateway.model import Choice, Consent, Known, Life
from gateway.store.ballast import beside, want_of_room
from gateway.store.commit import Timing
from gateway.store.database import Connect, Schema, connect, damaged, doubt, open_for_reading, open_for_writing
from gateway.store.errors import DatabaseError, Newer, NotMigrated
from gateway.store.jobs import Batch, WriterError
from gateway.store.protocol import StoreError
from gateway.store.writer import Limits, Writer

log = structlog.get_logger(__name__)

_DAY = 86_400_000
_ROW_WEIGHT = 4096
_STEP = 1000
_LIMITS = Limits(log=4 << 20)

# A life is MessagePack; `touched` is a day since 1970.
SCHEMA = Schema(
    version=1,
    tables=frozenset({"lives", "choices"}),
    statements=(
        """CREATE TABLE lives (container TEXT NOT NULL, key BLOB NOT NULL, life BLOB NOT NULL,
            touched INTEGER NOT NULL, PRIMARY KEY (container, key)) WITHOUT ROWID""",
        """CREATE TABLE choices (container TEXT NOT NULL, key BLOB NOT NULL, purpose TEXT NOT NULL,
            state TEXT NOT NULL, at INTEGER NOT NULL, touched INTEGER NOT NULL,
            PRIMARY KEY (container, key, purpose)) WITHOUT ROWID""",
        "CREATE INDEX lives_by_day ON lives (touched)",
        "CREATE INDEX choices_by_day ON choices (touched)",
    ),
)

_encode = msgpack.Encoder().encode
_decode_life = msgpack.Decoder(Life).decode

_KEEP_LIFE = """INSERT INTO lives VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET life = excluded.life, touched = excluded.touched"""
_KEEP_CHOICE = """INSERT INTO choices VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET state = excluded.state, at = excluded.at, touched = excluded.touched"""
_FORGET = (
    """DELETE FROM lives WHERE (container, key) IN (SELECT container, key FROM lives WHERE touched < ? LIMIT ?)""",
    """DELETE FROM choices WHERE (container, key, purpose) IN
        (SELECT container, key, purpose FROM choices WHERE touched < ? LIMIT ?)""",
)


def ignore(_: str) -> None:
    """Nobody wants to know."""


class SqliteStore:
    """The Store protocol on one file. `on_failure` is called once, with the reason, when nothing can be written
    any more: the process should end."""

    def __init__(
        self,
        path: Path,
        *,
        on_failure: Callable[[str], None] = ignore,
        limits: Limits = _LIMITS,
        connect: Connect = connect,
    ) -> None:
        self._path = path
        self._on_failure = on_failure
        self._trouble: str | None = "the state store is not open"
        self._reader: aiosqlite.Connection | None = None
        open_it = partial(open_for_writing, path, SCHEMA, log_reserve=2 * limits.log, connect=connect)
        ballast = beside(path, 2 * limits.log)
        self._writer = Writer(open_it, Batch, limits=limits, ballast=ballast, on_failure=self._failed)

    @property
    def usable(self) -> bool:
        """Open, readable, and nothing failed."""
        return self._trouble is None and self._writer.usable

    @property
    def commits(self) -> int:
        """Transactions since it was opened."""
        return self._writer.commits

    @property
    def timing(self) -> Timing:
        """Of its transactions."""
        return self._writer.timing

    async def open(self) -> None:
        """Make or open the file. One that cannot be used stays as it is, and every use raises StoreError; so does
        this for one of another version, and where there is no room to open it."""
        try:
            await self._writer.open()
            self._reader = await open_for_reading(self._path)
            self._trouble = None
        except (Newer, NotMigrated) as error:
            raise StoreError(f"the state store cannot be used: {error}") from error
        except (sqlite3.Error, OSError, DatabaseError) as error:
            lacking = want_of_room(self._path.parent)
            self._trouble = f"the state store cannot be used: {error}{lacking}"
            log.error("store_unusable", why=str(error))
            if lacking:
                # With room it is as good as ever: who starts it again need not be told by a person.
                raise StoreError(self._trouble) from error

    async def close(self) -> None:
        """Write what waits, checkpoint."""
        await self._close_reader()
        self._trouble = self._trouble or "the state store is closed"
        await self._writer.close()

    async def know(self, container: str, keys: Sequence[bytes]) -> Known:
        """See Store."""
        if not self.usable or self._reader is None:
            raise StoreError(self._trouble or "the state store failed")
        query = _know(len(keys))
        try:
            # One call on its thread: a caller that goes away cannot leave a statement open.
            found = await asyncio.shield(self._reader.execute_fetchall(query, (container, *keys, container, *keys)))
            return _known(found)
        except (sqlite3.Error, DecodeError, ValueError) as error:
            if isinstance(error, sqlite3.Error) and damaged(error):
                self._writer.fail(str(error))
            raise StoreError(f"the state store cannot be read: {error}") from error

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]], now: int
    ) -> None:
        """See Store."""
        rows = len(lives) + sum(map(len, choices.values()))
        # A choice is heard on a full disk too, with what it ends: what is queued would leave without it.
        await self._write(partial(_keep, container, lives, choices, now // _DAY), rows, grows=not choices)

    async def forget(self, older_than: int) -> int:
        """See Store. Whole days: what was touched on the day of `older_than` stays."""
        total = 0
        while gone := await self._write(partial(_forget, older_than // _DAY), _STEP, grows=False):
            total += gone
        return total

    def _failed(self, reason: str) -> None:
        doubt(self._path)
        self._on_failure(reason)

    async def _write(self, job: Callable[[Batch], int], rows: int, *, grows: bool) -> int:
        if self._trouble is not None:
            raise StoreError(self._trouble)
        try:
            self._writer.admit(grows, rows * _ROW_WEIGHT)
            return await self._writer.write(job, weight=rows * _ROW_WEIGHT, grows=grows)
        except WriterError as error:
            raise StoreError(f"the state store cannot be written: {error}") from error

    async def _close_reader(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            await reader.close()


@cache
def _know(keys: int) -> str:
    # One statement: it sees one moment.
    wanted = f"container = ? AND key IN ({', '.join('?' * keys)})"
    return (
        f"SELECT key, life, NULL, NULL, NULL FROM lives WHERE {wanted} UNION ALL "  # noqa: S608 - only placeholders
        f"SELECT key, NULL, purpose, state, at FROM choices WHERE {wanted}"
    )


def _known(found: Iterable[Any]) -> Known:
    lives: dict[bytes, Life] = {}
    choices: dict[bytes, dict[str, Choice]] = {}
    for key, life, purpose, state, at in found:
        if life is not None:
            lives[key] = _decode_life(life)
        else:
            choices.setdefault(key, {})[purpose] = Choice(Consent(state), at)
    return Known(lives, choices)


def _keep(
    container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]], day: int, batch: Batch
) -> int:
    batch.connection.executemany(_KEEP_LIFE, [(container, key, _encode(life), day) for key, life in lives.items()])
    rows = [
        (container, key, purpose, choice.state, choice.at, day)
        for key, chosen in choices.items()
        for purpose, choice in chosen.items()
    ]
    batch.connection.executemany(_KEEP_CHOICE, rows)
    return len(lives) + len(rows)


def _forget(day: int, batch: Batch) -> int:
    return sum(batch.connection.execute(statement, (day, _STEP)).rowcount for statement in _FORGET)
