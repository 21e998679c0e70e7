"""The consent in force for one hit: the device's choice, minus every refusal that is kept, minus what GPC refuses."""

from collections.abc import Iterable, Mapping

from gateway.language.container import ConsentSource
from gateway.model import Choice, Consent, Hit

Choices = Mapping[str, Choice]
GRANTED, REFUSED = Consent.GRANTED, Consent.REFUSED
STATES = {True: GRANTED, False: REFUSED, None: Consent.UNKNOWN}


def in_force(
    source: ConsentSource | None, hit: Hit, read: Mapping[str, bool], kept: Iterable[Choices]
) -> dict[str, Consent]:
    """By purpose. `read`: what the request's own cookie says; `kept`: what is remembered of the device, the page
    and the person signed in."""
    if source is None:
        return {}
    claim = claimed(hit, read)
    out = {purpose: STATES[claim.get(purpose)] for purpose in source.purposes}
    for choices in kept:
        for purpose, choice in choices.items():
            state = out.get(purpose, REFUSED)
            if state is not REFUSED and choice.state is REFUSED and not _lifts(state, hit, choice):
                out[purpose] = REFUSED
    if hit.gpc:
        out |= dict.fromkeys(source.gpc_refuses & out.keys(), REFUSED)
    return out


def claimed(hit: Hit, read: Mapping[str, bool]) -> Mapping[str, bool]:
    """What the hit says; the request's own cookie fills in, and a refusal in either wins."""
    if not read:
        return hit.consent
    return {**read, **{purpose: granted and read.get(purpose, True) for purpose, granted in hit.consent.items()}}


def _lifts(state: Consent, hit: Hit, refusal: Choice) -> bool:
    """A later choice lifts a refusal; one without time, or of the same time, does not."""
    return state is GRANTED and hit.consent_at is not None and hit.consent_at > refusal.at


def changed(kept: Choices, claim: Mapping[str, bool], at: int | None, arrived: int) -> dict[str, Choice]:
    """What is to be kept of a claim: refusals, with the latest time (a grant from between two lifts nothing), and
    grants that lift a kept one. A refusal without time is of now. A grant from the future, told before our clock was
    set back, is not later than a refusal that arrives now."""
    out = {}
    when = arrived if at is None or at > arrived else at
    for purpose, granted in claim.items():
        known = kept.get(purpose)
        if granted:
            if at is not None and known and known.state is REFUSED and when > known.at:
                out[purpose] = Choice(GRANTED, when)
        elif known is None or when > known.at or (known.state is GRANTED and not when < known.at <= arrived):
            out[purpose] = Choice(REFUSED, when)
    return out
