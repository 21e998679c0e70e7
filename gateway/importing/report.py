"""What became of everything that an export names."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from gateway.language.yaml_text import plain
from gateway.model import Json

LONGEST = 120


class Fate(StrEnum):
    """What became of a thing. The text is the key in `--format json`."""

    CARRIED = "carried_over"
    CHANGED = "changed_in_meaning"
    NOT_POSSIBLE = "not_possible"
    NOT_YET = "not_available_yet"
    UNUSED = "not_used"
    NO_CONSENT = "without_consent_condition"
    DECIDE = "to_decide"
    SECRET = "secrets_to_set"  # noqa: S105  the word, not one


HEADINGS = {
    Fate.CARRIED: "Carried over",
    Fate.CHANGED: "Changed in meaning",
    Fate.NOT_POSSIBLE: "Not possible",
    Fate.NOT_YET: "Not available yet",
    Fate.UNUSED: "Not used by anything that was carried over, so left out",
    Fate.NO_CONSENT: "Tags that asked for no consent; here they do",
    Fate.DECIDE: "To decide",
    Fate.SECRET: "Secrets to set",
}


class Entry(Struct, frozen=True, order=True):
    """One line: what kind of thing, its name in the export, and what is to be said of it."""

    what: str
    name: str
    said: str = ""

    @property
    def text(self) -> str:
        """The line as a person reads it."""
        return f"{self.what} “{self.name}”" + (f": {self.said}" if self.said else "")


class Report:
    """Grows while an export is read."""

    def __init__(self) -> None:
        self._entries: dict[Fate, dict[Entry, None]] = {fate: {} for fate in Fate}

    def say(self, fate: Fate, what: str, name: str, said: str = "") -> None:
        """One line; the export's own words without what could steer a terminal."""
        self._entries[fate][Entry(what, shown(name), plain(said))] = None

    def unused(self, what: str, name: str) -> None:
        """What was said to be carried over is not: nothing needs it."""
        for fate in (Fate.CARRIED, Fate.CHANGED):
            for entry in self.of(fate):
                if (entry.what, entry.name) == (what, shown(name)):
                    del self._entries[fate][entry]
        self.say(Fate.UNUSED, what, name)

    def of(self, fate: Fate) -> tuple[Entry, ...]:
        """Every line of one kind, in the export's order."""
        return tuple(self._entries[fate])

    def sections(self) -> Iterator[tuple[str, tuple[Entry, ...]]]:
        """Heading and lines, without what is empty."""
        return ((HEADINGS[fate], self.of(fate)) for fate in Fate if self._entries[fate])

    def json(self) -> Json:
        """For programs."""
        return {
            fate.value: [{"what": entry.what, "name": entry.name, "said": entry.said} for entry in entries]
            for fate, entries in self._entries.items()
        }


def shown(name: str) -> str:
    """A name of the export as it stands in comments and reports."""
    name = plain(name)
    return name if len(name) <= LONGEST else name[:LONGEST] + "…"
