"""A container → the scenes of everything that it can make of a hit, and hits in plain words."""

from collections.abc import Iterator

from gateway.language.container import Container, Given
from gateway.language.proof.circuit import FALSE, TRUE, Literal
from gateway.language.proof.outcome import Outcome, outcomes
from gateway.language.proof.scenes import Scenes
from gateway.language.proof.smallest import Smallest
from gateway.language.read import Parts
from gateway.model import Consent
from gateway.problems import Place


class Scenery:
    """Of one container in which nothing is wrong."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.scenes = Scenes(_parts(container))
        self.smallest = Smallest(self.scenes)
        self.outcomes: dict[str, Outcome] = outcomes(self.scenes)
        join = container.visitor.remember_when
        self.remembered: Literal = self.scenes.join(join).yes if join else FALSE

    def all(self, state: Consent) -> Literal:
        """Every purpose is in this state."""
        choices = self.scenes.choices.values()
        return self.scenes.circuit.all_of(*(choice.state(self.scenes.circuit, state) for choice in choices))

    @property
    def guest(self) -> Literal:
        """Nobody is signed in."""
        return -self.scenes.perhaps_signed_in if self.scenes.user else TRUE

    def hit(self, *wanted: Literal) -> Given | None:
        """The smallest hit in which all of these are true. Raises TooHard."""
        scene = self.smallest.scene(*wanted)
        return self.smallest.given(scene) if scene else None

    def story(self, given: Given) -> tuple[str, ...]:
        """A hit in plain words."""
        return tuple(_story(self.container, given))


def _story(container: Container, given: Given) -> Iterator[str]:
    yield f"event {given.event}"
    user = container.user_id.variable if container.user_id else ""
    if user in given.values:
        yield "signed in" if given.signed else "signed in without proof"
    states = {state: [name for name, said in given.consent.items() if said is state] for state in Consent}
    yield from (f"{name} granted" for name in states[Consent.GRANTED])
    yield from (f"{name} refused" for name in states[Consent.REFUSED])
    for name, value in given.values.items():
        if name != user:
            shown = ", ".join(value) if isinstance(value, tuple) else value
            yield f"{name} is there" if container.variables[name].personal else f"{name} is {shown}"
    yield from (f"nobody can tell {name}" for name in given.cannot_tell)


def _parts(container: Container) -> Parts:
    return Parts(
        site=container.site,
        server_key=container.server_key,
        calls=container.calls,
        dialects=container.dialects,
        consent=container.consent,
        visitor=container.visitor,
        events=container.events,
        variables=container.variables,
        triggers=container.triggers,
        tags=container.tags,
        user_id=container.user_id,
        guarantees=container.guarantees,
        tests=container.tests,
        tests_place=Place(1, 1),
    )
