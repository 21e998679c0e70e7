"""What a sender gave → a value of the variable's type, absent, or cannot tell."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.language.values import LONGEST, TYPES, cast, plain
from gateway.model import ABSENT, CannotTell


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("given", [None, "", []])
def test_what_is_empty_is_absent(kind: str, given: Any) -> None:
    assert cast(given, kind) is ABSENT


@pytest.mark.parametrize(
    ("given", "kind", "value"),
    [
        ("007", "text", "007"),
        (7, "text", "7"),
        (7.0, "text", "7"),
        (7.5, "text", "7.5"),
        (True, "text", "true"),
        (False, "text", "false"),
        ("59.90", "number", 59.9),
        (" -3 ", "number", -3.0),
        (5, "number", 5.0),
        ("yes", "true_false", True),
        ("TRUE", "true_false", True),
        (1, "true_false", True),
        (False, "true_false", False),
        ("0", "true_false", False),
        ("a, b,,a", "set", frozenset({"a", "b"})),
        (["a", 1, True], "set", frozenset({"a", "1", "true"})),
        (7, "set", frozenset({"7"})),
        (" , ", "set", ABSENT),
    ],
)
def test_what_fits_its_type(given: Any, kind: str, value: Any) -> None:
    assert cast(given, kind) == value


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "text"),
        (["a"], "text"),
        ("1e5", "number"),
        ("1,5", "number"),
        ("٣", "number"),
        ("1" * 400, "number"),
        ("9" * 300, "number"),
        (10**300 - 1, "number"),
        (10**400, "number"),
        (float("nan"), "number"),
        (float("inf"), "number"),
        (True, "number"),
        ({}, "number"),
        ("maybe", "true_false"),
        ({}, "true_false"),
        (10**400, "text"),
        ([{}], "set"),
        ({}, "set"),
    ],
)
def test_what_does_not_fit_cannot_be_told(given: Any, kind: str) -> None:
    assert isinstance(cast(given, kind), CannotTell)


@pytest.mark.parametrize(
    ("given", "value"), [("1.299,00", 1299.0), ("1299,5", 1299.5), ("12", 12.0), ("-1.000.000", -1e6)]
)
def test_a_decimal_comma(given: str, value: float) -> None:
    assert cast(given, "number", decimal_comma=True) == value


@pytest.mark.parametrize("given", ["1.29", "1,299.00", "1.2990"])
def test_a_decimal_point_where_a_comma_is_said(given: str) -> None:
    assert isinstance(cast(given, "number", decimal_comma=True), CannotTell)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(JSON, st.sampled_from(TYPES), st.booleans())
def test_whatever_a_sender_gives_has_a_reading(given: Any, kind: str, comma: bool) -> None:
    seen = cast(given, kind, decimal_comma=comma)
    wanted = {"text": str, "number": float, "true_false": bool, "set": frozenset}[kind]
    assert seen is ABSENT or isinstance(seen, CannotTell | wanted)
    assert plain(given) is None or isinstance(plain(given), str)


@pytest.mark.parametrize("kind", ["text", "true_false", "number"])
def test_what_is_longer_than_anybody_looks_at_cannot_be_told(kind: str) -> None:
    assert isinstance(cast("1" * (LONGEST + 1), kind), CannotTell)
    assert cast("a" * LONGEST, "text") == "a" * LONGEST
