"""How a queue of an older schema becomes one of the next. A step never changes once it was released."""

import sqlite3

from msgspec import msgpack

from gateway.outbox.codec import DAMAGE

_who = msgpack.Decoder(tuple[tuple[str, ...], tuple[bytes, ...]]).decode

_SPAN = 64


def to_spans(connection: sqlite3.Connection) -> None:
    """1 → 2: what waiting parcels are known by moves from a row for each key to one for some parcels; `known` is of
    dead letters only."""
    connection.execute("CREATE TABLE spans (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, keys BLOB NOT NULL)")
    last = 0
    while rows := connection.execute(
        "SELECT seq, who FROM parcels WHERE state IN (0, 2) AND seq > ? ORDER BY seq LIMIT ?", (last, _SPAN)
    ).fetchall():
        first, last = rows[0][0], rows[-1][0]
        keys = sorted({key[:8] for _, who in rows for key in _known_by(who)})
        connection.execute("INSERT INTO spans VALUES (?, ?, ?)", (first, last, b"".join(keys)))
    connection.execute("DELETE FROM known WHERE seq NOT IN (SELECT seq FROM parcels WHERE state = 1)")


def _known_by(told: bytes) -> tuple[bytes, ...]:
    # One that nobody can read is not sent (outbox/reading.py): it must not keep the others.
    try:
        return _who(told)[1]
    except DAMAGE:
        return ()
