"""Variables that are built from other variables of the same hit."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from gateway.language import template
from gateway.language.built import in_order
from gateway.language.container import Variable
from gateway.language.values import cast, written
from gateway.model import ABSENT, CannotTell, Reading

Readings = Mapping[str, Reading]
Work = Callable[[Readings], Reading]

T = TypeVar("T")


def computed(variables: Mapping[str, Variable]) -> tuple[tuple[str, Work], ...]:
    """Each with what works it out of all that is read, those it is built from before it."""
    return tuple((name, _work(variables[name])) for name in in_order(variables))


def _work(variable: Variable) -> Work:
    return with_default(variable, _lookup(variable) if variable.kind == "lookup" else _text(variable))


def with_default(variable: Variable, read: Callable[[T], Reading]) -> Callable[[T], Reading]:
    """The same, but what is absent is the variable's default, where it has one."""
    default = variable.default
    if default is None:
        return read

    def or_default(given: T) -> Reading:
        value = read(given)
        return default if value is ABSENT else value

    return or_default


def _lookup(variable: Variable) -> Work:
    source, table = variable.source, variable.table

    def work(readings: Readings) -> Reading:
        value = readings[source]
        if value is ABSENT or isinstance(value, CannotTell):
            return value
        return table.get(value, ABSENT)

    return work


def _text(variable: Variable) -> Work:
    pieces = template.pieces(variable.source)
    names, between = pieces[1::2], pieces[2::2]
    is_text = variable.type == "text"

    def work(readings: Readings) -> Reading:
        values = [readings[name] for name in names]
        parts = [pieces[0]]
        for value, after in zip(values, between, strict=True):
            if isinstance(value, CannotTell):
                return value
            parts += ["" if value is ABSENT else written(value), after]
        if ABSENT in values:
            return ABSENT
        # As long as it gets: of a text that is there because its parts are, everything can be told.
        made = "".join(parts)
        return made if is_text else cast(made, variable.type, decimal_comma=variable.decimal_comma)

    return work
