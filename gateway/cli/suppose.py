"""`taggate try`: one hit through a container, the decision and every reason."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct, structs

from gateway.cli.output import PROBLEMS, Format, as_json, load, print_json, print_report, wrong_use
from gateway.cli.record import recorded
from gateway.cli.traced import print_trace
from gateway.decide.decide import Decider
from gateway.decide.limits import held, outside
from gateway.decide.readers import clock
from gateway.decide.recorded import supposed, told
from gateway.decide.suppose import judge, suppose
from gateway.decide.trace import reads_page, reasons
from gateway.destinations import PAGE_TAGS, TABLE
from gateway.destinations.preview import Previewer
from gateway.destinations.tried import Tried
from gateway.language.as_test import as_test, called, words
from gateway.language.container import Container, Given, WhileUnknown
from gateway.language.given import BadGiven, doubts, read_moment, read_words
from gateway.language.values import plain
from gateway.model import Consent, Facts, Hit, TagDecision

BELIEVED = "The hit's proof is taken as valid: checking it needs its secret."
HOLDS = (
    "Before the banner is answered, pages send nothing (while_unknown: hold); so it is for a hit that a server sends. "
    "A page's comes after the answer, and is judged by that."
)
HEADERS = "The file does not hold the request's headers, so these are taken as not there: "
SERVER = "It is taken for the hit of a server that showed its secret."
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
HISTORY = "What the gateway remembers of this visitor is not known here."


class Put(Struct, frozen=True, kw_only=True):
    """What is tried: a hit, what it tells, and the same in a test's words. `hide`: what nobody typed."""

    hit: Hit
    facts: Facts
    given: Given
    at: int | None
    hide: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def try_it(
    file: Annotated[Path, typer.Argument(help="The container.")],
    said: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORDS]…", help="The hit: event=page_view account_id=007 consent=analytics"),
    ] = None,
    *,
    at: Annotated[
        str | None, typer.Option("--at", help="When it happens, by the site's clock: 2026-12-24 18:00.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A recorded hit: the body of POST /collect, or what a client of Matomo or Segment sent."
        ),
    ] = None,
    test: Annotated[bool, typer.Option("--as-test", help="Print it as a test, to be pasted into tests:.")] = False,
    format: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
) -> None:
    """Try one hit: what every tag would get, and why."""
    loaded = load(file, None)
    if loaded.container is None:
        print_json(as_json(loaded)) if format is Format.JSON else print_report(loaded)
        raise typer.Exit(PROBLEMS)
    container = loaded.container
    put = _recorded(source, said, at, container) if source else _typed(said, at, container)
    if test:
        _print_test(put, container, format)
        return
    tried = _tried(put, container)
    if format is Format.JSON:
        print_json(tried.json)
    else:
        print_trace(tried, loaded.lines)


def _typed(said: list[str] | None, at: str | None, container: Container) -> Put:
    if clock_apart := next((word for word in said or () if at and _CLOCK.fullmatch(word)), ""):
        raise wrong_use(f'A time with a space stands in quotes: --at "{at} {clock_apart}".')
    try:
        given = read_words(said or [], container)
        moment = read_moment(at, container) if at else None
    except BadGiven as error:
        raise wrong_use(str(error)) from None
    if moment is not None:
        given = structs.replace(given, values={**clock(container, moment), **given.values})
    hit = supposed(container, given, moment or _now())
    facts = suppose(container, given)
    notes = (*doubts(given, container), *_held(container, facts))
    return Put(hit=hit, facts=facts, given=given, at=moment, notes=notes)


def _held(container: Container, facts: Facts) -> tuple[str, ...]:
    """What is to be said of a hit that no page would send yet."""
    waits = container.consent is not None and container.consent.while_unknown is WhileUnknown.HOLD
    return (HOLDS,) if waits and Consent.UNKNOWN in facts.consent.values() else ()


def _recorded(source: Path, said: list[str] | None, at: str | None, container: Container) -> Put:
    if said or at:
        raise wrong_use("With --from the file says it all. Leave the words and --at out.")
    hit = recorded(source, container, _now())
    found = told(container, hit)
    notes = [HISTORY, *([BELIEVED] if found.proof_believed else [])]
    headers = [one.name for one in container.variables.values() if one.kind == "header" and not hit.trusted]
    notes += [HEADERS + ", ".join(headers)] if headers else []
    notes += [SERVER] if hit.trusted else []
    notes += _held(container, found.facts)
    return Put(
        hit=hit,
        facts=found.facts,
        given=found.given,
        at=hit.at,
        hide=_personal(container, found.facts),
        notes=tuple(notes),
    )


def _personal(container: Container, facts: Facts) -> tuple[str, ...]:
    """Every text that says who somebody is."""
    identity = facts.identity
    values = [identity.id, identity.account, *identity.unverified]
    for variable in container.variables.values():
        reading = facts.readings[variable.name]
        if variable.personal and isinstance(reading, str | float):
            values.append(plain(reading))
    return tuple(value for value in values if value)


def _now() -> int:
    return int(time.time() * 1000)


def _tried(put: Put, container: Container) -> Tried:
    """Without a time every schedule is supposed to be open; the visitor is supposed to be in every sample."""
    decision, answered = Decider(container).answered(put.facts)
    tags = tuple(_in_time(container, tag, put.at) for tag in decision.tags)
    previews = Previewer(container, TABLE, PAGE_TAGS).of(put.hit, put.facts, tags, put.hide)
    return Tried(
        container=container,
        tags=tags,
        reasons=reasons(container, answered),
        remember=decision.remember,
        requests=previews,
        reads_page=reads_page(container, put.facts),
        notes=put.notes,
    )


def _in_time(container: Container, decision: TagDecision, at: int | None) -> TagDecision:
    if at is None or not decision.sent:
        return decision
    return held(decision, outside(container.tags[decision.tag], at))


def _print_test(put: Put, container: Container, how: Format) -> None:
    """What a test of these words gets is what it expects."""
    expect = judge(container)(put.given)
    name = called(put.given, container)
    if how is Format.JSON:
        forms = {tag: form.word for tag, form in expect.items()}
        print_json({"name": name, "given": words(put.given, container), "expect": forms})
        return
    for note in put.notes:
        typer.echo(note, err=True)
    for line in as_test(name, put.given, expect, container):
        typer.echo(line)
