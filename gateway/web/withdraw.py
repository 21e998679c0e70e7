"""POST /consent/{container}: a choice that was made; a refusal is taken from anybody who shows what it is about."""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from msgspec import UNSET

from gateway.decide.consent import changed
from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, ConsentBody, corrected_choice, read_consent
from gateway.language.container import Container
from gateway.language.schema import NAME
from gateway.language.texts import fits
from gateway.language.user_id import Refusal, normalise
from gateway.language.values import NOT_SENT
from gateway.model import Choice, Consent, Facts, Hit, Identity, Life, Signed
from gateway.outbox.protocol import Full, OutboxError
from gateway.people.life import Shown
from gateway.store.protocol import StoreError
from gateway.web.answers import STORED, Answer, failed
from gateway.web.asked import Asked, from_site, sender_of
from gateway.web.collect import Door, Turned
from gateway.web.desk import Change, Desk, Stale
from gateway.web.ingest import TRIES, CookieChange
from gateway.web.runtime import Runtime

PATIENCE = 5.0
"""Seconds that a withdrawal waits for what is in flight."""
MOST_PURPOSES, LONGEST_PURPOSE = 100, 100
"""That are refused at once where nobody knows which there are; and the letters of each."""


class Said(NamedTuple):
    """A choice, and under which keys it is to be kept: `own` may be granted and refused, `named` only refused."""

    consent: Mapping[str, bool]
    at: int | None
    own: tuple[bytes, ...]
    named: tuple[bytes, ...]
    ends: bytes | None = None
    """The visitor whose cookie it ends."""
    page: str | None = None


class Withdrawer:
    """Choices in; the answer once they hold."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._gateway = door.gateway

    async def consent(self, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        """Of POST /consent/{container}."""
        gateway, door = self._gateway, self._door
        trusted = door.trusted(asked, runtime)
        believed = trusted or from_site(asked, runtime)
        body = read_consent(await door.body(asked))
        if not believed and any(body.consent.values()):
            answer = failed(403, "wrong_origin", "this page may not grant consent for this site")
            raise Turned(answer, "wrong_origin")
        sender = sender_of(asked, runtime, gateway.now(), ip, trusted=trusted)
        known = _known(body.consent, runtime.container, trusted=trusted)
        said = _said(body, known, runtime, sender)
        over = sender.named and _ends_memory(runtime, said.consent)
        if over and (cookie := sender.cookie or sender.lapsed):
            said = said._replace(ends=cookie.visitor, page=body.page)
        await self._keep(runtime, said, sender.arrived)
        return door.with_cookie(STORED, asked, runtime, CookieChange(None) if over else None)

    async def refuse(self, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        """The same where the container does not run: a refusal is heard from anybody, under any name that may be a
        purpose's, and nothing else. The cookie stays: without it nobody finds what else is kept."""
        body = read_consent(await self._door.body(asked))
        refused = {purpose: False for purpose, granted in body.consent.items() if not granted}
        if not refused:
            raise Turned(self._door.absent(runtime.container.name), "not_running")
        if len(refused) > MOST_PURPOSES or not all(map(_may_be_a_purpose, refused)):
            raise BadHit("unknown_purpose", "consent names what can be no purpose")
        sender = sender_of(asked, runtime, self._gateway.now(), ip, trusted=False)
        await self._keep(runtime, _said(body, refused, runtime, sender), sender.arrived)
        return STORED

    async def _keep(self, runtime: Runtime, said: Said, arrived: int) -> None:
        desk = self._gateway.desk
        try:
            said = await _keep(desk, runtime, said, arrived)
        except (OutboxError, StoreError):
            # What waits does not leave either way, though the answer is that it could not be kept.
            await _discard(desk, said)
            raise
        if await _discard(desk, said):
            self._gateway.metrics.withdrawn(runtime.container.name)


def _may_be_a_purpose(name: str) -> bool:
    return len(name) <= LONGEST_PURPOSE and fits(NAME, name)


