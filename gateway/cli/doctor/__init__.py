"""`taggate doctor`: does this machine keep what taggate promises?"""

import asyncio
import time
from collections.abc import Iterator
from typing import Annotated

import typer
from msgspec import structs
from rich.text import Text

from gateway.cli.configured import WRONG_PLACE, Config, configured
from gateway.cli.doctor import durable, folder, logs, queue, setup, trust
from gateway.cli.doctor.finding import OTHER_USER, Finding, Level, problem
from gateway.cli.doctor.reach import Reach
from gateway.cli.output import PROBLEMS, Format, console, print_json, visible
from gateway.settings import Settings
from gateway.store.folder import STRANGE, closed, strange

COLOURS = {Level.OK: "green", Level.WARNING: "bold yellow", Level.PROBLEM: "bold red"}


def doctor(
    config: Config = None,
    format: Annotated[Format, typer.Option("--format", help="text, json or github.")] = Format.TEXT,
) -> None:
    """Is a 2xx durable here, are the receivers reachable, does all add up? Exit 1 on a problem."""
    settings = configured(config)
    found = []
    for finding in examine(settings, time.time()):
        found.append(finding)
        if format is Format.TEXT:
            _show(finding)
        elif format is Format.GITHUB and finding.level is not Level.OK:
            _annotate(finding)
    if format is Format.JSON:
        print_json([structs.asdict(one) for one in found])
    bad = sum(one.level is Level.PROBLEM for one in found)
    if format is Format.TEXT:
        _conclude(bad, sum(one.level is Level.WARNING for one in found))
    raise typer.Exit(PROBLEMS if bad else 0)


def examine(settings: Settings, now: float) -> Iterator[Finding]:
    """Every finding, as it is found; `now` in seconds since 1970."""
    if why := closed(settings.data):
        # All else is for another user too, and what it would say to do is wrong for that one.
        yield problem("data", why, f"{OTHER_USER} If the gateway runs as this one: chown -R it.")
        return
    if other := strange(settings.data):
        yield problem("data", STRANGE.format(other, settings.data), "The gateway does not start.")
    elif settings.data.is_dir():
        yield from durable.look(settings.data)
        yield from folder.look(settings, now)
        yield from logs.look(settings.data)
        yield from queue.look(settings, int(now * 1000))
    else:
        yield problem(
            "data",
            f"There is no folder {settings.data} yet.",
            f"Start the gateway once, or set data: to it. {WRONG_PLACE}",
        )
    yield from trust.look(settings)
    found = setup.look(settings)
    yield from found.findings
    yield from asyncio.run(Reach(settings.allowed_networks, settings.data).all(found.routes, now))


def _show(finding: Finding) -> None:
    line = Text.assemble((f"{finding.level.value:8}", COLOURS[finding.level]), visible(finding.says))
    console().print(line)
    if finding.hint:
        console().print(Text(f"{'':8}→ {visible(finding.hint)}", style="green"))


def _annotate(finding: Finding) -> None:
    kind = "error" if finding.level is Level.PROBLEM else "warning"
    typer.echo(visible(f"::{kind} title={finding.about}::{finding.says} {finding.hint}"))


def _conclude(problems: int, warnings: int) -> None:
    said = f"{problems} problem{'s' * (problems != 1)}, {warnings} warning{'s' * (warnings != 1)}."
    console().print(Text(said, style="bold red" if problems else "bold"))
