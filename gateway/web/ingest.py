"""Hits → outbox: the whole pure flow between two looks at what is stored. It returns when all is on disk."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache, partial
from secrets import token_hex

from msgspec import Struct, structs

from gateway.decide.consent import claimed
from gateway.decide.effort import Effort
from gateway.decide.identity import UNSAID
from gateway.decide.limits import nothing
from gateway.decide.prepare import Comer
from gateway.decide.rests import NONE, Purposes
from gateway.model import (
    Choice,
    Consent,
    Cookie,
    Decision,
    Facts,
    Hit,
    Json,
    Known,
    Life,
    Parcel,
)
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Arrival, Full, InFlight
from gateway.people.choices import chosen, refused
from gateway.people.life import Attendance, Caller
from gateway.people.once import counted
from gateway.people.visits import Track
from gateway.web.desk import Change, Desk, Look, Stale, Trails
from gateway.web.metrics import Counting
from gateway.web.runtime import Runtime
from gateway.web.told import Told, outcomes

TRIES = 5
"""How often a hit is decided anew because others changed what is known of its visitor meanwhile."""


class Seen(Struct, frozen=True, gc=False):
    """One hit, what is known of it, and what is decided."""

    hit: Hit
    facts: Facts
    decision: Decision
    attendance: Attendance


class Taken(Seen, frozen=True, gc=False):
    """And what comes of it."""

    arrival: Arrival
    scrubbed: Mapping[str, int]
    choices: Mapping[bytes, Mapping[str, Choice]]
    told: Told = {}


Refusals = Mapping[frozenset[bytes], set[str]]
"""Of what, by those who refuse it; somebody under all that they are known by."""


class CookieChange(Struct, frozen=True):
    """What becomes of the visitor cookie: a new one, or none any more."""

    cookie: Cookie | None


class Answered(Struct, frozen=True):
    """What the answer to a page's hits says: about its cookie, and which tags it is to run with what."""

    cookie: CookieChange | None
    told: Sequence[Json] = ()


Watch = Callable[[Runtime, Taken], None]


class Ingest:
    """The flow of hits of all containers. `watch` is told of each hit that was stored."""

    def __init__(self, desk: Desk, metrics: Counting, watch: Watch | None = None) -> None:
        self._desk = desk
        self._metrics = metrics
        self._watch = watch

    def watched(self, watch: Watch) -> "Ingest":
        """The same flow, of which another one is told."""

        def both(runtime: Runtime, taken: Taken) -> None:
            watch(runtime, taken)
            if self._watch:
                self._watch(runtime, taken)

        return Ingest(self._desk, self._metrics, both)

    async def accept(self, runtime: Runtime, hits: Sequence[Hit]) -> CookieChange | None:
        """As `take`, of hits whose answer no page reads."""
        return (await self.take(runtime, hits, page=False)).cookie

    async def take(self, runtime: Runtime, hits: Sequence[Hit], *, page: bool = True) -> Answered:
        """Stores what every tag gets of these hits, which one request brought. Raises OutboxError, StoreError."""
        callers, keys = [], list[bytes]()
        for hit in hits:
            caller = runtime.attendant.caller(hit, runtime.observer.identify(hit))
            callers.append(caller)
            keys += caller.shown.keys
        discarded = False
        for _ in range(TRIES):
            look = await self._desk.look(runtime, keys, hits)
            taken = _take(runtime, callers, look)
            change = _change(runtime, taken)
            refusals = _refusals(look.known, taken) if change.choices else {}
            if refusals and not discarded:
                # Also before it is kept: where the hit is not taken in the end and comes again, it is no news any more.
                self._desk.leave(look)
                await self._discard(refusals)
                discarded = True
                continue
            try:
                stored = await self._desk.store(look, change)
            except Stale:
                continue
            finally:
                # Whatever became of the hit: the refusal may be kept, and others may have come before it was.
                if refusals:
                    await self._discard(refusals)
            told: list[Json] = []
            for one, new in zip(taken, stored, strict=True):
                # What was stored before was told before: nothing runs twice.
                if new:
                    self._tell(runtime, one, page=page)
                    told += [said for said in one.told.values() if said is not None] if page and one.told else ()
            return Answered(_cookie_change(hits[0].cookie, taken), told)
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
        one = _one(runtime, caller, look, known, first=came if repeated else None, effort=effort)
        if one.attendance.lives or one.choices:
            known = Known({**known.lives, **one.attendance.lives}, {**known.choices, **one.choices})
        cookie = one.attendance.cookie or cookie
        if hit.id:
            ids.add(hit.id)
        out.append(one)
    return out


