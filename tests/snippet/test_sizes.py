"""The snippet's budget: what was reached. It may shrink and must not grow; the goals are in `sizes.py`."""

import pytest

from .sizes import GOALS, MODULES, PREVIEW, sizes, table

REACHED = {"core": 3_434, "typical": 4_736, "everything": 8_192, "with_calls": 13_309}
SIZES = sizes()


@pytest.mark.parametrize("name", GOALS)
def test_a_snippet_stays_within_what_was_reached(name: str) -> None:
    assert SIZES[name] <= REACHED[name], f"{name} has {SIZES[name]} bytes: python -m tests.snippet.sizes says where"


@pytest.mark.parametrize("name", GOALS)
def test_the_budget_follows_what_is_reached(name: str) -> None:
    assert max(SIZES[name], GOALS[name]) > REACHED[name] * 0.95, f"{name} shrank: let the budget follow"


def test_the_table_names_every_module() -> None:
    assert {line.split(" ")[0] for line in table()} >= {*MODULES, *GOALS} - PREVIEW
