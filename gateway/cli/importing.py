"""`taggate import`: exports of other tag managers → a container, and what became of everything in them."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from gateway.cli.nearby import unreadable
from gateway.cli.output import PROBLEMS, Format, loader, print_json, visible, wrong_use
from gateway.destinations import TYPES
from gateway.importing import gtm as gtm_export
from gateway.importing import matomo as matomo_export
from gateway.importing.assemble import Imported, NothingLeft, assemble
from gateway.importing.report import Report
from gateway.importing.source import BadExport, Export
from gateway.language.schema import NAME
from gateway.language.texts import fits
from gateway.model import Json

importing = typer.Typer(help="Make a container of another tag manager's export.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The exported file.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the container here; else to the screen.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file that is there.")]
HowSaid = Annotated[Format, typer.Option("--format", help="text, or json with the report and the container.")]


@importing.command()
def matomo(file: File, output: Output = None, overwrite: Overwrite = False, format: HowSaid = Format.TEXT) -> None:
    """An export of a Matomo Tag Manager container."""
    _import(matomo_export.read, file, output, format, overwrite=overwrite)


@importing.command()
def gtm(file: File, output: Output = None, overwrite: Overwrite = False, format: HowSaid = Format.TEXT) -> None:
    """An export of a Google Tag Manager container (format 2)."""
    _import(gtm_export.read, file, output, format, overwrite=overwrite)


def _import(read: Callable[[bytes], Export], file: Path, output: Path | None, how: Format, *, overwrite: bool) -> None:
    data = _read(file)
    if output is not None:
        _may_write(output, overwrite=overwrite)
    try:
        made = assemble(read(data), loader(), TYPES)
    except BadExport as error:
        _refuse(file, error, how)
        raise typer.Exit(PROBLEMS) from None
    if output is not None:
        _write(output, made.text, overwrite=overwrite)
    if how is Format.JSON:
        print_json({"report": made.report.json()} | ({} if output else {"container": made.text}))
        return
    if output is None:
        typer.echo(made.text, nl=False)
    _say(made, output)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except IsADirectoryError:
        raise wrong_use(f"{file} is a folder; the file is wanted that the tag manager exported.") from None
    except OSError as error:
        raise wrong_use(unreadable(file, error)) from None


def _may_write(output: Path, *, overwrite: bool) -> None:
    if not fits(NAME, output.stem) or output.suffix != ".yaml":
        raise wrong_use(f"{output}: a container's file is called like shop.yaml: small letters, digits and _.")
    if output.exists() and not overwrite:
        raise wrong_use(f"{output} is there already. Name another file, or say --overwrite to replace it.")


def _write(output: Path, text: str, *, overwrite: bool) -> None:
    try:
        with output.open("w" if overwrite else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise wrong_use(f"{output}: {error.strerror or 'cannot be written'}") from None


def _refuse(file: Path, error: BadExport, how: Format) -> None:
    report = error.report if isinstance(error, NothingLeft) else None
    if how is Format.JSON:
        said: dict[str, Json] = {"error": str(error)}
        print_json(said | ({"report": report.json()} if report else {}))
        return
    typer.echo(visible(f"{file}: {error}"), err=True)
    if report:
        _print(report)


def _say(made: Imported, output: Path | None) -> None:
    _print(made.report)
    if output is not None:
        typer.echo(
            f"{output} is written. Look for DECIDE in it, then: taggate check {shlex.quote(str(output))}", err=True
        )


def _print(report: Report) -> None:
    """On standard error, so that the container alone is on standard output."""
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    for heading, entries in report.sections():
        out.print(Text(f"{heading} ({len(entries)})", style="bold"))
        for entry in entries:
            out.print(Text(f"  {visible(entry.text)}"))
        out.print()
