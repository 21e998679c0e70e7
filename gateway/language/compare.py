"""How each matcher compares: a matcher in, a function that answers for a value that is there and fits its type out."""

from collections.abc import Callable

from gateway.language import pattern
from gateway.language.container import Matcher
from gateway.model import Value

Predicate = Callable[[Value], bool]


def equal(matcher: Matcher) -> Predicate:
    """is."""
    if not isinstance(matcher.wanted, str):
        return lambda value: value == matcher.wanted
    return _folded(matcher, str.__eq__)


def different(matcher: Matcher) -> Predicate:
    """is_not."""
    same = equal(matcher)
    return lambda value: not same(value)


def one_of(matcher: Matcher) -> Predicate:
    """one_of."""
    wanted = matcher.wanted if isinstance(matcher.wanted, tuple) else (matcher.wanted,)
    if matcher.ignore_case:
        folded = frozenset(str(word).casefold() for word in wanted)
        return lambda value: str(value).casefold() in folded
    exact = frozenset(wanted)
    return lambda value: value in exact


def contains(matcher: Matcher) -> Predicate:
    """contains, on a text and on a set."""
    in_text = _folded(matcher, str.__contains__)
    in_set = _folded(matcher, str.__eq__)
    return lambda value: any(map(in_set, value)) if isinstance(value, frozenset) else in_text(value)


def starts_with(matcher: Matcher) -> Predicate:
    """starts_with."""
    return _folded(matcher, str.startswith)


def ends_with(matcher: Matcher) -> Predicate:
    """ends_with."""
    return _folded(matcher, str.endswith)


def like(matcher: Matcher) -> Predicate:
    """like."""
    wanted = str(matcher.wanted)
    fits = pattern.found(pattern.whole(wanted.casefold() if matcher.ignore_case else wanted))
    if matcher.ignore_case:
        return lambda value: fits(str(value).casefold())
    return lambda value: fits(str(value))


def matches(matcher: Matcher) -> Predicate:
    """matches."""
    fits = pattern.found(str(matcher.wanted), fold=matcher.ignore_case)
    return lambda value: fits(str(value))


def number(compare: Callable[[float, float], bool]) -> Callable[[Matcher], Predicate]:
    """at_least and its like."""

    def build(matcher: Matcher) -> Predicate:
        wanted = matcher.wanted
        if not isinstance(wanted, float):
            raise TypeError(matcher.word)
        return lambda value: isinstance(value, float) and compare(value, wanted)

    return build


def present(matcher: Matcher) -> Predicate:
    """present."""
    return lambda _: bool(matcher.wanted)


def _folded(matcher: Matcher, compare: Callable[[str, str], bool]) -> Predicate:
    wanted = str(matcher.wanted)
    if matcher.ignore_case:
        folded = wanted.casefold()
        return lambda value: compare(str(value).casefold(), folded)
    return lambda value: compare(str(value), wanted)
