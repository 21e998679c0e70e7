"""What is in queue.db: parcels, what their visitors are known by, hit ids seen, counters."""

from enum import IntEnum, StrEnum

from gateway.outbox.steps import to_spans
from gateway.store.database import Schema


class State(IntEnum):
    """The state of a stored parcel. WITHDRAWN ones were in flight when their consent was withdrawn."""

    PENDING = 0
    DEAD = 1
    WITHDRAWN = 2


class Count(StrEnum):
    """The counters. PENDING and DEAD tell how many rows there are, so that nobody has to count them; those of dropped
    parcels carry the reason after the prefix."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    DEAD = "dead"
    DELIVERED = "delivered"
    ATTEMPTS = "attempts"
    AMBIGUOUS = "ambiguous"
    RETRIED = "retried"
    DROPPED = "dropped:"


SCHEMA = Schema(
    version=2,
    tables=frozenset({"parcels", "spans", "known", "seen", "counts"}),
    statements=(
        # `who` is (rests, known_by) as MessagePack.
        """CREATE TABLE parcels (
            seq INTEGER PRIMARY KEY, container TEXT NOT NULL, tag TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0,
            at INTEGER NOT NULL, accepted_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            died_at INTEGER, reason TEXT, lane BLOB NOT NULL, who BLOB NOT NULL, body BLOB NOT NULL)""",
        "CREATE INDEX parcels_by_tag ON parcels (container, tag, state, seq)",
        "CREATE INDEX parcels_by_death ON parcels (died_at) WHERE died_at IS NOT NULL",
        # What the parcels of one batch are known by, first bytes only, one behind the other: written with every hit and
        # read with each withdrawal. A row for each key would be the dearest part of a hit.
        "CREATE TABLE spans (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, keys BLOB NOT NULL)",
        # The same of dead letters, which outlive their spans.
        "CREATE TABLE known (key BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) WITHOUT ROWID",
        # An id is 16 bytes if it is a UUID, else its text; without a declared type the two are never equal.
        "CREATE TABLE seen (container TEXT NOT NULL, id NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (container, id))"
        " WITHOUT ROWID",
        "CREATE INDEX seen_by_time ON seen (at)",
        """CREATE TABLE counts (container TEXT NOT NULL, tag TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL,
            PRIMARY KEY (container, tag, name)) WITHOUT ROWID""",
    ),
    steps={1: to_spans},
)
