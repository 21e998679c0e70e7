"""What a row of the table of variable kinds says; the check, the editor schema, the reference and tests read it."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

Steps = tuple[str, ...]
MOST_LISTED = 1000


class Reader(StrEnum):
    """Who reads a kind."""

    BROWSER = "browser"
    GATEWAY = "gateway"


class Case(Struct, frozen=True):
    """An example: what is written behind the kind, what there is to read, and the value; None: it is not there."""

    source: str
    seen: str
    value: str | None


def _none(_: str) -> tuple[str, ...]:
    return ()


def _any_number(_: str) -> range | None:
    return None


class VariableKind(Struct, frozen=True, kw_only=True):
    """One way to read a value. `pattern`: what its source may be (a JSON Schema pattern); `choices`: all that
    it may be; `advice`: what to write instead of a source that does not fit."""

    name: str
    reader: Reader
    description: str
    example: str
    cases: tuple[Case, ...]
    pattern: str = r"^.+$"
    choices: tuple[str, ...] = ()
    advice: str = ""
    options: tuple[str, ...] = ()
    """What may stand beside it and beside no other kind."""
    needs: tuple[str, ...] = ()
    """Which of these must."""
    tells_who: bool = False
    """Whether the User ID, its account and its proof are looked for in it."""
    types: Mapping[str, str] = {}
    """Source → its type by itself, where that is not text; "*": of every source."""
    values: Mapping[str, tuple[str, ...]] = {}
    """Source → all values that it can have, where they are few."""
    numbers: Callable[[str], range | None] = _any_number
    """The whole numbers that a source can have; None: any number."""
    shared: bool = False
    """Whether two variables of one source always have the same value; not so where a sender tells it by their names."""
    parts: Callable[[str], tuple[str, ...]] = _none
    """The variables that a value is built from."""
    way: Callable[[str], Steps]
    """Where a source is: a parent's way is the beginning of its parts' ways, also of another kind's."""

    def few(self, source: str, value_type: str) -> tuple[str, ...]:
        """All values that a variable of this type can have, as texts, where they are few."""
        numbers = self.numbers(source)
        if value_type == "number" or numbers is None or len(numbers) > MOST_LISTED:
            return self.values.get(source, ())
        return tuple(map(str, numbers))

    def type_of(self, source: str) -> str:
        """The type of a variable that does not say its own."""
        return self.types.get(source, self.types.get("*", "text"))
