"""The shape: order of the sections, one problem for one mistake, the type that the field decides."""

import pytest

from gateway.language.plain_yaml import compose
from gateway.language.schema import SECTIONS, schema
from gateway.language.schema.build import NAME
from gateway.language.shape import check_shape
from gateway.language.texts import fits
from gateway.problems import Place
from tests.language.small import TEXT, TYPES, changed, codes, load

SHAPE = schema(TYPES)


def moved(section: str, below: str) -> str:
    """The small container with one section below another."""
    starts = {name: TEXT.index(f"{name}:") for name in SECTIONS if f"\n{name}:" in f"\n{TEXT}"}
    names = sorted(starts, key=lambda name: starts[name])
    ends = [starts[name] for name in names[1:]] + [len(TEXT)]
    blocks = {name: TEXT[starts[name] : end] for name, end in zip(names, ends, strict=True)}
    names.remove(section)
    names.insert(names.index(below) + 1, section)
    return "".join(blocks[name] for name in names)


@pytest.mark.parametrize("below", ["variables", "triggers", "tags", "user_id", "tests"])
@pytest.mark.parametrize("section", ["site", "consent", "visitor"])
def test_one_section_out_of_place_is_one_problem(section: str, below: str) -> None:
    loaded = load(moved(section, below))
    (problem,) = loaded.problems
    assert (problem.code, problem.message.split('"')[1]) == ("section-order", section)
    assert problem.hint.startswith('Move it below "')


def test_the_first_section_is_moved_to_the_top() -> None:
    (problem,) = load(moved("version", "consent")).problems
    assert problem.hint.startswith('Move it above "site"')


def test_sections_of_no_meaning_are_not_ordered() -> None:
    assert check_shape(compose(b"b: 1\na: 2\n"), {"type": "object", "x-say": "a map"}) == ()


def test_a_mistyped_key_is_one_problem() -> None:
    assert codes(changed(("version: 1", "verson: 1"))) == ["unknown-key"]
    assert codes(changed(("key: { secret: login_key }", "key: { secrt: login_key }"))) == ["unknown-key"]
    assert codes(changed(("attach: [crm]", "atach: [crm]"))) == ["unknown-key"]
    assert codes(changed(("version: 1", "language: 1"))) == ["missing-key", "unknown-key"]


@pytest.mark.parametrize("wrong", ["x", "[x]", "{ x: y }", ""])
@pytest.mark.parametrize(
    "place",
    [
        *(
            "version: 1",
            "site: { name: Shop, domains: [shop.example.com] }",
            "cookie: choice",
            "remember_when: analytics_ok",
        ),
        *(
            "type: webhook",
            "settings: { url: https://hooks.example.com/ }",
            "fields: { plan: plan }",
            "otherwise: drop",
        ),
        *(
            "attach: [crm]",
            "expect: { crm: attach }",
            "account_id: { present: true }",
            "hash_with: { secret: user_id_key }",
        ),
        *("present: true", "at_least: 100", "granted: analytics", "total: { event: value, type: number }"),
    ],
)
def test_any_value_of_the_wrong_kind_is_said_in_words(place: str, wrong: str) -> None:
    key = place.partition(":")[0]
    for problem in load(changed((place, f"{key}: {wrong}"))).problems:
        assert problem.hint
        assert "schema" not in problem.message + problem.hint
        assert "{'" not in problem.message + problem.hint


def test_a_key_that_comes_later_is_refused() -> None:
    shape = {"properties": {"a": {}}, "additionalProperties": False, "x-later": ["b"]}
    (problem,) = check_shape(compose(b"a: 1\nb: 2\n"), shape)
    assert (problem.code, problem.place) == ("not-available-yet", Place(2, 1, 1))
    assert problem.hint == "Possible now: a."


def test_a_schema_that_uses_a_keyword_without_words_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="uniqueItems"):
        check_shape(compose(b"a: [b, b]\n"), {"properties": {"a": {"uniqueItems": True}}})


def test_places_lead_to_the_word_that_is_wrong() -> None:
    assert [p.place for p in load(changed(("  - name: Said no\n    given", "  - given"))).problems] == [Place(34, 5)]
    assert [p.place for p in load(changed(("visitor: {", "visitors: {"))).problems] == [Place(6, 1, 8)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("page_view", True), ("a1_", True), ("a\n", False), ("", False), ("1a", False), ("ä", False)],
)
def test_names(text: str, expected: bool) -> None:
    assert fits(NAME, text) is expected


@pytest.mark.parametrize(
    ("typed", "good"),
    [("Page View", "page_view"), ("1st", "st"), ("Käufe à 5", "kaeufe_a_5"), ("日本", "a name like page_view")],
)
def test_a_bad_name_gets_a_good_one(typed: str, good: str) -> None:
    problems = load(changed(("any_of: [page_view,", f'any_of: ["{typed}",'))).problems
    assert problems[0].hint == f"Write {good}."


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (("days", "x"), "wrong-type"),
        (("days", "1.5"), "wrong-type"),
        (("days", "9" * 30), "wrong-type"),
        (("days", "-5"), "out-of-range"),
        (("days", "400"), None),
        (("days", "+7"), None),
        (("days", "007"), None),
    ],
)
def test_whole_numbers(pair: tuple[str, str], code: str | None) -> None:
    text = changed(("remember_when: analytics_ok }", f"remember_when: analytics_ok, {pair[0]}: {pair[1]} }}"))
    assert codes(text) == ([code] if code else [])


def test_an_empty_item_of_a_list_is_told_as_one() -> None:
    rule = "- { when: { all_of: [signed_in, analytics_ok] }, attach: [crm] }"
    (problem,) = load(changed((rule, "-"))).problems
    assert (problem.code, problem.hint) == ("no-value", "Write it behind the colon, or below it.")


def test_what_is_missing_in_one_map_and_too_much_in_another_are_two_mistakes() -> None:
    assert codes(changed(("    type: webhook\n", ""), ("  otherwise: drop", "  type: webhook\n  otherwise: drop"))) == [
        "missing-key",
        "unknown-key",
    ]