def _one(runtime: Runtime, caller: Caller, look: Look, known: Known, *, first: Caller | None, effort: Effort) -> Taken:
    """`first`: of a hit that is repeated, who came with it. What it is decided by is what it was the first time: its
    answer may give a cookie."""
    hit, shown, observer, who = caller.hit, caller.shown, runtime.observer, first or caller
    repeated = first is not None
    heirs = runtime.attendant.heirs(shown, known.lives) if known.lives else []
    keys = dict.fromkeys((*who.shown.keys, *shown.keys, *heirs)) if known.choices else ()
    kept = [known.choices[key] for key in keys if key in known.choices]
    read = observer.cookie_choice(hit)
    visit = _visit(runtime, caller, look.visits) if observer.draws or runtime.once else ""
    facts = observer.observe(hit, who.identity, read, kept, visit=visit)
    decision = runtime.decider.decide(facts)
    parted = _parted(runtime, hit, facts, decision, known)
    if parted:
        known = structs.replace(known, lives={**known.lives, **parted})
    attendance = runtime.attendant.attend(caller, decision, known.lives, partial(_day, runtime, hit, look))
    if parted:
        attendance = structs.replace(attendance, lives={**parted, **attendance.lives})
    decision = runtime.limits.apply(decision, hit.at, attendance.visitor)
    if hit.event in runtime.once and not repeated and any(tag.sent for tag in decision.tags):
        decision, attendance = _once(runtime, caller, decision, attendance, known=known, visit=visit, look=look)
    scrubbed: dict[str, int] = {}
    seen = Seen(hit, facts, decision, attendance)
    parcels, told = ((), _NOTHING) if repeated else _sent(runtime, seen, look.visits, scrubbed, effort)
    arrival = Arrival(container=hit.container, id=hit.id, parcels=parcels)
    new = attendance.cookie if attendance.cookie is not hit.cookie else None
    holds = runtime.keys.lookup.cookie(new.visitor) if new else None
    choices = chosen(hit, shown, [*heirs, holds] if holds else heirs, claimed(hit, read), known.choices)
    return Taken(hit, facts, decision, attendance, arrival, scrubbed, choices, told)


def _ends_cookie(facts: Facts, decision: Decision) -> bool:
    return Consent.REFUSED in facts.consent.values() and not decision.remember


def _parted(runtime: Runtime, hit: Hit, facts: Facts, decision: Decision, known: Known) -> Mapping[bytes, Life]:
    """What the page is to know of who was signed in, where this hit ends the cookie that knew it."""
    if not (hit.cookie and hit.page and known.lives and _ends_cookie(facts, decision)):
        return {}
    return runtime.attendant.parted(hit.cookie.visitor, hit.page, known.lives)


_NOTHING: Told = {}


def _sent(
    runtime: Runtime, seen: Seen, visits: Trails, scrubbed: dict[str, int], effort: Effort
) -> tuple[tuple[Parcel, ...], Told]:
    """What every tag gets, and what the page is told; `scrubbed` is told how many known values were taken out."""
    hit, came, tags = seen.hit, seen.attendance, seen.decision.tags
    comer = Comer(came.visitor, came.session, hit.id or token_hex(16), came.before)
    sheet = runtime.preparer.sheet(hit, seen.facts, comer, effort)
    browser = visits.fingerprint(hit.ip, hit.user_agent)
    user = runtime.container.user_id
    named = user is not None and user.at_login == "new_visit"
    trail = visits.trail(Track(hit.container, came.chain, browser, hit.arrived, came.late, bool(came.session), named))
    remembered = came.cookie or (seen.decision.remember and hit.visitor)
    lane, more = came.chain or came.visitor, seen.decision.remember_rests if remembered else NONE
    parcels, told, runners = [], {}, runtime.runners
    container, at, known_by, make, begins = hit.container, hit.at, came.known_by, sheet.delivery, trail.begins
    for tag in tags:
        if not tag.sent:
            continue
        name = tag.tag
        if name in runners:
            told[name], count = runners[name].tell(hit, tag, sheet)
        else:
            delivery, count = make(tag, begins)
            parcels.append(Parcel(container, name, lane, encode(delivery), at, _in_order(tag.rests, more), known_by))
        if count:
            scrubbed[name] = count
    return tuple(parcels), told


@lru_cache(256)
def _in_order(rests: Purposes, more: Purposes) -> tuple[str, ...]:
    return tuple(sorted(rests | more))


def _day(runtime: Runtime, hit: Hit, look: Look) -> bytes | None:
    if runtime.container.visitor.without_cookie != "day_number" or not hit.ip:
        return None
    day = datetime.fromtimestamp(hit.arrived / 1000, UTC).date()
    return look.day_number.of(day, runtime.container.name, hit.ip, hit.user_agent or "")


def _visit(runtime: Runtime, caller: Caller, visits: Trails) -> str:
    """By the visitor, else by address and browser as the day's number is, else by the page."""
    return visits.number(caller.hit.container, _followed(runtime, caller, visits), caller.hit.arrived)


def _followed(runtime: Runtime, caller: Caller, visits: Trails) -> list[bytes]:
    hit, shown = caller.hit, caller.shown
    keys = [key for key in (shown.cookie, shown.server, shown.page) if key]
    if runtime.container.visitor.without_cookie == "day_number" and hit.ip and not (hit.cookie or shown.server):
        keys.append(visits.fingerprint(hit.ip, hit.user_agent))
    return keys


def _once(
    runtime: Runtime,
    caller: Caller,
    decision: Decision,
    attendance: Attendance,
    *,
    known: Known,
    visit: str,
    look: Look,
) -> tuple[Decision, Attendance]:
    """Of an event that counts once a visit or a visitor. Who has no number that lasts is known for a visit only."""
    hit, limit = caller.hit, runtime.once[caller.hit.event]
    lasts = attendance.chain and (attendance.cookie or attendance.chain == caller.shown.server)
    if limit == "once_per_visitor" and lasts:
        if kept := counted(hit.event, attendance, known.lives):
            return decision, kept
    elif look.visits.first(hit.container, _followed(runtime, caller, look.visits), hit.event, visit, hit.arrived):
        return decision, attendance
    return nothing(decision, f"{limit}, and it was counted before"), attendance


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
        if _ends_cookie(one.facts, one.decision):
            return CookieChange(None) if shown else None
    return None
