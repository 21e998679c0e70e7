"""Where a visitor's choice may be kept: every row can be written, and knows its words."""

import pytest

from gateway.language.choices import BANNERS, KINDS
from gateway.language.container import ConsentSource
from gateway.language.plain_yaml import compose
from gateway.language.read import read
from gateway.language.schema import SECTIONS, schema
from gateway.language.shape import check_shape
from tests.language.small import TYPES, changed, codes, load

PURPOSES = "analytics: statistics, marketing: ads"


def text(source: str, *words: str) -> str:
    """The small container with this source and these words of the banner."""
    analytics, marketing = words or ("statistics", "ads")
    return changed(("{ cookie: choice }", source), (PURPOSES, f"analytics: {analytics}, marketing: {marketing}"))


def source(said: str, *words: str) -> ConsentSource:
    """What is read of it."""
    root = compose(text(said, *words).encode())
    assert check_shape(root, schema(TYPES), SECTIONS) == ()
    found = read(root, TYPES)[0].consent
    assert found
    return found


@pytest.mark.parametrize("name", KINDS)
def test_every_row_is_read_as_its_example_says(name: str) -> None:
    row = KINDS[name]
    words = (*row.words, *BANNERS["cookiebot"].words)[-2:] if row.words or name == "banner" else ()
    found = source(f"{{ {name}: {row.example} }}", *words)
    expected = {"tcf": ("1", "8"), "google_consent_mode": ("analytics_storage",)}.get(name, row.example)
    assert (found.kind, found.needs or found.where) == (name, expected)


def test_a_word_that_a_banner_does_not_know_is_said() -> None:
    problems = load(text("{ banner: cookiebot }", "statistics", "marketin")).problems
    assert ('"marketin" is no word of cookiebot.', 'Did you mean "marketing"?') in [
        (p.message, p.hint) for p in problems
    ]
    assert "banner-word" not in codes(text("{ banner: onetrust }", "C0002", "C0004"))
