"""Patterns: what is wrong with them in plain words, and that no text makes them slow."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.language.pattern import LONGEST, found, too_long, whole, wrong
from gateway.language.values import LONGEST as LONGEST_TEXT


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a(b", "A ( is not closed."),
        ("a)b", "A ) stands there without its (."),
        ("a[b", "A [ is not closed."),
        ("(?=a)", "It looks ahead or behind, which is not possible."),
        ("(?<!a)b", "It looks ahead or behind, which is not possible."),
        (r"(a)\1", "It asks for what was found before, which is not possible."),
        (r"\y", r'"\y" means nothing.'),
        ("[z-a]", '"z-a" is no range.'),
        ("[[:word_:]]", 'There is no class of characters "[:word_:]".'),
        (r"\pX", r'There is no class of characters "\pX".'),
        ("*.html", '"*" has nothing before it to repeat.'),
        ("a**", '"**" has nothing before it to repeat.'),
        ("a\\", "It ends with a backslash."),
        ("a{101}", "It repeats too much."),
        ("a{1,101}", "It repeats too much."),
        ("(a{50}){50}", "It repeats too much."),
        (r"\pL{60}", "It repeats too much."),
        ("(?z)", "RE2 cannot read it: invalid perl operator."),
        ("a" * (LONGEST + 1), "It is longer than 1000 characters."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(pattern: str, message: str) -> None:
    said = wrong(pattern)
    assert said
    assert said[0] == message
    assert said[1].endswith(".")


@pytest.mark.parametrize(
    "pattern", [r"^/(de|en)/\w+$", r"\d{4}-\d{2}", "a{2,}", "a{,2}", "ä+", "(?i)ab", r"\pL+", "a{100}"]
)
def test_what_is_fine(pattern: str) -> None:
    assert wrong(pattern) is None


def test_a_shape_may_be_as_long_as_a_pattern() -> None:
    assert too_long("*" * LONGEST) is None
    assert too_long("*" * (LONGEST + 1))


# What passes the check never runs out of memory, in which RE2 would find nothing at all.
@pytest.mark.parametrize(
    "pattern", [r"\pL{5}", ".{100}", r"\pL+\s\pL+\s\pL*", "[ab]*a[ab]{100}", "(?:[ab]*a[ab]{90}){9}", r"(?:\w+\s){100}"]
)
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("text", ["ab", "aé\U0001f600 ", "b", "\ud800 "])
def test_large_patterns_find_what_is_there_in_long_texts(pattern: str, fold: bool, text: str) -> None:
    assert wrong(pattern) is None
    assert found(f"(?:{pattern})|!$", fold=fold)((text * LONGEST_TEXT)[: LONGEST_TEXT - 1] + "!")


@pytest.mark.parametrize(
    ("pattern", "text", "fold", "expected"),
    [
        ("^gold$", "gold", False, True),
        ("^gold$", "marigold", False, False),
        ("GOLD", "marigold", False, False),
        ("GOLD", "marigold", True, True),
        ("Ä", "ä", True, True),
        ("^.$", "é", False, True),
        ("^.$", "\U0001f600", False, True),
        ("a.b", "a\nb", False, False),
        ("^b", "a\nb", False, False),
    ],
)
def test_it_is_found_anywhere_in_the_text(pattern: str, text: str, fold: bool, expected: bool) -> None:
    assert found(pattern, fold=fold)(text) is expected


@settings(deadline=None)
@given(st.text(alphabet="ab*?.\\[", max_size=8), st.text(alphabet="ab*?.\\[\n", max_size=8))
def test_a_shape_fits_as_python_would_say(shape: str, text: str) -> None:
    plain = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in shape)
    assert found(whole(shape))(text) is bool(re.fullmatch(plain, text, re.DOTALL))
