"""Shapes of texts, and the shortest text that fits some and not others."""

import re
from itertools import zip_longest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.language import wildcards
from gateway.language.wildcards import (
    MANY,
    ONE,
    Scan,
    TooManyTexts,
    beginning,
    ending,
    exactly,
    holding,
    pattern,
    shortest,
)


def _plain(shape: wildcards.Shape) -> wildcards.Shape:
    """Any characters twice are any characters."""
    pairs = zip_longest(shape, shape[1:])
    return tuple(token for token, after in pairs if (token, after) != (MANY, MANY))


SHAPES = st.lists(st.sampled_from((*"aAbß", MANY, ONE)), max_size=5).map(lambda tokens: _plain(tuple(tokens)))
WORDS = st.text("aAbßsx", max_size=6)


@given(SHAPES, WORDS)
def test_a_scan_fits_what_the_pattern_says(shape: wildcards.Shape, text: str) -> None:
    said = "".join({MANY: ".*", ONE: "."}.get(token, re.escape(token)) for token in shape)
    assert Scan(shape).fits(text) is bool(re.fullmatch(said, text, re.DOTALL))


@settings(deadline=None)
@given(st.lists(st.tuples(SHAPES, st.booleans(), st.booleans()), max_size=4), WORDS.filter(bool))
def test_the_shortest_text_is_as_wished_and_no_other_is_shorter(wished: list[tuple], text: str) -> None:
    wishes = [(Scan(_folded(shape) if fold else shape, fold=fold), wanted) for shape, wanted, fold in wished]
    found = shortest(wishes)
    if found is not None:
        assert [scan.fits(found) for scan, _ in wishes] == [wanted for _, wanted in wishes]
    if all(scan.fits(text) is wanted for scan, wanted in wishes):
        assert found is not None
        assert len(found) <= len(text)


def _folded(shape: wildcards.Shape) -> wildcards.Shape:
    return tuple(char for token in shape for char in (token if token in (MANY, ONE) else token.casefold()))


def test_shapes_of_words() -> None:
    assert exactly("ab") == ("a", "b")
    assert beginning("a") == ("a", MANY)
    assert ending("a") == (MANY, "a")
    assert holding("a") == (MANY, "a", MANY)
    assert pattern("a**?") == ("a", MANY, ONE)


def test_a_text_that_only_an_odd_letter_can_spell() -> None:
    small = [(Scan(exactly(word)), False) for word in ("ss", "sS", "Ss", "SS")]
    assert shortest([(Scan(exactly("ss"), fold=True), True), *small]) in ("ß", "ẞ")


def test_no_text_begins_in_two_ways() -> None:
    assert shortest([(Scan(beginning("/a")), True), (Scan(beginning("/b")), True)]) is None


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wildcards, "MOST_STEPS", 10)
    with pytest.raises(TooManyTexts):
        shortest([(Scan(exactly("abcdefgh")), True)])
