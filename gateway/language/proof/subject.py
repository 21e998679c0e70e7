"""One variable in the circuit: is it there, is it absent, or can nobody tell; and what matchers say of it."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from gateway.language.container import Matcher, Variable
from gateway.language.proof.circuit import FALSE, TRUE, Circuit, Literal
from gateway.language.proof.domains import Domain, Fixed, Numbers, Truth
from gateway.language.proof.wording import Sets, Texts
from gateway.language.user_id import normalise

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


def event(circuit: Circuit, matchers: Iterable[Matcher]) -> tuple[Subject, Literal]:
    """The event, which every hit has; and whether it is one that nobody has thought of."""
    texts = _texts(Texts(circuit, usual=("page_view", "something")), matchers)
    return Subject(TRUE, FALSE, texts), circuit.all_of(*(-named for named in texts.literals))


def variable(circuit: Circuit, said: Variable, matchers: Sequence[Matcher], *, is_id: bool) -> Subject:
    """A variable of the file."""
    if said.kind == "constant":
        return Subject(TRUE, FALSE, Fixed(said.source))
    there, cannot_tell = circuit.free(), circuit.free()
    circuit.require(-there, -cannot_tell)
    if said.default is not None:
        circuit.require(there, cannot_tell)
    return Subject(there, cannot_tell, _domain(circuit, said, matchers, is_id=is_id))


def _domain(circuit: Circuit, said: Variable, matchers: Sequence[Matcher], *, is_id: bool) -> Domain:
    if said.type == "number":
        return Numbers(circuit, _numbers(said, matchers))
    if said.type == "true_false":
        return Truth(circuit)
    if said.type == "set":
        return Sets(circuit, possible=lambda text: text == text.strip(), usual=("something",))
    named = [] if said.default is None else [str(said.default)]
    if is_id:
        return _texts(Texts(circuit, named, lambda text: normalise(text) == text, (SOMEBODY,)), matchers)
    return _texts(Texts(circuit, named, usual=("something",)), matchers)


def _texts(texts: Texts, matchers: Iterable[Matcher]) -> Texts:
    """Of texts all matchers must be known before what follows from one for another can be said."""
    for matcher in matchers:
        if matcher.word != "present":
            texts.says(matcher)
    texts.relate()
    return texts


def _numbers(said: Variable, matchers: Iterable[Matcher]) -> Iterator[float]:
    for one in [said.default, *(matcher.wanted for matcher in matchers)]:
        for number in one if isinstance(one, tuple) else (one,):
            if isinstance(number, float):
                yield number
