"""Which purposes a "yes" rests on: those whose refusal would take it back."""

from gateway.language.container import Container, Join, Line, Trigger
from gateway.language.program import question_of
from gateway.language.questions import Answered
from gateway.model import Answer, Consent

Purposes = frozenset[str]
NONE: Purposes = frozenset()


class Rests:
    """Works out, for one container, what its answers rest on. Triggers that never touch consent cost nothing."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._touches = {name for name in container.triggers if self._touching(name)}

    def yes(self, join: Join, hit: Answered) -> Purposes:
        """Of a join that is yes."""
        found = NONE
        for name in join.all_of:
            found |= self._trigger(name, hit)
        if join.any_of:
            found |= self._first_yes(join.any_of, hit)
        for name in join.none_of:
            found |= self._no(name, hit)
        return found

    def _touching(self, name: str) -> bool:
        trigger = self._container.triggers[name]
        return any(line.variable == "consent" for line in trigger.lines) or any(map(self._touching, trigger.join.names))

    def _trigger(self, name: str, hit: Answered) -> Purposes:
        if name not in self._touches:
            return NONE
        trigger = self._container.triggers[name]
        return self.yes(trigger.join, hit) | _granted(trigger)

    def _first_yes(self, names: tuple[str, ...], hit: Answered) -> Purposes:
        """Of the yes that rests on the fewest: any one of them is reason enough."""
        ask = self._container.program.triggers
        return min((self._trigger(n, hit) for n in names if ask[n](hit) is Answer.YES), key=len, default=NONE)

    def _no(self, name: str, hit: Answered) -> Purposes:
        """Of a trigger that is no and must stay so."""
        if name not in self._touches:
            return NONE
        trigger = self._container.triggers[name]
        reasons = [_not_refused(line, hit) for line in trigger.lines if line.variable == "consent"]
        if any(line.variable != "consent" and self._line_says_no(line, hit) for line in trigger.lines):
            return NONE
        reasons += self._joined_no(trigger.join, hit)
        return min((reason for reason in reasons if reason is not None), key=len, default=NONE)

    def _joined_no(self, join: Join, hit: Answered) -> list[Purposes | None]:
        ask = self._container.program.triggers
        reasons: list[Purposes | None] = [self._no(n, hit) for n in join.all_of if ask[n](hit) is Answer.NO]
        if join.any_of and all(ask[n](hit) is Answer.NO for n in join.any_of):
            reasons.append(NONE.union(*(self._no(n, hit) for n in join.any_of)))
        reasons += [self._trigger(n, hit) for n in join.none_of if ask[n](hit) is Answer.YES]
        return reasons

    def _line_says_no(self, line: Line, hit: Answered) -> bool:
        return any(question_of(line.variable, matcher)(hit) is Answer.NO for matcher in line.matchers)


def _granted(trigger: Trigger) -> Purposes:
    return frozenset(
        str(matcher.wanted)
        for line in trigger.lines
        if line.variable == "consent"
        for matcher in line.matchers
        if matcher.word == "granted"
    )


def _not_refused(line: Line, hit: Answered) -> Purposes | None:
    """What keeps a line about consent from becoming yes: a refusal that is not there. None: it is not a no."""
    for matcher in line.matchers:
        purpose = str(matcher.wanted)
        state = hit.facts.consent[purpose]
        if matcher.word == "refused" and state is not Consent.REFUSED:
            return frozenset({purpose})
        if (
            matcher.word != "refused"
            and state.value != matcher.word
            and not (matcher.word == "granted" and state is Consent.UNKNOWN)
        ):
            return NONE
    return None
