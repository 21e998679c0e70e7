"""Three-valued joining: the compiled triggers answer as the contract reads."""

from hypothesis import given, settings

from gateway.model import Answer, Facts
from tests.language.drawn import CANNOT_TELL, NO, YES, Model, Truth, built, facts, models

WORDS = {Answer.YES: YES, Answer.NO: NO, Answer.CANNOT_TELL: CANNOT_TELL}


@settings(max_examples=120, deadline=None)
@given(models(), facts(), facts())
def test_triggers_and_joins_answer_as_the_contract_says(model: Model, one: Facts, other: Facts) -> None:
    program = built(model).program
    for seen in (one, other):
        hit, truth = program.answered(seen), Truth(model, seen)
        for name, ask in program.triggers.items():
            assert WORDS[ask(hit)] == truth.trigger(name), name
        for ask, join in zip(program.sends, model["sends"].values(), strict=True):
            assert WORDS[ask(hit)] == truth.join(join)
        for ask, rule in zip(program.rules, model["rules"], strict=True):
            assert WORDS[ask(hit)] == truth.join(rule["when"])
        assert program.remember is None or WORDS[program.remember(hit)] == truth.join(model["remember"])


@settings(max_examples=60, deadline=None)
@given(models(), facts())
def test_each_matcher_is_asked_at_most_once_a_hit(model: Model, seen: Facts) -> None:
    program = built(model).program
    hit = program.answered(seen)
    first = [ask(hit) for ask in program.triggers.values()]
    assert None not in hit.triggers
    hit.facts = Facts(event="", readings={}, consent={}, identity=seen.identity)
    assert [ask(hit) for ask in program.triggers.values()] == first