def _said(body: ConsentBody, known: Mapping[str, bool], runtime: Runtime, sender: Sender) -> Said:
    at = corrected_choice(body.at, body.sent_at, sender.arrived)
    lookup = runtime.keys.lookup
    # Also one that counts for nothing else any more, since the container keeps cookies for fewer days than it did.
    cookie = sender.cookie or sender.lapsed
    own = [lookup.cookie(cookie.visitor)] if cookie else []
    own += [lookup.page(body.page)] if body.page else []
    person = None if body.user_id is UNSET else normalise(body.user_id)
    if person is None or isinstance(person, Refusal):
        if sender.trusted and not own:
            raise BadHit("nobody", "user_id or page must say whose choice it is")
        return Said(known, at, tuple(own), ())
    key = lookup.person(person)
    if _proven(body, runtime, sender):
        return Said(known, at, (*own, key), ())
    return Said(known, at, tuple(own), (key,))


def _known(said: Mapping[str, bool], container: Container, *, trusted: bool) -> Mapping[str, bool]:
    """By the container's purposes. A page may be older than the container and name one that is gone; whoever else is
    told that a refusal was kept, while its word meant nothing here, would believe it. Raises BadHit."""
    if not container.consent:
        return {}
    purposes = container.consent.purposes
    known = {purpose: granted for purpose, granted in said.items() if purpose in purposes}
    if not known or (trusted and len(known) < len(said)):
        here = ", ".join(purposes)
        raise BadHit("unknown_purpose", f"consent names what is no purpose of this container; these are: {here}")
    return known


def _proven(body: ConsentBody, runtime: Runtime, sender: Sender) -> bool:
    hit = Hit(
        container=runtime.container.name,
        event="consent",
        at=sender.arrived,
        arrived=sender.arrived,
        user_id=body.user_id,
        proof=body.proof,
        trusted=sender.trusted,
    )
    return runtime.observer.identify(hit).id is not None


async def _keep(desk: Desk, runtime: Runtime, said: Said, arrived: int) -> Said:
    for _ in range(TRIES):
        with suppress(Stale):
            return await _kept(desk, runtime, said, arrived)
    raise Full("too much changes for this visitor at the same moment")


async def _kept(desk: Desk, runtime: Runtime, said: Said, arrived: int) -> Said:
    """What was said, also about visitors that took over from the one the request knows."""
    look = await desk.look(runtime, {*said.own, *said.named})
    known = look.known
    heirs = [key for own in said.own for key in runtime.attendant.heirs(Shown(cookie=own), known.lives)]
    said = said._replace(own=tuple(dict.fromkeys([*said.own, *heirs])))
    refusals = {purpose: False for purpose, granted in said.consent.items() if not granted}
    claims = {**dict.fromkeys(said.own, said.consent), **dict.fromkeys(said.named, refusals)}
    new: dict[bytes, Mapping[str, Choice]] = {}
    for key, claim in claims.items():
        kept = known.choices.get(key, {})
        if found := changed(kept, claim, said.at, arrived):
            new[key] = {**kept, **found}
    lives: Mapping[bytes, Life] = {}
    if said.ends and said.page:
        lives = runtime.attendant.parted(said.ends, said.page, known.lives)
    await desk.store(look, Change(container=runtime.container.name, lives=lives, choices=new))
    return said


async def _discard(desk: Desk, said: Said) -> bool:
    """What is queued and rests on what was refused. Whether anything was."""
    refused = [purpose for purpose, granted in said.consent.items() if not granted]
    if refused:
        await desk.withdraw([*said.own, *said.named], refused, PATIENCE)
    return bool(refused)


def _ends_memory(runtime: Runtime, consent: Mapping[str, bool]) -> bool:
    """Whether after this choice the visitor may no longer be remembered, whatever else was granted."""
    container = runtime.container
    states = {True: Consent.GRANTED, False: Consent.REFUSED}
    facts = Facts(
        event="consent",
        readings={"event": "consent", **dict.fromkeys(container.variables, NOT_SENT)},
        consent={p: states[consent.get(p, True)] for p in container.consent.purposes} if container.consent else {},
        identity=Identity(Signed.UNSAID),
    )
    return False in consent.values() and not runtime.decider.decide(facts).remember
