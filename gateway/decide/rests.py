"""Which purposes an answer rests on: as long as none of them is refused, no other refusal can take it back."""

from functools import reduce

from gateway.language.container import Container, Join, Matcher
from gateway.language.order import levels
from gateway.language.program import question_of
from gateway.language.questions import Answered, Question
from gateway.model import Answer, Consent

Purposes = frozenset[str]
Reason = tuple[Answer, Purposes]
"""An answer, and what it rests on when it is yes or no; cannot tell is no reason for anything."""

NONE: Purposes = frozenset()
YES, NO = Answer.YES, Answer.NO


class Rests:
    """What is known of one container at load; triggers that never touch consent rest on nothing."""

    def __init__(self, container: Container) -> None:
        self.triggers = container.triggers
        self.ask = container.program.triggers
        self.touching: set[str] = set()
        for name in levels(container.triggers):
            if self.triggers[name].asking("consent") or not self.touching.isdisjoint(self.triggers[name].join.names):
                self.touching.add(name)
        self.lines: dict[str, list[tuple[Question, Matcher | None]]] = {
            name: [
                (question_of(line.variable, matcher), matcher if line.variable == "consent" else None)
                for line in self.triggers[name].lines
                for matcher in line.matchers
            ]
            for name in self.touching
        }

    def of(self, hit: Answered) -> "Reasons":
        """Ready to be asked about one hit."""
        return Reasons(self, hit)


class Reasons:
    """What the answers of one hit rest on, each worked out at most once."""

    def __init__(self, rests: Rests, hit: Answered) -> None:
        self._rests = rests
        self._hit = hit
        self._known: dict[str, Reason] = {}

    def join(self, join: Join) -> Purposes:
        """Of a join that is yes or no."""
        return _all(self._joined(join))[1]

    def _trigger(self, name: str) -> Reason:
        if name not in self._rests.touching:
            return self._rests.ask[name](self._hit), NONE
        if name not in self._known:
            lines = [self._line(ask, matcher) for ask, matcher in self._rests.lines[name]]
            self._known[name] = _all([*lines, *self._joined(self._rests.triggers[name].join)])
        return self._known[name]

    def _joined(self, join: Join) -> list[Reason]:
        reasons = [self._trigger(name) for name in join.all_of]
        if join.any_of:
            reasons.append(_opposite(_all([_opposite(self._trigger(name)) for name in join.any_of])))
        if join.none_of:
            reasons.append(_all([_opposite(self._trigger(name)) for name in join.none_of]))
        return reasons

    def _line(self, ask: Question, matcher: Matcher | None) -> Reason:
        answer = ask(self._hit)
        if matcher is None:
            return answer, NONE
        purpose = str(matcher.wanted)
        refused = self._hit.facts.consent[purpose] is Consent.REFUSED
        stays = refused or (answer is NO and matcher.word != "refused")
        return answer, NONE if stays else frozenset({purpose})


def _all(reasons: list[Reason]) -> Reason:
    """Yes rests on every part; no on one part that is no, the one that rests on the least."""
    answer = min((answer for answer, _ in reasons), default=YES)
    if answer is NO:
        return NO, min((purposes for one, purposes in reasons if one is NO), key=len)
    return answer, reduce(frozenset.union, (purposes for _, purposes in reasons), NONE)


def _opposite(reason: Reason) -> Reason:
    return Answer(YES - reason[0]), reason[1]
