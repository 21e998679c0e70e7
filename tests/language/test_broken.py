"""Every mistake that a file can hold: one file each, and beside it exactly what `taggate check` prints."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gateway.language.codes import ERRORS, WARNINGS
from gateway.problems import Problem, Severity
from tests.language.small import TEXT, load

HERE = Path(__file__).parent / "broken"
LANGUAGE = Path(__file__).parents[2] / "gateway" / "language"
FILES = sorted(HERE.glob("*.yaml"), key=lambda path: path.stem)
SAYS = {"Problem": -1, "Mistake": 0, "say": 1, "warn": 1, "warning": 1, "_problem": 1, "_one": 1}
"""Who makes a problem, and the position of its code (-1: by keyword)."""
WORDS = {
    "unknown-": ("trigger", "tag", "purpose", "variable"),
    "unused-": ("trigger", "variable", "event"),
    "no-": ("fields", "identifiers"),
}
ELSEWHERE = {"bad-file-name", "too-hard", "too-large"}
"""Not a matter of the text: see test_load.py."""


@cache
def broken(path: Path) -> tuple[str, tuple[Problem, ...]]:
    """What is printed of it, and its problems."""
    loaded = load(path.read_bytes(), path.stem)
    return "".join(f"{line}\n" for line in loaded.report()), loaded.problems


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_says_what_to_type(path: Path) -> None:
    assert broken(path)[0] == path.with_suffix(".txt").read_text("utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_problem_but_a_few_says_how_to_go_on(path: Path) -> None:
    for problem in broken(path)[1]:
        assert problem.hint.strip()
        assert problem.message.endswith((".", "?"))


def test_the_file_they_are_made_from_is_fine() -> None:
    assert load(TEXT).problems == ()


def test_every_text_has_its_file() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == {path.stem for path in FILES}


def test_every_code_has_a_broken_file() -> None:
    shown = {p.code for path in FILES for p in broken(path)[1]}
    made = {code for path in LANGUAGE.rglob("*.py") for code in _codes(ast.parse(path.read_text("utf-8")))}
    assert made - shown == ELSEWHERE


def test_a_code_is_an_error_or_a_warning_as_it_is_said() -> None:
    for path in FILES:
        for problem in broken(path)[1]:
            assert problem.code in (WARNINGS if problem.severity is Severity.WARNING else ERRORS)


def _codes(tree: ast.AST) -> Iterator[str]:
    for call in ast.walk(tree):
        name = _called(call.func) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name in SAYS:
            keyword = [k.value for k in call.keywords if k.arg == "code"]
            code = keyword[0] if SAYS[name] < 0 else call.args[SAYS[name]]
            yield from _texts(code)


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(code: ast.expr) -> Iterator[str]:
    if isinstance(code, ast.Constant):
        yield str(code.value)
    elif isinstance(code, ast.JoinedStr) and isinstance(code.values[0], ast.Constant):
        begins = str(code.values[0].value)
        yield from (begins + word for word in WORDS[begins])
    else:
        assert isinstance(code, ast.Name | ast.Attribute), "a code is a word, so that it can be found and explained"
