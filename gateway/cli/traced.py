"""One hit that was tried → what is shown of it: the decisions, every answer, the requests."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, json
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.output import console, visible
from gateway.decide.limits import limited
from gateway.decide.trace import Reason, because, rule_text
from gateway.destinations.preview import Preview
from gateway.language.container import Container
from gateway.model import Form, Json, TagDecision

COUNTS = "it counts as attach: it runs in the page, where it can read who is signed in"
COLOURS = {"attach": "red", "hash": "yellow", "drop": "green", "nothing": "dim"}


class Tried(Struct, frozen=True, kw_only=True):
    """All that there is to show."""

    container: Container
    tags: tuple[TagDecision, ...]
    reasons: dict[str, Reason]
    remember: bool
    requests: Mapping[str, Preview]
    reads_page: frozenset[str] = frozenset()
    """The tags that can read in the page who is signed in."""
    notes: tuple[str, ...] = ()

    @property
    def json(self) -> Json:
        """As `--format json` prints it."""
        return {
            "tags": {tag.tag: self._tag(tag) for tag in self.tags},
            "triggers": {name: _reason(reason) for name, reason in self.reasons.items()},
            "remember": self.remember,
            "notes": list(self.notes),
        }

    def _tag(self, decision: TagDecision) -> Json:
        request = self.requests.get(decision.tag)
        found = because(self.container, decision, self.reasons)
        return {
            "sent": decision.sent,
            "decision": decision.form.word if decision.sent else None,
            "counts_as": self.counts_as(decision),
            "rule": rule_text(self.container, decision),
            "limited": limited(self.container.tags[decision.tag]) if decision.sent else None,
            "because": [{"trigger": reason.trigger, **_reason(reason)} for reason in found],
            "request": request.json if request else None,
        }

    def counts_as(self, decision: TagDecision) -> str | None:
        """The form that a guarantee takes it for."""
        if not decision.sent:
            return None
        return Form.RAW.word if decision.tag in self.reads_page else decision.form.word


def _reason(reason: Reason) -> Json:
    lines = [{"variable": s.variable, "wanted": s.wanted, "seen": s.seen, "answer": s.answer} for s in reason.lines]
    return {"answer": reason.answer, "lines": lines, "of": list(reason.of)}


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
    table = Table("trigger", "answer", "wanted", "seen", box=None, pad_edge=False)
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
