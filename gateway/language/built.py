"""Which variables are built from which."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from gateway.language.container import Variable
from gateway.problems import Problem, quoted


def in_order(variables: Mapping[str, Variable]) -> tuple[str, ...]:
    """The names of those that are built from others, each after its parts. Raises CycleError."""
    sorter = TopologicalSorter({name: variable.parts for name, variable in variables.items() if variable.parts})
    return tuple(name for name in sorter.static_order() if name in variables and variables[name].parts)


def sound_parts(variables: Mapping[str, Variable]) -> tuple[str, ...]:
    """Those of which all that they are built from is there and not built from them, each after its parts."""
    try:
        ordered = in_order(variables)
    except CycleError:
        return ()
    found: list[str] = []
    for name in ordered:
        plain = (part == "event" or (part in variables and not variables[part].parts) for part in variables[name].parts)
        if all(known or part in found for known, part in zip(plain, variables[name].parts, strict=True)):
            found.append(name)
    return tuple(found)


def wrong_parts(variables: Mapping[str, Variable]) -> Iterator[Problem]:
    """Variables that are built from themselves, directly or through others."""
    rest = dict(variables)
    while way := _loop(rest):
        last = max(way, key=lambda name: variables[name].place)
        at = way.index(last)
        turned = " → ".join([*way[at:], *way[:at], last])
        message = f"{quoted(last)} is built from itself: {turned}."
        yield Problem(
            place=variables[last].place, code="variable-loop", message=message, hint="Take one of these names out."
        )
        del rest[last]


def _loop(variables: Mapping[str, Variable]) -> list[str]:
    """The variables of one loop, each built from the next."""
    try:
        in_order(variables)
    except CycleError as error:
        return list(reversed(error.args[1][1:]))
    return []
