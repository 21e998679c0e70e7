"""Two versions of a container → sentences about what changes for whom, and whether somebody gets more."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from msgspec import structs

from gateway.language.container import Container, Given, Join
from gateway.language.explained.explain import promise
from gateway.language.explained.leaving import of_leaving
from gateway.language.explained.rest import of_rest
from gateway.language.explained.scenery import Scenery
from gateway.language.explained.sentence import Change, when
from gateway.language.explained.settings import of_settings, of_site
from gateway.language.explained.together import before, is_old, tie, together
from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.outcome import Outcome, outcome
from gateway.language.suite import command
from gateway.model import Consent

LEVELS = ("nothing", "hits without User ID", "a pseudonym of the User ID", "the User ID as it is")


def changes(old: Container, new: Container) -> tuple[Change, ...]:
    """Everything that changes; what is wider first. Raises TooHard."""
    found = [*_of_hits(old, new), *of_leaving(old, new), *of_settings(old, new), *of_site(old, new)]
    found += of_rest(old, new, told=bool(found))
    return tuple(sorted(found, key=lambda change: not change.wider))


def _of_hits(old: Container, new: Container) -> Iterator[Change]:
    """Exactly: for every possible hit, what it was and what it is."""
    both = _Both(old, new)
    for name in dict.fromkeys([*new.tags, *old.tags]):
        yield from both.tag(name)
    yield from both.cookie()
    yield from both.promises()


class _Both:
    """Both versions over the same hits: what is read in the same way has the same value."""

    def __init__(self, old: Container, new: Container) -> None:
        self._old, self._new = before(old), new
        self._said = [promise(guarantee) for guarantee in old.guarantees]
        self._scenery = Scenery(together(old, new))
        self._scenes = self._scenery.scenes
        tie(self._scenes, old, new)

    def tag(self, name: str) -> Iterator[Change]:
        """What changes for one tag."""
        was, gets = self._levels(name, self._old), self._levels(name, self._new)
        for low, high in combinations(range(len(LEVELS)), 2):
            for pair, wider in (((was[low], gets[high]), True), ((was[high], gets[low]), False)):
                if self._scenes.ever(*pair):
                    yield self._changed(name, pair, (low, high), wider=wider)

    def _levels(self, name: str, container: Container) -> tuple[Literal, ...]:
        """For each level, whether exactly this is what the tag gets."""
        if name not in container.tags:
            return (-FALSE, FALSE, FALSE, FALSE)
        rules = container.user_id.rules if container.user_id else ()
        made: Outcome = outcome(self._scenes, container.tags[name], rules)
        plain = self._scenes.circuit.all_of(made.sent, -made.raw, -made.pseudonym)
        return (-made.sent, plain, self._scenes.circuit.all_of(made.pseudonym, -made.raw), made.raw)

    def _changed(self, name: str, pair: tuple[Literal, Literal], levels: tuple[int, int], *, wider: bool) -> Change:
        low, high = levels
        found = self._scenery.hit(*pair)
        given = found and _as_new(found)
        if wider:
            text = f"{name} now also gets {LEVELS[high]}" + (f" in place of {LEVELS[low]}" if low else "")
        else:
            text = f"{name} no longer gets {LEVELS[high]}" + (f", but {LEVELS[low]}" if low else "")
        example = f" For example: {', '.join(self._scenery.story(given))}." if given else ""
        return Change(f"{text}, {self._when(pair)}.{example}", wider, name, command(given) if given else "")

    def _when(self, pair: Iterable[Literal]) -> str:
        purposes = tuple(purpose for purpose in self._scenes.choices if not is_old(purpose))
        states = self._scenes.states(self._scenes.circuit.all_of(*pair), purposes)
        return when({frozenset(name for name, state in one if state is Consent.GRANTED) for one in states}, purposes)

    def cookie(self) -> Iterator[Change]:
        """Who is remembered."""
        was, stays = self._yes(self._old.visitor.remember_when), self._yes(self._new.visitor.remember_when)
        for pair, wider in (((-was, stays), True), ((was, -stays), False)):
            if self._scenes.ever(*pair):
                word = "now also" if wider else "no longer"
                yield Change(f"The visitor is {word} remembered with a cookie, {self._when(pair)}.", wider)

    def _yes(self, join: Join | None) -> Literal:
        return self._scenes.join(join).yes if join else FALSE

    def promises(self) -> Iterator[Change]:
        """Those that read as before, and hold for fewer hits."""
        excused = {said: self._yes(one.unless) for said, one in zip(self._said, self._old.guarantees, strict=True)}
        for guarantee in self._new.guarantees:
            said = promise(guarantee)
            if said in excused and self._scenes.ever(self._yes(guarantee.unless), -excused[said]):
                yield Change(
                    f"Less is promised: {said}; and what stands under unless is true of more hits.", wider=True
                )


def _as_new(given: Given) -> Given:
    """A hit with the choice that the newer version knows."""
    chosen = {purpose: state for purpose, state in given.consent.items() if not is_old(purpose)}
    return structs.replace(given, consent=chosen)
