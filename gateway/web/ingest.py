"""Hits → outbox: the whole pure flow between two looks at what is stored. It returns when all is on disk."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex

from msgspec import Struct, structs

from gateway.decide.consent import changed
from gateway.decide.identity import UNSAID
from gateway.decide.prepare import Comer
from gateway.language.questions import Answered
from gateway.model import (
    Choice,
    Consent,
    Cookie,
    Decision,
    Facts,
    Form,
    Hit,
    Identity,
    Known,
    Parcel,
    TagDecision,
)
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Arrival, Full, InFlight
from gateway.people.life import Attendance
from gateway.web.desk import Change, Desk, Look, Seen, Stale
from gateway.web.metrics import Counting
from gateway.web.runtime import Runtime

TRIES = 5
"""How often a hit is decided anew because others changed what is known of its visitor meanwhile."""


class Taken(Struct, frozen=True, kw_only=True):
    """One hit on its way: everything that was found out about it."""

    hit: Hit
    facts: Facts
    decision: Decision
    answered: Answered
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
        identities = [runtime.observer.identify(hit) for hit in hits]
        look = await self._desk.look(runtime, self._keys(runtime, hits, identities), hits)
        taken = self._take(runtime, hits, identities, look)
        choices = {key: choice for one in taken for key, choice in one.choices.items()}
        stored = await self._desk.store(look, _change(runtime, taken, choices))
        await self._discard(choices)
        self._tell(runtime, [one for one, new in zip(taken, stored, strict=True) if new])
        return _cookie_change(hits[0].cookie, taken)

    def _keys(self, runtime: Runtime, hits: Sequence[Hit], identities: Sequence[Identity]) -> set[bytes]:
        return {key for hit, who in zip(hits, identities, strict=True) for key in runtime.attendant.keys(hit, who)}

    def _take(self, runtime: Runtime, hits: Sequence[Hit], identities: Sequence[Identity], look: Look) -> list[Taken]:
        """In order of arrival; each hit sees what the one before it changed."""
        lives, choices = dict(look.known.lives), dict(look.known.choices)
        cookie, ids = hits[0].cookie, set[str]()
        out = []
        for hit, identity in zip(hits, identities, strict=True):
            repeated = hit.id is not None and (hit.id in ids or look.repeats.has(hit))
            # It happens to nobody again, but its cookie may not have arrived.
            came = structs.replace(hit, cookie=cookie, reset=hit.reset and not repeated)
            who = UNSAID if repeated else identity
            one = self._one(runtime, came, who, look, Known(lives, choices), repeated=repeated)
            lives |= one.attendance.lives
            choices |= one.choices
            cookie = one.attendance.cookie or cookie
            ids |= {hit.id} if hit.id else set()
            out.append(one)
        return out

    def _one(
        self, runtime: Runtime, hit: Hit, identity: Identity, look: Look, known: Known, *, repeated: bool
    ) -> Taken:
        keys = runtime.attendant.keys(hit, identity)
        kept = [known.choices[key] for key in keys if key in known.choices]
        facts = runtime.observer.observe(hit, identity, kept)
        decision, answered = runtime.decider.answered(facts)
        attendance = runtime.attendant.attend(hit, identity, decision, known.lives, _day(runtime, hit, look))
        arrival, scrubbed = Arrival(container=hit.container, id=hit.id), dict[str, int]()
        if not repeated:
            arrival, scrubbed = self._arrival(runtime, hit, facts, decision, attendance, visits=look.visits)
        return Taken(
            hit=hit,
            facts=facts,
            decision=decision,
            answered=answered,
            attendance=attendance,
            arrival=arrival,
            scrubbed=scrubbed,
            choices=self._choices(runtime, hit, identity, known),
        )

    def _arrival(
        self, runtime: Runtime, hit: Hit, facts: Facts, decision: Decision, attendance: Attendance, *, visits: Seen
    ) -> tuple[Arrival, dict[str, int]]:
        comer = Comer(
            visitor=attendance.visitor,
            session=attendance.session,
            before=attendance.before,
            number=hit.id or token_hex(16),
        )
        parcels, scrubbed = [], {}
        for tag in decision.tags:
            if not tag.sent:
                continue
            new_visit = self._begins_visit(runtime, tag, comer, attendance, hit, visits=visits)
            delivery, count = runtime.preparer.prepare(hit, facts, tag, comer, new_visit=new_visit)
            remembered = attendance.cookie or (decision.remember and hit.visitor)
            rests = tag.rests | (decision.remember_rests if remembered else frozenset())
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
            scrubbed[tag.tag] = count
        return Arrival(container=hit.container, id=hit.id, parcels=tuple(parcels)), scrubbed

    def _begins_visit(
        self, runtime: Runtime, decided: TagDecision, comer: Comer, attendance: Attendance, hit: Hit, *, visits: Seen
    ) -> bool:
        """A new visit begins where the visitor a receiver saw last is another one, and with the first hit with ID."""
        name, user, tag, form = runtime.container.name, runtime.container.user_id, decided.tag, decided.form
        named = form is not Form.NONE and user is not None and user.at_login == "new_visit"
        follows = self._follows_named(name, tag, form, hit, visits)
        if attendance.chain is None:
            return attendance.late or named or follows
        visitor = runtime.preparer.visitor(tag, comer, form)
        last = visits.last(name, tag, attendance.chain, hit.arrived)
        visits.saw(name, tag, attendance.chain, visitor, hit.arrived)
        return last != visitor if last else named or follows or bool(comer.session)

    def _follows_named(self, container: str, tag: str, form: Form, hit: Hit, visits: Seen) -> bool:
        """A hit without ID after one with ID from the same browser, which a receiver might take for one person."""
        key = visits.fingerprint(hit.ip, hit.user_agent)
        last = visits.last(container, tag, key, hit.arrived) if form is Form.NONE else None
        visits.saw(container, tag, key, form.word, hit.arrived)
        return last not in (None, Form.NONE.word)

    def _choices(
        self, runtime: Runtime, hit: Hit, identity: Identity, known: Known
    ) -> dict[bytes, Mapping[str, Choice]]:
        """What is to be kept of the choice a hit claims: of the cookie's device, of the person if it has a time, and
        wherever something is kept of this visitor already."""
        read = runtime.observer.cookie_choice(hit)
        claim = {**read, **{purpose: granted and read.get(purpose, True) for purpose, granted in hit.consent.items()}}
        keys = [key for key in runtime.attendant.keys(hit, UNSAID) if key in known.choices]
        keys += [runtime.keys.lookup.cookie(hit.cookie.visitor)] if hit.cookie else []
        if identity.id is not None and hit.consent_at is not None:
            keys.append(runtime.keys.lookup.person(identity.id))
        found = {key: changed(known.choices.get(key, {}), claim, hit.consent_at, hit.arrived) for key in keys}
        return {key: {**known.choices.get(key, {}), **new} for key, new in found.items() if new}

    async def _discard(self, choices: Mapping[bytes, Mapping[str, Choice]]) -> None:
        """A refusal that a hit brought discards what is queued and rested on it, as a withdrawal does."""
        refused = {p for kept in choices.values() for p, choice in kept.items() if choice.state is Consent.REFUSED}
        if refused:
            try:
                await self._desk.withdraw(list(choices), sorted(refused), 0)
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


def _change(runtime: Runtime, taken: Sequence[Taken], choices: Mapping[bytes, Mapping[str, Choice]]) -> Change:
    return Change(
        container=runtime.container.name,
        lives={key: life for one in taken for key, life in one.attendance.lives.items()},
        choices=choices,
        hits=[one.hit for one in taken],
        arrivals=[one.arrival for one in taken],
    )


def _cookie_change(shown: Cookie | None, taken: Sequence[Taken]) -> CookieChange | None:
    """By the last hit that says something about it."""
    for one in reversed(taken):
        if one.attendance.cookie:
            return CookieChange(one.attendance.cookie) if one.attendance.cookie != shown else None
        if Consent.REFUSED in one.facts.consent.values() and not one.decision.remember:
            return CookieChange(None) if shown else None
    return None
