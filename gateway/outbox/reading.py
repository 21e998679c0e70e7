"""What is read from queue.db, on connections of its own that cannot write."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiosqlite

from gateway.model import Parcel
from gateway.outbox.protocol import Counts, Queued, Unusable
from gateway.outbox.rows import UNKNOWN, decode_who
from gateway.outbox.schema import Count, State
from gateway.store.database import open_for_reading

# One statement each: it sees one moment. The list of what is claimed is looked at in the index, before the row.
_CLAIM = """SELECT seq, at, accepted_at, attempts, lane, who, body FROM parcels
    WHERE container = ? AND tag = ? AND state = ? AND seq NOT IN (SELECT value FROM json_each(?))
    ORDER BY seq LIMIT ?"""
_COUNTS = """SELECT container, tag, name, n, CASE WHEN name = ? THEN
    (SELECT accepted_at FROM parcels WHERE (container, tag, state) = (counts.container, counts.tag, ?)
        ORDER BY seq LIMIT 1) END AS oldest,
    CASE WHEN name = ? THEN
    (SELECT accepted_at FROM parcels WHERE (container, tag, state) = (counts.container, counts.tag, ?)
        ORDER BY seq LIMIT 1) END AS flying FROM counts"""
_ROWS = """SELECT container, tag, CASE state WHEN ? THEN ? ELSE ? END AS name, count(*) FROM parcels
    GROUP BY container, tag, name"""

Rows = Iterable[Any]


class Reading:
    """Two readers: a long listing must not hold up the claims. `on_failure` is called when the file is unreadable."""

    def __init__(self, on_failure: Callable[[str], None]) -> None:
        self._on_failure = on_failure
        self._readers: list[aiosqlite.Connection] = []

    async def open(self, path: Path) -> None:
        """Needs the writer to be open."""
        for _ in range(2):
            self._readers.append(await open_for_reading(path))

    async def close(self) -> None:
        """Close both."""
        readers, self._readers = self._readers, []
        for reader in readers:
            await reader.close()

    async def pending(self, container: str, tag: str, without: Iterable[int], limit: int) -> list[Queued]:
        """The oldest pending ones."""
        parameters = (container, tag, State.PENDING, json.dumps(list(without)), max(0, limit))
        return [_queued(container, tag, row) for row in await self._rows(0, _CLAIM, parameters)]

    async def counts(self) -> Mapping[tuple[str, str], Counts]:
        """By (container, tag). As quick with a million rows as with none: they were counted when they came and went."""
        by_tag: dict[tuple[str, str], list[tuple[str, int, int | None]]] = {}
        parameters = (Count.PENDING, State.PENDING, Count.PENDING, State.WITHDRAWN)
        for container, tag, name, n, *first in await self._rows(1, _COUNTS, parameters):
            oldest = min((at for at in first if at is not None), default=None)
            by_tag.setdefault((container, tag), []).append((name, n, oldest))
        return {route: _summary(found) for route, found in by_tag.items()}

    async def audit(self) -> Mapping[tuple[str, str], tuple[int, int]]:
        """By (container, tag), how many rows are pending and dead, counted one by one: slow."""
        found: dict[tuple[str, str], Counter[str]] = {}
        for container, tag, name, n in await self._rows(1, _ROWS, (State.DEAD, Count.DEAD, Count.PENDING)):
            found.setdefault((container, tag), Counter())[name] = n
        return {route: (rows[Count.PENDING], rows[Count.DEAD]) for route, rows in found.items()}

    async def find(self, query: str, parameters: Sequence[object]) -> Rows:
        """What a query of the operator's desk finds."""
        return await self._rows(1, query, parameters)

    async def _rows(self, reader: int, query: str, parameters: Sequence[object]) -> Rows:
        if not self._readers:
            raise Unusable("the outbox is not open")
        try:
            # One call on its thread: a caller that goes away cannot leave a statement open.
            return await asyncio.shield(self._readers[reader].execute_fetchall(query, parameters))
        except sqlite3.Error as error:
            self._on_failure(str(error))
            raise Unusable(str(error)) from error


def _queued(container: str, tag: str, row: Any) -> Queued:
    seq, at, accepted_at, attempts, lane, who, body = row
    rests, known_by = told = decode_who(who)
    if told is UNKNOWN:
        # Whose it is cannot be read, nor what it rests on. Without a body it cannot be sent, and becomes a dead letter.
        body = b""
    parcel = Parcel(container=container, tag=tag, lane=lane, body=body, at=at, rests=rests, known_by=known_by)
    return Queued(seq=seq, parcel=parcel, accepted_at=accepted_at, attempts=attempts)


def _summary(found: Iterable[tuple[str, int, int | None]]) -> Counts:
    numbers = {name: n for name, n, _ in found}
    return Counts(
        accepted=numbers.get(Count.ACCEPTED, 0),
        delivered=numbers.get(Count.DELIVERED, 0),
        dead=numbers.get(Count.DEAD, 0),
        dropped={name[len(Count.DROPPED) :]: n for name, n in numbers.items() if name.startswith(Count.DROPPED)},
        pending=numbers.get(Count.PENDING, 0),
        oldest=next((oldest for _, _, oldest in found if oldest is not None), None),
        attempts=numbers.get(Count.ATTEMPTS, 0),
        ambiguous=numbers.get(Count.AMBIGUOUS, 0),
        retried=numbers.get(Count.RETRIED, 0),
    )
