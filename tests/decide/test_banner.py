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
    "statistics:true,ads-and-more:false,Karten:yes": "ak",
    "statistics=0&Karten=1": "k",
    "statistics=TRUE&Karten=Yes": "ak",
    "statistics:FALSE|Karten:No": "",
    "x;\"statistics\" : \"1\",'Karten'='0'": "a",
    "consentid:Y2Fu,consent:yes,statistics:no,Karten:yes": "k",
    "groups=Karten:1,statistics:0&hosts=H1:1": "k",
    "consent=statistics,Karten": "ak",
    "statistics:Karten": "k",
    "statistics:,Karten=": "",
    "statistics:granted,Karten:2": "",
    "statistics:1.5,Karten=10": "",
    "statistics:yes-not,Karten:truely": "",
    "statistics:-1,Karten:!1": "",
    "statistics!=1,x[Karten]=1": "k",
    "x[statistics]=0&Karten!": "",
    "statistics::1,Karten:1:0": "",
    'statistics\\":0,Karten => 1': "",
    "!statistics,Karten": "k",
    "!statistics=1": "",
    "-statistics,no-Karten": "",
    "statistics:1,statistics:0": "",
    "Karten:0,Karten": "",
    "Karten,!Karten": "",
    "statistics%3A0,Karten%3D0": "",
    "statistics%253A0": "",
    "statistics,100%": "a",
    "denied=Karten": "",
    "statistics;denied=Karten": "a",
    "x_rejected: Karten, statistics": "",
    "Karten:1,optout:0": "k",
    "statistics=refused,Karten=1": "",
    "statistics|REJECTED|Karten": "a",
    "statistics:1,disabled,Karten:1": "ak",
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
        '\ufeff{"statistics":true}',
    ],
)
def test_what_looks_like_json_and_is_not_says_nothing_and_grants_nothing(value: str) -> None:
    assert read_choice(value, PURPOSES) == {}
    assert read_choice(quote(value, safe=""), PURPOSES) == {}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("statistics%3A1%2CKarten%3d0", "a"),
        ("statistics%3A0", ""),
        ("statistics%253A1,Karten", "k"),
        ("statistics%2CKarten", "ak"),
        ("statistics%2CKarten,100%", ""),
        ("statistics%2CKarten,%E9", ""),
        ("statistics,Karten:0,%E9", "a"),
    ],
)
def test_a_text_is_decoded_once_and_whole_or_not_at_all(value: str, found: str) -> None:
    assert {purpose for purpose, granted in read_choice(value, PURPOSES).items() if granted} == {
        {"a": "analytics", "k": "maps"}[letter] for letter in found
    }


@given(st.text(max_size=9), st.text(max_size=9))
def test_no_value_but_a_yes_grants(before: str, after: str) -> None:
    granted = read_choice(quote(f"{before};Karten:{after}", safe=""), PURPOSES).get("maps", False)
    assert not granted or after.lower().lstrip("\"' ").startswith(("true", "yes", "1"))


@pytest.mark.parametrize("value", ["[" * MAX_LENGTH, '{"a":' * 800, "%5B" * 1300, '"\\ud800"', "%"])
def test_odd_values_grant_nothing(value: str) -> None:
    assert not any(read_choice(value, PURPOSES).values())


@given(st.text(max_size=60))
def test_every_text_is_read_somehow(value: str) -> None:
    assert set(read_choice(value, PURPOSES)) in (set(), set(PURPOSES))
