"""The rows of the table of variable kinds: each says all that is to be known of it, and what it says fits."""

import re

import pytest

from gateway.language.values import TYPES
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
        assert _takes(kind, re.split(", (?:attribute|table):", case.source)[0])


@ROWS
def test_a_row_says_what_to_type_where_not_everything_is_possible(kind: VariableKind) -> None:
    assert kind.advice or kind.choices or _takes(kind, "anything, even this: {}")


@ROWS
def test_types_and_values_are_of_its_own_sources(kind: VariableKind) -> None:
    assert set(kind.types) <= {"*", *kind.choices}
    assert set(kind.types.values()) <= set(TYPES)
    assert set(kind.values) <= set(kind.choices)


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
