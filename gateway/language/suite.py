"""Runs a container's own tests through the real decision."""

import shlex
from collections.abc import Callable, Iterator, Mapping

import msgspec

from gateway.language.container import Case, Container, Given, Join, Line
from gateway.language.matchers import predicate
from gateway.language.order import below
from gateway.model import Consent, Form
from gateway.problems import Problem, quoted

Judge = Callable[[Container], Callable[[Given], Mapping[str, Form]]]
"""Of a container, what each tag that receives anything gets of a hit; handed in, because the decision lies above
the language."""


def run(container: Container, judge: Judge) -> Iterator[Problem]:
    """A problem for each test that fails, at its name."""
    decided = judge(container)
    for case in container.tests:
        got = decided(case.given)
        if wrong := list(_differences(case, got)):
            say = f"Test {quoted(case.name)} fails: {'; '.join(wrong)}."
            hint = f"{_unasked(container, case, got)}See why: taggate try {container.file} {command(case.given)}"
            yield Problem(place=case.place, code="test-failed", message=say, hint=hint)


def _unasked(container: Container, case: Case, got: Mapping[str, Form]) -> str:
    """Of the first tag that gets nothing because it asks for other events: which of them no test shows."""
    for name in case.expect:
        lines = [] if name in got else _event_lines(container, container.tags[name].send_when)
        if lines and not any(all(predicate(matcher)(case.given.event) for matcher in line.matchers) for line in lines):
            shown = {other.given.event for other in container.tests}
            wanted = [
                f"line {line.place.line} asks for {quoted(matcher.wanted)}"
                for line in lines
                for matcher in line.matchers
                if isinstance(matcher.wanted, str) and matcher.wanted not in shown
            ]
            instead = f"; {' and '.join(wanted)}, which no test shows" if wanted else ""
            return f"{quoted(name)} never asks for the event {quoted(case.given.event)}{instead}. "
    return ""


def _event_lines(container: Container, join: Join) -> list[Line]:
    names = below([join], container.triggers)
    return [line for name in names for line in container.triggers[name].lines if line.variable == "event"]


def command(given: Given) -> str:
    """The words behind `taggate try FILE` that put the same hit."""
    said = [f"event={given.event}"]
    for name, value in given.values.items():
        said.append(f"{name}={_listed(value) if isinstance(value, tuple) else value}")
    for state in (Consent.GRANTED, Consent.REFUSED):
        names = [purpose for purpose, is_state in given.consent.items() if is_state is state]
        if names:
            said.append(f"{state.value}={','.join(names)}")
    said += [f"cannot_tell={','.join(given.cannot_tell)}"] * bool(given.cannot_tell)
    said += ["gpc=yes"] * given.gpc + ["signed=no"] * (not given.signed)
    return " ".join(shlex.quote(word) for word in said)


def _listed(items: tuple[str, ...]) -> str:
    """With commas between them; as JSON where one of them would be read as something else."""
    joined = ",".join(items)
    plain = [part.strip() for part in joined.split(",")] == list(items) and not joined.startswith("[")
    return joined if plain else msgspec.json.encode(items).decode()


def _differences(case: Case, got: Mapping[str, Form]) -> Iterator[str]:
    for tag in dict.fromkeys([*case.expect, *got]):
        wanted, seen = _word(case.expect.get(tag)), _word(got.get(tag))
        if wanted != seen:
            yield f"{quoted(tag)} must get {wanted} and gets {seen}"


def _word(form: Form | None) -> str:
    return "nothing" if form is None else form.word
