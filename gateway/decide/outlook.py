"""Facts → what decisions can depend on, as a small key: hits of one key are decided alike, so a decision is worked out
once for each. Its cost does not grow with the triggers but with the variables they ask about."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import cast

from gateway.language.container import Container, Matcher
from gateway.language.matchers import predicate
from gateway.model import ABSENT, CannotTell, Consent, Facts, Reading, Value

View = Callable[[Value], Hashable]
Key = tuple[Hashable, ...]
Look = Callable[[bool, Mapping[str, Consent], Mapping[str, Reading]], Key]

MOST_REMEMBERED = 1024
LONGEST_REMEMBERED = 200
_EXACT = frozenset({"is", "is_not", "one_of"})
_ORDER = frozenset({"at_least", "at_most", "more_than", "less_than"})
_NEITHER = object()


class Sight:
    """Of one variable: what its matchers can tell apart. Short texts that are nobody's own are remembered, with
    an object for what is seen of them: one look for most variables of most hits, and objects are quickly compared."""

    def __init__(self, view: View, *, remember: bool) -> None:
        self.known: dict[Reading, object] = {ABSENT: ABSENT}
        self._view = view
        self._remember = remember
        self._objects: dict[Hashable, object] = {}

    def of(self, value: Value | CannotTell) -> Hashable:
        """Of a value that is there or cannot be told."""
        if isinstance(value, CannotTell):
            return CannotTell
        seen = self._view(value)
        if not (self._remember and type(value) is str and len(value) <= LONGEST_REMEMBERED):
            return seen
        if len(self.known) >= MOST_REMEMBERED:
            return self._objects.get(seen, seen)
        self.known[value] = found = self._objects.setdefault(seen, object())
        return found


class Outlook:
    """Of one container; made once at load."""

    def __init__(self, container: Container) -> None:
        asked: dict[str, dict[Matcher, None]] = {}
        for trigger in container.triggers.values():
            for line in trigger.lines:
                asked.setdefault(line.variable, {}).update(dict.fromkeys(line.matchers))
        asked.pop("consent", None)
        personal = {variable.name for variable in container.variables.values() if variable.personal}
        sights = [(name, Sight(_view(tuple(asking)), remember=name not in personal)) for name, asking in asked.items()]
        self._look = _look(container.consent.purposes if container.consent else (), sights)

    def of(self, facts: Facts) -> Key:
        """Equal for two hits only if every matcher, each purpose's consent and whether there is an ID are the same."""
        return self._look(facts.identity.id is None, facts.consent, facts.readings)


def _look(purposes: Iterable[str], sights: Sequence[tuple[str, Sight]]) -> Look:
    """One function without a loop, a third of the price of one with. Only numbers are written into its text:
    `return (nobody, consent[p0], …, known0(value := readings[name0]) or of0(value), …)`."""
    named: dict[str, object] = {f"p{n}": purpose for n, purpose in enumerate(purposes)}
    parts = ["nobody", *[f"consent[{name}]" for name in named]]
    for n, (name, sight) in enumerate(sights):
        named |= {f"name{n}": name, f"known{n}": sight.known.get, f"of{n}": sight.of}
        parts.append(f"known{n}(value := readings[name{n}]) or of{n}(value)")
    source = f"def look(nobody, consent, readings):\n    return ({', '.join(parts)},)"
    exec(compile(source, "<outlook>", "exec"), named)  # noqa: S102 - our own text
    return cast(Look, named["look"])


def _view(matchers: tuple[Matcher, ...]) -> View:
    views = [view for view in (_exactly(matchers), _in_order(matchers), _each(matchers)) if view]
    first = views[0] if views else _there
    return first if len(views) < 2 else lambda value: tuple([view(value) for view in views])


def _there(_: Value) -> Hashable:
    return True


def _exactly(matchers: Iterable[Matcher]) -> View | None:
    """Which of the values that are named it is, if any."""
    asking = [one for one in matchers if one.word in _EXACT and not one.ignore_case]
    lists = [one.wanted if isinstance(one.wanted, tuple) else (one.wanted,) for one in asking]
    named = {value: value for wanted in lists for value in wanted}
    if not named:
        return None
    return lambda value: named.get(value, _NEITHER)


def _in_order(matchers: Iterable[Matcher]) -> View | None:
    """Between which of the numbers that are named it lies."""
    marks = sorted({float(one.wanted) for one in matchers if one.word in _ORDER and isinstance(one.wanted, float)})
    if not marks:
        return None
    return lambda value: (
        (bisect_left(marks, value), bisect_right(marks, value)) if isinstance(value, float) else _NEITHER
    )


def _each(matchers: Iterable[Matcher]) -> View | None:
    """What every other matcher says."""
    plain = [one for one in matchers if one.word not in _ORDER and (one.word not in _EXACT or one.ignore_case)]
    tests = [predicate(one) for one in plain if one.word != "present"]
    return (lambda value: tuple([test(value) for test in tests])) if tests else None
