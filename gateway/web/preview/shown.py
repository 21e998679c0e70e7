"""A hit that was taken → what its preview shows: the same reasons and requests as `taggate try`, of a real visit."""

from collections.abc import Iterator, Mapping, Sequence

from gateway.decide.trace import reads_page, reasons
from gateway.destinations import TABLE
from gateway.destinations.preview import HIDDEN, Preview, covers, rendered, run
from gateway.destinations.tried import Tried
from gateway.language.container import Container, Variable
from gateway.language.values import plain
from gateway.model import ABSENT, CannotTell, Facts, Hit, Identity, Json, Reading
from gateway.outbox.codec import decode
from gateway.web.flow import Taken
from gateway.web.runtime import Runtime

OF_THE_REQUEST = frozenset({"cookie", "header"})
"""Kinds that the gateway may see where the page cannot."""
LONGEST = 500


def shown(runtime: Runtime, taken: Taken, lines: Sequence[str]) -> Json:
    """All of one hit. `lines` are the container's file. What is personal and the page itself did not tell is covered,
    here and in the requests."""
    container, hit, facts = runtime.container, taken.hit, taken.facts
    covered = {v.name for v in container.variables.values() if v.personal and _unseen(v, hit, facts, container)}
    hide = [text for name in covered if (text := _text(facts.readings[name]))]
    instead = covers(hide)
    tried = Tried(
        container=container,
        tags=taken.decision.tags,
        reasons=reasons(container, runtime.decider.answered(facts)[1]),
        remember=taken.decision.remember,
        reads_page=reads_page(container, facts),
        requests=dict(_requests(container, taken, instead)),
    )
    found = tried.json
    for name, tag in found["tags"].items():
        tag.update(_more(container, taken, name, lines))
    return {
        **found,
        "id": hit.id,
        "event": hit.event,
        "consent": {purpose: state.value for purpose, state in facts.consent.items()},
        "gpc": hit.gpc,
        "identity": _identity(facts.identity, hide),
        "cookie": taken.attendance.cookie is not None,
        "variables": [_variable(v, facts, hidden=v.name in covered) for v in container.variables.values()],
    }


def _requests(container: Container, taken: Taken, instead: Mapping[str, str]) -> Iterator[tuple[str, Preview]]:
    """Each as its receiver gets it, with the names of secrets in their place."""
    for parcel in taken.arrival.parcels:
        kind = TABLE[container.tags[parcel.tag].type.name]
        delivery = decode(parcel.body)
        yield parcel.tag, rendered(container, kind, parcel.tag, delivery, taken.hit.arrived / 1000, hidden=instead)
    for name, told in taken.told.items():
        if told is not None:
            yield name, run(container.tags[name], told, instead)


def _more(container: Container, taken: Taken, name: str, lines: Sequence[str]) -> dict[str, Json]:
    decision = next(tag for tag in taken.decision.tags if tag.tag == name)
    user = container.user_id
    number = user.rules[decision.rule].line if user and decision.rule is not None else None
    return {
        "type": container.tags[name].type.name,
        "line": number,
        "text": lines[number - 1].strip() if number and number <= len(lines) else None,
        "scrubbed": taken.scrubbed.get(name, 0),
        "once_per_page": container.tags[name].settings.get("once_per_page", False),
    }


def _identity(identity: Identity, hide: Sequence[str]) -> Json:
    def said(text: str | None) -> str | None:
        return HIDDEN if text in hide else text

    return {
        "signed": identity.signed.value,
        "id": said(identity.id),
        "account": said(identity.account),
        "refused": list(identity.refused),
    }


def _variable(variable: Variable, facts: Facts, *, hidden: bool) -> Json:
    reading = facts.readings[variable.name]
    state, value = "value", _text(reading)
    if isinstance(reading, CannotTell):
        state, value = "cannot tell", reading.cause
    elif reading is ABSENT:
        state = "absent"
    elif hidden:
        value = HIDDEN
    return {
        "name": variable.name,
        "from": f"{variable.kind}: {variable.source}" if variable.source else variable.kind,
        "personal": variable.personal,
        "state": state,
        "value": value,
    }


def _unseen(variable: Variable, hit: Hit, facts: Facts, container: Container) -> bool:
    """Whether it was read where the page may not be able to: the page did not say it, or the gateway knew better."""
    if variable.parts:
        return any(
            _unseen(container.variables[name], hit, facts, container) for name in variable.parts if name != "event"
        )
    return variable.kind in OF_THE_REQUEST and hit.values.get(variable.name) != _text(facts.readings[variable.name])


def _text(reading: Reading) -> str | None:
    if isinstance(reading, CannotTell) or reading is ABSENT:
        return None
    text = ", ".join(sorted(reading)) if isinstance(reading, frozenset) else plain(reading)
    return text[:LONGEST] if text else text
