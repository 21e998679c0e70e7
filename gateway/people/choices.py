"""What is kept of the choice that a hit claims, and for whom."""

from collections.abc import Mapping, Sequence

from gateway.decide.consent import changed
from gateway.model import Choice, Consent, Hit
from gateway.people.life import Shown

REFUSED = Consent.REFUSED
Kept = Mapping[bytes, Mapping[str, Choice]]


def refused(choices: Mapping[str, Choice]) -> set[str]:
    """Which purposes these refuse."""
    return {purpose for purpose, choice in choices.items() if choice.state is REFUSED}


def chosen(hit: Hit, shown: Shown, heirs: Sequence[bytes], claim: Mapping[str, bool], kept: Kept) -> Kept:
    """Of the device, by its cookie or by the number that its sender gave it; of the person if it has a time, or if
    nothing else says whose it is; and wherever something is kept of this visitor already.
    `heirs`: the keys of the cookies that took over, the last one holds; what a device chose it goes on choosing."""
    if not kept and False not in claim.values():
        return {}
    keys = [key for key in (shown.cookie, shown.page, shown.server) if key and key in kept] if kept else []
    device = (shown.cookie or shown.server) if hit.cookie or hit.visitor else None
    if device and device not in keys:
        keys.append(device)
    if shown.person and (hit.consent_at is not None or not (device or shown.page)):
        keys.append(shown.person)
    keys += [key for key in heirs if key not in keys and (key in kept or (not device and False in claim.values()))]
    found: dict[bytes, Mapping[str, Choice]] = {}
    for key in keys:
        if new := changed(kept.get(key, {}), claim, hit.consent_at, hit.arrived):
            found[key] = {**kept.get(key, {}), **new}
    first = device or shown.cookie or b""
    left = found.get(first) or kept.get(first, {})
    for heir in heirs:
        taken = found.get(heir) or kept.get(heir, {})
        if inherited := {p: choice for p, choice in left.items() if _later(choice, taken.get(p))}:
            found[heir] = taken = {**taken, **inherited}
        # The next one takes over from this one.
        left = taken
    return found


def _later(choice: Choice, than: Choice | None) -> bool:
    """Of two at one time the refusal is the later one."""
    if than is None or than.at != choice.at:
        return than is None or than.at < choice.at
    return choice.state is REFUSED and than.state is not REFUSED
