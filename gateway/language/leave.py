"""Which personal values may leave a browser, and under which state of consent: what nothing can use stays there."""

from collections.abc import Iterator, Mapping

from gateway.language.container import Join, Rule
from gateway.language.proof import Possible, Scenario, events, mentions, states
from gateway.language.read import Parts
from gateway.language.variables import KINDS, Reader
from gateway.model import Form

IDENTIFY = "user_id"


def may_leave(parts: Parts) -> Mapping[str, frozenset[str]]:
    """By personal browser variable, and `user_id` for what `identify` gave: the states that let it out."""
    names = [v.name for v in parts.variables.values() if v.personal and KINDS[v.kind].reader is Reader.BROWSER]
    allowed: dict[str, set[str]] = {name: set() for name in names}
    for letters, consent in states(parts.purposes):
        for event in events(parts):
            for name in _used(parts, Possible(parts.triggers, Scenario(event, consent))) & set(names):
                allowed[name].add(letters)
    if parts.user_id:
        allowed[IDENTIFY] = allowed.get(parts.user_id.variable, set()) | _identify(parts)
    return {name: frozenset(found) for name, found in allowed.items()}


def _identify(parts: Parts) -> set[str]:
    variable = parts.user_id.variable if parts.user_id else ""
    return {
        letters
        for letters, consent in states(parts.purposes)
        for event in events(parts)
        if variable in _used(parts, Possible(parts.triggers, Scenario(event, consent)))
    }


def _used(parts: Parts, possible: Possible) -> set[str]:
    found: set[str] = set()
    for join in _live_joins(parts, possible):
        found |= mentions(parts.triggers, join)
    for rule, tag in _live_rules(parts, possible):
        found |= _identity(parts)
        if rule.forms[tag] is Form.RAW:
            found |= set(parts.tags[tag].identifiers.values())
    if parts.user_id and found & {parts.user_id.variable, parts.user_id.account}:
        found |= _identity(parts)
    return found


def _identity(parts: Parts) -> set[str]:
    user = parts.user_id
    if user is None:
        return set()
    proof = {user.verified_by.variable} if user.verified_by else set()
    return {user.variable} | proof | ({user.account} if user.account else set())


def _live_joins(parts: Parts, possible: Possible) -> Iterator[Join]:
    yield from (tag.send_when for tag in parts.tags.values() if possible.yes(tag.send_when))
    yield from {id(rule): rule.when for rule, _ in _live_rules(parts, possible)}.values()
    remember = parts.visitor.remember_when
    if remember and possible.yes(remember):
        yield remember


def _live_rules(parts: Parts, possible: Possible) -> Iterator[tuple[Rule, str]]:
    for rule in parts.user_id.rules if parts.user_id else ():
        if possible.yes(rule.when):
            yield from ((rule, tag) for tag in rule.forms if possible.yes(parts.tags[tag].send_when))
