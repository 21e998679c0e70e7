"""Which personal values may leave a browser, and under which state of consent: what nothing can use stays there."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import product

from msgspec import Struct

from gateway.language.container import Join, Tag, UserId
from gateway.language.order import levels
from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.scenes import Scenes, State
from gateway.language.read import Parts
from gateway.language.variable_kind import Reader
from gateway.language.variables import KINDS
from gateway.model import Consent, Form

IDENTIFY = "user_id"
Names = frozenset[str]
Asked = tuple[Names, Names]
"""Variables and purposes."""
LETTERS = {Consent.GRANTED: "g", Consent.REFUSED: "r", Consent.UNKNOWN: "u"}
EVERY = "".join(LETTERS.values())


class Use(Struct, frozen=True):
    """Something wants variables whenever a literal is true, which depends on these purposes at most."""

    variables: Collection[str]
    when: Literal
    purposes: Names


def may_leave(scenes: Scenes) -> Mapping[str, frozenset[str]]:
    """By personal browser variable, and `user_id` for what `identify` gave: the states that let it out.
    Raises TooHard."""
    parts = scenes.parts
    personal = [v.name for v in parts.variables.values() if v.personal and KINDS[v.kind].reader is Reader.BROWSER]
    wanted: defaultdict[tuple[Literal, Names], set[str]] = defaultdict(set)
    for use in _uses(scenes, _asked(parts)):
        wanted[use.when, use.purposes].update(use.variables)
    used: defaultdict[str, set[str]] = defaultdict(set)
    known: dict[frozenset[State], frozenset[str]] = {}
    for (when, purposes), names in wanted.items():
        if not names.isdisjoint([*personal, *_identity(parts.user_id)]):
            found = scenes.states(when, purposes)
            if found not in known:
                known[found] = _spread(scenes.choices, found)
            for name in names:
                used[name] |= known[found]
    _with_identity(parts.user_id, used)
    allowed = {name: frozenset(used[name]) for name in personal}
    if parts.user_id:
        allowed[IDENTIFY] = allowed[parts.user_id.variable]
    return allowed


def _spread(purposes: Collection[str], states: Collection[State]) -> frozenset[str]:
    """States of some purposes, as letters for all: what is not said may be anything."""
    found: set[str] = set()
    for state in states:
        said = {purpose: LETTERS[chosen] for purpose, chosen in state}
        found.update(map("".join, product(*(said.get(purpose, EVERY) for purpose in purposes))))
    return frozenset(found)


def _uses(scenes: Scenes, asked: Mapping[str, Asked]) -> Iterator[Use]:
    parts = scenes.parts
    for tag in parts.tags.values():
        send, (variables, purposes) = scenes.join(tag.send_when).yes, _mentioned(tag.send_when, asked)
        yield Use(variables, send, purposes)
        if parts.user_id:
            yield from _of_rules(scenes, tag, Use((), send, purposes), asked)
    if remember := parts.visitor.remember_when:
        yield Use(_mentioned(remember, asked)[0], scenes.join(remember).yes, _mentioned(remember, asked)[1])


def _of_rules(scenes: Scenes, tag: Tag, send: Use, asked: Mapping[str, Asked]) -> Iterator[Use]:
    """A rule is read where it, or one below it, can give the tag a form: a cannot tell on the way counts too."""
    circuit, read, purposes = scenes.circuit, FALSE, send.purposes
    for rule in [rule for rule in reversed(scenes.parts.rules) if tag.name in rule.forms]:
        answers, mentioned = scenes.join(rule.when), _mentioned(rule.when, asked)
        decides = circuit.all_of(answers.yes, send.when)
        read, purposes = circuit.any_of(read, decides), purposes | mentioned[1]
        yield Use(mentioned[0], circuit.all_of(read, answers.may), purposes)
        yield Use(_identity(scenes.parts.user_id), decides, send.purposes | mentioned[1])
        if rule.forms[tag.name] is Form.RAW:
            yield Use(tuple(tag.identifiers.values()), decides, send.purposes | mentioned[1])


def _with_identity(user: UserId | None, used: dict[str, set[str]]) -> None:
    """Whoever asks for the ID or its account needs all that belongs to it."""
    if user:
        asked = used[user.variable] | (used[user.account] if user.account else set())
        for name in _identity(user):
            used[name] |= asked


def _identity(user: UserId | None) -> Collection[str]:
    if user is None:
        return ()
    proof = user.verified_by.variable if user.verified_by else None
    return [name for name in (user.variable, proof, user.account) if name]


def _asked(parts: Parts) -> Mapping[str, Asked]:
    """Trigger → all that it asks about, directly or through others."""
    found: dict[str, Asked] = {}
    for name in levels(parts.triggers):
        trigger = parts.triggers[name]
        below = [found[step] for step in trigger.join.names]
        own = frozenset(line.variable for line in trigger.lines)
        consent = (line for line in trigger.lines if line.variable == "consent")
        chosen = frozenset(str(matcher.wanted) for line in consent for matcher in line.matchers)
        found[name] = own.union(*(one for one, _ in below)), chosen.union(*(one for _, one in below))
    return found


def _mentioned(join: Join, asked: Mapping[str, Asked]) -> Asked:
    found = [asked[name] for name in join.names]
    return frozenset().union(*(one for one, _ in found)), frozenset().union(*(one for _, one in found))
