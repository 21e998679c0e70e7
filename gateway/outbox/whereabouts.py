"""In which batches of parcels a visitor may be, among millions, without reading the spans of all."""

import sqlite3
import sys
from array import array
from bisect import bisect_left
from collections.abc import Collection

from msgspec import Struct

from gateway.outbox.tally import chunks

PREFIX = 8
"""Bytes of a key in a span: enough to find it, never the last word."""
BLOCK = 16_384
"""Keys of a block."""
AT_ONCE = 8
"""Blocks made in one transaction: more would hold hits up."""
_PART = "I"
"""Of each prefix the first four bytes."""

Span = tuple[int, int]
"""The first and the last number that it covers."""


class Block(Struct, frozen=True):
    """Spans that begin with these numbers, and parts of all their keys, in order."""

    begin: int
    end: int
    parts: "array[int]"

    def has(self, key: bytes) -> bool:
        """Whether one of its spans may have it."""
        part = int.from_bytes(key[:4], sys.byteorder)
        place = bisect_left(self.parts, part)
        return place < len(self.parts) and self.parts[place] == part


class Whereabouts:
    """For the writer's thread. Made of the spans when somebody withdraws, some at a time: it costs nothing when hits
    come. What was read in a transaction that was rolled back is too much, never too little: no number is given out to
    another parcel."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._upto = 0

    def spans(self, connection: sqlite3.Connection, keys: Collection[bytes], bound: int) -> set[Span]:
        """Those up to `bound` that have one of the keys, and perhaps a few that have none."""
        self._forget(connection)
        self._learn(connection)
        found = _among(connection, keys, self._upto + 1, bound)
        for block in self._blocks:
            told = [key for key in keys if block.has(key)]
            found |= _among(connection, told, block.begin, min(block.end, bound))
        return found

    def _forget(self, connection: sqlite3.Connection) -> None:
        """What has no span any more."""
        (oldest,) = connection.execute("SELECT min(first) FROM spans").fetchone()
        left = [block for block in self._blocks if oldest is not None and block.end >= oldest]
        # And some that lie between others, each time others.
        self._blocks = left[AT_ONCE:] + [block for block in left[:AT_ONCE] if _stands(connection, block)]

    def _learn(self, connection: sqlite3.Connection) -> None:
        """Blocks that are full; what is left over is looked through as it is."""
        for _ in range(AT_ONCE):
            block = self._next(connection)
            if block is None:
                return
            self._blocks.append(block)
            self._upto = block.end

    def _next(self, connection: sqlite3.Connection) -> Block | None:
        keys, begin = array(_PART), 0
        rows = connection.execute("SELECT first, keys FROM spans WHERE first > ? ORDER BY first", (self._upto,))
        for first, some in rows:
            if len(some) % PREFIX:
                # Nobody makes keys so short; where one key ends and the next begins cannot be told.
                return None
            begin = begin or first
            keys.frombytes(some)
            if len(keys) * keys.itemsize >= BLOCK * PREFIX:
                rows.close()
                return Block(begin, first, array(_PART, sorted(set(keys[::2]))))
        return None


def _stands(connection: sqlite3.Connection, block: Block) -> bool:
    found = connection.execute("SELECT 1 FROM spans WHERE first BETWEEN ? AND ? LIMIT 1", (block.begin, block.end))
    return found.fetchone() is not None


def _among(connection: sqlite3.Connection, keys: Collection[bytes], begin: int, end: int) -> set[Span]:
    found: set[Span] = set()
    # SQLite refuses an expression that is a thousand deep, and to the writer that would be the end.
    for some in chunks([key[:PREFIX] for key in keys]):
        any_of = " OR ".join(["instr(keys, ?)"] * len(some))
        query = f"SELECT first, last FROM spans WHERE first BETWEEN ? AND ? AND ({any_of})"  # noqa: S608 - our own words
        found.update(connection.execute(query, (begin, end, *some)).fetchall())
    return found
