"""A hit's way from who came to what every tag gets, in steps that wait for nothing. All hits that come together take
one step before any takes the next: what a processor has just done it does again in half the time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from secrets import token_hex

from msgspec import Struct, structs

from gateway.decide.consent import claimed
from gateway.decide.effort import Effort
from gateway.decide.limits import nothing
from gateway.decide.prepare import Comer, Sheet
from gateway.decide.rests import NONE, Purposes
from gateway.model import Choice, Consent, Decision, Delivery, Facts, Hit, Known, Life, Parcel
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Arrival
from gateway.people.choices import chosen
from gateway.people.life import Attendance, Caller
from gateway.people.once import counted
from gateway.people.visits import Track, Trail
from gateway.web.desk import Look, Trails
from gateway.web.runtime import Runtime
from gateway.web.told import Told


class Came(Struct, frozen=True, gc=False):
    """Who came with a hit, and what is known of them."""

    runtime: Runtime
    caller: Caller
    look: Look
    known: Known
    effort: Effort
    """Of all hits of one request."""
    first: Caller | None = None
    """Of a hit that is repeated, who came with it. What it is decided by is what it was the first time: its answer may
    give a cookie."""


class Observed(Struct, frozen=True, gc=False):
    """And what the rules see."""

    came: Came
    facts: Facts
    heirs: Sequence[bytes]
    cookie_choice: Mapping[str, bool]
    visit: str


class Decided(Struct, frozen=True, gc=False):
    """And what is decided."""

    came: Came
    facts: Facts
    decision: Decision
    attendance: Attendance
    choices: Mapping[bytes, Mapping[str, Choice]]

    @property
    def changes(self) -> bool:
        """Whether it changes what is known of anybody."""
        return bool(self.attendance.lives or self.choices)


class Taken(Struct, frozen=True, gc=False):
    """One hit, what is decided, and what comes of it."""

    hit: Hit
    facts: Facts
    decision: Decision
    attendance: Attendance
    choices: Mapping[bytes, Mapping[str, Choice]]
    arrival: Arrival
    scrubbed: Mapping[str, int]
    """By tag, how many known values were taken out."""
    told: Told


class _Ready(Struct, frozen=True, gc=False):
    """What its tags are asked with."""

    decided: Decided
    sheet: Sheet
    trail: Trail


class _Made(Struct, frozen=True, gc=False):
    """What its tags get."""

    deliveries: Sequence[tuple[str, Delivery, Purposes]] = ()
    """By tag, with what they rest on."""
    scrubbed: Mapping[str, int] = {}
    told: Told = {}


def decide(comers: Sequence[Came]) -> list[Decided]:
    """None may depend on what another one of these hits changes."""
    observed = [_observed(came) for came in comers]
    decisions = [came.runtime.decider.decide(one.facts) for came, one in zip(comers, observed, strict=True)]
    return [_decided(one, decision) for one, decision in zip(observed, decisions, strict=True)]


def prepare(hits: Sequence[Decided]) -> list[Taken]:
    """What comes of them."""
    # A hit that is repeated sends nothing again.
    ready = [None if one.came.first else _ready(one) for one in hits]
    made = [_NOTHING if one is None else _made(one) for one in ready]
    return [_taken(one, what) for one, what in zip(hits, made, strict=True)]


def ends_cookie(facts: Facts, decision: Decision) -> bool:
    """Whether the browser is to show no cookie any more."""
    return Consent.REFUSED in facts.consent.values() and not decision.remember


def followed(runtime: Runtime, caller: Caller, visits: Trails) -> list[bytes]:
    """Under what its visits are kept: the visitor, also by address and browser where the day's number is, else the
    page."""
    hit, shown = caller.hit, caller.shown
    keys = [key for key in (shown.cookie, shown.server, shown.page) if key]
    if runtime.container.visitor.without_cookie == "day_number" and hit.ip and not (hit.cookie or shown.server):
        keys.append(visits.fingerprint(hit.ip, hit.user_agent))
    return keys


_NOTHING = _Made()


def _observed(came: Came) -> Observed:
    runtime, caller, known = came.runtime, came.caller, came.known
    hit, shown, observer, who = caller.hit, caller.shown, runtime.observer, came.first or caller
    heirs = runtime.attendant.heirs(shown, known.lives) if known.lives else ()
    keys = dict.fromkeys((*who.shown.keys, *shown.keys, *heirs)) if known.choices else ()
    kept = [known.choices[key] for key in keys if key in known.choices]
    read, visits, visit = observer.cookie_choice(hit), came.look.visits, ""
    if runtime.numbers_visits:
        visit = visits.number(hit.container, followed(runtime, caller, visits), hit.arrived)
    return Observed(came, observer.observe(hit, who.identity, read, kept, visit=visit), heirs, read, visit)


def _decided(observed: Observed, decision: Decision) -> Decided:
    came, facts = observed.came, observed.facts
    runtime, caller, look, known = came.runtime, came.caller, came.look, came.known
    hit = caller.hit
    parted = _parted(runtime, hit, facts, decision, known)
    lives = {**known.lives, **parted} if parted else known.lives
    attendance = runtime.attendant.attend(caller, decision, lives, partial(_day, runtime, hit, look))
    if parted:
        attendance = structs.replace(attendance, lives={**parted, **attendance.lives})
    decision = runtime.limits.apply(decision, hit.at, attendance.visitor)
    if hit.event in runtime.once and not came.first and any(tag.sent for tag in decision.tags):
        decision, attendance = _once(observed, decision, attendance, lives)
    new = attendance.cookie if attendance.cookie is not hit.cookie else None
    heirs = [*observed.heirs, runtime.keys.lookup.cookie(new.visitor)] if new else observed.heirs
    choices = chosen(hit, caller.shown, heirs, claimed(hit, observed.cookie_choice), known.choices)
    return Decided(came, facts, decision, attendance, choices)


def _parted(runtime: Runtime, hit: Hit, facts: Facts, decision: Decision, known: Known) -> Mapping[bytes, Life]:
    """What the page is to know of who was signed in, where this hit ends the cookie that knew it."""
    if not (hit.cookie and hit.page and known.lives and ends_cookie(facts, decision)):
        return {}
    return runtime.attendant.parted(hit.cookie.visitor, hit.page, known.lives)


def _day(runtime: Runtime, hit: Hit, look: Look) -> bytes | None:
    if runtime.container.visitor.without_cookie != "day_number" or not hit.ip:
        return None
    day = datetime.fromtimestamp(hit.arrived / 1000, UTC).date()
    return look.day_number.of(day, runtime.container.name, hit.ip, hit.user_agent or "")


def _once(
    observed: Observed, decision: Decision, attendance: Attendance, lives: Mapping[bytes, Life]
) -> tuple[Decision, Attendance]:
    """Of an event that counts once a visit or a visitor. Who has no number that lasts is known for a visit only."""
    came = observed.came
    runtime, caller, visits = came.runtime, came.caller, came.look.visits
    hit, limit = caller.hit, runtime.once[caller.hit.event]
    lasts = attendance.chain and (attendance.cookie or attendance.chain == caller.shown.server)
    if limit == "once_per_visitor" and lasts:
        if kept := counted(hit.event, attendance, lives):
            return decision, kept
    elif visits.first(hit.container, followed(runtime, caller, visits), hit.event, observed.visit, hit.arrived):
        return decision, attendance
    return nothing(decision, f"{limit}, and it was counted before"), attendance


def _ready(decided: Decided) -> _Ready:
    came, attendance, facts = decided.came, decided.attendance, decided.facts
    runtime, hit, visits = came.runtime, came.caller.hit, came.look.visits
    comer = Comer(attendance.visitor, attendance.session, hit.id or token_hex(16), attendance.before)
    sheet = runtime.preparer.sheet(hit, facts, comer, came.effort)
    browser = visits.fingerprint(hit.ip, hit.user_agent)
    user = runtime.container.user_id
    named = user is not None and user.at_login == "new_visit"
    changed, late, chain = bool(attendance.session), attendance.late, attendance.chain
    return _Ready(decided, sheet, visits.trail(Track(hit.container, chain, browser, hit.arrived, late, changed, named)))


def _made(ready: _Ready) -> _Made:
    decided, sheet = ready.decided, ready.sheet
    hit, runners, make, begins = (
        decided.came.caller.hit,
        decided.came.runtime.runners,
        sheet.delivery,
        ready.trail.begins,
    )
    deliveries, told, scrubbed = [], {}, {}
    for tag in decided.decision.tags:
        if not tag.sent:
            continue
        if tag.tag in runners:
            told[tag.tag], count = runners[tag.tag].tell(hit, tag, sheet)
        else:
            delivery, count = make(tag, begins)
            deliveries.append((tag.tag, delivery, tag.rests))
        if count:
            scrubbed[tag.tag] = count
    return _Made(deliveries, scrubbed, told)


def _taken(decided: Decided, made: _Made) -> Taken:
    hit, attendance, decision = decided.came.caller.hit, decided.attendance, decided.decision
    container, at, known_by = hit.container, hit.at, attendance.known_by
    remembered = attendance.cookie or (decision.remember and hit.visitor)
    lane, more = attendance.chain or attendance.visitor, decision.remember_rests if remembered else NONE
    parcels = tuple(
        [
            Parcel(container, tag, lane, encode(delivery), at, _in_order(rests, more), known_by)
            for tag, delivery, rests in made.deliveries
        ]
    )
    arrival = Arrival(container=container, id=hit.id, parcels=parcels)
    facts, choices = decided.facts, decided.choices
    return Taken(hit, facts, decision, attendance, choices, arrival, made.scrubbed, made.told)


@lru_cache(256)
def _in_order(rests: Purposes, more: Purposes) -> tuple[str, ...]:
    return tuple(sorted(rests | more))
