"""How triggers join each other: which stand on which, loops, joins too deep to follow."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from gateway.language.container import Join, Trigger
from gateway.problems import Problem, quoted

MOST_LEVELS = 40
"""So that nothing that follows joins can run out of stack."""


def levels(triggers: Mapping[str, Trigger]) -> dict[str, int]:
    """How many levels each trigger joins, those that it joins before itself; without those that never end."""
    joined = {name: {step for step in t.join.names if step in triggers} for name, t in triggers.items()}
    above: defaultdict[str, list[str]] = defaultdict(list)
    for name, steps in joined.items():
        for step in steps:
            above[step].append(name)
    waits = {name: len(steps) for name, steps in joined.items()}
    found = {name: 0 for name, count in waits.items() if not count}
    ready = list(found)
    for name in ready:
        for user in above[name]:
            waits[user] -= 1
            if not waits[user]:
                found[user] = 1 + max(found[step] for step in joined[user])
                ready.append(user)
    return found


def below(joins: Iterable[Join], triggers: Mapping[str, Trigger]) -> list[str]:
    """The triggers that these joins name, then those that stand below them."""
    found: dict[str, None] = {}
    waiting = [name for join in joins for name in join.names]
    for name in waiting:
        if name not in found:
            found[name] = None
            waiting += triggers[name].join.names
    return list(found)


def wrong_joins(triggers: Mapping[str, Trigger]) -> Iterator[Problem]:
    """Triggers that join themselves, directly or through others, and those that join too many levels."""
    rest = dict(triggers)
    while endless := rest.keys() - levels(rest).keys():
        way = _loop(rest, endless)
        last = max(way, key=lambda name: triggers[name].place)
        yield _joins_itself(triggers[last], way)
        del rest[last]
    for name, level in levels(rest).items():
        if level == MOST_LEVELS + 1:
            message = f"{quoted(name)} joins triggers that join triggers, more than {MOST_LEVELS} levels deep."
            hint = "Write the conditions into fewer triggers."
            yield Problem(place=triggers[name].place, code="joined-too-deep", message=message, hint=hint)


def sound(triggers: Mapping[str, Trigger], broken: frozenset[str]) -> frozenset[str]:
    """The triggers whose answers can be worked out: nothing in them or below them is wrong."""
    found: set[str] = set()
    for name, level in levels(triggers).items():
        if level <= MOST_LEVELS and name not in broken and found.issuperset(triggers[name].join.names):
            found.add(name)
    return frozenset(found)


def _loop(triggers: Mapping[str, Trigger], endless: set[str]) -> list[str]:
    """The triggers of one loop, in the order in which they join each other."""
    way: dict[str, None] = {}
    name = min(endless)
    while name not in way:
        way[name] = None
        name = next(step for step in triggers[name].join.names if step in endless)
    steps = list(way)
    return steps[steps.index(name) :]


def _joins_itself(last: Trigger, way: list[str]) -> Problem:
    at = way.index(last.name)
    turned = [*way[at:], *way[:at], last.name]
    message = f"{quoted(last.name)} joins itself: {' → '.join(turned)}."
    return Problem(place=last.place, code="trigger-loop", message=message, hint="Take one of these names out.")
