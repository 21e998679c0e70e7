"""A hit as it was recorded → its facts, and the words of a test that tells the same; and the other way round."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct, structs

from gateway.decide.observe import Observer
from gateway.decide.sample import USER_ID
from gateway.language.built import in_order
from gateway.language.container import Container, Given, Variable
from gateway.language.values import plain
from gateway.language.who import shows_identity
from gateway.model import ABSENT, CannotTell, Consent, Facts, Hit, Reading, Signed

STAND_IN = "x"
"""For what is personal and nobody typed."""


class Told(Struct, frozen=True, kw_only=True):
    """What a recorded hit tells."""

    facts: Facts
    given: Given
    proof_believed: bool = False


def told(container: Container, hit: Hit) -> Told:
    """Its facts, without anything kept of its visitor. A proof is believed: its key is a secret."""
    shows = _shows_proof(container, hit)
    observer = Observer(container, None)
    # Where a sender is trusted, no proof is asked for.
    identity = observer.identify(structs.replace(hit, trusted=hit.trusted or shows))
    facts = observer.observe(hit, identity, observer.cookie_choice(hit), ())
    return Told(facts=facts, given=_given(container, hit, facts), proof_believed=shows and not hit.trusted)


def _shows_proof(container: Container, hit: Hit) -> bool:
    user = container.user_id
    if user is None or user.verified_by is None:
        return False
    return bool(hit.proof or hit.values.get(user.verified_by.variable))


def _given(container: Container, hit: Hit, facts: Facts) -> Given:
    """In a test's words; who somebody is is replaced."""
    values: dict[str, str | tuple[str, ...]] = {}
    for variable in container.variables.values():
        said = _typed(facts.readings[variable.name])
        if said and variable.kind != "constant" and not variable.parts:
            values[variable.name] = STAND_IN if variable.personal else said
    user = container.user_id
    if user:
        values.pop(user.variable, None)
        values.pop(user.verified_by.variable if user.verified_by else "", None)
        if facts.identity.signed in (Signed.VERIFIED, Signed.UNVERIFIED):
            values[user.variable] = USER_ID
    known = {purpose: state for purpose, state in facts.consent.items() if state is not Consent.UNKNOWN}
    signed = facts.identity.signed is not Signed.UNVERIFIED
    untold = tuple(_untold(container, facts, signed=signed))
    return Given(event=hit.event, values=values, cannot_tell=untold, consent=known, signed=signed)


def _untold(container: Container, facts: Facts, *, signed: bool) -> Iterator[str]:
    """What triggers ask for, and nobody can tell; not what hides with an ID that lacks its proof."""
    hidden = () if signed else shows_identity(container)
    asked = {line.variable for trigger in container.triggers.values() for line in trigger.lines}
    for name in reversed(in_order(container.variables)):
        asked |= set(container.variables[name].parts) if name in asked else set()
    for variable in container.variables.values():
        said = variable.kind != "constant" and not variable.parts and variable.name not in hidden
        if said and variable.name in asked and isinstance(facts.readings[variable.name], CannotTell):
            yield variable.name


def _typed(reading: Reading) -> str | tuple[str, ...] | None:
    if isinstance(reading, CannotTell) or reading is ABSENT:
        return None
    return tuple(sorted(reading)) if isinstance(reading, frozenset) else plain(reading)


def supposed(container: Container, given: Given, at: int) -> Hit:
    """A hit such as the one that is given would be, as far as its words say."""
    typed = {
        (variable.kind, variable.source): value
        for variable in container.variables.values()
        if isinstance(value := given.values.get(variable.name), str)
    }
    return Hit(
        container=container.name,
        event=given.event,
        at=at,
        arrived=at,
        url=_url(container, typed),
        title=typed.get(("page", "title")),
        referrer=typed.get(("page", "referrer")),
        language=typed.get(("page", "language")),
        fields=_fields(container, given),
    )


def _url(container: Container, typed: Mapping[tuple[str, str], str]) -> str | None:
    """The page's address, put together of the parts that were typed."""
    if whole := typed.get(("url", "href")):
        return whole
    parameters = {source: value for (kind, source), value in typed.items() if kind == "query"}
    parts = {source: value for (kind, source), value in typed.items() if kind == "url"}
    if not parameters and not parts:
        return None
    host = parts.get("host") or container.site.domains[0].removeprefix("*.")
    path = parts.get("path") or parts.get("directory") or "/"
    query = "&".join(filter(None, (parts.get("query"), urlencode(parameters))))
    mark = f"#{quote(parts['hash'])}" if "hash" in parts else ""
    return f"https://{host}/{quote(path.lstrip('/'))}{f'?{query}' if query else ''}{mark}"


def _fields(container: Container, given: Given) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for variable in container.variables.values():
        value = given.values.get(variable.name)
        if variable.kind == "event" and "." not in variable.source and isinstance(value, str):
            fields[variable.source] = _as_sent(variable, value)
    return fields


def _as_sent(variable: Variable, typed: str) -> Any:
    """A number as the page would send it."""
    try:
        return float(typed) if variable.type == "number" and not variable.decimal_comma else typed
    except ValueError:
        return typed
