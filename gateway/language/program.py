"""Triggers → closures over shared matchers: each distinct matcher is evaluated once per hit at most."""

from collections.abc import Callable, Mapping

from gateway.language.container import Join, Line, Matcher, Trigger
from gateway.language.matchers import predicate
from gateway.language.questions import Answered, Program, Question
from gateway.language.read import Parts
from gateway.model import ABSENT, Answer, CannotTell, Consent

NO, CANNOT_TELL, YES = Answer.NO, Answer.CANNOT_TELL, Answer.YES
_OPPOSITE = (YES, CANNOT_TELL, NO)


def compile_program(parts: Parts) -> Program:
    """Raises nothing: names were looked up, and no trigger joins itself."""
    compiler = _Compiler(parts.triggers)
    rules = parts.user_id.rules if parts.user_id else ()
    remember = parts.visitor.remember_when
    return Program(
        triggers={name: compiler.trigger(name) for name in parts.triggers},
        sends=tuple(compiler.join(tag.send_when) for tag in parts.tags.values()),
        rules=tuple(compiler.join(rule.when) for rule in rules),
        remember=compiler.join(remember) if remember else None,
        atoms=len(compiler.atoms),
        names={name: index for index, name in enumerate(parts.triggers)},
    )


class _Compiler:
    def __init__(self, triggers: Mapping[str, Trigger]) -> None:
        self.triggers = triggers
        self.atoms: dict[tuple[str, Matcher], Question] = {}
        self.numbers = {name: number for number, name in enumerate(triggers)}
        self.done: dict[str, Question] = {}

    def trigger(self, name: str) -> Question:
        if name not in self.done:
            trigger = self.triggers[name]
            asked = [self.atom(line, matcher) for line in trigger.lines for matcher in line.matchers]
            self.done[name] = _remembered(_all([*asked, *self._joined(trigger.join)]), self.numbers[name])
        return self.done[name]

    def join(self, join: Join) -> Question:
        return _all(self._joined(join))

    def _joined(self, join: Join) -> list[Question]:
        asked = [self.trigger(name) for name in join.all_of]
        if join.any_of:
            asked.append(_any([self.trigger(name) for name in join.any_of]))
        if join.none_of:
            asked.append(_none([self.trigger(name) for name in join.none_of]))
        return asked

    def atom(self, line: Line, matcher: Matcher) -> Question:
        key = (line.variable, matcher)
        if key not in self.atoms:
            self.atoms[key] = _shared(question_of(line.variable, matcher), len(self.atoms))
        return self.atoms[key]


def question_of(variable: str, matcher: Matcher) -> Question:
    """One matcher on one variable, as a question about a hit."""
    if variable == "consent":
        return _consent(matcher)
    test = predicate(matcher)
    when_absent = YES if matcher.word == "present" and matcher.wanted is False else NO

    def ask(hit: Answered) -> Answer:
        value = hit.facts.readings[variable]
        if value is ABSENT:
            return when_absent
        if isinstance(value, CannotTell):
            return CANNOT_TELL
        return YES if test(value) else NO

    return ask


def _consent(matcher: Matcher) -> Question:
    purpose = str(matcher.wanted)
    answers: dict[str, Mapping[Consent, Answer]] = {
        "granted": {Consent.GRANTED: YES, Consent.REFUSED: NO, Consent.UNKNOWN: CANNOT_TELL},
        "refused": {Consent.GRANTED: NO, Consent.REFUSED: YES, Consent.UNKNOWN: NO},
        "unknown": {Consent.GRANTED: NO, Consent.REFUSED: NO, Consent.UNKNOWN: YES},
    }
    table = answers[matcher.word]
    return lambda hit: table[hit.facts.consent[purpose]]


def _shared(ask: Question, number: int) -> Question:
    def shared(hit: Answered) -> Answer:
        known = hit.atoms[number]
        if known is None:
            known = hit.atoms[number] = ask(hit)
        return known

    return shared


def _remembered(ask: Question, number: int) -> Question:
    def remembered(hit: Answered) -> Answer:
        known = hit.triggers[number]
        if known is None:
            known = hit.triggers[number] = ask(hit)
        return known

    return remembered


def _fold(asked: list[Question], start: Answer, stop: Answer, pick: Callable[[Answer, Answer], Answer]) -> Question:
    def fold(hit: Answered) -> Answer:
        answer = start
        for ask in asked:
            answer = pick(answer, ask(hit))
            if answer is stop:
                return answer
        return answer

    return asked[0] if len(asked) == 1 else fold


def _all(asked: list[Question]) -> Question:
    return _fold(asked, YES, NO, min)


def _any(asked: list[Question]) -> Question:
    return _fold(asked, NO, YES, max)


def _none(asked: list[Question]) -> Question:
    ask_any = _any(asked)
    return lambda hit: _OPPOSITE[ask_any(hit)]
