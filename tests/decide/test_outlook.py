"""A decision is worked out once for all hits that look the same to the rules: never another one than theirs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide import decide, outlook
from gateway.decide.decide import Decider
from gateway.model import Facts
from tests.language.drawn import Model, built, facts, models


@settings(max_examples=80, deadline=None)
@given(models(), st.lists(facts(), min_size=2, max_size=12))
def test_what_is_remembered_is_what_would_be_worked_out(model: Model, hits: list[Facts]) -> None:
    container = built(model)
    decider = Decider(container)
    for hit in hits:
        assert decider.decide(hit) == Decider(container).answered(hit)[0]


@settings(max_examples=50, deadline=None)
@given(models(), st.lists(facts(), min_size=2, max_size=12))
def test_what_is_remembered_is_bounded(model: Model, hits: list[Facts]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decide, "MOST_DECISIONS", 2)
        patch.setattr(outlook, "MOST_REMEMBERED", 1)
        container = built(model)
        decider = Decider(container)
        for hit in hits:
            assert decider.decide(hit) == Decider(container).answered(hit)[0]
            assert len(decider._decisions) <= 2
