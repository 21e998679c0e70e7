"""What is written as plain YAML is read back as it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.language.plain_yaml import List, Map, Node, Text, compose
from gateway.language.yaml_text import flow, plain, scalar, sentence

TEXTS = st.text(max_size=30).map(plain)
VALUES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


def read(node: Node | None) -> Any:
    if isinstance(node, Map):
        return {key.text: read(value) for key, value in node.entries}
    if isinstance(node, List):
        return [read(item) for item in node.items]
    assert isinstance(node, Text)
    return node.text


@given(VALUES)
def test_any_value_comes_back(value: Any) -> None:
    assert read(compose(f"x: {flow(value)}\n".encode()).get("x")) == value


@given(TEXTS)
def test_a_sentence_comes_back(text: str) -> None:
    assert read(compose(f"x: {sentence(text)}\n".encode()).get("x")) == text


@pytest.mark.parametrize("text", ["007", "1.10", "shop", "/a/b", "https://x.example/", "G-ABC", "12:30", "a-b_c.d"])
def test_what_needs_no_quotes_has_none(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(
    "text", ["", "no", "null", "~", "*.x", "a: b", "a #b", "-", "a,b", "{a}", "[a]", "yes", "a b", 'a"b']
)
def test_what_needs_quotes_has_them(text: str) -> None:
    assert scalar(text).startswith('"')


def test_numbers_and_flags() -> None:
    assert flow({"a": True, "b": False, "c": 3, "d": [], "e": {}}) == "{ a: true, b: false, c: 3, d: [], e: {} }"


def test_a_text_of_somebody_else_loses_what_nobody_sees() -> None:
    assert plain(" a\u202eb\x1b[31m\u00a0c\n\td\ud800 ") == "ab[31m c d"
    assert sentence("Signed in, and more") == "Signed in, and more"
    assert sentence("Signed in: more") == '"Signed in: more"'
    assert scalar('a\\b"c\nd\te') == '"a\\\\b\\"c\\nd\\te"'
