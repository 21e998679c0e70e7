"""What a row of the table of variable kinds says; the check, the editor schema, the reference and tests read it."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

Steps = tuple[str, ...]


class Reader(StrEnum):
    """Who reads a kind."""

    BROWSER = "browser"
    GATEWAY = "gateway"


class Case(Struct, frozen=True):
    """An example: what is written behind the kind, what there is to read, and the value; None: it is not there."""

    source: str
    seen: str
    value: str | None


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
    ready: bool = True
    """Whether whoever reads it can do so; a kind that is not ready is refused as not available yet."""
    options: tuple[str, ...] = ()
    """What may stand beside it and beside no other kind."""
    tells_who: bool = False
    """Whether the User ID, its account and its proof are looked for in it."""
    numbers: frozenset[str] = frozenset()
    """The sources that are numbers by themselves."""
    way: Callable[[str], Steps]
    """Where a source is: a parent's way is the beginning of its parts' ways, also of another kind's."""

    def type_of(self, source: str) -> str:
        """The type of a variable that does not say its own."""
        return "number" if source in self.numbers else "text"
