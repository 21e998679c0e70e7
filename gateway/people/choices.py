"""What is kept of the choice that a hit claims, and for whom."""

from collections.abc import Mapping

from gateway.decide.consent import changed
from gateway.model import Choice, Consent, Hit
from gateway.people.life import Shown

Kept = Mapping[bytes, Mapping[str, Choice]]


def refused(choices: Mapping[str, Choice]) -> set[str]:
    """Which purposes these refuse."""
    return {purpose for purpose, choice in choices.items() if choice.state is Consent.REFUSED}


def chosen(hit: Hit, shown: Shown, holds: bytes | None, claim: Mapping[str, bool], kept: Kept) -> Kept:
    """Of the cookie's device, of the person if it has a time, and wherever something is kept of this visitor already.
    `holds`: the key of the cookie that holds from here on; what its device refused it goes on refusing."""
    keys = [key for key in (shown.cookie, shown.page, shown.server) if key and key in kept] if kept else []
    device = shown.cookie if hit.cookie else None
    if device and device not in keys:
        keys.append(device)
    if shown.person and hit.consent_at is not None:
        keys.append(shown.person)
    if holds and not device and holds not in keys and False in claim.values():
        keys.append(holds)
    found: dict[bytes, Mapping[str, Choice]] = {}
    for key in keys:
        if new := changed(kept.get(key, {}), claim, hit.consent_at, hit.arrived):
            found[key] = {**kept.get(key, {}), **new}
    if device and holds and holds != device:
        left, taken = found.get(device, kept.get(device, {})), kept.get(holds, {})
        if inherited := _inherited(left, taken):
            found[holds] = {**taken, **inherited}
    return found


def _inherited(left: Mapping[str, Choice], taken: Mapping[str, Choice]) -> dict[str, Choice]:
    """The refusals of the visitor before, but where the one that took over chose later."""
    return {p: left[p] for p in refused(left) if p not in taken or taken[p].at < left[p].at}
