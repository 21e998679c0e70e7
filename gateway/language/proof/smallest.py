"""The smallest hit in which something comes true, in the words of a test."""

from collections.abc import Iterable, Iterator

from gateway.language.container import Given, Trigger, Variable
from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.scenes import Scene, Scenes
from gateway.language.proof.subject import SOMEBODY
from gateway.language.values import spelled
from gateway.language.who import shows_identity
from gateway.model import Consent

MOST_WORDS = 24
"""Of more it is not worth finding out whether one could be left out."""
MOST_EVENTS = 20
USUAL = "page_view"


class Smallest:
    """Looks for hits of one file."""

    def __init__(self, scenes: Scenes) -> None:
        self._scenes = scenes
        self._hidden = {scenes.user.variable, *shows_identity(scenes.parts)} if scenes.user else set()
        """What nobody can tell of a hit whose User ID lacks its proof."""
        self._words = [word for word in self._costs() if word != FALSE]
        self._more_than = scenes.circuit.counted(self._words, MOST_WORDS)

    def _costs(self) -> Iterator[Literal]:
        """Of every literal that has to be said, whether it is."""
        scenes = self._scenes
        for choice in scenes.choices.values():
            yield from (choice.granted, choice.refused)
        for name, said in scenes.parts.variables.items():
            subject = scenes.subjects[name]
            if _is_said(said):
                yield scenes.circuit.all_of(subject.there, -self._is_default(said))
                hides = name in self._hidden
                yield scenes.circuit.all_of(subject.cannot_tell, *([-scenes.unverified] if hides else []))
        yield from (scenes.unverified, scenes.unverified)

    def _is_default(self, said: Variable) -> Literal:
        return FALSE if said.default is None else self._scenes.subjects[said.name].domain.equals(said.default)

    def scene(self, *wanted: Literal) -> Scene | None:
        """The one that needs the fewest words, with an event as usual as possible. Raises TooHard."""
        scene = self._scenes.find(*wanted)
        while scene and (fewer := self._scenes.find(*wanted, *self._at_most(scene, less=1))):
            scene = fewer
        return self._usual(scene, (*wanted, *self._at_most(scene))) if scene else None

    def _at_most(self, scene: Scene, less: int = 0) -> list[Literal]:
        count = min(sum(word in scene.model for word in self._words), len(self._more_than)) - less
        if count < 0:
            return [FALSE]
        return [-literal for literal in self._more_than[count : count + 1]]

    def _usual(self, scene: Scene, wanted: tuple[Literal, ...]) -> Scene:
        """A page view if possible, else an event that the file names."""
        happened = self._scenes.subjects["event"].domain
        for name in list(dict.fromkeys([USUAL, *_events(self._scenes.parts.triggers.values())]))[:MOST_EVENTS]:
            if scene.values["event"] == name:
                return scene
            if found := self._scenes.find(*wanted, happened.equals(name)):
                return found
        return scene

    def given(self, scene: Scene) -> Given | None:
        """The scene in the words of a test; None: of one of its values no example was found."""
        scenes = self._scenes
        if None in scene.values.values():
            return None
        unverified = scenes.unverified in scene.model
        said = (variable.name for variable in scenes.parts.variables.values() if _is_said(variable))
        untold = [name for name in said if scenes.subjects[name].cannot_tell in scene.model]
        values = dict(self._values(scene))
        if unverified and scenes.user:
            values[scenes.user.variable] = SOMEBODY
        chosen = [(purpose, scenes.chosen(scene, purpose)) for purpose in scenes.choices]
        return Given(
            event=str(scene.values["event"]),
            values=values,
            cannot_tell=tuple(name for name in untold if not (unverified and name in self._hidden)),
            consent={purpose: state for purpose, state in chosen if state is not Consent.UNKNOWN},
            signed=not unverified,
        )

    def _values(self, scene: Scene) -> Iterator[tuple[str, str | tuple[str, ...]]]:
        for name, said in self._scenes.parts.variables.items():
            value = scene.values.get(name)
            if value is not None and _is_said(said) and self._is_default(said) not in scene.model:
                yield name, spelled(value, decimal_comma=said.decimal_comma)


def _is_said(variable: Variable) -> bool:
    """Whether a hit says it; all else follows."""
    return variable.kind != "constant" and not variable.parts


def _events(triggers: Iterable[Trigger]) -> Iterator[str]:
    """The events that triggers name."""
    for line in (line for trigger in triggers for line in trigger.asking("event")):
        for matcher in line.matchers:
            if matcher.word in ("is", "one_of"):
                yield from map(str, matcher.wanted if isinstance(matcher.wanted, tuple) else (matcher.wanted,))
