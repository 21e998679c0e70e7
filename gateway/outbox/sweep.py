"""What parcels that are gone have left behind, some rows at a time: hits are taken in between."""

from gateway.outbox.schema import Count, State
from gateway.outbox.tally import Tally

_UPTO = "SELECT max(first), count(*) FROM (SELECT first FROM spans WHERE first > ? ORDER BY first LIMIT ?)"
# Dead letters have rows of their own.
_SWEEP = """DELETE FROM spans WHERE first > ? AND first <= ? AND NOT EXISTS (
    SELECT 1 FROM parcels WHERE seq BETWEEN spans.first AND spans.last AND state <> ?)"""
_RETRIED = "SELECT 1 FROM counts WHERE name = ? AND n > 0 LIMIT 1"
_SOME = "SELECT key, seq FROM known WHERE (key, seq) > (?, ?) ORDER BY key, seq LIMIT ?"
_PARTED = """DELETE FROM known WHERE (key, seq) > (?, ?) AND (key, seq) <= (?, ?)
    AND NOT EXISTS (SELECT 1 FROM parcels WHERE parcels.seq = known.seq)"""

Place = tuple[bytes, int]
"""A row of `known`."""
BEGIN: Place = (b"", 0)


def sweep(after: int, step: int, batch: Tally) -> tuple[int, bool]:
    """Spans of which nothing waits any more, among others of which something does: what waits for a receiver that is
    down keeps no others' spans, which would fill the file and, once somebody withdraws, the memory. Looks at `step`
    spans after this one. The last that it looked at, and whether there may be more."""
    upto, count = batch.connection.execute(_UPTO, (after, step)).fetchone()
    if not count:
        return after, False
    batch.connection.execute(_SWEEP, (after, upto, State.DEAD))
    return int(upto), count == step


def sweep_known(after: Place, step: int, batch: Tally) -> tuple[int, Place | None]:
    """What dead letters were known by that were sent again: they keep it until they are gone. Looks at `step` rows
    after this one. How many went, and the last that it looked at; None: there are no more."""
    if after == BEGIN and not batch.connection.execute(_RETRIED, (Count.RETRIED,)).fetchone():
        return 0, None
    rows = batch.connection.execute(_SOME, (*after, step)).fetchall()
    if not rows:
        return 0, None
    gone = batch.connection.execute(_PARTED, (*after, *rows[-1])).rowcount
    return gone, rows[-1]
