"""A file's triggers over every possible hit: whether some things can come true at once, and in which hit."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from msgspec import Struct

from gateway.language.built import sound_parts
from gateway.language.container import Join, Line, Matcher, Trigger, Variable
from gateway.language.order import levels, sound
from gateway.language.proof.built import lookup, text
from gateway.language.proof.circuit import FALSE, TRUE, Circuit, Literal, Model
from gateway.language.proof.domains import Unreal
from gateway.language.proof.subject import Pair, Subject, event, variable
from gateway.language.read import Parts
from gateway.language.variables import KINDS
from gateway.language.who import shows_identity
from gateway.model import Consent, Value


class Scene(Struct, frozen=True):
    """A hit in which something comes true. `values`: of each variable that is there; None: none was found."""

    model: Model
    values: Mapping[str, Value | None]


State = tuple[tuple[str, Consent], ...]
"""Some purposes, and what the visitor chose."""


class Choice(Struct, frozen=True):
    """What a visitor chose for one purpose; neither: unknown."""

    granted: Literal
    refused: Literal

    def state(self, circuit: Circuit, wanted: Consent) -> Literal:
        """Whether it is this one."""
        if wanted is Consent.UNKNOWN:
            return circuit.all_of(-self.granted, -self.refused)
        return self.granted if wanted is Consent.GRANTED else self.refused


class Scenes:
    """What can come true in a file, as far as that can be worked out: of what is wrong nothing is said."""

    def __init__(self, parts: Parts) -> None:
        self.circuit = Circuit()
        self.parts = parts
        user = parts.user_id
        self.user = user if user and user.variable in parts.variables else None
        """The section user_id, where its variable is known."""
        self._made = sound_parts(parts.variables)
        self._sound = sound(parts.triggers, parts.broken)
        self.choices = {purpose: self._choice() for purpose in parts.purposes}
        happened, events = event(self.circuit, self._named("event"))
        self.subjects: dict[str, Subject] = {}
        self._read()
        self.subjects["event"] = happened
        self._build()
        self.unverified = self._unverified()
        self._triggers: dict[str, Pair] = {}
        for name in levels(parts.triggers):
            if name in self._sound:
                self._triggers[name] = self._trigger(parts.triggers[name])
        for domain in {id(subject): subject.domain for subject in self.subjects.values()}.values():
            domain.relate()
        self.odd_event = self.circuit.all_of(*(-named for named in events.literals))
        """The event is one that nobody has thought of."""

    def _choice(self) -> Choice:
        choice = Choice(self.circuit.free(), self.circuit.free())
        self.circuit.require(-choice.granted, -choice.refused)
        return choice

    def _named(self, name: str) -> Iterator[Value]:
        """The values of a variable that triggers and tables name."""
        for line in (line for trigger in self._sound for line in self.parts.triggers[trigger].lines):
            for wanted in (matcher.wanted for matcher in line.matchers if line.variable == name):
                if isinstance(wanted, float | tuple):
                    yield from wanted if isinstance(wanted, tuple) else (wanted,)
        for said in self.parts.variables.values():
            if said.parts == (name,):
                yield from said.table

    def _read(self) -> None:
        """What reads the same place in the same way has the same value."""
        alike: dict[tuple[object, ...], list[Variable]] = {}
        for said in self.parts.variables.values():
            if not said.parts or said.name not in self._made:
                alike.setdefault(self._reading(said), []).append(said)
        for first, *others in alike.values():
            named = chain.from_iterable(self._named(said.name) for said in (first, *others))
            subject = variable(self.circuit, first, named, is_id=self._is_id(first))
            self.subjects |= {said.name: subject for said in (first, *others)}

    def _reading(self, said: Variable) -> tuple[object, ...]:
        if self._is_id(said) or not KINDS[said.kind].shared:
            return (said.name,)
        return said.kind, said.source, said.type, said.decimal_comma, said.default

    def _is_id(self, said: Variable) -> bool:
        return self.user is not None and said.name == self.user.variable

    def _build(self) -> None:
        for said in (self.parts.variables[name] for name in self._made):
            parts = {name: self.subjects[name] for name in said.parts}
            if said.kind == "lookup":
                self.subjects[said.name] = lookup(self.circuit, said, parts[said.source])
            else:
                self.subjects[said.name] = text(self.circuit, said, parts)

    def _unverified(self) -> Literal:
        """Somebody is signed in without proof: then nobody can tell of anything that would show who it is."""
        if self.user is None or self.user.verified_by is None:
            return FALSE
        unverified = self.circuit.free()
        for name in {self.user.variable, *shows_identity(self.parts)}:
            self.circuit.require(-unverified, self.subjects[name].cannot_tell)
        return unverified

    @property
    def signed_in(self) -> Literal:
        """Whether there is a User ID that counts."""
        return self.subjects[self.user.variable].there if self.user else FALSE

    @property
    def perhaps_signed_in(self) -> Literal:
        """Whether anybody can be signed in, as far as the page knows."""
        if self.user is None:
            return TRUE
        return self.circuit.any_of(self.signed_in, self.subjects[self.user.variable].cannot_tell)

    def _trigger(self, trigger: Trigger) -> Pair:
        lines = [self.line(line, matcher) for line in trigger.lines for matcher in line.matchers]
        return self._all([*lines, *self._joined(trigger.join)])

    def join(self, join: Join) -> Pair:
        """All that a join can answer."""
        return self._all(self._joined(join))

    def trigger(self, name: str) -> Pair:
        """All that a trigger can answer."""
        return self._triggers[name]

    def _joined(self, join: Join) -> Iterator[Pair]:
        yield from map(self.trigger, join.all_of)
        if join.any_of:
            yield self._all(self.trigger(name).opposite for name in join.any_of).opposite
        if join.none_of:
            yield self._all(self.trigger(name).opposite for name in join.none_of)

    def _all(self, pairs: Iterable[Pair]) -> Pair:
        pairs = list(pairs)
        every = self.circuit.all_of
        return Pair(every(*(pair.yes for pair in pairs)), every(*(pair.may for pair in pairs)))

    def line(self, line: Line, matcher: Matcher) -> Pair:
        """All that one matcher of a line can answer."""
        if line.variable != "consent":
            return self.subjects[line.variable].answer(matcher, self.circuit)
        choice = self.choices[str(matcher.wanted)]
        if matcher.word == Consent.GRANTED:
            return Pair(choice.granted, -choice.refused)
        yes = choice.state(self.circuit, Consent(matcher.word))
        return Pair(yes, yes)

    @property
    def nothing_granted(self) -> Literal:
        """Nobody has agreed to anything."""
        return self.circuit.all_of(*(-choice.granted for choice in self.choices.values()))

    def known(self, *joins: Join) -> bool:
        """Whether all that these joins ask can be worked out."""
        return all(self._sound.issuperset(join.names) for join in joins)

    def ever(self, *wanted: Literal) -> bool:
        """Whether all of these can be true at once. Raises TooHard."""
        return self.find(*wanted) is not None

    def needs(self, join: Join) -> tuple[str, ...]:
        """The purposes without which this never says yes. Raises TooHard."""
        yes = self.join(join).yes
        return tuple(name for name, choice in self.choices.items() if not self.ever(yes, -choice.granted))

    def states(self, wanted: Literal, purposes: Iterable[str]) -> frozenset[State]:
        """The states of these purposes in which this can be true. Raises TooHard."""
        found: set[State] = set()
        fresh = self.circuit.free()
        while scene := self.find(wanted, fresh):
            state = tuple((purpose, self.chosen(scene, purpose)) for purpose in sorted(purposes))
            found.add(state)
            chosen = (self.choices[purpose].state(self.circuit, consent) for purpose, consent in state)
            self.circuit.require(-fresh, *(-literal for literal in chosen))
        return frozenset(found)

    def chosen(self, scene: Scene, purpose: str) -> Consent:
        """What the visitor chose in a scene."""
        states = self.choices[purpose]
        if states.granted in scene.model:
            return Consent.GRANTED
        return Consent.REFUSED if states.refused in scene.model else Consent.UNKNOWN

    def find(self, *wanted: Literal) -> Scene | None:
        """A hit in which all of these are true; None: there is none. Raises TooHard."""
        while model := self.circuit.solve(wanted):
            values, learned = self._values(model)
            if not learned:
                return Scene(model, values)
            for clause in learned:
                self.circuit.require(*clause)
        return None

    def _values(self, model: Model) -> tuple[dict[str, Value | None], list[tuple[Literal, ...]]]:
        values: dict[str, Value | None] = {}
        learned = []
        for name, subject in self.subjects.items():
            if subject.there in model:
                try:
                    values[name] = subject.domain.value(model)
                except Unreal as unreal:
                    learned.append(unreal.clause)
        return values, learned
