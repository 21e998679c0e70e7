"""The rows of the table of variable kinds: each says all that is to be known of it, and what it says fits."""

import re

import pytest

from gateway.language.variable_kind import VariableKind
from gateway.language.variables import KINDS

ROWS = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def _takes(kind: VariableKind, source: str) -> bool:
    return source in kind.choices if kind.choices else bool(re.search(kind.pattern, source))


@ROWS
def test_a_row_has_an_example_and_cases_that_fit(kind: VariableKind) -> None:
    assert kind.description.endswith(".")
    assert _takes(kind, kind.example)
    assert kind.cases
    for case in kind.cases:
        assert _takes(kind, case.source.partition(", attribute:")[0])


@ROWS
def test_a_row_says_what_to_type_where_not_everything_is_possible(kind: VariableKind) -> None:
    assert kind.advice or kind.choices or _takes(kind, "anything, even this: {}")


@ROWS
def test_what_is_a_number_by_itself_is_one_of_its_sources(kind: VariableKind) -> None:
    assert not kind.choices or kind.numbers <= set(kind.choices)
    assert {kind.type_of(source) for source in kind.choices} <= {"text", "number"}


@pytest.mark.parametrize(
    "path",
    [
        "localStorage.user",
        "window.sessionStorage.a",
        "document.cookie",
        "self.document.cookie",
        "indexedDB",
        "a()",
        "a b",
    ],
)
def test_a_property_path_reads_no_storage_and_is_no_code(path: str) -> None:
    assert not _takes(KINDS["js"], path)
    assert _takes(KINDS["js"], "shop.cookie.localStorage_")
