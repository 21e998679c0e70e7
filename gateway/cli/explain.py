"""`taggate explain`: what every tag can ever get, and when; or what a new version changes for whom."""

from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from msgspec import structs

from gateway.cli.explained import print_explanation, to_html
from gateway.cli.output import (
    PROBLEMS,
    annotation,
    as_json,
    console,
    load,
    patience,
    print_github,
    print_json,
    print_report,
    visible,
    wrong_use,
)
from gateway.language.container import Container
from gateway.language.explained.change import changes
from gateway.language.explained.explain import explain as explained
from gateway.language.explained.sentence import Change
from gateway.language.load import Loaded, too_hard
from gateway.language.proof.circuit import TooHard
from gateway.problems import Place


class Form(StrEnum):
    """`--format`."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    GITHUB = "github"


def explain(
    file: Annotated[Path, typer.Argument(help="The container.")],
    diff: Annotated[Path | None, typer.Option("--diff", help="An older version: say what changes for whom.")] = None,
    no_wider: Annotated[bool, typer.Option("--no-wider", help="With --diff: exit 1 when somebody gets more.")] = False,
    format: Annotated[
        Form, typer.Option("--format", help="text, json, html (one page to print) or github.")
    ] = Form.TEXT,
) -> None:
    """Explain a container: for every tag the strongest form of User ID that it can ever get, and when."""
    if no_wider and diff is None:
        raise wrong_use("--no-wider compares two versions: taggate explain --diff OLD NEW --no-wider")
    if diff and format is Form.HTML:
        raise wrong_use("--diff has no page: take --format text, json or github.")
    loaded, container = _loaded(file, format, whole=True)
    older = _loaded(diff, format, whole=False)[1] if diff else None
    try:
        if older is None:
            _explain(loaded, container, format)
            return
        with patience("Comparing what the two can do"):
            found = changes(older, container)
    except TooHard:
        _refuse(structs.replace(loaded, problems=(too_hard(Place(1, 1)),)), format)
    _print_changes(found, file, format, strict=no_wider)
    raise typer.Exit(PROBLEMS if no_wider and any(change.wider for change in found) else 0)


def _loaded(path: Path, format: Form, *, whole: bool) -> tuple[Loaded, Container]:
    """`whole`: its tests and guarantees must hold too."""
    loaded = load(path) if whole else load(path, None)
    if loaded.container is None:
        _refuse(loaded, format)
    return loaded, loaded.container


def _refuse(loaded: Loaded, format: Form) -> NoReturn:
    """Says what is wrong with a file."""
    if format is Form.JSON:
        print_json(as_json(loaded))
    elif format is Form.GITHUB:
        print_github(loaded.file, loaded.problems)
    else:
        print_report(loaded)
    raise typer.Exit(PROBLEMS)


def _explain(loaded: Loaded, container: Container, format: Form) -> None:
    with patience(f"Working out what {loaded.file} can do"):
        found, digest = explained(container), sha256(loaded.source).hexdigest()
    if format is Form.JSON:
        print_json({"file": loaded.file, "sha256": digest, "explanation": found})
    elif format is Form.HTML:
        typer.echo(to_html(found, loaded.file, digest))
    elif format is Form.GITHUB:
        for tag in found.receivers:
            reach = tag.reach["ever"]
            story = f" ({', '.join(reach.story)})" if reach.story else ""
            typer.echo(annotation("notice", loaded.file, tag.name, f"The most it can ever get: {reach.gets}{story}."))
    else:
        print_explanation(found, loaded.file, digest)


def _print_changes(found: tuple[Change, ...], file: Path, format: Form, *, strict: bool) -> None:
    if format is Form.JSON:
        print_json(found)
    elif format is Form.GITHUB:
        for change in found:
            level = ("error" if strict else "warning") if change.wider else "notice"
            typer.echo(annotation(level, str(file), "more permissive" if change.wider else "less", change.text))
    else:
        for change in found:
            console().print(visible(f"{'+' if change.wider else '-'} {change.text}"), markup=False)
        if not found:
            console().print("Nothing changes for anybody.")
