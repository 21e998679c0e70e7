"""One finding: what it is about, whether it is well, what it means and what to do."""

from enum import StrEnum

from msgspec import Struct

OTHER_USER = "sudo -u USER taggate doctor asks as another user."


class Level(StrEnum):
    """A problem makes `doctor` exit 1."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(Struct, frozen=True):
    """One line. `about` is a stable word for programs."""

    level: Level
    about: str
    says: str
    hint: str = ""


def ok(about: str, says: str) -> Finding:
    """It is well."""
    return Finding(Level.OK, about, says)


def warning(about: str, says: str, hint: str) -> Finding:
    """It works, and somebody should know."""
    return Finding(Level.WARNING, about, says, hint)


def problem(about: str, says: str, hint: str) -> Finding:
    """A promise is not kept, or will not be."""
    return Finding(Level.PROBLEM, about, says, hint)
