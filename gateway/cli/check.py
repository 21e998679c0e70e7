"""`taggate check`: form, names and tests of containers."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import (
    PROBLEMS,
    Format,
    as_json,
    console,
    load,
    print_github,
    print_json,
    print_report,
    wrong_use,
)
from gateway.language.load import Loaded
from gateway.problems import Severity


def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Containers; without any, all in tags/.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    format: Annotated[Format, typer.Option("--format", help="text, json or github.")] = Format.TEXT,
) -> None:
    """Check containers: form, names, meaning and their own tests."""
    loaded = [load(path) for path in files or _all()]
    if format is Format.JSON:
        print_json([problem for one in loaded for problem in as_json(one)])
    elif format is Format.GITHUB:
        for one in loaded:
            print_github(one.file, one.problems)
    else:
        for one in loaded:
            print_report(one)
            console().print(_summary(one), markup=False)
    bad = any(p.severity is Severity.ERROR or strict for one in loaded for p in one.problems)
    raise typer.Exit(PROBLEMS if bad else 0)


def _all() -> list[Path]:
    found = sorted(Path("tags").glob("*.yaml"))
    if not found:
        raise wrong_use("There is no tags/*.yaml here. Name the files: taggate check FILE…")
    return found


def _summary(loaded: Loaded) -> str:
    errors = sum(p.severity is Severity.ERROR for p in loaded.problems)
    warnings = len(loaded.problems) - errors
    if errors:
        return f"{loaded.file}: {_count(errors, 'error')}" + (f", {_count(warnings, 'warning')}" if warnings else "")
    container = loaded.container
    tests = _count(len(container.tests), "test") if container else ""
    return f"{loaded.file}: fine, {tests} passed" + (f", {_count(warnings, 'warning')}" if warnings else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
