"""Gates over free literals, and a solver that finds out whether some of them can be true at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from pysat.solvers import Minisat22

Literal = int
"""A wire of the circuit; its negative is the opposite."""
TRUE: Literal = 1
FALSE: Literal = -TRUE
MOST_CONFLICTS = 200_000


class TooHard(Exception):
    """The solver gave up: nothing is known."""


class Model:
    """One way in which everything fits together."""

    def __init__(self, signs: Sequence[Literal]) -> None:
        self._signs = signs

    def __contains__(self, literal: Literal) -> bool:
        """Whether this literal is true in it."""
        place = abs(literal) - 1
        return self._signs[place] == literal if place < len(self._signs) else literal < 0


class Circuit:
    """Built once, asked often; equal gates are one gate."""

    def __init__(self) -> None:
        self._solver: Any = Minisat22()
        self._last = TRUE
        self._gates: dict[tuple[Literal, ...], Literal] = {}
        self._plain: list[Literal] = []
        """What a model rather has, so that it says no more than it needs: nothing is true without a reason."""
        self.require(TRUE)

    def free(self) -> Literal:
        """A literal that nothing determines yet."""
        self._last += 1
        self._plain.append(-self._last)
        return self._last

    def require(self, *clause: Literal) -> None:
        """At least one of these is true, always."""
        self._solver.add_clause(clause)

    def all_of(self, *parts: Literal) -> Literal:
        """True exactly when every part is."""
        wanted = tuple(sorted({part for part in parts if part != TRUE}))
        if FALSE in wanted or any(-part in wanted for part in wanted):
            return FALSE
        if len(wanted) < 2:
            return wanted[0] if wanted else TRUE
        if wanted not in self._gates:
            gate = self._gates[wanted] = self.free()
            for part in wanted:
                self.require(-gate, part)
            self.require(gate, *(-part for part in wanted))
        return self._gates[wanted]

    def any_of(self, *parts: Literal) -> Literal:
        """True exactly when some part is."""
        found = -self.all_of(*(-part for part in parts))
        self._plain.append(-found)
        return found

    def at_most_one(self, parts: Sequence[Literal]) -> None:
        """No two of these are true at once; its cost grows with their number, not with their pairs."""
        before = FALSE
        for part in parts:
            self.require(-before, -part)
            before = self.any_of(before, part)

    def counted(self, parts: Iterable[Literal], most: int) -> list[Literal]:
        """For n = 1, 2, … `most`: whether at least n of these are true."""
        sums: list[Literal] = []
        for part in parts:
            carried = [TRUE, *sums]
            more = zip(carried, [*sums, FALSE], strict=True)
            sums = [self.any_of(old, self.all_of(part, less)) for less, old in more][:most]
        return sums

    def solve(self, wanted: Iterable[Literal]) -> Model | None:
        """A model in which all of these are true; None: there is none. Raises TooHard."""
        self._solver.set_phases(self._plain)
        self._plain.clear()
        self._solver.conf_budget(MOST_CONFLICTS)
        found = self._solver.solve_limited(assumptions=list(dict.fromkeys(wanted)), expect_interrupt=True)
        if found is None:
            raise TooHard
        return Model(self._solver.get_model()) if found else None
