"""Variables that are built from others: what is asked of them is asked of their parts."""

from collections.abc import Mapping, Sequence
from functools import cache

from gateway.language import template
from gateway.language.container import Matcher, Variable
from gateway.language.matchers import predicate
from gateway.language.proof.circuit import FALSE, TRUE, Circuit, Literal, Model
from gateway.language.proof.domains import Domain, Listed
from gateway.language.proof.subject import Subject
from gateway.language.proof.wording import fitting
from gateway.language.values import written
from gateway.language.wildcards import MANY, Scan, Shape, exactly
from gateway.model import Value

MOST_CUTS = 1000
"""Of a shape that can be cut in more ways it is not worked out which parts of it may fall on which variable."""


def lookup(circuit: Circuit, said: Variable, source: Subject) -> Subject:
    """What stands in a table beside the value of another."""
    found: dict[Value, Literal] = {}
    for key, value in said.table.items():
        here = circuit.all_of(source.there, source.domain.equals(key))
        found[value] = circuit.any_of(found.get(value, FALSE), here)
    there = circuit.any_of(*found.values())
    if said.default is not None:
        missing = circuit.all_of(-source.cannot_tell, -there)
        found[said.default] = circuit.any_of(found.get(said.default, FALSE), missing)
        there = -source.cannot_tell
    return Subject(there, source.cannot_tell, Listed(circuit, found))


def text(circuit: Circuit, said: Variable, parts: Mapping[str, Subject]) -> Subject:
    """A text with the values of others in it."""
    if said.type != "text":
        return unknown(circuit, parts)
    cannot_tell = circuit.any_of(*(part.cannot_tell for part in parts.values()))
    every = circuit.all_of(*(part.there for part in parts.values()))
    made = Made(circuit, template.pieces(said.source), {name: part.domain for name, part in parts.items()})
    if said.default is None:
        return Subject(every, cannot_tell, made)
    return Subject(-cannot_tell, cannot_tell, Else(circuit, every, made, said.default))


class Made:
    """Plain texts and the values of variables in turn."""

    def __init__(self, circuit: Circuit, pieces: Sequence[str], domains: Mapping[str, Domain]) -> None:
        self._circuit = circuit
        self._pieces = pieces
        self._domains = domains
        self._asked: dict[tuple[Shape, bool], Literal] = {}
        self._free: dict[Matcher, Literal] = {}

    def says(self, matcher: Matcher) -> Literal:
        """True only when the whole text is as the matcher wants it."""
        found = fitting(self._circuit, matcher, self.fits)
        if found is None:
            found = self._free[matcher] = self._circuit.free()
        return found

    def equals(self, value: Value) -> Literal:
        """It is this text."""
        return self.fits(exactly(written(value)))

    def fits(self, shape: Shape, *, fold: bool = False) -> Literal:
        """The shape can be cut so that each piece of the text fits its part of it."""
        key = (shape, fold)
        if key not in self._asked:
            self._asked[key] = self._cut(Scan(shape, fold=fold))
        return self._asked[key]

    def _cut(self, scan: Scan) -> Literal:
        """Only ways of cutting are asked about in which the plain texts stand where they should."""
        shape, some, every = scan.shape, self._circuit.any_of, self._circuit.all_of

        @cache
        def ways(piece: int, at: int) -> tuple[tuple[int, int], ...]:
            """Of the pieces from this one on: where this one may end, and where the next one then begins."""
            if piece % 2 == 0:
                ends = [(after, after) for after in scan.places_after(at, self._pieces[piece])]
            else:
                ends = [(end, end) for end in range(at + 1, len(shape) + 1)]
                ends += [(end, end - 1) for end, _ in ends if shape[end - 1] == MANY]
            return tuple((end, after) for end, after in ends if possible(piece + 1, after))

        def possible(piece: int, at: int) -> bool:
            return shape[at:] in ((), (MANY,)) if piece == len(self._pieces) else bool(ways(piece, at))

        @cache
        def rest(piece: int, at: int) -> Literal:
            """Whether the pieces from this one on fit what the shape asks for from here on."""
            if piece == len(self._pieces):
                return TRUE
            if piece % 2 == 0:
                return some(*(rest(piece + 1, after) for _, after in ways(piece, at)))
            fits = self._domains[self._pieces[piece]].fits
            return some(
                *(every(fits(shape[at:end], fold=scan.fold), rest(piece + 1, after)) for end, after in ways(piece, at))
            )

        cuts = sum(len(ways(piece, at)) for piece in range(1, len(self._pieces), 2) for at in range(len(shape) + 1))
        return rest(0, 0) if cuts <= MOST_CUTS else self._circuit.free()

    def relate(self) -> None:
        """All that was asked was asked of the parts."""

    def value(self, model: Model) -> Value | None:
        """The text of the values that the others have; None where it does not answer as the model says."""
        found = ((name, domain.value(model)) for name, domain in self._domains.items())
        values = {name: written(value) for name, value in found if value is not None}
        if len(values) < len(self._domains):
            return None
        parts = (values[piece] if number % 2 else piece for number, piece in enumerate(self._pieces))
        made = "".join(parts)
        fits = (
            Scan(shape, fold=fold).fits(made) is (literal in model) for (shape, fold), literal in self._asked.items()
        )
        says = (predicate(matcher)(made) is (literal in model) for matcher, literal in self._free.items())
        return made if all(fits) and all(says) else None


class Else:
    """Another value where one cannot be made."""

    def __init__(self, circuit: Circuit, made_when: Literal, made: Made, default: Value) -> None:
        self._circuit = circuit
        self._when = made_when
        self._made = made
        self._default = Listed(circuit, {default: TRUE})

    def _either(self, made: Literal, default: Literal) -> Literal:
        every = self._circuit.all_of
        return self._circuit.any_of(every(self._when, made), every(-self._when, default))

    def says(self, matcher: Matcher) -> Literal:
        """Of the one that stands there."""
        return self._either(self._made.says(matcher), self._default.says(matcher))

    def equals(self, value: Value) -> Literal:
        """Whether the one that stands there is it."""
        return self._either(self._made.equals(value), self._default.equals(value))

    def fits(self, shape: Shape, *, fold: bool = False) -> Literal:
        """Whether the one that stands there fits."""
        return self._either(self._made.fits(shape, fold=fold), self._default.fits(shape, fold=fold))

    def relate(self) -> None:
        """All that was asked was asked of the parts."""

    def value(self, model: Model) -> Value | None:
        """The one that stands there."""
        return self._made.value(model) if self._when in model else self._default.value(model)


class Unknown:
    """Of this nothing is known: a text that is read as another type."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit

    def says(self, _: Matcher) -> Literal:
        """Who knows."""
        return self._circuit.free()

    def equals(self, _: Value) -> Literal:
        """Who knows."""
        return self._circuit.free()

    def fits(self, shape: Shape, *, fold: bool) -> Literal:
        """Who knows."""
        return self._circuit.free()

    def relate(self) -> None:
        """Nothing is known."""

    def value(self, _: Model) -> None:
        """No example is known."""


def unknown(circuit: Circuit, parts: Mapping[str, Subject]) -> Subject:
    """Nothing but that nobody can tell it where nobody can tell a part."""
    there, cannot_tell = circuit.free(), circuit.free()
    circuit.require(-there, -cannot_tell)
    for part in parts.values():
        circuit.require(-part.cannot_tell, cannot_tell)
    return Subject(there, cannot_tell, Unknown(circuit))
