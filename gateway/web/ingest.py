"""Hits → outbox: the whole pure flow between two looks at what is stored. It returns when all is on disk."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex

from msgspec import Struct, structs

from gateway.decide.consent import changed
from gateway.decide.identity import UNSAID
from gateway.decide.prepare import Comer
from gateway.model import (
    Choice,
    Consent,
    Cookie,
    Decision,
    Facts,
    Hit,
    Known,
    Parcel,
)
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Arrival, Full, InFlight
from gateway.people.life import Attendance, Caller, Shown
from gateway.people.visits import Track
from gateway.web.desk import Change, Desk, Look, Stale, Trails
from gateway.web.metrics import Counting
from gateway.web.runtime import Runtime

TRIES = 5
"""How often a hit is decided anew because others changed what is known of its visitor meanwhile."""


class Taken(Struct, frozen=True, kw_only=True):
    """One hit on its way: everything that was found out about it."""

    hit: Hit
    facts: Facts
    decision: Decision
    attendance: Attendance
    arrival: Arrival
    scrubbed: Mapping[str, int]
    choices: Mapping[bytes, Mapping[str, Choice]]


class CookieChange(Struct, frozen=True):
    """What becomes of the visitor cookie: a new one, or none any more."""

    cookie: Cookie | None


Watch = Callable[[Runtime, Taken], None]


class Ingest:
    """The flow of hits of all containers. `watch` is told of each hit that was stored."""

    def __init__(self, desk: Desk, metrics: Counting, watch: Watch | None = None) -> None:
        self._desk = desk
        self._metrics = metrics
        self._watch = watch

    async def accept(self, runtime: Runtime, hits: Sequence[Hit]) -> CookieChange | None:
        """Stores what every tag gets of these hits, which one request brought. Raises OutboxError, StoreError."""
        for _ in range(TRIES):
            with suppress(Stale):
                return await self._accept(runtime, hits)
        raise Full("too many hits of this visitor come at the same moment")

    async def _accept(self, runtime: Runtime, hits: Sequence[Hit]) -> CookieChange | None:
        callers = [runtime.attendant.caller(hit, runtime.observer.identify(hit)) for hit in hits]
        look = await self._desk.look(runtime, {key for one in callers for key in one.shown.keys}, hits)
        taken = self._take(runtime, callers, look)
        stored = await self._desk.store(look, _change(runtime, taken))
        await self._discard(look.known, taken)
        self._tell(runtime, [one for one, new in zip(taken, stored, strict=True) if new])
        return _cookie_change(hits[0].cookie, taken)

    def _take(self, runtime: Runtime, callers: Sequence[Caller], look: Look) -> list[Taken]:
        """In order of arrival; each hit sees what the one before it changed."""
        lives, choices = dict(look.known.lives), dict(look.known.choices)
        cookie, ids = callers[0].hit.cookie, set[str]()
        out = []
        for came in callers:
            repeated = came.hit.id is not None and (came.hit.id in ids or look.repeats.has(came.hit))
            caller = _again(runtime, came, cookie, repeated=repeated)
            one = self._one(runtime, caller, look, Known(lives, choices), repeated=repeated)
            lives |= one.attendance.lives
            choices |= one.choices
            cookie = one.attendance.cookie or cookie
            if came.hit.id:
                ids.add(came.hit.id)
            out.append(one)
        return out

    def _one(self, runtime: Runtime, caller: Caller, look: Look, known: Known, *, repeated: bool) -> Taken:
        hit, shown = caller.hit, caller.shown
        kept = [known.choices[key] for key in shown.keys if key in known.choices] if known.choices else ()
        claim = runtime.observer.cookie_choice(hit)
        visit = _visit(runtime, caller, look.visits) if runtime.observer.draws else ""
        facts = runtime.observer.observe(hit, caller.identity, claim, kept, visit=visit)
        decision = runtime.decider.decide(facts)
        attendance = runtime.attendant.attend(caller, decision, known.lives, partial(_day, runtime, hit, look))
        decision = runtime.limits.apply(decision, hit.at, attendance.visitor)
        arrival, scrubbed = Arrival(container=hit.container, id=hit.id), dict[str, int]()
        if not repeated:
            arrival, scrubbed = self._arrival(runtime, hit, facts, decision, attendance, visits=look.visits)
        return Taken(
            hit=hit,
            facts=facts,
            decision=decision,
            attendance=attendance,
            arrival=arrival,
            scrubbed=scrubbed,
            choices=_choices(hit, shown, claim, known),
        )

    def _arrival(
        self, runtime: Runtime, hit: Hit, facts: Facts, decision: Decision, attendance: Attendance, *, visits: Trails
    ) -> tuple[Arrival, dict[str, int]]:
        comer = Comer(
            visitor=attendance.visitor,
            session=attendance.session,
            before=attendance.before,
            number=hit.id or token_hex(16),
        )
        sheet = runtime.preparer.sheet(hit, facts, comer)
        track = Track(
            container=hit.container,
            chain=attendance.chain,
            browser=visits.fingerprint(hit.ip, hit.user_agent),
            arrived=hit.arrived,
            late=attendance.late,
            changed=bool(attendance.session),
        )
        trail = visits.trail(track)
        user = runtime.container.user_id
        named = user is not None and user.at_login == "new_visit"
        remembered = attendance.cookie or (decision.remember and hit.visitor)
        parcels, scrubbed = [], {}
        for tag in decision.tags:
            if not tag.sent:
                continue
            visitor = sheet.visitor(tag.tag, tag.form)
            new_visit = trail.begins(tag.tag, visitor, tag.form, named=named)
            delivery, count = sheet.delivery(tag, visitor, new_visit=new_visit)
            rests = tag.rests | decision.remember_rests if remembered else tag.rests
            parcels.append(
                Parcel(
                    container=hit.container,
                    tag=tag.tag,
                    lane=attendance.chain or attendance.visitor,
                    body=encode(delivery),
                    at=hit.at,
                    rests=tuple(sorted(rests)),
                    known_by=attendance.known_by,
                )
            )
            if count:
                scrubbed[tag.tag] = count
        return Arrival(container=hit.container, id=hit.id, parcels=tuple(parcels)), scrubbed

    async def _discard(self, known: Known, taken: Sequence[Taken]) -> None:
        """A refusal that a hit brought discards what is queued and rested on it, as a withdrawal does. Where it was
        refused before nothing can have come since."""
        kept, keys, purposes = dict(known.choices), set[bytes](), set[str]()
        for one in taken:
            for key, choices in one.choices.items():
                refused = _refused(choices) - _refused(kept.get(key, {}))
                keys |= {key} if refused else set()
                purposes |= refused
            kept |= one.choices
        if purposes:
            try:
                await self._desk.withdraw(sorted(keys), sorted(purposes), 0)
            except InFlight:
                return

    def _tell(self, runtime: Runtime, taken: Sequence[Taken]) -> None:
        for one in taken:
            self._metrics.hit(one.hit, one.facts, one.decision, one.scrubbed)
            if self._watch:
                self._watch(runtime, one)


def _day(runtime: Runtime, hit: Hit, look: Look) -> bytes | None:
    if runtime.container.visitor.without_cookie != "day_number" or not hit.ip:
        return None
    day = datetime.fromtimestamp(hit.arrived / 1000, UTC).date()
    return look.day_number.of(day, runtime.container.name, hit.ip, hit.user_agent or "")


def _visit(runtime: Runtime, caller: Caller, visits: Trails) -> str:
    """By the visitor, else by address and browser as the day's number is, else by the page."""
    hit, shown = caller.hit, caller.shown
    keys = [key for key in (shown.cookie, shown.server, shown.page) if key]
    if runtime.container.visitor.without_cookie == "day_number" and hit.ip and not (hit.cookie or shown.server):
        keys.append(visits.fingerprint(hit.ip, hit.user_agent))
    return visits.number(hit.container, keys, hit.arrived)


