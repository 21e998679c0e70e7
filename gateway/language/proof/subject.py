"""One variable in the circuit: is it there, is it absent, or can nobody tell; and what matchers say of it."""

from collections.abc import Iterable, Iterator
from math import ceil, floor

from msgspec import Struct

from gateway.language.container import Matcher, Variable
from gateway.language.proof.circuit import FALSE, TRUE, Circuit, Literal
from gateway.language.proof.domains import Domain, Listed, Numbers, few
from gateway.language.proof.wording import Sets, Texts
from gateway.language.user_id import normalise
from gateway.language.values import cast
from gateway.language.variables import KINDS
from gateway.model import Absent, CannotTell, Value

SOMEBODY = "ada"
"""Whoever is signed in where nothing more is asked of it."""


class Pair(Struct, frozen=True):
    """The three answers on two wires: `yes`, and `may`, which is yes or cannot tell."""

    yes: Literal
    may: Literal

    @property
    def opposite(self) -> "Pair":
        """The answers of none_of."""
        return Pair(-self.may, -self.yes)


class Subject(Struct, frozen=True):
    """A variable: at most one of `there` and `cannot_tell` is true; neither: it is absent."""

    there: Literal
    cannot_tell: Literal
    domain: Domain

    def answer(self, matcher: Matcher, circuit: Circuit) -> Pair:
        """What a matcher answers."""
        if matcher.word == "present":
            yes = self.there if matcher.wanted else circuit.all_of(-self.there, -self.cannot_tell)
        else:
            yes = circuit.all_of(self.there, self.domain.says(matcher))
        return Pair(yes, circuit.any_of(yes, self.cannot_tell))


def event(circuit: Circuit, named: Iterable[Value]) -> tuple[Subject, Texts]:
    """The event, which every hit has."""
    texts = Texts(circuit, map(str, named), usual=("page_view", "something"))
    return Subject(TRUE, FALSE, texts), texts


def variable(circuit: Circuit, said: Variable, named: Iterable[Value], *, is_id: bool) -> Subject:
    """A variable of the file; `named`: the values that must be told apart."""
    if said.kind == "constant":
        return _constant(circuit, said)
    there, cannot_tell = circuit.free(), circuit.free()
    circuit.require(-there, -cannot_tell)
    default = [] if said.default is None else [said.default]
    if default:
        circuit.require(there, cannot_tell)
    possible = KINDS[said.kind].few(said.source, said.type)
    if not possible:
        return Subject(there, cannot_tell, _domain(circuit, said, [*named, *default], is_id=is_id))
    read = (cast(value, said.type, decimal_comma=said.decimal_comma) for value in possible)
    values = [value for value in read if not isinstance(value, Absent | CannotTell)] + default
    return (
        Subject(there, cannot_tell, few(circuit, values))
        if values
        else Subject(FALSE, cannot_tell, Listed(circuit, {}))
    )


def _constant(circuit: Circuit, said: Variable) -> Subject:
    value = cast(said.source, said.type, decimal_comma=said.decimal_comma)
    if isinstance(value, CannotTell | Absent):
        return Subject(FALSE, TRUE, Listed(circuit, {}))
    return Subject(TRUE, FALSE, Listed(circuit, {value: TRUE}))


def _numbers(circuit: Circuit, said: Variable, named: Iterable[float]) -> Numbers:
    """Of a kind that has only some numbers a default may be another."""
    among = KINDS[said.kind].numbers(said.source)
    real = named if among is None else _near(named, among, said.default)
    return Numbers(circuit, real, among)


def _near(named: Iterable[float], among: range, default: Value | None) -> Iterator[float]:
    """Of a bound between two numbers that there are, those two: it tells them apart and is none itself."""
    for one in named:
        if one == default:
            yield one
        else:
            yield from (near for near in (float(floor(one)), float(ceil(one))) if near in among)


def _domain(circuit: Circuit, said: Variable, named: Iterable[Value], *, is_id: bool) -> Domain:
    if said.type == "number":
        return _numbers(circuit, said, [one for one in named if isinstance(one, float)])
    if said.type == "true_false":
        return few(circuit, [True, False])
    if said.type == "set":
        return Sets(circuit, possible=lambda text: text == text.strip(), usual=("something",))
    if is_id:
        return Texts(circuit, map(str, named), lambda text: normalise(text) == text, (SOMEBODY,))
    return Texts(circuit, map(str, named), usual=("something",))
