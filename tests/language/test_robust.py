"""No input whatever raises anything: every text is a container or says in clean words what is wrong with it."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.language.load import Loaded
from gateway.language.order import MOST_LEVELS
from gateway.problems import MOST, errors
from tests.language.large import chain, large
from tests.language.small import TEXT, changed, codes, load

SHOP = (Path(__file__).parents[2] / "tags" / "shop.yaml").read_text("utf-8")
ODD = (
    *("{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", '"', "'", "#", "&a", "*a", "!x", "|", ">", "%", "@", "`", "?"),
    *("null", "~", "no", "{}", "[]", '""', "0", "-1", "1e400", "9" * 400, "x" * 300, "__class__", "type", "consent"),
    *("event", "all_of", "user_id", "personal: yes", "\u200b", "\u00a0", "é", "\\", "\r", "\t", '"\\ud800"'),
    *('"a\\nb"', "|\n  x\n", "{ present: false }", "{ secret: x }", "not_needed", "...", "---", "2026-01-02", "<<"),
)
WORD = re.compile(r"[\w.]+|\{[^{}]*\}|\[[^\[\]]*\]")
QUICK = settings(max_examples=150, deadline=None)


def clean(loaded: Loaded) -> None:
    """The report can be printed, and says of everything where it is and what to do."""
    assert (loaded.container is None) == errors(loaded.problems)
    assert list(loaded.problems) == sorted(loaded.problems, key=lambda p: p.place)
    for problem, text in zip(loaded.problems, loaded.report(), strict=True):
        assert problem.message
        assert problem.hint
        assert 1 <= problem.place.line <= len(loaded.lines)
        assert "\x1b" not in text
        assert text.encode()


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(source: bytes) -> None:
    clean(load(source))


@QUICK
@given(st.text(st.sampled_from("ab:-{}[],\"'#&*!|>%@`?\n \t01~"), max_size=60))
def test_any_marks(text: str) -> None:
    clean(load(text + "\n"))


@QUICK
@given(st.data())
def test_lines_lost_repeated_swapped_and_moved(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from((SHOP, TEXT))).splitlines()
    places = st.integers(0, len(lines) - 1)
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = data.draw(places), data.draw(places)
        change = data.draw(st.sampled_from(("lost", "repeated", "swapped", "moved")))
        if change == "lost":
            lines[one] = ""
        elif change == "repeated":
            lines[one] += "\n" + lines[other]
        elif change == "swapped":
            lines[one], lines[other] = lines[other], lines[one]
        else:
            lines[one] = " " * data.draw(st.integers(0, 8)) + lines[one].strip()
    clean(load("\n".join(lines) + "\n"))


@QUICK
@given(st.data())
def test_characters_lost_put_in_and_replaced(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from((SHOP, TEXT)))
    for _ in range(data.draw(st.integers(1, 4))):
        at, lost = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 5))
        text = text[:at] + data.draw(st.sampled_from(("", *ODD))) + text[at + lost :]
    clean(load(text))


@QUICK
@given(st.data())
def test_words_in_the_wrong_place(data: st.DataObject) -> None:
    text = TEXT
    for _ in range(data.draw(st.integers(1, 3))):
        words = list(WORD.finditer(text))
        word = data.draw(st.sampled_from(words))
        new = data.draw(st.sampled_from([other.group() for other in words]) | st.sampled_from(ODD))
        text = text[: word.start()] + new + text[word.end() :]
    clean(load(text))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[a, {b: "])
def test_very_deep(opening: str) -> None:
    clean(load(opening * 20_000 + "\n"))
    assert codes(f"version: {opening * 60}\n")[0] in ("too-deep", "yaml")


def test_very_large() -> None:
    assert codes(b"a: b\n" * (1 << 18)) == ["too-large"]
    assert codes(b"[" * (1 << 20) + b"\n") == ["too-large"]


def test_very_many_mistakes_stop_at_some() -> None:
    assert len(codes(TEXT + "".join(f"k{n}: v\n" for n in range(3000)))) == MOST
    assert len(codes("a: b\n" * 3000)) == MOST
    assert len(codes("# \u200b\n" * 3000)) == MOST
    names = ", ".join(f"x{n}" for n in range(1500))
    wrong = codes(changed(("any_of: [page_view, big_order]", f"any_of: [{names}]")))
    assert wrong.count("unknown-trigger") == MOST


def test_very_many_triggers_in_a_row_are_refused_in_words() -> None:
    assert codes(chain(1900)) == ["joined-too-deep", "no-unknown-test"]


def test_as_many_levels_as_possible_are_fine() -> None:
    loaded = load(chain(MOST_LEVELS))
    assert loaded.container
    assert "joined-too-deep" not in [problem.code for problem in loaded.problems]


def test_many_purposes_and_events_are_worked_out() -> None:
    loaded = load(large(triggers=120, tags=10, tests=5, purposes=8, events=50))
    assert loaded.container
    assert len(loaded.container.may_leave["account_id"]) == 3**8 - 2**8
