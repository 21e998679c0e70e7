"""What the language takes today, asked of the language itself: a part that it refuses is left out of an import."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from gateway.language.load import Loader
from gateway.language.matchers import KINDS as MATCHERS
from gateway.language.matchers import Wants
from gateway.language.variables import KINDS
from gateway.language.yaml_text import flow
from gateway.model import Json
from gateway.problems import Severity

NOT_YET = "not-available-yet"
SITE = {"name": "x", "domains": ["x.example"]}
FILE = {"type": "file", "settings": {"path": "x"}}


class Refused(Struct, frozen=True):
    """Why something cannot be carried over; `yet`: it will be possible later."""

    said: str
    yet: bool = False


class Offers:
    """Answers from a container that holds nothing but what is asked for."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._known: dict[str, Refused | None] = {}

    def variable(self, definition: Mapping[str, Json], beside: Mapping[str, Json] | None = None) -> Refused | None:
        """Whether a variable may be defined so; `beside` are those that it names."""
        return self._ask(variables={**(beside or {}), "asked": definition})

    def line(self, variable: Mapping[str, Json] | None, wanted: Json) -> Refused | None:
        """Whether a trigger may ask a variable (None: the event) for this."""
        if variable is None:
            return self._ask(triggers={"asked": {"event": _alike(wanted)}})
        if not _has_own_values(variable):
            # Of what may have any value, all texts are alike: one answer does for a thousand triggers.
            variable, wanted = {"data_layer": "x", "type": variable.get("type", "text")}, _alike(wanted)
        return self._ask(variables={"asked": variable}, triggers={"asked": {"asked": wanted}})

    def event(self, definition: Mapping[str, Json]) -> Refused | None:
        """Whether this can be listened for."""
        return self._ask(events={"asked": definition})

    def tag(self, definition: Mapping[str, Json]) -> Refused | None:
        """Whether there can be such a tag, apart from when it sends."""
        return self._ask(tags={"asked": {"send_when": "asked", **definition}})

    def consent(self, source: Mapping[str, Json], purposes: Mapping[str, str]) -> Refused | None:
        """Whether a choice may be kept there."""
        return self._ask(consent={"from": source, "purposes": purposes})

    def user_id(self, variable: Mapping[str, Json]) -> Refused | None:
        """Whether a User ID may be read from there."""
        return self._ask(variables={"asked": variable}, user_id={"from": "asked", "otherwise": "drop"})

    def _ask(self, **sections: Mapping[str, Any]) -> Refused | None:
        text = _container(sections)
        if text not in self._known:
            self._known[text] = self._answer(text)
        return self._known[text]

    def _answer(self, text: str) -> Refused | None:
        loaded = self._loader.compile(text.encode("utf-8", "replace"), "asked", "asked.yaml")
        errors = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
        if not errors:
            return None
        first = next((problem for problem in errors if problem.code == NOT_YET), errors[0])
        return Refused(first.message.rstrip("."), yet=first.code == NOT_YET)


def _has_own_values(variable: Mapping[str, Json]) -> bool:
    kinds = [(KINDS[kind], str(source)) for kind, source in variable.items() if kind in KINDS]
    return any(kind.values or kind.type_of(source) != "text" for kind, source in kinds)


def _alike(wanted: Json) -> Json:
    """The same question with a text that says nothing, but for patterns and numbers, which have a form."""
    if isinstance(wanted, str):
        return "x"
    return {word: "x" if isinstance(said, str) and word in _TEXTS else said for word, said in wanted.items()}


_TEXTS = frozenset(
    name
    for word, kind in MATCHERS.items()
    if kind.wants in (Wants.VALUE, Wants.TEXT) and word != "matches"
    for name in (word, f"not_{word}")
)


def _container(sections: Mapping[str, Mapping[str, Any]]) -> str:
    whole: dict[str, Any] = {
        "version": "1",
        "site": SITE,
        "consent": {"from": {"api": True}, "purposes": {"analytics": "analytics"}},
        "events": None,
        "variables": None,
        "triggers": {"asked": {"event": "asked"}},
        "tags": {"asked": {"send_when": "asked", **FILE}},
        "user_id": None,
        **sections,
        "tests": [],
    }
    return "".join(f"{name}: {flow(value)}\n" for name, value in whole.items() if value is not None)
