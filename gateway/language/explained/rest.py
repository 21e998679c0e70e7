"""Two versions of a container → what is different in them and no sentence tells: a gap here must not pass a review."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from gateway.language.container import (
    Container,
    Event,
    Proof,
    Site,
    Tag,
    UserId,
    Variable,
    Visitor,
)
from gateway.language.explained.sentence import Change
from gateway.problems import Place

ASIDE = frozenset({"file", "revision", "name", "program", "may_leave", "grants", "tests"})
"""Of a container: what is made of the rest of it, and its tests."""
_SECTIONS = {"server_key": "accept", "calls": "accept", "dialects": "accept"}
_TOLD: Mapping[type[Struct], frozenset[str]] = {
    Container: frozenset({"server_key", "dialects", "consent", "events", "guarantees"}),
    Site: frozenset({"domains", "timezone", "drop_query"}),
    Visitor: frozenset({"days", "without_cookie"}),
    Variable: frozenset(Variable.__struct_fields__),
    Event: frozenset(Event.__struct_fields__),
    Tag: frozenset({"type", "settings", "secrets", "fields", "identifiers", "ip", "page"})
    | {"hash_group", "schedule", "sample", "exempt"},
    UserId: frozenset({"variable", "hash_with", "account", "at_login", "at_logout"}),
    Proof: frozenset(Proof.__struct_fields__),
    Place: frozenset(Place.__struct_fields__),
}
"""Fields for which there are sentences, whatever changes in them."""
_PROVED: Mapping[type[Struct], frozenset[str]] = {
    Container: frozenset({"triggers"}),
    Visitor: frozenset({"remember_when"}),
    Tag: frozenset({"send_when"}),
    UserId: frozenset({"rules", "verified_by"}),
}
"""Fields of which every hit was asked what they do to it: other words for the same need no sentence."""
_EXCUSES = frozenset({"consent_not_needed"})
"""Said aloud for the check; where that changes what hits do, the proof has told it."""


def of_rest(old: Container, new: Container, *, told: bool) -> Iterator[Change]:
    """`told`: some sentence tells something; then excuses, and names that are new or gone, need no other."""
    sections = dict.fromkeys(_SECTIONS.get(name, name) for name in _different(old, new, told=told))
    yield from (Change(f"Something else changed: {section}.", wider=True) for section in sections)


def _different(old: Container, new: Container, *, told: bool) -> Iterator[str]:
    known = ASIDE | _known(Container, told=told)
    if old.user_id is None or new.user_id is None:
        known |= {"user_id"}
    for name in Container.__struct_fields__:
        if name not in known and _differ(getattr(old, name), getattr(new, name), told=told):
            yield name


def _differ(one: object, other: object, *, told: bool) -> bool:
    if isinstance(one, Struct) and type(one) is type(other):
        return any(
            _differ(value, getattr(other, name), told=told)
            for name, value in structs.asdict(one).items()
            if name not in _known(type(one), told=told)
        )
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        gone = one.keys() ^ other.keys()
        return bool(gone and not told) or any(_differ(one[name], other[name], told=told) for name in one.keys() - gone)
    return one != other


def _known(kind: type[Struct], *, told: bool) -> frozenset[str]:
    proved = _PROVED.get(kind, frozenset()) | (_EXCUSES if told else frozenset())
    return _TOLD.get(kind, frozenset()) | proved | {"place"}
