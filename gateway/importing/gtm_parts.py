"""The parts that everything in an export of Google Tag Manager is made of: parameters and filters."""

import re
from collections.abc import Mapping

from gateway.importing.exported import flag, maps, text
from gateway.importing.gtm_words import FILTERS
from gateway.importing.source import Condition
from gateway.importing.templates import template
from gateway.importing.words import compared
from gateway.model import Json

Parameters = Mapping[str, Mapping[str, Json]]


def word(said: str) -> str:
    """`customEvent`, as the API writes it, and `CUSTOM_EVENT`, as exports do, are one word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", said).upper()


def parameters(found: Json, key: str = "parameter") -> Parameters:
    """By their keys."""
    return {text(one, "key"): one for one in maps(found, key)}


def value(found: Parameters, key: str) -> str:
    """A parameter's text."""
    return text(found.get(key), "value")


def is_on(found: Parameters, key: str) -> bool:
    """Whether a parameter is true."""
    return flag(found.get(key), "value")


def rows(found: Parameters, key: str) -> list[dict[str, str]]:
    """The rows of a table, by column."""
    table = found.get(key)
    return [{text(cell, "key"): text(cell, "value") for cell in maps(row, "map")} for row in maps(table, "list")]


def pairs(found: Parameters, key: str) -> dict[str, str]:
    """A table of names and values; its columns are called in one of two ways."""
    out = {
        row.get("name") or row.get("parameter") or "": row.get("value") or row.get("parameterValue") or ""
        for row in rows(found, key)
    }
    return {name: said for name, said in out.items() if name}


def conditions(found: Json, *keys: str) -> tuple[tuple[Condition, ...], str]:
    """The conditions under these keys, and why one of them cannot be read."""
    out, why = [], ""
    for one in (one for key in keys for one in maps(found, key)):
        said = parameters(one)
        row = FILTERS.get(word(text(one, "type")))
        variable = template(value(said, "arg0")).only
        if row is None:
            why = compared(text(one, "type"))
        elif variable is None:
            why = "one of its conditions does not compare a variable"
        else:
            condition = Condition(
                variable=variable,
                word=row.word,
                wanted=value(said, "arg1"),
                negated=is_on(said, "negate"),
                ignore_case=is_on(said, "ignore_case"),
                changed=row.changed,
            )
            out.append(condition)
    return tuple(out), why
