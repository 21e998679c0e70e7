"""The rows of queue.db, changed on the writer's thread: each function is one job, counted as it is done."""

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from typing import Any

from msgspec import Struct, msgpack

from gateway.model import Outcome
from gateway.outbox.codec import DAMAGE
from gateway.outbox.schema import Count, State
from gateway.outbox.tally import Tally, chunks
from gateway.outbox.tally import marks as places
from gateway.outbox.whereabouts import Whereabouts

CONSENT_WITHDRAWN = "consent_withdrawn"
REFUSED_UNNAMED = "refused_unnamed"
AGED_OUT = "dead_aged_out"

Who = tuple[tuple[str, ...], tuple[bytes, ...]]
"""The purposes a parcel rests on, and what its visitor was known by."""
Row = tuple[int, str, str, bytes, int]
"""seq, container, tag, who, state."""

encode_who = msgpack.Encoder().encode
_decode_who = msgpack.Decoder(Who).decode
UNKNOWN: Who = ((), ())

_ROWS = "SELECT seq, container, tag, who, state FROM parcels"
_OLD = """SELECT seq, container, tag, who, state, length(body) FROM parcels WHERE died_at < ?
    ORDER BY died_at LIMIT ?"""
_DEAD = f"{_ROWS} WHERE seq IN (SELECT seq FROM known WHERE key = ? AND seq <= ?)"  # noqa: S608 - our own words
# By the index, tag by tag: else the whole file would be read at each start.
WITHDRAWN_ROWS = """SELECT p.seq, p.container, p.tag, p.who, p.state
    FROM (SELECT DISTINCT container, tag FROM counts) AS c
    CROSS JOIN parcels AS p ON p.container = c.container AND p.tag = c.tag AND p.state = ?"""
# For a file from before they were counted.
_COUNT = """INSERT INTO counts SELECT container, tag, CASE state WHEN ? THEN ? ELSE ? END AS name, count(*)
    FROM parcels WHERE NOT EXISTS (SELECT 1 FROM counts WHERE name = ?) GROUP BY container, tag, name"""
_PAGES_KEPT = 4096
STEP_BYTES = 4 << 20
"""Of the payload of rows that one step changes, about: each is in the log whole, and on a full disk the log has no more
than what is set aside for it."""
_ENDS = frozenset({Outcome.DELIVERED, Outcome.UNNAMED})
_BURNS_NO_ATTEMPT = frozenset({Outcome.THROTTLE, Outcome.SETUP})


def decode_who(told: bytes) -> Who:
    """UNKNOWN where it cannot be read: then nobody may get it."""
    try:
        found: Who = _decode_who(told)
    except DAMAGE:
        return UNKNOWN
    return found


class Mark(Struct, frozen=True, kw_only=True):
    """What an attempt meant for a row. `discard`: consent was withdrawn while it was in flight; `sent`: an attempt was
    made."""

    seq: int
    container: str
    tag: str
    known_by: tuple[bytes, ...]
    outcome: Outcome
    reason: str
    discard: bool
    sent: bool

    @property
    def ends(self) -> bool:
        """Whether the receiver was done with it."""
        return self.outcome in _ENDS


def recover(batch: Tally) -> int:
    """Discard what was in flight when its consent was withdrawn and the process ended. The highest seq."""
    batch.connection.execute(_COUNT, (State.DEAD, Count.DEAD, Count.PENDING, Count.PENDING))
    _discard_all(batch, WITHDRAWN_ROWS, State.WITHDRAWN)
    # Spans outlive their parcels: a number that one of them covers must not be given out again.
    (last,) = batch.connection.execute(
        "SELECT max(coalesce((SELECT max(seq) FROM parcels), 0), coalesce((SELECT max(last) FROM spans), 0))"
    ).fetchone()
    return int(last)


def settle(marks: Sequence[Mark], now: int, batch: Tally) -> None:
    """Record attempts. A row that is gone was counted when it went."""
    for mark in marks:
        if mark.sent:
            batch.count(mark.container, mark.tag, Count.ATTEMPTS)
        if mark.outcome is Outcome.AMBIGUOUS:
            batch.count(mark.container, mark.tag, Count.AMBIGUOUS)
    ending = [mark for mark in marks if mark.ends or mark.discard]
    for some in chunks(ending):
        _end(batch, some)
    for mark in marks:
        if not (mark.ends or mark.discard):
            _attempted(batch, mark, now)


def _end(batch: Tally, ending: Sequence[Mark]) -> None:
    where = f"WHERE seq IN {places(1, len(ending))}"
    numbers = [mark.seq for mark in ending]
    (there,) = batch.connection.execute(f"SELECT count(*) FROM parcels {where}", numbers).fetchone()  # noqa: S608
    if there == len(ending):
        batch.connection.execute(f"DELETE FROM parcels {where}", numbers)  # noqa: S608
        for mark in ending:
            _count_end(batch, mark)
    else:
        for mark in ending:
            if batch.connection.execute("DELETE FROM parcels WHERE seq = ?", (mark.seq,)).rowcount:
                _count_end(batch, mark)


