"""Hits → outbox: the whole pure flow between two looks at what is stored. It returns when all is on disk."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct, structs

from gateway.decide.effort import Effort
from gateway.decide.identity import UNSAID
from gateway.intake.snippet import Rejected
from gateway.model import (
    Choice,
    Cookie,
    Hit,
    Json,
    Known,
    Life,
)
from gateway.outbox.protocol import Full, InFlight, OutboxError
from gateway.people.choices import refused
from gateway.people.life import Caller
from gateway.store.protocol import StoreError
from gateway.web.desk import Change, Desk, Look, Stale
from gateway.web.flow import Came, Taken, decide, ends_cookie, prepare
from gateway.web.metrics import Counting
from gateway.web.runtime import Runtime
from gateway.web.together import Order, Read, Together
from gateway.web.told import outcomes

TRIES = 5
"""How often a hit is decided anew because others changed what is known of its visitor meanwhile."""


Refusals = Mapping[frozenset[bytes], set[str]]
"""Of what, by those who refuse it; somebody under all that they are known by."""


class CookieChange(Struct, frozen=True):
    """What becomes of the visitor cookie: a new one, or none any more."""

    cookie: Cookie | None


class Answered(Struct, frozen=True):
    """What the answer to a page's hits says: about its cookie, which tags it is to run with what, and which hits could
    not be read."""

    cookie: CookieChange | None
    told: Sequence[Json] = ()
    rejected: Sequence[Rejected] = ()


Watch = Callable[[Runtime, Taken], None]


class Ingest:
    """The flow of hits of all containers. `watch` is told of each hit that was stored; `together` takes those that need
    not go alone."""

    def __init__(
        self, desk: Desk, metrics: Counting, watch: Watch | None = None, together: Together | None = None
    ) -> None:
        self._desk = desk
        self._metrics = metrics
        self._watch = watch
        self._together = together

    def watched(self, watch: Watch) -> "Ingest":
        """The same flow, of which another one is told."""

        def both(runtime: Runtime, taken: Taken) -> None:
            watch(runtime, taken)
            if self._watch:
                self._watch(runtime, taken)

        return Ingest(self._desk, self._metrics, both, self._together)

    async def accept(self, runtime: Runtime, hits: Sequence[Hit]) -> CookieChange | None:
        """As `take`, of hits whose answer no page reads."""
        return (await self.take(runtime, hits, page=False)).cookie

    async def take(self, runtime: Runtime, hits: Sequence[Hit], *, page: bool = True) -> Answered:
        """As `read`, of hits that are read."""
        return await self.read(runtime, lambda: (hits, ()), page=page)

    async def read(self, runtime: Runtime, read: Read, *, page: bool = True) -> Answered:
        """Stores what every tag gets of the hits that one request brought. Raises BadHit, OutboxError, StoreError."""
        order = Order(runtime, read)
        if not (self._together and await self._together.take(order)):
            await self._alone(order)
        told: list[Json] = []
        for one, new in zip(order.taken, order.news, strict=True):
            # What was stored before was told before: nothing runs twice.
            if new:
                self._tell(runtime, one, page=page)
                told += [said for said in one.told.values() if said is not None] if page and one.told else ()
        return Answered(_cookie_change(order.hits[0].cookie, order.taken), told, order.rejected)

    async def _alone(self, order: Order) -> None:
        if not order.hits:
            order.open()
        runtime, hits = order.runtime, order.hits
        callers, keys = [], list[bytes]()
        for hit in hits:
            caller = runtime.attendant.caller(hit, runtime.observer.identify(hit))
            callers.append(caller)
            keys += caller.shown.keys
        discarded = False
        for _ in range(TRIES):
            look = await self._desk.look(runtime, keys, hits)
            order.taken = _take(runtime, callers, look)
            change = _change(runtime, order.taken)
            refusals = _refusals(look.known, order.taken) if change.choices else {}
            if refusals and not discarded:
                # Also before it is kept: where the hit is not taken in the end and comes again, it is no news any more.
                look.visits.undo()
                await self._discard(refusals)
                discarded = True
                continue
            try:
                order.news = await self._desk.store(look, change)
            except Stale:
                continue
            except (OutboxError, StoreError):
                look.visits.undo()
                raise
            finally:
                # Whatever became of the hit: the refusal may be kept, and others may have come before it was.
                if refusals:
                    await self._discard(refusals)
            return
        raise Full("too many hits of this visitor come at the same moment")

    def _tell(self, runtime: Runtime, stored: Taken, *, page: bool) -> None:
        self._metrics.hit(stored.hit, stored.facts, stored.decision, stored.scrubbed)
        if stored.told:
            self._metrics.run(stored.hit.container, outcomes(stored.told, page=page))
        if self._watch:
            self._watch(runtime, stored)

    async def _discard(self, refusals: Refusals) -> None:
        """What is queued and rested on it, as a withdrawal does."""
        for keys, purposes in refusals.items():
            with suppress(InFlight):
                await self._desk.withdraw(sorted(keys), sorted(purposes), 0)


def _take(runtime: Runtime, callers: Sequence[Caller], look: Look) -> list[Taken]:
    """In order of arrival; each hit sees what the one before it changed."""
    known, cookie, ids, effort = look.known, callers[0].hit.cookie, set[str](), Effort()
    out = []
    for came in callers:
        hit = came.hit
        repeated = hit.id is not None and (hit.id in ids or look.repeats.has(hit))
        caller = _again(runtime, came, cookie, repeated=repeated) if repeated or cookie is not hit.cookie else came
        (one,) = decide([Came(runtime, caller, look, known, effort, came if repeated else None)])
        if one.changes:
            known = Known({**known.lives, **one.attendance.lives}, {**known.choices, **one.choices})
        cookie = one.attendance.cookie or cookie
        if hit.id:
            ids.add(hit.id)
        out += prepare([one])
    return out


def _change(runtime: Runtime, taken: Sequence[Taken]) -> Change:
    lives: dict[bytes, Life] = {}
    choices: dict[bytes, Mapping[str, Choice]] = {}
    for one in taken:
        if one.attendance.lives:
            lives |= one.attendance.lives
        if one.choices:
            choices |= one.choices
    return Change(
        container=runtime.container.name,
        lives=lives,
        choices=choices,
        hits=[one.hit for one in taken],
        arrivals=[one.arrival for one in taken],
    )


def _again(runtime: Runtime, caller: Caller, cookie: Cookie | None, *, repeated: bool) -> Caller:
    """With the cookie that the hits before it left. A hit that is repeated happens to nobody again, but its cookie may
    not have arrived."""
    hit = structs.replace(caller.hit, cookie=cookie, reset=caller.hit.reset and not repeated)
    return runtime.attendant.caller(hit, UNSAID if repeated else caller.identity)


def _refusals(known: Known, taken: Sequence[Taken]) -> Refusals:
    """What these hits refuse that was not refused before, under all that their visitor is known by: where it was
    nothing can have come since."""
    kept, found = dict(known.choices), dict[frozenset[bytes], set[str]]()
    for one in taken:
        new = {key: refused(choices) - refused(kept.get(key, {})) for key, choices in one.choices.items()}
        if purposes := set[str]().union(*new.values()):
            # One request may tell of many people.
            keys = frozenset((*(key for key in new if new[key]), *one.attendance.known_by))
            found.setdefault(keys, set()).update(purposes)
        kept |= one.choices
    return found


def _cookie_change(shown: Cookie | None, taken: Sequence[Taken]) -> CookieChange | None:
    """By the last hit that says something about it."""
    for one in reversed(taken):
        if one.attendance.cookie:
            return CookieChange(one.attendance.cookie) if one.attendance.cookie != shown else None
        if ends_cookie(one.facts, one.decision):
            return CookieChange(None) if shown else None
    return None