def _change(runtime: Runtime, taken: Sequence[Taken]) -> Change:
    return Change(
        container=runtime.container.name,
        lives={key: life for one in taken for key, life in one.attendance.lives.items()},
        choices={key: choice for one in taken for key, choice in one.choices.items()},
        hits=[one.hit for one in taken],
        arrivals=[one.arrival for one in taken],
    )


def _again(runtime: Runtime, caller: Caller, cookie: Cookie | None, *, repeated: bool) -> Caller:
    """With the cookie that the hits before it left. A hit that is repeated happens to nobody again, but its cookie may
    not have arrived."""
    if not repeated and cookie is caller.hit.cookie:
        return caller
    hit = structs.replace(caller.hit, cookie=cookie, reset=caller.hit.reset and not repeated)
    return runtime.attendant.caller(hit, UNSAID if repeated else caller.identity)


def _refused(choices: Mapping[str, Choice]) -> set[str]:
    return {purpose for purpose, choice in choices.items() if choice.state is Consent.REFUSED}


def _choices(hit: Hit, shown: Shown, read: Mapping[str, bool], known: Known) -> dict[bytes, Mapping[str, Choice]]:
    """What is to be kept of the choice a hit claims: of the cookie's device, of the person if it has a time, and
    wherever something is kept of this visitor already."""
    claim = {**read, **{purpose: granted and read.get(purpose, True) for purpose, granted in hit.consent.items()}}
    own = (shown.cookie, shown.page, shown.server)
    keys = [key for key in own if key and key in known.choices] if known.choices else []
    keys += [shown.cookie] if hit.cookie and shown.cookie else []
    keys += [shown.person] if shown.person and hit.consent_at is not None else []
    found = {
        key: changed(known.choices.get(key, {}), claim, hit.consent_at, hit.arrived) for key in dict.fromkeys(keys)
    }
    return {key: {**known.choices.get(key, {}), **new} for key, new in found.items() if new}


def _cookie_change(shown: Cookie | None, taken: Sequence[Taken]) -> CookieChange | None:
    """By the last hit that says something about it."""
    for one in reversed(taken):
        if one.attendance.cookie:
            return CookieChange(one.attendance.cookie) if one.attendance.cookie != shown else None
        if Consent.REFUSED in one.facts.consent.values() and not one.decision.remember:
            return CookieChange(None) if shown else None
    return None
