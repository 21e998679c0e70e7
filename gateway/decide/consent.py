"""The consent in force for one hit: the device's choice, minus every refusal that is kept, minus what GPC refuses."""

from collections.abc import Iterable, Mapping

from gateway.language.container import ConsentSource
from gateway.model import Choice, Consent, Hit

Choices = Mapping[str, Choice]


def in_force(
    source: ConsentSource | None, hit: Hit, read: Mapping[str, bool], kept: Iterable[Choices]
) -> dict[str, Consent]:
    """By purpose. `read`: what the request's own cookie says; `kept`: what is remembered of the device, the page
    and the person signed in."""
    if source is None:
        return {}
    choices = list(kept)
    out = {}
    for purpose in source.purposes:
        state = _claimed(purpose, hit, read)
        refusals = [c[purpose] for c in choices if purpose in c and c[purpose].state is Consent.REFUSED]
        if any(not _lifts(state, hit, refusal) for refusal in refusals):
            state = Consent.REFUSED
        if hit.gpc and purpose in source.gpc_refuses:
            state = Consent.REFUSED
        out[purpose] = state
    return out


def _claimed(purpose: str, hit: Hit, read: Mapping[str, bool]) -> Consent:
    """What the hit says; the request's own cookie fills in, and a refusal in either wins."""
    said = [claim[purpose] for claim in (hit.consent, read) if purpose in claim]
    if not said:
        return Consent.UNKNOWN
    return Consent.GRANTED if all(said) else Consent.REFUSED


def _lifts(state: Consent, hit: Hit, refusal: Choice) -> bool:
    """A later choice lifts a refusal; one without time, or of the same time, does not."""
    return state is Consent.GRANTED and hit.consent_at is not None and hit.consent_at > refusal.at


def changed(kept: Choices, claim: Mapping[str, bool], at: int | None, arrived: int) -> dict[str, Choice]:
    """What is to be kept of a claim: refusals, with the latest time (a grant from between two lifts nothing), and
    grants that lift a kept one. A refusal without time is of now."""
    out = {}
    for purpose, granted in claim.items():
        known = kept.get(purpose)
        when = min(at, arrived) if at is not None else arrived
        if granted:
            if at is not None and known and known.state is Consent.REFUSED and when > known.at:
                out[purpose] = Choice(Consent.GRANTED, when)
        elif known is None or when > known.at or (when == known.at and known.state is Consent.GRANTED):
            out[purpose] = Choice(Consent.REFUSED, when)
    return out
