"""How commands speak: text for people, JSON for programs, annotations for CI."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from threading import Timer

import typer
from msgspec import json
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from gateway.cli.nearby import unreadable
from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.language.load import Loaded, Loader
from gateway.language.suite import Judge
from gateway.model import Json
from gateway.problems import Place, Problem, Severity
from gateway.store.folder import READABLE

WRONG_USE = 2
PROBLEMS = 1
LONG = 1.0
"""Seconds without a word."""


class Format(StrEnum):
    """`--format`."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def console() -> Console:
    """Standard output; colour only on a terminal, lines never broken."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=True)


def loader(judge: Judge | None = judge) -> Loader:
    """The language with every tag type there is."""
    return Loader(TYPES, judge)


def load(path: Path, judge: Judge | None = judge) -> Loaded:
    """A container's file; wrong use when it cannot be read. Without `judge` a test or guarantee that fails is a reason
    to look closer, not one to refuse."""
    try:
        return _load(path, judge)
    except OSError as error:
        raise wrong_use(unreadable(path, error, container=True)) from None


def load_one_of(path: Path) -> Loaded:
    """One of a folder: that it cannot be read says nothing of the others."""
    try:
        return _load(path)
    except OSError as error:
        say = f"The file cannot be read: {error.strerror}."
        hint = READABLE if isinstance(error, PermissionError) else "Take it away, or put a file in its place."
        wrong = Problem(place=Place(1, 1), code="unreadable", message=say, hint=hint)
        return Loaded(file=str(path), container=None, problems=(wrong,))


def _load(path: Path, judge: Judge | None = judge) -> Loaded:
    """A container's file. Raises OSError."""
    with patience(f"Reading {path}"):
        return loader(judge).load(path)


@contextmanager
def patience(doing: str) -> Iterator[None]:
    """On a terminal says what goes on, where it takes long."""
    status = Console(stderr=True).status(Text(visible(doing)))
    # Nobody wants to see it flash.
    late = Timer(LONG, status.start)
    if status.console.is_terminal:
        late.start()
    try:
        yield
    finally:
        late.cancel()
        if late.ident:
            late.join()
        status.stop()


def columns(*names: str) -> Table:
    """A table of words, none of which is cut off."""
    return Table(*(Column(name, overflow="fold") for name in names), box=None, pad_edge=False, padding=(0, 2, 0, 0))


def visible(text: str) -> str:
    """A text that cannot steer the terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "�", text)


def wrong_use(message: str) -> typer.Exit:
    """Says what is wrong with the call; raise what it returns."""
    typer.echo("\n".join(map(visible, message.split("\n"))), err=True)
    return typer.Exit(WRONG_USE)


def print_json(value: Json) -> None:
    """One JSON document."""
    typer.echo(json.format(json.encode(value), indent=2).decode())


def print_report(loaded: Loaded) -> None:
    """Every problem, as text."""
    out = console()
    for problem, said in zip(loaded.problems, loaded.report(), strict=True):
        head, *rest = said.split("\n")
        out.print(Text(head, style="bold red" if problem.severity is Severity.ERROR else "bold yellow"))
        for line in rest:
            out.print(Text(line, style="green" if line.startswith("  →") else "dim" if "^" in line else ""))
        out.print()


def as_json(loaded: Loaded) -> list[Json]:
    """Every problem, for programs."""
    return [
        {
            "file": loaded.file,
            "line": problem.place.line,
            "column": problem.place.column,
            "severity": problem.severity.value,
            "code": problem.code,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in loaded.problems
    ]


def print_github(file: str, problems: Sequence[Problem]) -> None:
    """Every problem, as annotations of a GitHub workflow."""
    for problem in problems:
        place = problem.place
        where = f"file={_property(file)},line={place.line},col={place.column},endColumn={place.column + place.width}"
        said = f"{problem.message} {problem.hint}".strip()
        title = f"title={_property(problem.code)}"
        typer.echo(f"::{problem.severity.value} {where},{title}::{_escaped(said)}")


def annotation(level: str, file: str, title: str, said: str) -> str:
    """A remark about a whole file, as an annotation of a GitHub workflow."""
    return f"::{level} file={_property(file)},line=1,title={_property(title)}::{_escaped(said)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
