"""Of tests that fail: the trigger that decides that a tag gets nothing, or not the form that is expected."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from gateway.language.container import Container, Join, Trigger
from gateway.language.order import below
from gateway.language.program import question_of
from gateway.model import Answer, Facts, Form
from gateway.problems import quoted

MOST_TRIGGERS = 100
"""Of a join that stands on more of them nobody is named: each is supposed to say something else."""
_WORDS = {Answer.NO: "says no", Answer.CANNOT_TELL: "cannot tell", Answer.YES: "says yes"}
_GIVEN = frozenset({"event", "consent"})
"""What a test says outright is seldom what its author did not see."""


class Difference(Struct, frozen=True):
    """A tag of one failing test: what it should get and what it gets; None: nothing."""

    tag: str
    wanted: Form | None
    got: Form | None
    facts: Facts


class Suspicion(Struct, frozen=True):
    """A join that decides otherwise than expected, and each trigger that alone would turn it."""

    starts: str
    answers: "Answers"
    join: Join
    triggers: Sequence[str]
    drops: str = ""
    """The tag that was to get the hit without a User ID, which people also call getting nothing."""


class Answers:
    """What triggers answer of one hit, also if the own lines of one of them said something else."""

    def __init__(self, triggers: Mapping[str, Trigger], container: Container, facts: Facts) -> None:
        self._triggers = triggers
        hit = container.program.answered(facts)
        self._lines = {
            name: [
                (line.variable, matcher, question_of(line.variable, matcher)(hit))
                for line in trigger.lines
                for matcher in line.matchers
            ]
            for name, trigger in triggers.items()
        }

    def of(self, join: Join, turned: str = "") -> Answer:
        """`turned`: the trigger whose lines say something else."""
        return self._join(join, turned, {})

    def turning(self, join: Join) -> list[str]:
        """The triggers of which each alone makes a yes of what is none, or the other way round."""
        names = below([join], self._triggers)
        if len(names) > MOST_TRIGGERS:
            return []
        is_yes = self.of(join) is Answer.YES
        asking = [name for name in names if self._lines[name]]
        return [name for name in asking if (self.of(join, name) is Answer.YES) != is_yes]

    def _join(self, join: Join, turned: str, known: dict[str, Answer]) -> Answer:
        def ask(names: Iterable[str]) -> list[Answer]:
            return [self._trigger(name, turned, known) for name in names]

        parts = [Answer.YES, *ask(join.all_of)]
        parts += [max(ask(join.any_of))] if join.any_of else []
        parts += [Answer(Answer.YES - max(ask(join.none_of)))] if join.none_of else []
        return min(parts)

    def _trigger(self, name: str, turned: str, known: dict[str, Answer]) -> Answer:
        if name not in known:
            lines = min((answer for _, _, answer in self._lines[name]), default=Answer.YES)
            if name == turned:
                lines = Answer.NO if lines is Answer.YES else Answer.YES
            known[name] = min(lines, self._join(self._triggers[name].join, turned, known))
        return known[name]

    def said(self, name: str) -> str:
        """A trigger, its line and its answer."""
        place = self._triggers[name].place
        answer = self.of(Join(all_of=(name,), place=place))
        lines = self._lines[name]
        own = [(variable, matcher) for variable, matcher, said in lines if said is answer]
        if answer is Answer.YES or len(lines) < 2 or len(own) != 1:
            return f"{quoted(name)} (line {place.line}), which {_WORDS[answer]}"
        (variable, matcher) = own[0]
        return f"{quoted(name)} (line {place.line}), whose {variable}: {{ {matcher.text} }} {_WORDS[answer]}"

    def asks_given(self, name: str) -> bool:
        """Whether what a test says outright decides its lines; of those that are none, only these count."""
        lines = self._lines[name]
        against = [variable for variable, _, answer in lines if answer is not Answer.YES]
        return not _GIVEN.isdisjoint(against or [variable for variable, _, _ in lines])


def culprits(container: Container, differences: Sequence[Difference | None]) -> list[str]:
    """For each a sentence, or nothing. What turns most of them is named first: they may hang on one mistake."""
    found = [_suspicion(container, one) if one else None for one in differences]
    counts = Counter(name for one in found if one for name in one.triggers)
    return [_sentence(container, one, counts) if one else "" for one in found]


def _suspicion(container: Container, one: Difference) -> Suspicion | None:
    answers = Answers(container.triggers, container, one.facts)
    tag, send_when = quoted(one.tag), container.tags[one.tag].send_when
    if one.got is None:
        drops = one.tag if one.wanted is Form.NONE else ""
        return _held(f"{tag} is held back by", answers, send_when, drops)
    if one.wanted is None and not any(one.tag in case.expect for case in container.tests):
        return Suspicion(f"If it should get it, add {one.tag}: {one.got.word} to expect", answers, send_when, ())
    if one.wanted is None:
        plain = [name for name in answers.turning(send_when) if not answers.asks_given(name)]
        through = ", and ".join(answers.said(name) for name in plain)
        return Suspicion(f"{tag} is let through by {through}", answers, send_when, ()) if 0 < len(plain) < 4 else None
    rules = container.user_id.rules if container.user_id else ()
    if one.wanted > one.got and not any(rule.forms.get(one.tag) is one.wanted for rule in rules):
        return Suspicion(f"No rule in user_id names {tag} under {one.wanted.word}", answers, send_when, ())
    for rule in rules:
        if rule.forms.get(one.tag) is one.wanted and answers.of(rule.when) is not Answer.YES:
            return _held(f"The rule in line {rule.line} is held back by", answers, rule.when)
    for rule in rules:
        if rule.forms.get(one.tag) is one.got and answers.of(rule.when) is Answer.YES:
            return Suspicion(f"The rule in line {rule.line} says {one.got.word}", answers, rule.when, ())
    return None


def _held(starts: str, answers: Answers, join: Join, drops: str = "") -> Suspicion | None:
    """Where no trigger alone would do, the first that is in the way."""
    if answers.of(join) is Answer.YES:
        return None
    alone = answers.turning(join)
    asked = [(name, Answer.YES) for name in join.all_of] + [(name, Answer.NO) for name in join.none_of]
    first = [name for name, free in asked if answers.of(Join(all_of=(name,), place=join.place)) is not free]
    named = alone or first[:1]
    return Suspicion(starts, answers, join, named, drops) if named else None


def _sentence(container: Container, one: Suspicion, counts: Mapping[str, int]) -> str:
    ranked = sorted(one.triggers, key=lambda name: (one.answers.asks_given(name), -counts[name]))
    if not ranked:
        return f"{one.starts}. "
    instead = ""
    if one.drops and container.triggers[ranked[0]].asking("consent"):
        instead = f"If {quoted(one.drops)} should get nothing, leave it out of expect. "
    return f"{one.starts} {one.answers.said(ranked[0])}. {instead}"
