"""Texts that fit a pattern."""

import pytest

from gateway.language.pattern import found
from gateway.language.sample import samples


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^/(de|en)/", ("/de/",)),
        ("order-[0-9]+", ("order-0",)),
        ("^[0-9]{5}$", ("00000",)),
        ("a|b*c?|d{2,3}", ("a", "", "dd")),
        (r"\.pdf\b", (".pdf",)),
        ("(?i)gold(?:en)?", ("gold",)),
        ("(?P<name>x)(?<other>y)", ("xy",)),
        (r"[^/\d]+[\]a][[:alpha:]][x[:digit:]]", ("x]ax",)),
        (r"\pL\p{Greek}.", None),
        (r"\d\s\w+?", ("0 x",)),
    ],
)
def test_a_text_for_each_alternative(pattern: str, texts: tuple[str, ...] | None) -> None:
    made = samples(pattern)
    if texts is not None:
        assert made == texts
        assert all(map(found(pattern), made))
    assert made
