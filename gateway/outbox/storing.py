"""Arrivals into queue.db: all that wait in a few statements."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from msgspec import Struct

from gateway.model import Parcel
from gateway.outbox.rows import PREFIX, encode_who
from gateway.outbox.schema import Count, State
from gateway.outbox.tally import Tally, chunks, insert, marks

Pair = tuple[str, bytes | str]
"""Container and id."""


class Entry(Struct, frozen=True, kw_only=True):
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
    parcels = [(seq, entry.accepted_at, parcel) for entry in stored for seq, parcel in entry.parcels]
    insert(batch.connection, "parcels", [_row(*each) for each in parcels])
    if parcels:
        keys = {key[:PREFIX] for *_, parcel in parcels for key in parcel.known_by}
        numbers = [seq for seq, *_ in parcels]
        insert(batch.connection, "spans", [(min(numbers), max(numbers), b"".join(sorted(keys)))])
    for (container, tag), n in Counter((parcel.container, parcel.tag) for *_, parcel in parcels).items():
        batch.count(container, tag, Count.ACCEPTED, n)
        batch.count(container, tag, Count.PENDING, n)
    for container, tag, reason in (drop for entry in stored for drop in entry.dropped):
        batch.count(container, tag, Count.ACCEPTED)
        batch.drop(container, tag, reason)
    return new


def _new(connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[bool]:
    """Whether each may be stored: its id was not seen in the time it is remembered. It is from now on."""
    ids = [(entry.container, _compact(entry.id)) if entry.id is not None else None for entry in entries]
    named = dict.fromkeys(filter(None, ids))
    seen = {pair for some in chunks(list(named)) for pair in _seen(connection, some, entries[0].forget_before)}
    rows, new = [], []
    for entry, pair in zip(entries, ids, strict=True):
        new.append(pair is None or pair not in seen)
        if pair is not None and new[-1]:
            seen.add(pair)
            rows.append((*pair, entry.accepted_at))
    insert(connection, "seen", rows, "ON CONFLICT DO UPDATE SET at = excluded.at")
    return new


def _seen(connection: sqlite3.Connection, pairs: Sequence[Pair], forget_before: int) -> Iterable[Pair]:
    return connection.execute(_query(len(pairs)), [*chain.from_iterable(pairs), forget_before]).fetchall()


@cache
def _query(pairs: int) -> str:
    asked = f"WITH asked (container, id) AS (VALUES {marks(pairs, 2)})"
    return f"{asked} SELECT s.container, s.id FROM asked CROSS JOIN seen s USING (container, id) WHERE s.at > ?"  # noqa: S608


def _compact(hit: str) -> bytes | str:
    try:
        number = bytes.fromhex(hit)
    except ValueError:
        return hit
    return number if number.hex() == hit else hit


def _row(seq: int, accepted_at: int, parcel: Parcel) -> tuple[Any, ...]:
    who = encode_who((parcel.rests, parcel.known_by))
    p = parcel
    return (seq, p.container, p.tag, State.PENDING, p.at, accepted_at, 0, None, None, p.lane, who, p.body)
