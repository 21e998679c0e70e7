"""One hit that was tried, for people: the decisions, every answer, the requests."""

from collections.abc import Mapping, Sequence

from msgspec import json
from rich.console import Console
from rich.text import Text

from gateway.cli.output import columns, console, visible
from gateway.decide.limits import limited
from gateway.decide.trace import Reason, rule_text
from gateway.destinations.preview import Preview
from gateway.destinations.tried import Tried
from gateway.model import TagDecision

COUNTS = "it counts as attach: it runs in the page, where it can read who is signed in"
COLOURS = {"attach": "red", "hash": "yellow", "drop": "green", "nothing": "dim"}


def print_trace(tried: Tried, lines: Sequence[str]) -> None:
    """For people; `lines` are the container's file."""
    out = console()
    for tag in tried.tags:
        _print_decision(out, tried, tag)
    out.print(Text(f"cookie: {'yes' if tried.remember else 'no'}", style="bold"))
    for note in tried.notes:
        out.print(Text(visible(note), style="yellow"))
    out.print()
    _print_answers(out, tried.reasons)
    for tag in tried.tags:
        if tag.tag in tried.requests:
            out.print()
            _print_request(out, tried, tag, lines)


def _print_decision(out: Console, tried: Tried, tag: TagDecision) -> None:
    container = tried.container
    word = tag.form.word if tag.sent else "nothing"
    limits = limited(container.tags[tag.tag]) if tag.sent else None
    counted = COUNTS if tag.sent and tried.counts_as(tag) != word else None
    why = "; ".join(filter(None, (rule_text(container, tag), limits, counted)))
    out.print(Text.assemble((f"{tag.tag}: ", "bold"), (word, COLOURS[word]), f"  ({why})"))


def _print_answers(out: Console, reasons: Mapping[str, Reason]) -> None:
    table = columns("trigger", "answer", "wanted", "seen")
    for name, reason in reasons.items():
        table.add_row(name, reason.answer, f"of {', '.join(reason.of)}" if reason.of else "", "")
        for line in reason.lines:
            table.add_row("", line.answer, Text(visible(f"{line.variable} {line.wanted}")), Text(visible(line.seen)))
    out.print(table)


def _print_request(out: Console, tried: Tried, tag: TagDecision, lines: Sequence[str]) -> None:
    request, user = tried.requests[tag.tag], tried.container.user_id
    out.print(Text(f"{tag.tag} would get (visitor IDs are made up):", style="bold"))
    if user and tag.rule is not None:
        number = user.rules[tag.rule].line
        out.print(Text(f"  {number} | {visible(lines[number - 1])}", style="dim"))
    out.print(Text(visible(f"  {request.method} {request.to}")))
    for name, value in request.headers.items():
        out.print(Text(visible(f"  {name}: {value}"), style="dim"))
    for line in _body(request).split("\n"):
        out.print(Text(f"  {visible(line)}"))


def _body(request: Preview) -> str:
    body = request.json["body"]
    return body if isinstance(body, str) else json.format(json.encode(body), indent=2).decode()
