"""Why a decision came out as it did: every answer with what was wanted and what was seen."""

from collections.abc import Iterator
from hashlib import blake2b
from secrets import token_bytes

from msgspec import Struct

from gateway.language.container import Container, Line, Matcher, Trigger
from gateway.language.order import below
from gateway.language.program import question_of
from gateway.language.questions import Answered
from gateway.model import ABSENT, Answer, CannotTell, Facts, Reading, TagDecision

_FINGERPRINT_KEY = token_bytes(32)
ANSWERS = {Answer.YES: "yes", Answer.NO: "no", Answer.CANNOT_TELL: "cannot tell"}


class Seen(Struct, frozen=True):
    """One matcher: what it wanted, what it saw (a personal value as a fingerprint), what it answered."""

    variable: str
    wanted: str
    seen: str
    answer: str


class Reason(Struct, frozen=True, kw_only=True):
    """One trigger's answer and how it came about. `of` are the triggers it joins."""

    trigger: str
    answer: str
    lines: tuple[Seen, ...] = ()
    of: tuple[str, ...] = ()


def reasons(container: Container, hit: Answered) -> dict[str, Reason]:
    """Every trigger's answer, by name."""
    return {name: _reason(container, trigger, hit) for name, trigger in container.triggers.items()}


def because(container: Container, decision: TagDecision, all_reasons: dict[str, Reason]) -> tuple[Reason, ...]:
    """The triggers that one tag's decision came from, those they join included."""
    joins = [container.tags[decision.tag].send_when]
    rules = container.user_id.rules if container.user_id else ()
    if decision.sent:
        last = len(rules) if decision.rule is None else decision.rule + 1
        joins += [rule.when for rule in rules[:last] if decision.tag in rule.forms]
    return tuple(all_reasons[name] for name in below(joins, container.triggers))


def rule_text(container: Container, decision: TagDecision) -> str:
    """Which rule decided, in words; of what is not sent, why."""
    if not decision.sent:
        return decision.held or "send_when is not yes"
    if decision.rule is None or container.user_id is None:
        return "otherwise: drop" if container.user_id else "no section user_id"
    return f"rule in line {container.user_id.rules[decision.rule].line}"


def reads_page(container: Container, facts: Facts) -> frozenset[str]:
    """The tags that, where they run for this hit, can read in the page who is signed in: somebody may be."""
    user = container.user_id
    if user and facts.readings[user.variable] is ABSENT:
        return frozenset()
    return frozenset(tag.name for tag in container.tags.values() if tag.type.in_page)


def shown(value: Reading, *, personal: bool) -> str:
    """A value for a trace."""
    if isinstance(value, CannotTell):
        return f"cannot tell: {value.cause}"
    if value is ABSENT:
        return "absent"
    text = ", ".join(sorted(value)) if isinstance(value, frozenset) else Matcher(word="is", wanted=value).text[4:]
    return f"(personal, {_fingerprint(text)})" if personal else text[:120]


def _reason(container: Container, trigger: Trigger, hit: Answered) -> Reason:
    answer = container.program.triggers[trigger.name](hit)
    lines = tuple(seen for line in trigger.lines for seen in _seen(container, line, hit))
    return Reason(trigger=trigger.name, answer=ANSWERS[answer], lines=lines, of=trigger.join.names)


def _seen(container: Container, line: Line, hit: Answered) -> Iterator[Seen]:
    for matcher in line.matchers:
        answer = ANSWERS[question_of(line.variable, matcher)(hit)]
        if line.variable == "consent":
            purpose = str(matcher.wanted)
            yield Seen(f"consent {purpose}", matcher.word, hit.facts.consent[purpose].value, answer)
        else:
            variable = container.variables.get(line.variable)
            value = shown(hit.facts.readings[line.variable], personal=variable is not None and variable.personal)
            yield Seen(line.variable, matcher.text, value, answer)


def _fingerprint(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), key=_FINGERPRINT_KEY, digest_size=3).hexdigest()
