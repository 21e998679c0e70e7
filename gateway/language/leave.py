"""Which personal values may leave a browser, and under which state of consent: what nothing can use stays there."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product

from msgspec import Struct, structs

from gateway.language.container import Join, Line, Tag, UserId
from gateway.language.order import levels
from gateway.language.proof.circuit import FALSE, TRUE, Literal
from gateway.language.proof.scenes import Scenes, State
from gateway.language.proof.subject import Pair
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


class Matters:
    """Where the value of one variable can matter to a join: where nothing beside it decides already. Asked is whether
    the join says yes, or whether it says anything but no."""

    def __init__(self, scenes: Scenes, asked: Mapping[str, Asked], name: str) -> None:
        self._scenes = scenes
        self._asked = asked
        value = scenes.subjects[name]
        self._names = {one for one, subject in scenes.subjects.items() if subject is value}
        """It, and what always has the same value."""
        self._known: dict[tuple[str, bool], Literal] = {}

    def to(self, join: Join, *, yes: bool) -> Literal:
        """Whether it can."""
        return self._of((), join, yes=yes)

    def _of(self, lines: Sequence[Line], join: Join, *, yes: bool) -> Literal:
        circuit, beside, inside = self._scenes.circuit, list[Pair](), list[Literal]()
        for line in lines:
            if line.variable in self._names:
                inside.append(TRUE)
            else:
                beside += [self._scenes.line(line, matcher) for matcher in line.matchers]
        for part in _split(join):
            if self._names.isdisjoint(_mentioned(part, self._asked)[0]):
                beside.append(self._scenes.join(part))
            else:
                turned = yes is not bool(part.none_of)
                inside += [self._trigger(name, yes=turned) for name in part.names]
        return circuit.all_of(circuit.any_of(*inside), *(pair.yes if yes else pair.may for pair in beside))

    def _trigger(self, name: str, *, yes: bool) -> Literal:
        if (name, yes) not in self._known:
            asked, trigger = self._asked[name][0], self._scenes.parts.triggers[name]
            is_asked = not self._names.isdisjoint(asked)
            self._known[name, yes] = self._of(trigger.lines, trigger.join, yes=yes) if is_asked else FALSE
        return self._known[name, yes]


def _split(join: Join) -> Iterator[Join]:
    """The parts of a join that must all hold."""
    for name in join.all_of:
        yield structs.replace(join, all_of=(name,), any_of=(), none_of=())
    for some in (structs.replace(join, all_of=(), none_of=()), structs.replace(join, all_of=(), any_of=())):
        if some.names:
            yield some


def may_leave(scenes: Scenes) -> Mapping[str, frozenset[str]]:
    """By personal browser variable, and `user_id` for what `identify` gave: the states that let it out.
    Raises TooHard."""
    parts = scenes.parts
    personal = [v.name for v in parts.variables.values() if v.personal and KINDS[v.kind].reader is Reader.BROWSER]
    wanted: defaultdict[tuple[Literal, Names], set[str]] = defaultdict(set)
    for use in _uses(scenes, {*personal, *_identity(parts.user_id)}):
        wanted[use.when, use.purposes].update(use.variables)
    used: defaultdict[str, set[str]] = defaultdict(set)
    known: dict[frozenset[State], frozenset[str]] = {}
    for (when, purposes), names in wanted.items():
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


def _uses(scenes: Scenes, wanted: Collection[str]) -> Iterator[Use]:
    parts, asked = scenes.parts, _asked(scenes.parts)
    matters = {name: Matters(scenes, asked, name) for name in wanted}
    for tag in parts.tags.values():
        send = Use((), scenes.join(tag.send_when).yes, _mentioned(tag.send_when, asked)[1])
        yield from _of_join(scenes, tag.send_when, send, matters)
        if parts.user_id:
            yield from _of_rules(scenes, tag, send, matters, asked)
    if remember := parts.visitor.remember_when:
        use = Use((), scenes.join(remember).yes, _mentioned(remember, asked)[1])
        yield from _of_join(scenes, remember, use, matters)


def _of_join(scenes: Scenes, join: Join, use: Use, matters: Mapping[str, Matters]) -> Iterator[Use]:
    """Of each variable, where its value can matter to what is sent or remembered."""
    for name, one in matters.items():
        yield Use((name,), scenes.circuit.all_of(use.when, one.to(join, yes=True)), use.purposes)


def _of_rules(
    scenes: Scenes, tag: Tag, send: Use, matters: Mapping[str, Matters], asked: Mapping[str, Asked]
) -> Iterator[Use]:
    """A rule is read where it, or one below it, can give the tag a form: a cannot tell on the way counts too."""
    circuit, read, purposes = scenes.circuit, FALSE, send.purposes
    for rule in [rule for rule in reversed(scenes.parts.rules) if tag.name in rule.forms]:
        answers, mentioned = scenes.join(rule.when), _mentioned(rule.when, asked)
        decides = circuit.all_of(answers.yes, send.when)
        read, purposes = circuit.any_of(read, decides), purposes | mentioned[1]
        for name, one in matters.items():
            used = circuit.any_of(one.to(rule.when, yes=True), one.to(rule.when, yes=False))
            yield Use((name,), circuit.all_of(read, answers.may, used), purposes)
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
        consent = trigger.asking("consent")
        chosen = frozenset(str(matcher.wanted) for line in consent for matcher in line.matchers)
        found[name] = own.union(*(one for one, _ in below)), chosen.union(*(one for _, one in below))
    return found


def _mentioned(join: Join, asked: Mapping[str, Asked]) -> Asked:
    found = [asked[name] for name in join.names]
    return frozenset().union(*(one for one, _ in found)), frozenset().union(*(one for _, one in found))
