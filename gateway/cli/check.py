"""`taggate check`: form, names and tests of containers."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.nearby import unreadable
from gateway.cli.output import (
    PROBLEMS,
    Format,
    as_json,
    console,
    load,
    load_one_of,
    print_github,
    print_json,
    print_report,
    visible,
    wrong_use,
)
from gateway.decide.suggest import Suggestion, suggested
from gateway.language.as_test import words
from gateway.language.container import Container
from gateway.language.load import Loaded, called_well, containers_in, overlooked
from gateway.model import Json
from gateway.problems import Severity

TAGS = Path("tags")


def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Containers; without any, all in tags/.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
    suggest: Annotated[bool, typer.Option("--suggest-tests", help="Write the tests that are missing.")] = False,
    format: Annotated[Format, typer.Option("--format", help="text, json or github.")] = Format.TEXT,
) -> None:
    """Check containers: form, names, meaning, guarantees and their own tests."""
    loaded = [load(path) for path in files] if files else [load_one_of(path) for path in _all()]
    for path in files or overlooked(TAGS):
        if path.suffix != ".yaml":
            said = f"{path}: the gateway reads no file that is called so. Call it {called_well(path)}."
            typer.echo(visible(said), err=True)
    if suggest:
        _suggest(loaded, format)
        return
    if format is Format.JSON:
        print_json([problem for one in loaded for problem in as_json(one)])
    elif format is Format.GITHUB:
        for one in loaded:
            print_github(one.file, one.problems)
    else:
        for one in loaded:
            print_report(one)
            console().print(_summary(one, strict=strict), markup=False)
    bad = any(p.severity is Severity.ERROR or strict for one in loaded for p in one.problems)
    raise typer.Exit(PROBLEMS if bad else 0)


def _suggest(loaded: list[Loaded], how: Format) -> None:
    """The tests that are missing, to be pasted at a file's end; of a file with errors the errors."""
    if broken := [one for one in loaded if one.container is None]:
        if how is Format.JSON:
            print_json([problem for one in broken for problem in as_json(one)])
        else:
            for one in broken:
                print_report(one)
                console().print(f"{_summary(one)}; tests are suggested when there is none", markup=False)
        raise typer.Exit(PROBLEMS)
    tests = [(one.file, one.container, suggested(one.container)) for one in loaded if one.container]
    if how is Format.JSON:
        print_json(
            [
                {"file": file, "tests": [_as_json(test, found) for test in all_of_them]}
                for file, found, all_of_them in tests
            ]
        )
        return
    for file, container, missing in tests:
        typer.echo(f"# {file}: {_count(len(missing), 'test')} to paste under tests:, if that is what is meant")
        for line in (line for test in missing for line in test.lines(container)):
            typer.echo(line)


def _as_json(test: Suggestion, container: Container) -> Json:
    forms = {tag: form.word for tag, form in test.expect.items()}
    return {"name": test.name, "given": words(test.given, container), "expect": forms}


def _all() -> list[Path]:
    try:
        found = containers_in(TAGS)
    except OSError as error:
        raise wrong_use(unreadable(TAGS, error)) from None
    if not found:
        near = f" Call {one[0]} {called_well(one[0])}." if (one := overlooked(TAGS)) else ""
        raise wrong_use(f"There is no tags/*.yaml here.{near} Name the files: taggate check FILE…")
    return found


def _summary(loaded: Loaded, *, strict: bool = False) -> str:
    errors = sum(p.severity is Severity.ERROR for p in loaded.problems)
    warnings = len(loaded.problems) - errors
    if errors:
        return f"{loaded.file}: {_count(errors, 'error')}" + (f", {_count(warnings, 'warning')}" if warnings else "")
    if warnings and strict:
        return f"{loaded.file}: {_count(warnings, 'warning')}, and --strict takes none"
    container = loaded.container
    tests = _count(len(container.tests), "test") if container else ""
    guarantees = len(container.guarantees) if container else 0
    proved = f"{_count(guarantees, 'guarantee')} proved, " if guarantees else ""
    return f"{loaded.file}: fine, {proved}{tests} passed" + (f", {_count(warnings, 'warning')}" if warnings else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
