"""The words of `taggate try`, like `account_id=007 consent=analytics`, → one hit as a test puts it."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from gateway.language.container import Container, Given
from gateway.language.matchers import predicate
from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.language.read.names import Names
from gateway.language.read.tests import WORDS, read_fitting, read_given
from gateway.language.texts import FLAGS
from gateway.problems import Place, did_you_mean, quoted

NOWHERE = Place(1, 1)
LISTS = ("consent", "granted", "refused", "cannot_tell")


class BadGiven(ValueError):
    """A word that does not fit; the text says what to type instead."""


def read_words(words: Iterable[str], container: Container) -> Given:
    """Raises BadGiven."""
    typed = list(words)
    _parted(typed, container)
    entries = tuple(_entry(word, container) for word in typed)
    said = [name.text for name, _ in entries]
    if twice := next((name for name in said if said.count(name) > 1), None):
        raise BadGiven(f'"{twice}" stands there twice. Keep one.')
    names = Names(container.triggers, container.tags)
    names.variables = container.variables
    names.user = container.user_id.variable if container.user_id else ""
    names.purposes = tuple(container.consent.purposes) if container.consent else None
    names.verified = container.user_id is not None and container.user_id.verified_by is not None
    given = read_given(Map(entries, NOWHERE), names)
    if names.problems:
        raise BadGiven("\n".join(f"{problem.message} {problem.hint}".strip() for problem in names.problems))
    if not given.event:
        raise BadGiven("Say what happened: event=page_view.")
    return given


def _parted(words: list[str], container: Container) -> None:
    """What spaces have torn apart."""
    for index, word in enumerate(words[1:], 1):
        before = words[index - 1]
        torn = word.startswith("=") and "=" not in before
        if torn or (before.endswith("=") and "=" not in word):
            said = "".join(words[index - 1 : index + 1 + (word == "=")])
            raise BadGiven(f"Write it without spaces: {said}.")
        if container.consent and word in container.consent.purposes and before.startswith(("consent=", "granted=")):
            raise BadGiven(f"Write commas between purposes, and no spaces: {before.rstrip(',')},{word}.")


def doubts(given: Given, container: Container) -> list[str]:
    """What is allowed and seldom meant: an event nobody asks for, values that are none of their type."""
    found = _unasked(given, container)
    for name, value in given.values.items():
        names = Names((), ())
        if isinstance(value, str):
            read_fitting(container.variables[name], Text(value, NOWHERE), names)
        for problem in names.problems:
            hint = problem.hint.replace(
                f"cannot_tell: [{name}], if that is what the test is for", f"cannot_tell={name}"
            )
            found.append(f"{problem.message} {hint}")
    return found


def _unasked(given: Given, container: Container) -> list[str]:
    lines = [line for trigger in container.triggers.values() for line in trigger.asking("event")]
    if not lines or any(all(predicate(matcher)(given.event) for matcher in line.matchers) for line in lines):
        return []
    wanted = {matcher.wanted for line in lines for matcher in line.matchers}
    names = sorted({name for one in wanted for name in (one if isinstance(one, tuple) else (one,))}, key=str)
    hint = did_you_mean(given.event, [str(name) for name in names])
    return [f"No trigger asks for the event {quoted(given.event)}. {hint}"]


def read_moment(typed: str, container: Container) -> int:
    """A time by the site's clock, in ms since 1970. Raises BadGiven."""
    try:
        local = datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(container.site.timezone))
        return int(local.timestamp()) * 1000
    except ValueError:
        raise BadGiven(f'"{typed}" is not a time. Write it as 2026-12-24 or "2026-12-24 18:00".') from None


def _entry(word: str, container: Container) -> tuple[Text, Node]:
    name, sign, value = word.partition("=")
    if not sign:
        raise BadGiven(f'"{word}" has no =. Write {", ".join(f"{w}=…" for w in WORDS)} or a variable: plan=gold.')
    if name in ("gpc", "signed") and value not in FLAGS:
        raise BadGiven(f"{name} is yes or no: {name}=yes.")
    is_set = name in container.variables and container.variables[name].type == "set"
    if name in LISTS or is_set:
        return Text(name, NOWHERE), List(tuple(Text(part, NOWHERE) for part in _parts(value)), NOWHERE)
    return Text(name, NOWHERE), Text(value, NOWHERE)


def _parts(value: str) -> list[str]:
    """Of a list with commas between its items, or of one in JSON, where an item may hold a comma."""
    try:
        return msgspec.json.decode(value, type=list[str])
    except msgspec.DecodeError:
        return [part.strip() for part in value.split(",") if part.strip()]
