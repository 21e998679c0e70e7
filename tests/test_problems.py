"""One kind of problem: order, rendering, near names."""

import pytest

from gateway.problems import (
    LIST_AT_MOST,
    LONGEST_SHOWN,
    WIDEST_LINE,
    Place,
    Problem,
    did_you_mean,
    errors,
    in_order,
    quoted,
    render,
    warning,
)

HERE = Place(2, 3, 4)


def problem(place: Place = HERE, message: str = "This is wrong.", hint: str = "Write it so.") -> Problem:
    """An error somewhere."""
    return Problem(place=place, code="wrong", message=message, hint=hint)


def test_the_one_format() -> None:
    assert render(problem(), "tags/shop.yaml", ["a:", "  word: b"]) == (
        "tags/shop.yaml:2:3: This is wrong. [wrong]\n2 |   word: b\n  |   ^~~~\n  → Write it so."
    )


@pytest.mark.parametrize(
    ("before", "after", "shown", "caret"),
    [
        ("", "", "word", "^~~~"),
        ("b" * 10, "a" * 1000, f"{'b' * 10}word{'a' * (WIDEST_LINE - 14)}…", f"{' ' * 10}^~~~"),
        (
            "b" * 500,
            "a" * 500,
            f"…{'b' * (WIDEST_LINE // 2 - 1)}word{'a' * (WIDEST_LINE // 2 - 3)}…",
            f"{' ' * (WIDEST_LINE // 2)}^~~~",
        ),
        ("b" * 500, "", f"…{'b' * (WIDEST_LINE - 4)}word", f"{' ' * (WIDEST_LINE - 3)}^~~~"),
    ],
)
def test_of_a_long_line_what_stands_around_the_place_is_shown(before: str, after: str, shown: str, caret: str) -> None:
    place = Place(1, len(before) + 1, 4)
    said = render(problem(place), "f", [f"{before}word{after}"]).split("\n")
    assert said[1:3] == [f"1 | {shown}", f"  | {caret}"]


def test_a_warning_says_so() -> None:
    said = warning(HERE, "odd", "This is odd.", "Is that meant?")
    assert render(said, "f", []) == "f:2:3: Warning: This is odd. [odd]\n  → Is that meant?"
    assert not errors([said])
    assert errors([said, problem()])


def test_without_line_or_hint_these_are_left_out() -> None:
    assert render(problem(hint=""), "f", ["one line"]) == "f:2:3: This is wrong. [wrong]"
    assert render(problem(Place(0, 1), hint=""), "f", ["one line"]) == "f:0:1: This is wrong. [wrong]"


@pytest.mark.parametrize(
    ("line", "place", "caret"),
    [
        ("abc", Place(1, 1), "^"),
        ("abc", Place(1, 2, 2), " ^~"),
        ("abc", Place(1, 4), "   ^"),
        ("abc", Place(1, 2, 99), " ^~"),
        ("", Place(1, 1), "^"),
        ("日本 x", Place(1, 4), "     ^"),
        ("日本", Place(1, 1, 2), "^~~~"),
        ("e\u0301a", Place(1, 3), " ^"),
        ("ab", Place(1, 9, 2), "  ^"),
    ],
)
def test_the_caret_stands_under_the_word(line: str, place: Place, caret: str) -> None:
    assert render(problem(place, hint=""), "f", [line]).split("\n")[2] == f"  | {caret}"


def test_wide_line_numbers_move_the_caret() -> None:
    lines = ["x"] * 120
    assert render(problem(Place(120, 1), hint=""), "f", lines).split("\n")[1:] == ["120 | x", "    | ^"]


@pytest.mark.parametrize("letter", ["\x1b", "\x07", "\x00", "\x9b", "\u202e", "\u2066", "\ud800", "\r"])
def test_a_file_cannot_steer_the_terminal(letter: str) -> None:
    said = render(problem(message=f"a{letter}b", hint=f"c{letter}d"), "f", ["", f"e{letter}f"])
    assert letter not in said
    assert all(text in said for text in ("a�b", "c�d", "e�f"))
    assert said.encode()


def test_a_tab_or_line_end_is_shown_as_a_space() -> None:
    said = render(problem(Place(1, 2), message="a\nb", hint="c\td"), "f", ["\tx"])
    assert said == "f:1:2: a b [wrong]\n1 |  x\n  |  ^\n  → c d"


def test_sorted_by_place_and_each_said_once() -> None:
    first, second = problem(Place(1, 9)), problem(Place(2, 1))
    odd = warning(Place(2, 1), "odd", "This is odd.")
    assert in_order([odd, second, first, second]) == (first, second, odd)


@pytest.mark.parametrize(
    ("word", "possible", "hint"),
    [
        ("page_veiw", ["page_view", "purchase"], 'Did you mean "page_view"?'),
        ("Page_View", ["page_view"], 'Did you mean "page_view"?'),
        ("visit", ["visits", "visitor", "x"], 'Did you mean "visits" or "visitor"?'),
        ("x", ["page_view", "purchase"], "Possible here: page_view, purchase."),
        ("x", [], "Write it first."),
    ],
)
def test_near_names_else_what_is_possible_else_the_rest(word: str, possible: list[str], hint: str) -> None:
    assert did_you_mean(word, possible, "Write it first.") == hint


@pytest.mark.parametrize(
    ("word", "name"),
    [("staff", "not_staff"), ("kein_personal", "personal"), ("no_staf", "staff"), ("known", "unknown")],
)
def test_the_opposite_is_never_suggested(word: str, name: str) -> None:
    assert did_you_mean(word, [name]) == f"Possible here: {name}."


def test_a_name_that_says_no_too_is_suggested() -> None:
    assert did_you_mean("not_staf", ["not_staff", "staff"]) == 'Did you mean "not_staff"?'


def test_a_long_list_is_cut() -> None:
    names = [f"name{n}" for n in range(LIST_AT_MOST + 3)]
    assert did_you_mean("x", names).endswith(f"name{LIST_AT_MOST - 1} and 3 more.")


def test_a_long_text_is_cut() -> None:
    assert quoted("a" * LONGEST_SHOWN) == f'"{"a" * LONGEST_SHOWN}"'
    assert quoted("a" * (LONGEST_SHOWN + 1)) == f'"{"a" * LONGEST_SHOWN}…"'
