"""The words of `taggate try`, like `account_id=007 consent=analytics`, → one hit as a test puts it."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from gateway.language.container import Container, Given
from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.language.read.names import Names
from gateway.language.read.tests import WORDS, read_given
from gateway.language.texts import FLAGS
from gateway.problems import Place

NOWHERE = Place(1, 1)
LISTS = ("consent", "granted", "refused", "cannot_tell")


class BadGiven(ValueError):
    """A word that does not fit; the text says what to type instead."""


def read_words(words: Iterable[str], container: Container) -> Given:
    """Raises BadGiven."""
    entries = tuple(_entry(word, container) for word in words)
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
