"""Facts → Decision: for every tag whether it gets the hit, and in which form the User ID."""

from gateway.decide.outlook import Key, Outlook
from gateway.decide.rests import NONE, Purposes, Reasons, Rests
from gateway.language.container import Container, Tag
from gateway.language.questions import Answered
from gateway.model import Answer, Decision, Facts, Form, TagDecision

YES, CANNOT_TELL = Answer.YES, Answer.CANNOT_TELL
NEEDS_ID = "it takes no hit without a User ID"
MOST_DECISIONS = 4096


class Decider:
    """The decision of one container; made once at load."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self._program = container.program
        self._rests = Rests(container)
        self._outlook = Outlook(container)
        self._decisions: dict[Key, Decision] = {}
        self._all_rules = container.user_id.rules if container.user_id else ()
        self._rules: dict[str, list[tuple[int, Form]]] = {name: [] for name in container.tags}
        for number, rule in enumerate(self._all_rules):
            for name, form in rule.forms.items():
                self._rules[name].append((number, form))

    def decide(self, facts: Facts) -> Decision:
        """What every tag gets of this hit. Worked out once for all hits that look the same to the rules."""
        key = self._outlook.of(facts)
        known = self._decisions.get(key)
        if known is None:
            if len(self._decisions) == MOST_DECISIONS:
                self._decisions.clear()
            known = self._decisions[key] = self.answered(facts)[0]
        return known

    def answered(self, facts: Facts) -> tuple[Decision, Answered]:
        """The decision, and every answer that led to it."""
        hit = self._program.answered(facts)
        why = self._rests.of(hit)
        tags = tuple(self._tag(tag, number, hit, why) for number, tag in enumerate(self.container.tags.values()))
        join = self.container.visitor.remember_when
        remember = self._program.remember is not None and self._program.remember(hit) is YES
        return Decision(tags, remember, why.join(join) if join and remember else NONE), hit

    def _tag(self, tag: Tag, number: int, hit: Answered, why: Reasons) -> TagDecision:
        if self._program.sends[number](hit) is not YES:
            return TagDecision(tag.name, sent=False)
        form, rule = self._form(tag.name, hit)
        if form is Form.NONE and not tag.type.without_id:
            return TagDecision(tag.name, sent=False, rule=rule, held=NEEDS_ID)
        rests = why.join(tag.send_when) | self._rests_of_form(tag.name, form, rule, why)
        return TagDecision(tag.name, sent=True, form=form, rule=rule, rests=rests)

    def _form(self, tag: str, hit: Answered) -> tuple[Form, int | None]:
        """The first yes, but never more than the form of a cannot tell passed on the way."""
        if hit.facts.identity.id is None:
            return Form.NONE, None
        most = Form.RAW
        for number, form in self._rules[tag]:
            answer = self._program.rules[number](hit)
            if answer is YES:
                return min(form, most), number
            if answer is CANNOT_TELL:
                most = min(most, form)
        return Form.NONE, None

    def _rests_of_form(self, tag: str, form: Form, rule: int | None, why: Reasons) -> Purposes:
        """Of the rule that decided, and of those above it that give less: they must stay no."""
        if rule is None:
            return NONE
        less = (number for number, given in self._rules[tag] if number < rule and given < form)
        return NONE.union(*(why.join(self._all_rules[number].when) for number in (*less, rule)))
