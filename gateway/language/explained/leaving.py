"""Two versions of a container → what changes in which personal values leave the browser."""

from collections.abc import Iterator

from gateway.language.container import Container
from gateway.language.explained.sentence import Change, when
from gateway.language.leave import LETTERS
from gateway.model import Consent

GRANTED = LETTERS[Consent.GRANTED]
States = frozenset[frozenset[tuple[str, str]]]


def of_leaving(old: Container, new: Container) -> Iterator[Change]:
    """Of each personal value, where both versions ask for the same purposes; else another sentence tells."""
    purposes = tuple(new.consent.purposes) if new.consent else ()
    if {*purposes} != {*(old.consent.purposes if old.consent else ())}:
        return
    for name in (name for name in new.may_leave if name in new.variables):
        was, now = _states(name, old), _states(name, new)
        for some, wider in ((now - was, True), (was - now, False)):
            granted = {frozenset(purpose for purpose, state in one if state == GRANTED) for one in some}
            if granted:
                said = "may now also leave" if wider else "no longer leaves"
                yield Change(f"{name} {said} the browser, {when(granted, purposes)}.", wider)


def _states(name: str, container: Container) -> States:
    purposes = container.consent.purposes if container.consent else ()
    states = container.may_leave.get(name, frozenset())
    return frozenset(frozenset(zip(purposes, state, strict=True)) for state in states)
