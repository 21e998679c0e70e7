"""What `taggate outbox` prints for people, and for GitHub."""

from collections.abc import Iterable
from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.output import console, visible
from gateway.model import Json

NUMBERS = ("accepted", "delivered", "dropped", "dead", "pending", "attempts", "ambiguous")
COLOURS = {"running": "green", "waiting": "yellow", "paused": "bold red", "stopped": "bold red"}
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def show_status(answer: Json) -> None:
    """A table of the tags, then what is dropped and why, then what is wrong."""
    out = _wide()
    table = _table("tag", *NUMBERS, "oldest", "state", "adds up", numbers=range(1, len(NUMBERS) + 2))
    for tag in answer["tags"]:
        oldest = tag["oldest_pending_seconds"]
        table.add_row(
            f"{tag['container']}/{tag['tag']}",
            *(_number(tag[name]) for name in NUMBERS),
            "" if oldest is None else age(oldest),
            _state(tag, running=answer["running"]),
            "yes" if tag["balanced"] else Text("NO", style="bold red"),
        )
    out.print(table)
    for tag in answer["tags"]:
        if tag["dropped"]:
            said = ", ".join(f"{reason} {number:,}" for reason, number in sorted(tag["dropped"].items()))
            out.print(f"dropped of {tag['container']}/{tag['tag']}: {visible(said)}", markup=False)
    for problem in answer["problems"]:
        out.print(Text(visible(problem["message"]), style="bold red"))
        out.print(Text(f"  → {visible(problem['hint'])}", style="green"))
    out.print("A gateway runs." if answer["running"] else "No gateway runs: nothing is sent.")


def show_dead(answer: Json) -> None:
    """How many there are by reason, then the newest."""
    out = _wide()
    total = sum(kind["number"] for kind in answer["reasons"])
    if not total:
        out.print("There are no dead letters.")
        return
    kinds = _table("tag", "reason", "dead letters", numbers=[2])
    for kind in sorted(answer["reasons"], key=lambda kind: -kind["number"]):
        kinds.add_row(f"{kind['container']}/{kind['tag']}", visible(kind["reason"]), f"{kind['number']:,}")
    out.print(kinds)
    out.print()
    table = _table("tag", "reason", "died", "attempts", "event's time (UTC)", "user id", numbers=[3])
    for letter in answer["letters"]:
        table.add_row(
            f"{letter['container']}/{letter['tag']}",
            visible(letter["reason"]),
            f"{age(max(answer['now'] - letter['died_at'], 0) // 1000)} ago",
            str(letter["attempts"]),
            _when(letter["at"]),
            letter["form"],
        )
    out.print(table)
    if total > len(answer["letters"]):
        out.print(f"These are the newest {len(answer['letters'])} of {total:,}: --limit shows more.")
    out.print("taggate outbox retry CONTAINER/TAG --reason REASON sends them again.", markup=False)


def retried(tag: str, answer: Json) -> str:
    """What `retry` did."""
    if not answer["retried"] and not answer["unreadable"]:
        return f"There is no such dead letter of {tag}."
    said = f"{tag}: {_count(answer['retried'], 'dead letter')} will be sent again."
    if answer["unreadable"]:
        said += f"\n{answer['unreadable']:,} cannot be read any more and stay dead: drop them."
    return said


def dropped(tag: str, answer: Json) -> str:
    """What `drop` did."""
    if not answer["dropped"] and not answer["being_sent"]:
        return f"There was nothing to drop of {tag}."
    said = f"{tag}: {answer['dropped']:,} dropped, counted as {answer['counted_as']}."
    if answer["being_sent"]:
        said += f"\n{answer['being_sent']:,} are being sent at this moment and stay."
    return said


def annotate(problems: Iterable[Json]) -> None:
    """Annotations of a GitHub workflow; there is no file to point at."""
    for problem in problems:
        typer.echo(visible(f"::error title={problem['code']}::{problem['message']} {problem['hint']}"))


def annotate_dead(answer: Json) -> None:
    """One annotation for each tag and reason."""
    for kind in answer["reasons"]:
        say = f"{kind['container']}/{kind['tag']}: {_count(kind['number'], 'dead letter')}, {kind['reason']}"
        typer.echo(visible(f"::warning title=dead-letters::{say}"))


def age(seconds: int) -> str:
    """In the largest unit that fits."""
    return next((f"{seconds // size} {unit}" for size, unit in _UNITS if seconds >= size), f"{seconds} s")


def _wide() -> Console:
    # A table that does not fit is broken by the terminal, where it can be read, and not cut by us.
    out = console()
    # With its height: where TERM is dumb, rich does not heed a width alone.
    out.width, out.height = max(out.width, 200), out.height
    return out


def _table(*columns: str, numbers: Iterable[int]) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place in numbers else "left", no_wrap=True)
    return table


def _number(found: Json) -> str:
    return f"{sum(found.values()) if isinstance(found, dict) else found:,}"


def _state(tag: Json, *, running: bool) -> Text:
    if tag["standing"] == "gone":
        return Text("no such tag any more", style="yellow")
    if tag["standing"] == "not_running":
        return Text("container has errors", style="yellow")
    if not running or tag["state"] is None:
        return Text("", style="dim")
    said = f"{tag['state']}: {visible(tag['reason'])}" if tag["reason"] else tag["state"]
    return Text(said, style=COLOURS[tag["state"]])


def _when(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
