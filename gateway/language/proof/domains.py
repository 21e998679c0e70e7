"""What the matchers on one variable can tell apart, by its type: a literal for each matcher, and a value again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from math import floor, nextafter
from typing import Protocol

from gateway.language.container import Matcher
from gateway.language.matchers import predicate
from gateway.language.proof.circuit import FALSE, TRUE, Circuit, Literal, Model
from gateway.language.values import LARGEST, written
from gateway.language.wildcards import Scan, Shape
from gateway.model import Value


class Unreal(Exception):
    """No value has these answers at once: one of the clause's literals must be true."""

    def __init__(self, *clause: Literal) -> None:
        super().__init__(clause)
        self.clause = clause


class Domain(Protocol):
    """All values of one variable, as far as its matchers can tell them apart."""

    def says(self, matcher: Matcher) -> Literal:
        """True exactly when this matcher says yes to the value."""

    def equals(self, value: Value) -> Literal:
        """True exactly when the value is this one, which was named before."""

    def fits(self, shape: Shape, *, fold: bool) -> Literal:
        """True only when the value, written into a text, fits."""

    def relate(self) -> None:
        """Everything was asked: tell the circuit what is plain to see."""

    def value(self, model: Model) -> Value | None:
        """A value with the model's answers; None: none was found, and none was ruled out. Raises Unreal."""


class Listed:
    """One of a few values, each with what makes it that one: exactly one of these is true where the value is there."""

    def __init__(self, circuit: Circuit, values: Mapping[Value, Literal]) -> None:
        self._circuit = circuit
        self._values = values

    def _any(self, test: Callable[[Value], bool]) -> Literal:
        return self._circuit.any_of(*(literal for value, literal in self._values.items() if test(value)))

    def says(self, matcher: Matcher) -> Literal:
        """It is one to which the matcher says yes."""
        return self._any(predicate(matcher))

    def equals(self, value: Value) -> Literal:
        """It is this one."""
        return self._any(lambda one: one == value)

    def fits(self, shape: Shape, *, fold: bool) -> Literal:
        """It is one that fits."""
        return self._any(lambda one: Scan(shape, fold=fold).fits(written(one)))

    def relate(self) -> None:
        """Everything is known."""

    def value(self, model: Model) -> Value:
        """The one."""
        return next(value for value, literal in self._values.items() if literal in model)


def few(circuit: Circuit, values: Iterable[Value]) -> Listed:
    """Any one of a few values."""
    *some, last = dict.fromkeys(values)
    literals = [circuit.free() for _ in some]
    circuit.at_most_one(literals)
    return Listed(circuit, dict(zip(some, literals, strict=True)) | {last: -circuit.any_of(*literals)})


class Numbers:
    """The numbers that matchers name, and the spaces between them: no matcher tells two of one space apart."""

    def __init__(self, circuit: Circuit, named: Iterable[float], among: range | None = None) -> None:
        """`among`: the whole numbers that there are, besides those that are named and no others."""
        self._circuit = circuit
        self._among = among
        self._named = frozenset(named)
        self._steps = _steps(sorted(self._named), among)
        self._from = [TRUE, *(circuit.free() for _ in self._steps[1:]), FALSE]
        """For each step whether the number is there or above."""
        for less, more in zip(self._from[1:], self._from[2:], strict=False):
            circuit.require(-more, less)

    def says(self, matcher: Matcher) -> Literal:
        """It says yes from some steps to others."""
        test = predicate(matcher)
        runs = groupby(range(len(self._steps)), lambda step: test(self._steps[step]))
        pieces = [list(steps) for said, steps in runs if said]
        return self._circuit.any_of(*(self._between(steps[0], steps[-1]) for steps in pieces))

    def equals(self, value: Value) -> Literal:
        """It stands on this step, which is a number and no space."""
        number = float(str(value))
        return self._at(self._steps.index(number)) if number in self._named else FALSE

    def fits(self, shape: Shape, *, fold: bool) -> Literal:
        """It is a number that fits when written; of one that is not named only a whole text says which."""
        scan = Scan(shape, fold=fold)
        fitting = [step for step, number in enumerate(self._steps) if scan.fits(written(number))]
        exact = [step for step in fitting if self._steps[step] in self._named]
        spaces = [step for step, number in enumerate(self._steps) if number not in self._named]
        if len(scan.characters) == len(set(shape)):
            number = _number("".join(shape))
            spaces = [step for step in spaces if number is not None and self._around(step, number)]
        unknown = self._circuit.all_of(self._circuit.any_of(*map(self._at, spaces)), self._circuit.free())
        return self._circuit.any_of(*map(self._at, exact), unknown)

    def _around(self, step: int, number: float) -> bool:
        """Whether a number that nobody names is in this space."""
        if self._among is not None and number not in self._among:
            return False
        below, above = self._steps[step - 1 : step], self._steps[step + 1 : step + 2]
        return all(low < number for low in below) and all(number < high for high in above)

    def relate(self) -> None:
        """Everything is known."""

    def value(self, model: Model) -> Value:
        """A plain number of the step."""
        return next(
            number for number, more in zip(self._steps, self._from[1:], strict=True) if more == FALSE or -more in model
        )

    def _at(self, step: int) -> Literal:
        return self._between(step, step)

    def _between(self, first: int, last: int) -> Literal:
        return self._circuit.all_of(self._from[first], -self._from[last + 1])


def _number(text: str) -> float | None:
    """The number that is written so."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < LARGEST and written(number) == text else None


def _steps(named: Sequence[float], among: range | None) -> list[float]:
    """Every number that is named, and one of each space that is not empty, as plain as possible."""
    if not named:
        return [1.0] if among is None else [float(among[0])]
    between = (_one_between(low, high, among) for low, high in pairwise(named))
    inner = [number for pair in zip(named, [*between, None], strict=True) for number in pair]
    ends = [_one_between(-LARGEST, named[0], among), *inner, _one_between(named[-1], LARGEST, among)]
    return [number for number in ends if number is not None]


def _one_between(low: float, high: float, among: range | None) -> float | None:
    """A number between two others: whole if there is one, near to the lower or to the upper if they are far away."""
    if among is not None:
        whole = max(floor(low) + 1, among[0])
        return float(whole) if whole < high and whole in among else None
    if nextafter(low, high) >= high:
        return None
    middle = high - 1 if low == -LARGEST else low + 1 if high == LARGEST else low + (high - low) / 2
    plain = (float(round(middle)), round(middle, 2), middle, nextafter(low, high))
    return next(number for number in plain if low < number < high)
