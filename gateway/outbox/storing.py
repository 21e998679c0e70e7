"""Arrivals into queue.db: all that wait in a few statements."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import chain
from operator import itemgetter

from msgspec import Struct

from gateway.model import Parcel
from gateway.outbox.rows import encode_who
from gateway.outbox.schema import Count
from gateway.outbox.tally import Tally, chunks, insert, marks
from gateway.outbox.whereabouts import PREFIX

Pair = tuple[str, bytes | str]
"""Container and id."""


_COLUMNS = "parcels (seq, container, tag, at, accepted_at, lane, who, body)"
_route = itemgetter(1, 2)


class Entry(Struct, frozen=True, gc=False):
    """One arrival, numbered: its parcels by seq, and (container, tag, reason) of what is dropped."""

    container: str
    id: str | None
    accepted_at: int
    forget_before: int
    parcels: Sequence[tuple[int, Parcel]]
    dropped: Sequence[tuple[str, str, str]]


def store(batch: Tally, entries: Sequence[Entry]) -> list[bool]:
    """For each whether it was new."""
    new = _new(batch.connection, entries)
    stored = [entry for entry, is_new in zip(entries, new, strict=True) if is_new]
    rows = [
        (seq, p.container, p.tag, p.at, entry.accepted_at, p.lane, encode_who((p.rests, p.known_by)), p.body)
        for entry in stored
        for seq, p in entry.parcels
    ]
    insert(batch.connection, _COLUMNS, rows)
    if rows:
        known_by = {parcel.known_by for entry in stored for _, parcel in entry.parcels}
        keys = {key[:PREFIX] for known in known_by for key in known}
        insert(batch.connection, "spans", [(min(rows)[0], max(rows)[0], b"".join(sorted(keys)))])
    for (container, tag), n in Counter(map(_route, rows)).items():
        batch.count(container, tag, Count.ACCEPTED, n)
        batch.count(container, tag, Count.PENDING, n)
    for container, tag, reason in (drop for entry in stored for drop in entry.dropped):
        batch.count(container, tag, Count.ACCEPTED)
        batch.drop(container, tag, reason)
    return new


def _new(connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[bool]:
    """Whether each may be stored: its id was not seen in the time it is remembered. It is from now on."""
    ids = [(entry.container, _compact(entry.id)) if entry.id is not None else None for entry in entries]
    rows = {pair: (*pair, entry.accepted_at) for entry, pair in zip(entries, ids, strict=True) if pair is not None}
    fresh: set[Pair | None] = set()
    for some in chunks(list(rows.values())):
        asked = [*chain.from_iterable(some), entries[0].forget_before]
        fresh.update(connection.execute(_unless_seen(len(some)), asked).fetchall())
    new = []
    for pair in ids:
        new.append(pair is None or pair in fresh)
        # Of two that came together the first one is new.
        fresh.discard(pair)
    return new


@cache
def _unless_seen(rows: int) -> str:
    # One look at the index for both questions: whether it was seen, and where it goes.
    return (
        f"INSERT INTO seen VALUES {marks(rows, 3)} "  # noqa: S608 - our own words
        "ON CONFLICT DO UPDATE SET at = excluded.at WHERE at <= ? RETURNING container, id"
    )


def _compact(hit: str) -> bytes | str:
    try:
        number = bytes.fromhex(hit)
    except ValueError:
        return hit
    return number if number.hex() == hit else hit
