"""The operator's desk: dead letters looked at and sent again, deliveries dropped by hand, each counted."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from msgspec import Struct, structs

from gateway.outbox.claims import Route
from gateway.outbox.codec import DAMAGE, decode
from gateway.outbox.news import News
from gateway.outbox.pen import Pen, nothing
from gateway.outbox.reading import Reading
from gateway.outbox.rows import decode_who, light
from gateway.outbox.schema import Count, State
from gateway.outbox.tally import Tally

BY_OPERATOR = "dropped_by_operator"
TAG_REMOVED = "tag_removed"
UNREADABLE = "unreadable"

_STEP = 500

# `died_at IS NOT NULL` says that the index of the dead will do: a long queue need not be read.
_LETTERS = """SELECT seq, container, tag, reason, accepted_at, died_at, at, attempts, body FROM parcels
    WHERE died_at IS NOT NULL AND state = ?
    AND (? IS NULL OR container = ?) AND (? IS NULL OR tag = ?) AND (? IS NULL OR reason = ?)
    ORDER BY died_at DESC, seq DESC LIMIT ?"""
_REASONS = """SELECT container, tag, reason, count(*) FROM parcels WHERE died_at IS NOT NULL AND state = ?
    GROUP BY container, tag, reason"""
_WAITING = """SELECT DISTINCT container, tag FROM counts AS c WHERE EXISTS
    (SELECT 1 FROM parcels AS p WHERE p.container = c.container AND p.tag = c.tag AND p.state = ?)"""
_LAST = "SELECT coalesce(max(seq), 0) FROM parcels WHERE container = ? AND tag = ? AND state = ?"
_OLDEST = "SELECT accepted_at FROM parcels WHERE container = ? AND tag = ? AND state = ? ORDER BY seq LIMIT 1"
_NEXT = """SELECT seq, who, body, accepted_at, length(body) FROM parcels WHERE container = ? AND tag = ? AND state = ?
    AND seq > ? AND seq <= ? AND (? IS NULL OR reason = ?) ORDER BY seq LIMIT ?"""
_NEWEST = """SELECT max(coalesce((SELECT accepted_at FROM parcels ORDER BY seq DESC LIMIT 1), 0),
    coalesce((SELECT max(at) FROM seen), 0))"""

# One statement: it sees one moment. Each row takes away what its counter counted.
_COUNTED = """SELECT container, tag FROM (
    SELECT container, tag, name, n FROM counts WHERE name IN (?, ?)
    UNION ALL
    SELECT container, tag, CASE state WHEN ? THEN ? ELSE ? END, -count(*) FROM parcels GROUP BY 1, 2, 3)
    GROUP BY container, tag, name HAVING sum(n) <> 0"""

Found = tuple[Any, ...]
"""seq, who, body, accepted_at, bytes of the body."""
Held = Callable[[Route], AbstractAsyncContextManager[Collection[int]]]
"""What is claimed of a tag; nothing more of it is while the context lasts."""


class Letter(Struct, frozen=True, kw_only=True):
    """A dead letter without its payload. `at` is the event's time; `form` is what it holds of the User ID, in the
    words of containers. Times in ms since 1970."""

    seq: int
    container: str
    tag: str
    reason: str
    accepted_at: int
    died_at: int
    at: int
    attempts: int
    form: str


class Batch(Struct, frozen=True, kw_only=True):
    """Which rows of a tag one step is about: those after `after`, up to `last`."""

    route: Route
    state: State
    reason: str | None
    after: int
    last: int


class Done(Struct, frozen=True, kw_only=True):
    """How many were changed, and how many could not be. `reached`: the last row looked at; None: there was none."""

    changed: int = 0
    left: int = 0
    reached: int | None = None


async def letters(reading: Reading, route: Route | None, reason: str | None, limit: int) -> Sequence[Letter]:
    """The newest dead letters, of one tag or of all."""
    container, tag = route or (None, None)
    rows = await reading.find(_LETTERS, (State.DEAD, container, container, tag, tag, reason, reason, limit))
    names = Letter.__struct_fields__[:-1]
    return [Letter(**dict(zip(names, row, strict=False)), form=_form(row[-1])) for row in rows]


async def reasons(reading: Reading) -> Sequence[tuple[str, str, str, int]]:
    """(container, tag, reason, how many dead letters)."""
    return [tuple(row) for row in await reading.find(_REASONS, (State.DEAD,))]


async def newest(reading: Reading) -> int | None:
    """When the newest hit that is still known came, ms since 1970."""
    ((found,),) = await reading.find(_NEWEST, ())
    return int(found) or None


async def miscounted(reading: Reading) -> Sequence[Route]:
    """The tags of which more or less is there than was counted. Every row is looked at: not for every day."""
    rows = await reading.find(_COUNTED, (Count.PENDING, Count.DEAD, State.DEAD, Count.DEAD, Count.PENDING))
    return sorted({(container, tag) for container, tag in rows})


async def journal(reading: Reading) -> str:
    """The file's journal_mode."""
    ((found,),) = await reading.find("PRAGMA journal_mode", ())
    return str(found)


