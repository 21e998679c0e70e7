"""A container's triggers as they run: questions about one hit, each answered at most once."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from gateway.model import Answer, Facts


class Answered(Struct):
    """The answers of one hit, worked out when asked for, each at most once."""

    facts: Facts
    atoms: list[Answer | None]
    triggers: list[Answer | None]


Question = Callable[[Answered], Answer]


class Program(Struct, frozen=True, kw_only=True):
    """Triggers compiled into closures over shared matchers."""

    triggers: Mapping[str, Question]
    sends: tuple[Question, ...]
    """One for each tag, in the container's order."""
    rules: tuple[Question, ...]
    remember: Question | None
    atoms: int
    """How many distinct matchers there are."""
    names: Mapping[str, int]
    """Trigger → its number."""

    def answered(self, facts: Facts) -> Answered:
        """Ready to be asked about one hit."""
        return Answered(facts, [None] * self.atoms, [None] * len(self.names))
