"""A batch on queue.db that adds up what it counts; statements of many rows at once."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from gateway.outbox.disk import Guard
from gateway.outbox.schema import Count
from gateway.store.jobs import Batch

_MEASURE = (
    "SELECT page_size, page_count, freelist_count FROM pragma_page_size, pragma_page_count, pragma_freelist_count"
)
_MOST_ROWS = 64
_TRIM_EVERY = 256
# Spans of which nothing is queued any more. By the index: a look at each tag instead of one at each row.
_TRIM = """DELETE FROM spans WHERE last < (SELECT coalesce(min(seq), 9223372036854775807) FROM (
    SELECT (SELECT min(seq) FROM parcels WHERE container = c.container AND tag = c.tag AND state = s.state) AS seq
    FROM (SELECT DISTINCT container, tag FROM counts) AS c, (SELECT 0 AS state UNION ALL SELECT 2) AS s))"""

T = TypeVar("T")


class Tally(Batch):
    """A batch that adds up what it counts and writes the counters with it."""

    def __init__(self, connection: sqlite3.Connection, guard: Guard) -> None:
        super().__init__(connection)
        self._guard = guard
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, container: str, tag: str, name: str, more: int = 1) -> None:
        """One more."""
        self._counts[container, tag, name] += more

    def drop(self, container: str, tag: str, reason: str) -> None:
        """One more dropped for this reason."""
        self.count(container, tag, f"{Count.DROPPED}{reason}")

    def finish(self) -> None:
        """Write the counters, measure the file."""
        counted = [(*key, n) for key, n in self._counts.items()]
        insert(self.connection, "counts", counted, "ON CONFLICT DO UPDATE SET n = n + excluded.n")
        self.reset()
        size, pages, free = self.connection.execute(_MEASURE).fetchone()
        room = self._guard.room
        room.used, room.spare = size * (pages - free), size * free
        self._guard.measure()
        room.batches += 1
        if room.batches % _TRIM_EVERY == 0:
            self.connection.execute(_TRIM)

    def reset(self) -> None:
        """Forget the counts."""
        self._counts.clear()


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]], more: str = "") -> None:
    """Whole rows, many in one statement: each lets the event loop run meanwhile, and waits for its turn after."""
    for some in chunks(rows):
        connection.execute(_insert(table, len(some), len(some[0]), more), list(chain.from_iterable(some)))


@cache
def _insert(table: str, rows: int, columns: int, more: str) -> str:
    return f"INSERT INTO {table} VALUES {marks(rows, columns)} {more}"  # noqa: S608 - our own words


def marks(rows: int, columns: int) -> str:
    """Places for so many rows of so many values."""
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many as one statement takes."""
    for start in range(0, len(rows), _MOST_ROWS):
        yield rows[start : start + _MOST_ROWS]
