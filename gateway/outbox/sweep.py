"""Spans of which nothing waits any more, among others of which something does: what waits for a receiver that is down
keeps no others' spans, which would fill the file and, once somebody withdraws, the memory."""

from gateway.outbox.schema import State
from gateway.outbox.tally import Tally

_UPTO = "SELECT max(first), count(*) FROM (SELECT first FROM spans WHERE first > ? ORDER BY first LIMIT ?)"
# Dead letters have rows of their own.
_SWEEP = """DELETE FROM spans WHERE first > ? AND first <= ? AND NOT EXISTS (
    SELECT 1 FROM parcels WHERE seq BETWEEN spans.first AND spans.last AND state <> ?)"""


def sweep(after: int, step: int, batch: Tally) -> tuple[int, bool]:
    """Looks at `step` spans after this one. The last that it looked at, and whether there may be more."""
    upto, count = batch.connection.execute(_UPTO, (after, step)).fetchone()
    if not count:
        return after, False
    batch.connection.execute(_SWEEP, (after, upto, State.DEAD))
    return int(upto), count == step
