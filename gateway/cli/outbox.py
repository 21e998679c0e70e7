"""`taggate outbox`: the queue by tag; dead letters looked at, sent again, dropped."""

import sys
from typing import Annotated

import typer

from gateway.cli import outbox_text
from gateway.cli.configured import Config, configured
from gateway.cli.errand import do
from gateway.cli.output import PROBLEMS, WRONG_USE, Format, console, print_json, wrong_use
from gateway.model import Json
from gateway.web.errands import AskDead, AskStatus, Drop, Errand, Refused, Retry
from gateway.web.roll import Route

outbox = typer.Typer(help="The queue: what waits, what is dead, and what to do with it.", no_args_is_help=True)

FormatOption = Annotated[Format, typer.Option("--format", help="text, json or github.")]
Tag = Annotated[str, typer.Argument(metavar="CONTAINER/TAG", help="The tag, as `taggate outbox status` names it.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only dead letters with this reason.")]


@outbox.command()
def status(config: Config = None, format: FormatOption = Format.TEXT) -> None:
    """Every tag: accepted, delivered, dropped, dead, pending, and whether that adds up. Exit 1 on a problem."""
    answer = _done(config, AskStatus(), format)
    if format is Format.JSON:
        print_json(answer)
    elif format is Format.GITHUB:
        outbox_text.annotate(answer["problems"])
    else:
        outbox_text.show_status(answer)
    raise typer.Exit(PROBLEMS if answer["problems"] else 0)


@outbox.command()
def dead(
    tag: Annotated[str | None, typer.Argument(metavar="[CONTAINER/TAG]", help="Only of this tag.")] = None,
    reason: Reason = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many to list at the most.")] = 50,
    config: Config = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """The newest dead letters: why, when, and the form of the User ID in them; never a value."""
    route = None if tag is None else _route(tag)
    answer = _done(config, AskDead(route=route, reason=reason, limit=limit), format)
    if format is Format.JSON:
        print_json(answer)
    elif format is Format.GITHUB:
        outbox_text.annotate_dead(answer)
    else:
        outbox_text.show_dead(answer)


@outbox.command()
def retry(
    tag: Tag,
    reason: Reason = None,
    all: Annotated[bool, typer.Option("--all", help="Whatever their reasons.")] = False,
    config: Config = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Send dead letters again: they are pending from now on, in their old places."""
    if all == (reason is not None):
        raise wrong_use("Say which: --reason REASON, or --all.")
    answer = _done(config, Retry(route=_route(tag), reason=reason), format)
    if format is Format.JSON:
        print_json(answer)
    else:
        console().print(outbox_text.retried(tag, answer), markup=False)
    raise typer.Exit(PROBLEMS if answer["unreadable"] else 0)


@outbox.command()
def drop(
    tag: Tag,
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Its dead letters.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="What waits to be sent.")] = False,
    reason: Reason = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Drop dead letters, or what is pending, for good. It is counted, so that all still adds up."""
    if dead == pending:
        raise wrong_use("Say which: --dead or --pending.")
    if reason is not None and pending:
        raise wrong_use("Only dead letters have a reason: --reason goes with --dead.")
    route = _route(tag)
    if not yes:
        _confirm(config, route, dead, reason, format)
    answer = _done(config, Drop(route=route, dead=dead, reason=reason), format)
    if format is Format.JSON:
        print_json(answer)
    else:
        console().print(outbox_text.dropped(tag, answer), markup=False)


def _confirm(config: Config, route: Route, dead: bool, reason: str | None, format: Format) -> None:
    if not sys.stdin.isatty():
        raise wrong_use("This drops hits for good. There is no terminal to ask on: say --yes.")
    number = _number(config, route, dead, reason, format)
    what = "dead letters" if dead else "pending deliveries"
    typer.confirm(f"Drop {number} {what} of {'/'.join(route)} for good?", abort=True, err=True)


def _number(config: Config, route: Route, dead: bool, reason: str | None, format: Format) -> int:
    if dead:
        found = _done(config, AskDead(route=route, reason=reason, limit=1), format)["reasons"]
        return sum(one["number"] for one in found)
    tags = _done(config, AskStatus(), format)["tags"]
    return sum(tag["pending"] for tag in tags if (tag["container"], tag["tag"]) == route)


def _route(said: str) -> Route:
    container, slash, tag = said.partition("/")
    if not (container and slash and tag) or "/" in tag:
        raise wrong_use(f"{said}: name a tag as CONTAINER/TAG, for instance shop/matomo.")
    return container, tag


def _done(config: Config, errand: Errand, format: Format) -> Json:
    try:
        return do(configured(config), errand)
    except Refused as error:
        code = WRONG_USE if error.code in {"unknown-tag", "no-queue"} else PROBLEMS
        if format is Format.JSON:
            print_json({"error": str(error), "code": error.code})
            raise typer.Exit(code) from None
        wrong_use(str(error))
        raise typer.Exit(code) from None
