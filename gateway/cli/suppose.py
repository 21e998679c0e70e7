"""`taggate try`: one hit through a container, the decision and every reason."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.output import (
    PROBLEMS,
    Format,
    as_json,
    console,
    load,
    print_json,
    print_report,
    visible,
    wrong_use,
)
from gateway.decide.decide import Decider
from gateway.decide.limits import held, limited, outside
from gateway.decide.suppose import suppose
from gateway.decide.trace import Reason, because, reasons, rule_text
from gateway.language.container import Container, Given
from gateway.language.given import BadGiven, read_moment, read_words
from gateway.model import Form, Json, TagDecision

COLOURS = {"attach": "red", "hash": "yellow", "drop": "green", "nothing": "dim"}


def try_it(
    file: Annotated[Path, typer.Argument(help="The container.")],
    words: Annotated[
        list[str] | None, typer.Argument(help="The hit: event=page_view account_id=007 consent=analytics")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="When it happens, by the site's clock: 2026-12-24 18:00.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Try one hit: what every tag would get, and why."""
    loaded = load(file, as_expected)
    if loaded.container is None:
        print_json(as_json(loaded)) if format is Format.JSON else print_report(loaded)
        raise typer.Exit(PROBLEMS)
    try:
        given = read_words(words or [], loaded.container)
        moment = read_moment(at, loaded.container) if at else None
    except BadGiven as error:
        raise wrong_use(str(error)) from None
    result = outcome(loaded.container, given, moment)
    if format is Format.JSON:
        print_json(result)
    else:
        _show(result)


def as_expected(container: Container) -> Callable[[Given], Mapping[str, Form]]:
    """What a test of the container expects: one that fails is a reason to try, not one to refuse."""
    return lambda given: next(case.expect for case in container.tests if case.given is given)


def outcome(container: Container, given: Given, at: int | None = None) -> Json:
    """The decision and every reason, as `--format json` prints them. Without `at` (ms since 1970) every schedule is
    supposed to be open; the visitor is supposed to be in every sample."""
    decision, hit = Decider(container).answered(suppose(container, given))
    found = reasons(container, hit)
    decided = [_in_time(container, tag, at) for tag in decision.tags]
    return {
        "tags": {tag.tag: _tag(container, tag, found) for tag in decided},
        "triggers": {name: _reason(reason) for name, reason in found.items()},
        "remember": decision.remember,
    }


def _in_time(container: Container, decision: TagDecision, at: int | None) -> TagDecision:
    if at is None or not decision.sent:
        return decision
    return held(decision, outside(container.tags[decision.tag], at))


def _tag(container: Container, decision: TagDecision, found: dict[str, Reason]) -> Json:
    return {
        "sent": decision.sent,
        "decision": decision.form.word if decision.sent else None,
        "rule": rule_text(container, decision),
        "limited": limited(container.tags[decision.tag]) if decision.sent else None,
        "because": [{"trigger": reason.trigger, **_reason(reason)} for reason in because(container, decision, found)],
    }


def _reason(reason: Reason) -> Json:
    lines = [{"variable": s.variable, "wanted": s.wanted, "seen": s.seen, "answer": s.answer} for s in reason.lines]
    return {"answer": reason.answer, "lines": lines, "of": list(reason.of)}


def _show(result: Json) -> None:
    out = console()
    for name, tag in result["tags"].items():
        word = tag["decision"] or "nothing"
        why = "; ".join(filter(None, (tag["rule"], tag["limited"])))
        out.print(Text.assemble((f"{name}: ", "bold"), (word, COLOURS[word]), f"  ({why})"))
    out.print(Text(f"cookie: {'yes' if result['remember'] else 'no'}", style="bold"))
    table = Table("trigger", "answer", "wanted", "seen", box=None, pad_edge=False)
    for name, reason in result["triggers"].items():
        table.add_row(name, reason["answer"], f"of {', '.join(reason['of'])}" if reason["of"] else "", "")
        for line in reason["lines"]:
            wanted = visible(f"{line['variable']} {line['wanted']}")
            table.add_row("", line["answer"], Text(wanted), Text(visible(line["seen"])))
    out.print()
    out.print(table)
