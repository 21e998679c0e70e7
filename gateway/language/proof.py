"""What triggers can ever answer, for every event and every state of consent at once.

Every answer that is possible is in the result; answers that exclude each other through anything but the
event and consent are not told apart, so a "never" is always true.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import product
from operator import and_, or_

from msgspec import Struct

from gateway.language.container import Join, Line, Matcher, Trigger
from gateway.language.matchers import predicate
from gateway.language.order import sound
from gateway.language.read import Parts
from gateway.model import Consent

LETTERS = {"g": Consent.GRANTED, "r": Consent.REFUSED, "u": Consent.UNKNOWN}
ODD_EVENT = "\x00"
"""An event that nobody has thought of."""
_BITS = 1 << 17
_EXACT = ("is", "is_not", "one_of", "present")


class Answers(Struct, frozen=True):
    """In which worlds each answer is possible; a bit for each world."""

    no: int
    cannot_tell: int
    yes: int

    @property
    def opposite(self) -> "Answers":
        """The answers of `none_of`."""
        return Answers(self.yes, self.cannot_tell, self.no)


class Worlds:
    """Some events (None: any that the file does not name) times every state of consent, numbered event by event."""

    def __init__(self, events: tuple[str | None, ...], purposes: tuple[str, ...]) -> None:
        self.events = events
        self.states = tuple("".join(letters) for letters in product(LETTERS, repeat=len(purposes)))
        """A letter a purpose, as in Container.may_leave."""
        self._size = len(self.states)
        self.everywhere = (1 << len(events) * self._size) - 1
        each = sum(1 << number * self._size for number in range(len(events)))
        self._where = {
            (purpose, state): each * _bits(letters[number] == letter for letters in self.states)
            for number, purpose in enumerate(purposes)
            for letter, state in LETTERS.items()
        }
        refused = (self.everywhere & ~self.where(purpose, Consent.GRANTED) for purpose in purposes)
        self.nothing_granted = reduce(and_, refused, self.everywhere)
        self.odd_event = self.at(lambda event: event == ODD_EVENT)

    def where(self, purpose: str, state: Consent) -> int:
        """The worlds in which a purpose has this state."""
        return self._where[purpose, state]

    def at(self, test: Callable[[str | None], bool]) -> int:
        """The worlds of the events for which this is true."""
        one = (1 << self._size) - 1
        return sum(one << number * self._size for number, event in enumerate(self.events) if test(event))

    def states_in(self, worlds: int) -> set[str]:
        """The states of consent of these worlds."""
        folded = reduce(or_, (worlds >> number * self._size for number in range(len(self.events))))
        return {state for number, state in enumerate(self.states) if folded >> number & 1}


class Possible:
    """The possible answers of a file's triggers and joins in some worlds; needs triggers that are sound."""

    def __init__(self, triggers: Mapping[str, Trigger], worlds: Worlds) -> None:
        self._triggers = triggers
        self.worlds = worlds
        self._known: dict[str, Answers] = {}

    def join(self, join: Join) -> Answers:
        """All that a join can answer."""
        return self._all(self._joined(join))

    def trigger(self, name: str) -> Answers:
        """All that a trigger can answer."""
        if name not in self._known:
            trigger = self._triggers[name]
            lines = [self._line(line, matcher) for line in trigger.lines for matcher in line.matchers]
            self._known[name] = self._all([*lines, *self._joined(trigger.join)])
        return self._known[name]

    def _joined(self, join: Join) -> Iterator[Answers]:
        yield from map(self.trigger, join.all_of)
        if join.any_of:
            yield self._all(self.trigger(name).opposite for name in join.any_of).opposite
        if join.none_of:
            yield self._all(self.trigger(name).opposite for name in join.none_of)

    def _all(self, parts: Iterable[Answers]) -> Answers:
        no, cannot_tell, not_no, yes = 0, 0, self.worlds.everywhere, self.worlds.everywhere
        for part in parts:
            no |= part.no
            cannot_tell |= part.cannot_tell
            not_no &= part.cannot_tell | part.yes
            yes &= part.yes
        return Answers(no, cannot_tell & not_no, yes)

    def _line(self, line: Line, matcher: Matcher) -> Answers:
        worlds = self.worlds
        if line.variable == "event":
            return Answers(worlds.at(_may(matcher, answer=False)), 0, worlds.at(_may(matcher, answer=True)))
        if line.variable != "consent":
            return Answers(worlds.everywhere, worlds.everywhere, worlds.everywhere)
        purpose = str(matcher.wanted)
        yes = worlds.where(purpose, Consent(matcher.word))
        cannot_tell = worlds.where(purpose, Consent.UNKNOWN) if matcher.word == "granted" else 0
        return Answers(worlds.everywhere & ~(yes | cannot_tell), cannot_tell, yes)


class Scenes:
    """What can come true in a file, as far as that can be worked out: of what is wrong nothing is said."""

    def __init__(self, parts: Parts) -> None:
        self._sound = sound(parts.triggers, parts.broken)
        self._possible = tuple(possible(parts))

    def known(self, *joins: Join) -> bool:
        """Whether all that these joins ask can be worked out."""
        return all(self._sound.issuperset(join.names) for join in joins)

    def ever(self, *joins: Join, within: Callable[[Worlds], int] = lambda worlds: worlds.everywhere) -> bool:
        """Whether these joins can be yes at once, in some of these worlds."""
        return any(
            reduce(and_, (here.join(join).yes for join in joins), within(here.worlds)) for here in self._possible
        )


def possible(parts: Parts) -> Iterator[Possible]:
    """Over all worlds of a file, in pieces that a computer can hold."""
    events = _events(parts.triggers.values())
    piece = max(1, _BITS // 3 ** len(parts.purposes))
    for start in range(0, len(events), piece):
        yield Possible(parts.triggers, Worlds(events[start : start + piece], parts.purposes))


def _events(triggers: Iterable[Trigger]) -> tuple[str | None, ...]:
    """The events a file names, an odd one, and None for all others."""
    lines = (line for trigger in triggers for line in trigger.lines if line.variable == "event")
    wanted = [matcher.wanted for line in lines for matcher in line.matchers]
    named = {str(word) for words in wanted for word in (words if isinstance(words, tuple) else (words,))}
    return (*sorted(named), ODD_EVENT, None)


def _may(matcher: Matcher, *, answer: bool) -> Callable[[str | None], bool]:
    """Whether a matcher on the event can give this answer; of those not named all are alike where names are exact."""
    asks = predicate(matcher)
    alike = matcher.word in _EXACT and not matcher.ignore_case
    return lambda event: (event is None and not alike) or asks(event or ODD_EVENT) is answer


def _bits(answers: Iterable[bool]) -> int:
    digits = "".join("1" if answer else "0" for answer in answers)
    return int(digits[::-1], 2)