class Desk:
    """What the operator does to the queue. In small steps: hits are taken in between."""

    def __init__(self, pen: Pen, reading: Reading, news: News, held: Held) -> None:
        self.reading = reading
        self._pen = pen
        self._news = news
        self._held = held

    async def waiting(self) -> Collection[Route]:
        """The tags for which something is pending."""
        return {(container, tag) for container, tag in await self.reading.find(_WAITING, (State.PENDING,))}

    async def synchronous(self) -> int:
        """What SQLite says of the connection that writes."""
        return await self._pen.write(_synchronous, 0, nothing)

    async def retry(self, route: Route, reason: str | None) -> Done:
        """Dead letters of a tag are pending again, but for those that nobody can read any more."""
        done = await self._through(_retry, route, State.DEAD, reason)
        self._news.arrive([route])
        return done

    async def drop_dead(self, route: Route, reason: str | None, named: str) -> Done:
        """Dead letters of a tag go, counted as `named`."""
        return await self._through(partial(_drop, named, frozenset()), route, State.DEAD, reason)

    async def drop_pending(self, route: Route, named: str) -> Done:
        """What waits for a tag now goes, counted as `named`, but for what its sender holds at this moment."""
        async with self._held(route) as claimed:
            return await self._through(partial(_drop, named, claimed), route, State.PENDING, None)

    async def bury(self, route: Route, before: int, now: int) -> Done:
        """What has waited for a tag since before then, in its old place, becomes dead letters; ms since 1970."""
        oldest = list(await self.reading.find(_OLDEST, (*route, State.PENDING)))
        if not oldest or oldest[0][0] >= before:
            return Done()
        async with self._held(route) as claimed:
            return await self._through(partial(_bury, before, now, claimed), route, State.PENDING, None)

    async def _through(
        self, job: Callable[[Batch, Tally], Done], route: Route, state: State, reason: str | None
    ) -> Done:
        ((last,),) = await self.reading.find(_LAST, (*route, state))
        step = Batch(route=route, state=state, reason=reason, after=0, last=last)
        changed = left = 0
        while True:
            done = await self._pen.write(partial(job, step), _STEP, nothing)
            changed, left = changed + done.changed, left + done.left
            if done.reached is None:
                return Done(changed=changed, left=left)
            step = structs.replace(step, after=done.reached)


# The jobs, on the writer's thread.


def _synchronous(batch: Tally) -> int:
    (found,) = batch.connection.execute("PRAGMA synchronous").fetchone()
    return int(found)


def _retry(step: Batch, batch: Tally) -> Done:
    rows = _next(step, batch)
    good = [seq for seq, _, body, *_ in rows if _form(body) != UNREADABLE]
    # Their rows in `known` stay: a withdrawal finds them as before.
    batch.connection.executemany(
        "UPDATE parcels SET state = ?, died_at = NULL, reason = NULL WHERE seq = ?",
        [(State.PENDING, seq) for seq in good],
    )
    if good:
        batch.count(*step.route, Count.RETRIED, len(good))
        batch.count(*step.route, Count.DEAD, -len(good))
        batch.count(*step.route, Count.PENDING, len(good))
    return Done(changed=len(good), left=len(rows) - len(good), reached=_reached(rows))


def _drop(named: str, claimed: Collection[int], step: Batch, batch: Tally) -> Done:
    rows = _next(step, batch)
    free = [(seq, decode_who(who)[1]) for seq, who, *_ in rows if seq not in claimed]
    batch.connection.executemany("DELETE FROM parcels WHERE seq = ?", [(seq,) for seq, _ in free])
    batch.connection.executemany(
        "DELETE FROM known WHERE key = ? AND seq = ?", [(key, seq) for seq, known_by in free for key in known_by]
    )
    for _ in free:
        batch.drop(*step.route, named)
        batch.count(*step.route, Count.DEAD if step.state is State.DEAD else Count.PENDING, -1)
    return Done(changed=len(free), left=len(rows) - len(free), reached=_reached(rows))


def _bury(before: int, now: int, claimed: Collection[int], step: Batch, batch: Tally) -> Done:
    rows = _next(step, batch)
    old = [(seq, decode_who(who)[1]) for seq, who, _, accepted, _ in rows if accepted < before and seq not in claimed]
    batch.connection.executemany(
        "UPDATE parcels SET state = ?, died_at = ?, reason = ? WHERE seq = ?",
        [(State.DEAD, now, TAG_REMOVED, seq) for seq, _ in old],
    )
    batch.connection.executemany(
        "INSERT OR IGNORE INTO known VALUES (?, ?)", [(key, seq) for seq, known_by in old for key in known_by]
    )
    batch.count(*step.route, Count.PENDING, -len(old))
    batch.count(*step.route, Count.DEAD, len(old))
    return Done(changed=len(old), left=len(rows) - len(old), reached=_reached(rows))


def _next(step: Batch, batch: Tally) -> list[Found]:
    parameters = (*step.route, step.state, step.after, step.last, step.reason, step.reason, _STEP)
    return light(batch.connection.execute(_NEXT, parameters))


def _reached(rows: Sequence[Found]) -> int | None:
    return rows[-1][0] if rows else None


def _form(body: bytes) -> str:
    try:
        return decode(body).form.word
    except DAMAGE:
        return UNREADABLE
