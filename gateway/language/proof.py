"""What triggers can ever answer under a given event and consent, whatever else a hit may be.

Every answer that is possible is in the result; answers that exclude each other through anything but the
event and consent are not told apart, so a "never" is always true.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

from msgspec import Struct

from gateway.language.container import Join, Line, Matcher, Trigger
from gateway.language.matchers import predicate
from gateway.language.read import Parts
from gateway.model import Answer, Consent

Answers = frozenset[Answer]

ANY: Answers = frozenset(Answer)
YES, NO, CANNOT_TELL = (frozenset({answer}) for answer in (Answer.YES, Answer.NO, Answer.CANNOT_TELL))
_EXACT = ("is", "one_of", "is_not")
LETTERS = {"g": Consent.GRANTED, "r": Consent.REFUSED, "u": Consent.UNKNOWN}


class Scenario(Struct, frozen=True):
    """One event (None: any that the file does not name) and one state of consent."""

    event: str | None
    consent: Mapping[str, Consent]


def events(parts: Parts) -> tuple[str | None, ...]:
    """The events a file names, and None for all others."""
    named: set[str] = set()
    for matcher in _event_matchers(parts.triggers.values()):
        if isinstance(matcher.wanted, tuple):
            named |= {str(value) for value in matcher.wanted}
        elif isinstance(matcher.wanted, str):
            named.add(matcher.wanted)
    return (*sorted(named), None)


def states(purposes: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Consent]]]:
    """Every state of consent, as letters (see Container.may_leave) and by purpose."""
    names = tuple(purposes)
    for letters in product("gru", repeat=len(names)):
        yield "".join(letters), {name: LETTERS[letter] for name, letter in zip(names, letters, strict=True)}


class Possible:
    """The possible answers of a file's triggers and joins in one scenario."""

    def __init__(self, triggers: Mapping[str, Trigger], scenario: Scenario) -> None:
        self._triggers = triggers
        self._scenario = scenario
        self.event = scenario.event
        self._known: dict[str, Answers] = {}

    def join(self, join: Join) -> Answers:
        """All that a join can answer."""
        return _combined(self._joined(join), min, Answer.YES)

    def yes(self, join: Join) -> bool:
        """Whether it can be yes."""
        return Answer.YES in self.join(join)

    def trigger(self, name: str) -> Answers:
        """All that a trigger can answer."""
        if name not in self._known:
            trigger = self._triggers[name]
            lines = [self._line(line, matcher) for line in trigger.lines for matcher in line.matchers]
            self._known[name] = _combined([*lines, *self._joined(trigger.join)], min, Answer.YES)
        return self._known[name]

    def _joined(self, join: Join) -> list[Answers]:
        parts = [self.trigger(name) for name in join.all_of]
        if join.any_of:
            parts.append(_combined([self.trigger(name) for name in join.any_of], max, Answer.NO))
        if join.none_of:
            some = _combined([self.trigger(name) for name in join.none_of], max, Answer.NO)
            parts.append(frozenset(Answer(2 - answer) for answer in some))
        return parts

    def _line(self, line: Line, matcher: Matcher) -> Answers:
        if line.variable == "consent":
            return _consent(matcher, self._scenario.consent[str(matcher.wanted)])
        return _event(matcher, self._scenario.event) if line.variable == "event" else ANY


def mentions(triggers: Mapping[str, Trigger], join: Join) -> frozenset[str]:
    """Every variable that a join asks about, directly or through other triggers."""
    found: set[str] = set()
    waiting, seen = list(join.names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found |= {line.variable for line in triggers[name].lines}
        waiting += triggers[name].join.names
    return frozenset(found)


def _combined(parts: Iterable[Answers], choose: Callable[[Answer, Answer], Answer], start: Answer) -> Answers:
    out = frozenset({start})
    for part in parts:
        out = frozenset(choose(one, other) for one in out for other in part)
    return out


def _event_matchers(triggers: Iterable[Trigger]) -> Iterator[Matcher]:
    return (m for trigger in triggers for line in trigger.lines if line.variable == "event" for m in line.matchers)


def _consent(matcher: Matcher, state: Consent) -> Answers:
    if matcher.word == "granted" and state is Consent.UNKNOWN:
        return CANNOT_TELL
    return YES if matcher.word == state.value else NO


def _event(matcher: Matcher, event: str | None) -> Answers:
    if matcher.word == "present":
        return YES if matcher.wanted else NO
    if event is not None:
        return YES if predicate(matcher)(event) else NO
    if matcher.word in _EXACT:
        return YES if matcher.negated is not (matcher.word == "is_not") else NO
    return YES | NO
