"""The proof against brute force: where every hit can be tried, it says exactly what the real decision does."""

import shlex
from collections.abc import Callable
from os import environ

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from gateway.decide.decide import Decider
from gateway.decide.suppose import suppose
from gateway.language.given import read_words
from gateway.language.leave import LETTERS
from gateway.language.proof.guarantees import Proof
from gateway.language.proof.scenes import Scenes
from gateway.model import Answer, Consent
from gateway.problems import Place, Severity
from tests.language.every import MOST_HITS, Everything, Hit, Model, broken, models, parts_of, words

FILE = "drawn.yaml"


def everything(model: Model) -> tuple[Scenes, Everything, list[Hit]]:
    """A model's scenes, and all its hits; its guarantees are told apart by their line."""
    parts = parts_of(model)
    guarantees = [structs.replace(one, place=Place(line, 1)) for line, one in enumerate(parts.guarantees)]
    scenes = Scenes(structs.replace(parts, guarantees=tuple(guarantees)))
    tried = Everything(scenes)
    assume(tried.count <= MOST_HITS)
    return scenes, tried, list(tried.hits())


def few(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many models, or as many times more as EVERY_HIT says, however long each takes; coverage is others' matter."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    set_up = settings(
        max_examples=examples * int(environ.get("EVERY_HIT", "1")), deadline=None, suppress_health_check=slow
    )
    return lambda test: pytest.mark.untraced(set_up(test))


def agree(model: Model) -> None:
    """A guarantee fails exactly where a hit breaks it; the hit it names does, and no smaller one."""
    scenes, tried, hits = everything(model)
    found = {problem.place.line: problem for problem in Proof(scenes, FILE).problems()}
    for line, guarantee in enumerate(scenes.parts.guarantees):
        wrong = broken(tried, guarantee, hits)
        problem = found.get(line)
        assert bool(wrong) is (problem is not None and problem.severity is Severity.ERROR), (guarantee, problem)
        if wrong:
            assert problem
            _, _, said = problem.hint.partition(f"taggate try {FILE} ")
            shown = read_words(shlex.split(said), tried.container)
            decision, hit = Decider(tried.container).answered(suppose(tried.container, shown))
            answers = {name: ask(hit) for name, ask in tried.container.program.triggers.items()}
            ever = (shown, decision, answers)
            assert broken(tried, guarantee, [*hits, ever])[-1] is ever, problem
            assert words(tried.container, shown) == min(words(tried.container, one) for one, _, _ in wrong)


@few(120)
@given(models())
def test_a_guarantee_fails_exactly_where_a_hit_breaks_it(model: Model) -> None:
    agree(model)


@few(60)
@given(models())
def test_a_trigger_answers_exactly_what_is_possible(model: Model) -> None:
    scenes, tried, hits = everything(model)
    for name in tried.container.triggers:
        pair = scenes.trigger(name)
        wires = {Answer.YES: (pair.yes,), Answer.CANNOT_TELL: (pair.may, -pair.yes), Answer.NO: (-pair.may,)}
        possible = {answer for answer, wanted in wires.items() if scenes.ever(*wanted)}
        assert possible == {answers[name] for _, _, answers in hits}, name


@few(40)
@given(models(), st.data())
def test_states_of_consent_are_exactly_those_of_some_hit(model: Model, data: st.DataObject) -> None:
    scenes, tried, hits = everything(model)
    name = data.draw(st.sampled_from(sorted(tried.container.triggers)))
    seen = {
        "".join(LETTERS[one.consent.get(purpose, Consent.UNKNOWN)] for purpose in sorted(tried.purposes))
        for one, _, answers in hits
        if answers[name] is Answer.YES
    }
    states = scenes.states(scenes.trigger(name).yes, tried.purposes)
    assert {"".join(LETTERS[chosen] for _, chosen in state) for state in states} == seen
