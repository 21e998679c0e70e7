"""Runs a container's own tests through the real decision."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from gateway.language.container import Case, Container, Given, Join, Line
from gateway.language.culprit import Difference, culprits
from gateway.language.matchers import predicate
from gateway.language.order import below
from gateway.model import Consent, Facts, Form
from gateway.problems import Problem, quoted

MOST_EXPLAINED = 20
"""Tests that fail of which it is worked out on which trigger they hang."""


class Decided(Protocol):
    """The decision of one container."""

    def __call__(self, given: Given) -> Mapping[str, Form]:
        """What each tag that receives anything gets of a hit."""

    def facts(self, given: Given) -> Facts:
        """What is known of the hit."""


Judge = Callable[[Container], Decided]
"""Handed in, because the decision lies above the language."""


class Failure(Struct, frozen=True):
    """A test that fails: what its tags get, and in what that is not as expected."""

    case: Case
    got: Mapping[str, Form]
    tags: Sequence[str]


def run(container: Container, judge: Judge) -> Iterator[Problem]:
    """A problem for each test that fails, at its name."""
    decided = judge(container)
    failures = [found for case in container.tests if (found := _failure(case, decided(case.given))).tags]
    explained = [_unasked(container, one) for one in failures]
    open_ones = [
        None if said else _difference(one, decided)
        for one, said in zip(failures[:MOST_EXPLAINED], explained, strict=False)
    ]
    for number, sentence in enumerate(culprits(container, open_ones)):
        explained[number] = explained[number] or sentence
    for one, why in zip(failures, explained, strict=True):
        case = one.case
        wrong = [
            f"{quoted(tag)} must get {_word(case.expect.get(tag))} and gets {_word(one.got.get(tag))}"
            for tag in one.tags
        ]
        say = f"Test {quoted(case.name)} fails: {'; '.join(wrong)}."
        hint = f"{why}See why: taggate try {shlex.quote(container.file)} {command(case.given)}"
        yield Problem(place=case.place, code="test-failed", message=say, hint=hint)


def _failure(case: Case, got: Mapping[str, Form]) -> Failure:
    tags = dict.fromkeys([*case.expect, *got])
    return Failure(case, got, [tag for tag in tags if _word(case.expect.get(tag)) != _word(got.get(tag))])


def _difference(one: Failure, decided: Decided) -> Difference:
    tag = one.tags[0]
    return Difference(tag, one.case.expect.get(tag), one.got.get(tag), decided.facts(one.case.given))


def _unasked(container: Container, one: Failure) -> str:
    """Of the first tag, when it gets nothing because it asks for other events: which of them no test shows."""
    name, event = one.tags[0], one.case.given.event
    lines = [] if name in one.got else _event_lines(container, container.tags[name].send_when)
    if not lines or any(all(predicate(matcher)(event) for matcher in line.matchers) for line in lines):
        return ""
    shown = {other.given.event for other in container.tests}
    wanted = [
        f"line {line.place.line} asks for {quoted(matcher.wanted)}"
        for line in lines
        for matcher in line.matchers
        if isinstance(matcher.wanted, str) and matcher.wanted not in shown
    ]
    instead = f"; {' and '.join(wanted)}, which no test shows" if wanted else ""
    return f"{quoted(name)} never asks for the event {quoted(event)}{instead}. "


def _event_lines(container: Container, join: Join) -> list[Line]:
    names = below([join], container.triggers)
    return [line for name in names for line in container.triggers[name].asking("event")]


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


def _word(form: Form | None) -> str:
    return "nothing" if form is None else form.word
