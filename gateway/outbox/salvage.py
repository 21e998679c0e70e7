"""What can still be read of a damaged queue: on both sides of what cannot."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.model import Parcel
from gateway.outbox.rows import UNKNOWN, decode_who
from gateway.outbox.schema import State
from gateway.store.database import damaged, read_only

_ROWS = "SELECT seq, container, tag, state, at, lane, who, body FROM parcels WHERE seq > ? ORDER BY seq"
_KINDS = (int, str, str, int, int, bytes, bytes, bytes)
_FARTHEST = 1 << 40
"""Numbers that are tried beyond the last one that could be read."""


def waiting(path: Path) -> Iterator[tuple[int, Parcel]]:
    """What waits, with its number, in order. Blocks; may be read from any thread, one at a time. Raises OSError where
    that is not the file's fault."""
    if path.exists() and not path.stat().st_size:
        # Nothing can be read of it, and SQLite would delete its log.
        return
    _check_it_opens(path)
    with closing(_connect(path)) as reader:
        after: int | None = 0
        while after is not None:
            last = after
            try:
                for row in reader.execute(_ROWS, (after,)):
                    last = row[0]
                    if parcel := _parcel(row):
                        yield last, parcel
                return
            except sqlite3.DatabaseError:
                after = _beyond(reader, last)


def _check_it_opens(path: Path) -> None:
    try:
        with closing(_connect(path)) as reader:
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.DatabaseError as error:
        if not damaged(error):
            raise OSError(str(error)) from error


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(read_only(path), uri=True, isolation_level=None, check_same_thread=False)


def _parcel(row: Any) -> Parcel | None:
    if not all(map(isinstance, row, _KINDS)):
        # It could not be stored, and what comes after it would wait for it.
        return None
    _, container, tag, state, at, lane, who, body = row
    rests, known_by = told = decode_who(who)
    # Whose it is and what it rests on must be known: consent is looked up before it is taken over.
    if state != State.PENDING or told is UNKNOWN:
        return None
    return Parcel(container=container, tag=tag, lane=lane, body=body, at=at, rests=rests, known_by=known_by)


def _beyond(reader: sqlite3.Connection, last: int) -> int | None:
    """The smallest number after which a row can be read, or none is; None: there is no such number."""
    step = 1
    while not _opens(reader, last + step):
        step *= 2
        if step > _FARTHEST:
            return None
    bad, good = last + step // 2, last + step
    while good - bad > 1:
        middle = (bad + good) // 2
        if _opens(reader, middle):
            good = middle
        else:
            bad = middle
    return good


def _opens(reader: sqlite3.Connection, after: int) -> bool:
    try:
        reader.execute(f"{_ROWS} LIMIT 1", (after,)).fetchall()
    except sqlite3.DatabaseError:
        return False
    return True
