"""Facts → Decision: for every tag whether it gets the hit, and in which form the User ID."""

from gateway.decide.rests import NONE, Rests
from gateway.language.container import Container, Tag
from gateway.language.questions import Answered
from gateway.model import Answer, Decision, Facts, Form, TagDecision

YES, CANNOT_TELL = Answer.YES, Answer.CANNOT_TELL


class Decider:
    """The decision of one container; made once at load."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self._rests = Rests(container)
        rules = container.user_id.rules if container.user_id else ()
        self._rules = {
            name: tuple((i, rule.forms[name]) for i, rule in enumerate(rules) if name in rule.forms)
            for name in container.tags
        }

    def decide(self, facts: Facts) -> Decision:
        """What every tag gets of this hit."""
        return self.answered(facts)[0]

    def answered(self, facts: Facts) -> tuple[Decision, Answered]:
        """The decision, and every answer that led to it."""
        hit = self.container.program.answered(facts)
        tags = tuple(self._tag(tag, number, hit) for number, tag in enumerate(self.container.tags.values()))
        remember = self._remember(hit)
        join = self.container.visitor.remember_when
        rests = self._rests.yes(join, hit) if remember and join else NONE
        return Decision(tags, remember, rests), hit

    def _remember(self, hit: Answered) -> bool:
        ask = self.container.program.remember
        return ask is not None and ask(hit) is YES

    def _tag(self, tag: Tag, number: int, hit: Answered) -> TagDecision:
        if self.container.program.sends[number](hit) is not YES:
            return TagDecision(tag.name, sent=False)
        form, rule = self._form(tag.name, hit)
        if form is Form.NONE and not tag.type.without_id:
            return TagDecision(tag.name, sent=False, rule=rule)
        rests = self._rests.yes(tag.send_when, hit)
        if rule is not None and self.container.user_id:
            rests |= self._rests.yes(self.container.user_id.rules[rule].when, hit)
        return TagDecision(tag.name, sent=True, form=form, rule=rule, rests=rests)

    def _form(self, tag: str, hit: Answered) -> tuple[Form, int | None]:
        """The first yes, but never more than the form of a cannot tell passed on the way."""
        if hit.facts.identity.id is None:
            return Form.NONE, None
        most = Form.RAW
        for number, form in self._rules[tag]:
            answer = self.container.program.rules[number](hit)
            if answer is YES:
                return min(form, most), number
            if answer is CANNOT_TELL:
                most = min(most, form)
        return Form.NONE, None
