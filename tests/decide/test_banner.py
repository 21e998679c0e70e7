"""What a banner keeps in a cookie (containers.md, Consent)."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decide.banner import MAX_LENGTH, read_choice

PURPOSES = {"analytics": "statistics", "marketing": "ads-and-more", "maps": "Karten"}

CASES = {
    '{"statistics":true,"ads-and-more":false}': "a",
    '{"statistics":true,"Karten":true}': "ak",
    '{"statistics":1,"Karten":"true"}': "",
    '{"deep":{"statistics":true}}': "",
    '["statistics","Karten"]': "ak",
    '["statistics",7,null,["Karten"]]': "a",
    "[]": "",
    '[1, "Karten"]': "k",
    "statistics": "a",
    "statistics,ads-and-more": "am",
    "statistics|Karten;x": "ak",
    "necessary:1&statistics:1": "a",
    "STATISTICS": "",
    "statistics_more": "",
    "statistics-": "",
    "true": "",
    '"statistics"': "a",
    '"{\\"statistics\\":true,\\"Karten\\":false}"': "a",
    "statistics\u00e9": "",
}


@pytest.mark.parametrize("value", CASES)
def test_a_value_says_which_words_are_granted(value: str) -> None:
    wanted = {"analytics": "a" in CASES[value], "marketing": "m" in CASES[value], "maps": "k" in CASES[value]}
    assert read_choice(value, PURPOSES) == wanted
    assert read_choice(quote(value, safe=""), PURPOSES) == wanted


@pytest.mark.parametrize(
    "value", ["", " ", "\t", "%20", "%09%20", "x" * (MAX_LENGTH + 1), "{}", '""', '" "', ",;", "%7B%7D"]
)
def test_a_value_that_says_nothing(value: str) -> None:
    assert read_choice(value, PURPOSES) == {}


@pytest.mark.parametrize(
    "value",
    [
        "{statistics",
        "{statistics:false,Karten:false}",
        "{'statistics': false}",
        '{"statistics":false,"Kart',
        '{\\"statistics\\":false}',
        " [statistics]",
        '"statistics',
    ],
)
def test_what_looks_like_json_and_is_not_says_nothing_and_grants_nothing(value: str) -> None:
    assert read_choice(value, PURPOSES) == {}
    assert read_choice(quote(value, safe=""), PURPOSES) == {}


@pytest.mark.parametrize("value", ["[" * MAX_LENGTH, '{"a":' * 800, "%5B" * 1300, '"\\ud800"', "%"])
def test_odd_values_grant_nothing(value: str) -> None:
    assert not any(read_choice(value, PURPOSES).values())


@given(st.text(max_size=60))
def test_every_text_is_read_somehow(value: str) -> None:
    assert set(read_choice(value, PURPOSES)) in (set(), set(PURPOSES))