def _count_end(batch: Tally, mark: Mark) -> None:
    batch.count(mark.container, mark.tag, Count.PENDING, -1)
    if mark.outcome is Outcome.DELIVERED:
        batch.count(mark.container, mark.tag, Count.DELIVERED)
    else:
        reason = REFUSED_UNNAMED if mark.outcome is Outcome.UNNAMED else CONSENT_WITHDRAWN
        batch.drop(mark.container, mark.tag, reason)


def _attempted(batch: Tally, mark: Mark, now: int) -> None:
    if mark.outcome is Outcome.INVALID:
        batch.count(mark.container, mark.tag, Count.PENDING, -1)
        batch.count(mark.container, mark.tag, Count.DEAD)
        batch.connection.execute(
            "UPDATE parcels SET state = ?, died_at = ?, reason = ?, attempts = attempts + ? WHERE seq = ?",
            (State.DEAD, now, mark.reason, int(mark.sent), mark.seq),
        )
        batch.connection.executemany(
            "INSERT OR IGNORE INTO known VALUES (?, ?)", [(key, mark.seq) for key in mark.known_by]
        )
    elif mark.outcome not in _BURNS_NO_ATTEMPT:
        batch.connection.execute("UPDATE parcels SET attempts = attempts + 1 WHERE seq = ?", (mark.seq,))


def discard(seq: int, batch: Tally) -> None:
    """Drop one whose consent was withdrawn and that came back unsent."""
    _discard_all(batch, f"{_ROWS} WHERE seq = ?", seq)


class Parting(Struct, frozen=True):
    """A withdrawal: of whom, for which purposes, up to which seq, and what of it is in flight."""

    known_by: frozenset[bytes]
    purposes: frozenset[str]
    bound: int
    flying: frozenset[int]


def withdraw(parting: Parting, where: Whereabouts, batch: Tally) -> int:
    """Drop all that match, queued or dead, and mark those in flight. How many were dropped."""
    dropped, flying = 0, parting.flying
    for row in _matching(batch.connection, where, parting):
        if row[0] in flying:
            batch.connection.execute("UPDATE parcels SET state = ? WHERE seq = ?", (State.WITHDRAWN, row[0]))
        else:
            _discard(batch, row, CONSENT_WITHDRAWN)
            dropped += 1
    return dropped


def _matching(connection: sqlite3.Connection, where: Whereabouts, parting: Parting) -> list[Row]:
    """Those of the visitor that rest on one of the purposes."""
    found: dict[int, Row] = {}
    known_by, bound = parting.known_by, parting.bound
    for first, last in where.spans(connection, known_by, bound):
        rows = connection.execute(f"{_ROWS} WHERE seq BETWEEN ? AND ?", (first, min(last, bound))).fetchall()
        found.update({row[0]: row for row in rows})
    for key in known_by:
        dead = connection.execute(_DEAD, (key, bound))
        found.update({row[0]: row for row in dead.fetchall()})
    return [row for row in found.values() if _rests(row, known_by, parting.purposes)]


def _rests(row: Row, known_by: frozenset[bytes], purposes: Collection[str]) -> bool:
    rests, known = decode_who(row[3])
    return not known_by.isdisjoint(known) and any(purpose in purposes for purpose in rests)


def light(found: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    """The first of these rows, one at least, until their payload is enough for one step. Its bytes are their last
    column."""
    rows, left = list[tuple[Any, ...]](), STEP_BYTES
    # One that was not read to its end would keep the log from being moved, when the disk turns out to be full.
    with closing(found):
        for row in found:
            rows.append(row)
            left -= row[-1]
            if left <= 0:
                break
    return rows


def purge(died_before: int, seen_before: int, step: int, batch: Tally) -> tuple[int, int]:
    """Remove at most `step` each of dead letters and ids that are old enough, and of free pages beyond a few.
    How many rows and pages."""
    rows = light(batch.connection.execute(_OLD, (died_before, step)))
    for seq, container, tag, who, state, _ in rows:
        _discard(batch, (seq, container, tag, who, state), AGED_OUT)
    seen = batch.connection.execute(
        "DELETE FROM seen WHERE (container, id) IN (SELECT container, id FROM seen WHERE at <= ? ORDER BY at LIMIT ?)",
        (seen_before, step),
    ).rowcount
    (free,) = batch.connection.execute("PRAGMA freelist_count").fetchone()
    pages = min(step, max(0, free - _PAGES_KEPT))
    for _ in range(pages):
        batch.connection.execute("PRAGMA incremental_vacuum")  # one page: the sqlite3 module stops after a step
    return len(rows) + seen, pages


def _discard_all(batch: Tally, query: str, value: int) -> None:
    for row in batch.connection.execute(query, (value,)).fetchall():
        _discard(batch, row, CONSENT_WITHDRAWN)


def _discard(batch: Tally, row: Row, reason: str) -> None:
    seq, container, tag, who, state = row
    batch.count(container, tag, Count.DEAD if state == State.DEAD else Count.PENDING, -1)
    batch.connection.execute("DELETE FROM parcels WHERE seq = ?", (seq,))
    # Only dead letters are in `known`.
    batch.connection.executemany("DELETE FROM known WHERE key = ? AND seq = ?", [(k, seq) for k in decode_who(who)[1]])
    batch.drop(container, tag, reason)
