"""The rows of queue.db, changed on the writer's thread: each function is one job, counted as it is done."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from msgspec import Struct, msgpack

from gateway.model import Outcome, Parcel
from gateway.outbox.disk import Room
from gateway.outbox.schema import Count, State
from gateway.store.jobs import Batch

CONSENT_WITHDRAWN = "consent_withdrawn"
REFUSED_UNNAMED = "refused_unnamed"
AGED_OUT = "dead_aged_out"

Who = tuple[tuple[str, ...], tuple[bytes, ...]]
"""The purposes a parcel rests on, and what its visitor was known by."""

_encode = msgpack.Encoder().encode
decode_who = msgpack.Decoder(Who).decode

_PAGES_KEPT = 4096
_ENDS = frozenset({Outcome.DELIVERED, Outcome.UNNAMED})
_BURNS_NO_ATTEMPT = frozenset({Outcome.THROTTLE, Outcome.SETUP})


# For a file from before they were counted.
_COUNT_ROWS = """INSERT INTO counts SELECT container, tag, CASE state WHEN ? THEN ? ELSE ? END AS name, count(*)
    FROM parcels WHERE NOT EXISTS (SELECT 1 FROM counts WHERE name = ?) GROUP BY container, tag, name"""


class Tally(Batch):
    """A batch that adds up what it counts and writes the counters with it."""

    def __init__(self, connection: sqlite3.Connection, room: Room) -> None:
        super().__init__(connection)
        self._room = room
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def count(self, container: str, tag: str, name: str, more: int = 1) -> None:
        """One more, or one less."""
        self._counts[container, tag, name] += more

    def drop(self, container: str, tag: str, reason: str) -> None:
        """One more dropped for this reason."""
        self.count(container, tag, f"{Count.DROPPED}{reason}")

    def finish(self) -> None:
        """Write the counters, measure the file."""
        self.connection.executemany(
            "INSERT INTO counts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
            [(*key, n) for key, n in self._counts.items()],
        )
        self.reset()
        size, pages, free = (
            self.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "page_count", "freelist_count")
        )
        self._room.used, self._room.spare = size * (pages - free), size * free

    def reset(self) -> None:
        """Forget the counts."""
        self._counts.clear()


class Entry(Struct, frozen=True, kw_only=True):
    """One arrival, numbered: its parcels by seq, and (container, tag, reason) of what is dropped."""

    container: str
    id: str | None
    accepted_at: int
    forget_before: int
    parcels: Sequence[tuple[int, Parcel]]
    dropped: Sequence[tuple[str, str, str]]


class Mark(Struct, frozen=True, kw_only=True):
    """What an attempt meant for a row. `discard`: consent was withdrawn while it was in flight."""

    seq: int
    container: str
    tag: str
    known_by: tuple[bytes, ...]
    outcome: Outcome
    reason: str
    discard: bool

    @property
    def ends(self) -> bool:
        """Whether the receiver was done with it."""
        return self.outcome in _ENDS


def recover(batch: Tally) -> int:
    """Discard what was in flight when its consent was withdrawn and the process ended. The highest seq."""
    batch.connection.execute(_COUNT_ROWS, (State.DEAD, Count.DEAD, Count.PENDING, Count.PENDING))
    _discard_all(batch, "state = ?", State.WITHDRAWN)
    (last,) = batch.connection.execute("SELECT coalesce(max(seq), 0) FROM parcels").fetchone()
    return int(last)


def store(entry: Entry, batch: Tally) -> bool:
    """Whether it was new."""
    if entry.id is not None and not _first(batch, entry.container, entry.id, entry.accepted_at, entry.forget_before):
        return False
    batch.connection.executemany(
        "INSERT INTO parcels (seq, container, tag, at, accepted_at, lane, who, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (seq, p.container, p.tag, p.at, entry.accepted_at, p.lane, _encode((p.rests, p.known_by)), p.body)
            for seq, p in entry.parcels
        ],
    )
    batch.connection.executemany(
        "INSERT OR IGNORE INTO known VALUES (?, ?)", [(key, seq) for seq, p in entry.parcels for key in p.known_by]
    )
    for _, parcel in entry.parcels:
        batch.count(parcel.container, parcel.tag, Count.ACCEPTED)
        batch.count(parcel.container, parcel.tag, Count.PENDING)
    for container, tag, reason in entry.dropped:
        batch.count(container, tag, Count.ACCEPTED)
        batch.drop(container, tag, reason)
    return True


def settle(marks: Sequence[Mark], now: int, batch: Tally) -> None:
    """Record attempts. A row that is gone was counted when it went."""
    for mark in marks:
        batch.count(mark.container, mark.tag, Count.ATTEMPTS)
        if mark.outcome is Outcome.AMBIGUOUS:
            batch.count(mark.container, mark.tag, Count.AMBIGUOUS)
        if mark.ends or mark.discard:
            _end(batch, mark)
        elif mark.outcome is Outcome.INVALID:
            batch.connection.execute(
                "UPDATE parcels SET state = ?, died_at = ?, reason = ?, attempts = attempts + 1 WHERE seq = ?",
                (State.DEAD, now, mark.reason, mark.seq),
            )
            batch.count(mark.container, mark.tag, Count.PENDING, -1)
            batch.count(mark.container, mark.tag, Count.DEAD)
        elif mark.outcome not in _BURNS_NO_ATTEMPT:
            batch.connection.execute("UPDATE parcels SET attempts = attempts + 1 WHERE seq = ?", (mark.seq,))


def discard(seq: int, batch: Tally) -> None:
    """Drop one whose consent was withdrawn and that came back unsent."""
    _discard_all(batch, "seq = ?", seq)


def withdraw(
    known_by: Iterable[bytes], purposes: Collection[str], bound: int, flying: Collection[int], batch: Tally
) -> int:
    """Drop all up to seq `bound` that match, queued or dead, and mark those in flight. How many were dropped."""
    dropped = 0
    for key in known_by:
        rows = batch.connection.execute(
            "SELECT p.seq, p.container, p.tag, p.who, p.state FROM known k JOIN parcels p ON p.seq = k.seq"
            " WHERE k.key = ? AND k.seq <= ?",
            (key, bound),
        ).fetchall()
        for row in rows:
            if not any(purpose in purposes for purpose in decode_who(row[3])[0]):
                continue
            if row[0] in flying:
                batch.connection.execute("UPDATE parcels SET state = ? WHERE seq = ?", (State.WITHDRAWN, row[0]))
            else:
                _discard(batch, row, CONSENT_WITHDRAWN)
                dropped += 1
    return dropped


def purge(died_before: int, seen_before: int, step: int, batch: Tally) -> tuple[int, int]:
    """Remove at most `step` each of dead letters and ids that are old enough, and of free pages beyond a few.
    How many rows and pages."""
    rows = batch.connection.execute(
        "SELECT seq, container, tag, who, state FROM parcels WHERE died_at < ? ORDER BY died_at LIMIT ?",
        (died_before, step),
    ).fetchall()
    for row in rows:
        _discard(batch, row, AGED_OUT)
    seen = batch.connection.execute(
        "DELETE FROM seen WHERE (container, id) IN (SELECT container, id FROM seen WHERE at <= ? ORDER BY at LIMIT ?)",
        (seen_before, step),
    ).rowcount
    (free,) = batch.connection.execute("PRAGMA freelist_count").fetchone()
    pages = min(step, max(0, free - _PAGES_KEPT))
    for _ in range(pages):
        batch.connection.execute("PRAGMA incremental_vacuum")  # one page: the sqlite3 module stops after a step
    return len(rows) + seen, pages


def _first(batch: Tally, container: str, hit: str, now: int, forget_before: int) -> bool:
    cursor = batch.connection.execute(
        "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at WHERE at <= ?",
        (container, _compact(hit), now, forget_before),
    )
    return cursor.rowcount == 1


def _compact(hit: str) -> bytes | str:
    try:
        number = UUID(hit)
    except ValueError:
        return hit
    return number.bytes if str(number) == hit else hit


def _end(batch: Tally, mark: Mark) -> None:
    if not _remove(batch, mark.seq, mark.known_by):
        return
    batch.count(mark.container, mark.tag, Count.PENDING, -1)
    if mark.outcome is Outcome.DELIVERED:
        batch.count(mark.container, mark.tag, Count.DELIVERED)
    else:
        reason = REFUSED_UNNAMED if mark.outcome is Outcome.UNNAMED else CONSENT_WITHDRAWN
        batch.drop(mark.container, mark.tag, reason)


def _discard_all(batch: Tally, where: str, value: int) -> None:
    query = f"SELECT seq, container, tag, who, state FROM parcels WHERE {where}"  # noqa: S608 - our own words
    for row in batch.connection.execute(query, (value,)).fetchall():
        _discard(batch, row, CONSENT_WITHDRAWN)


def _discard(batch: Tally, row: tuple[int, str, str, bytes, int], reason: str) -> None:
    seq, container, tag, who, state = row
    _remove(batch, seq, decode_who(who)[1])
    batch.count(container, tag, Count.DEAD if state == State.DEAD else Count.PENDING, -1)
    batch.drop(container, tag, reason)


def _remove(batch: Tally, seq: int, known_by: Sequence[bytes]) -> bool:
    if batch.connection.execute("DELETE FROM parcels WHERE seq = ?", (seq,)).rowcount == 0:
        return False
    batch.connection.executemany("DELETE FROM known WHERE key = ? AND seq = ?", [(key, seq) for key in known_by])
    return True
