"""The matchers, one row each: what they want, on which types, and how they compare."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from gateway.language.container import Matcher
from gateway.model import Value

Predicate = Callable[[Value], bool]


class Wants(StrEnum):
    """What stands behind a matcher's word."""

    VALUE = "value"
    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    FLAG = "flag"
    PURPOSE = "purpose"


class MatcherKind(Struct, frozen=True, kw_only=True):
    """One comparison. `types`: the variable types it works on. `cases`: (wanted, value, answer) in YAML's words;
    they are its tests and its documentation."""

    name: str
    wants: Wants
    types: tuple[str, ...]
    description: str
    compare: Callable[[Matcher], Predicate]
    negatable: bool = True
    folds: bool = False
    """Whether `ignore_case` may stand beside it."""
    cases: tuple[tuple[str, str, bool], ...]


def predicate(matcher: Matcher) -> Predicate:
    """A function that answers for a value that is there and fits its type."""
    test = KINDS[matcher.word].compare(matcher)
    if matcher.negated:
        return lambda value: not test(value)
    return test


def _folded(matcher: Matcher, compare: Callable[[str, str], bool]) -> Predicate:
    wanted = str(matcher.wanted)
    if matcher.ignore_case:
        folded = wanted.casefold()
        return lambda value: compare(str(value).casefold(), folded)
    return lambda value: compare(str(value), wanted)


def _equal(matcher: Matcher) -> Predicate:
    if not isinstance(matcher.wanted, str):
        return lambda value: value == matcher.wanted
    return _folded(matcher, str.__eq__)


def _different(matcher: Matcher) -> Predicate:
    same = _equal(matcher)
    return lambda value: not same(value)


def _one_of(matcher: Matcher) -> Predicate:
    wanted = matcher.wanted if isinstance(matcher.wanted, tuple) else ()
    if matcher.ignore_case:
        folded = frozenset(word.casefold() for word in wanted if isinstance(word, str))
        return lambda value: str(value).casefold() in folded
    exact = frozenset(wanted)
    return lambda value: value in exact


def _contains(matcher: Matcher) -> Predicate:
    text = _folded(matcher, str.__contains__)

    def test(value: Value) -> bool:
        return matcher.wanted in value if isinstance(value, frozenset) else text(value)

    return test


def _starts_with(matcher: Matcher) -> Predicate:
    return _folded(matcher, lambda value, wanted: value.startswith(wanted))


def _ends_with(matcher: Matcher) -> Predicate:
    return _folded(matcher, lambda value, wanted: value.endswith(wanted))


def _like(matcher: Matcher) -> Predicate:
    return _folded(matcher, like)


def like(value: str, pattern: str) -> bool:
    """Whether the whole text fits a pattern of `*` (any characters) and `?` (one); time: length times length."""
    at, star, kept = 0, -1, 0
    i = 0
    while i < len(value):
        if at < len(pattern) and pattern[at] == "*":
            star, kept, at = at, i, at + 1
        elif at < len(pattern) and pattern[at] in ("?", value[i]):
            at, i = at + 1, i + 1
        elif star >= 0:
            kept += 1
            at, i = star + 1, kept
        else:
            return False
    return not pattern[at:].strip("*")


def _number(compare: Callable[[float, float], bool]) -> Callable[[Matcher], Predicate]:
    def build(matcher: Matcher) -> Predicate:
        wanted = matcher.wanted
        if not isinstance(wanted, float):
            raise TypeError(matcher.word)
        return lambda value: isinstance(value, float) and compare(value, wanted)

    return build


def _present(matcher: Matcher) -> Predicate:
    return lambda _: bool(matcher.wanted)


_TEXT = ("text",)
_NUMBER = ("number",)

KINDS: dict[str, MatcherKind] = {
    kind.name: kind
    for kind in (
        MatcherKind(
            name="is",
            wants=Wants.VALUE,
            types=("text", "number", "true_false"),
            description="The value is exactly this. A bare value means the same.",
            compare=_equal,
            negatable=False,
            folds=True,
            cases=(("gold", "gold", True), ("gold", "Gold", False), ("gold", "golden", False)),
        ),
        MatcherKind(
            name="is_not",
            wants=Wants.VALUE,
            types=("text", "number", "true_false"),
            description="The value is there and is something else.",
            compare=_different,
            negatable=False,
            folds=True,
            cases=(("gold", "silver", True), ("gold", "gold", False), ("gold", "Gold", True)),
        ),
        MatcherKind(
            name="one_of",
            wants=Wants.LIST,
            types=("text", "number"),
            description="The value is one of these.",
            compare=_one_of,
            folds=True,
            cases=(("gold, silver", "silver", True), ("gold, silver", "bronze", False), ("gold", "Gold", False)),
        ),
        MatcherKind(
            name="contains",
            wants=Wants.TEXT,
            types=("text", "set"),
            description="This stands somewhere in the text; or this is in the set.",
            compare=_contains,
            folds=True,
            cases=(("old", "golden", True), ("old", "Old", False), ("old", "silver", False)),
        ),
        MatcherKind(
            name="starts_with",
            wants=Wants.TEXT,
            types=_TEXT,
            description="The text begins with this.",
            compare=_starts_with,
            folds=True,
            cases=(("/shop/", "/shop/shoes", True), ("/shop/", "/blog/shop/", False), ("/shop/", "/Shop/", False)),
        ),
        MatcherKind(
            name="ends_with",
            wants=Wants.TEXT,
            types=_TEXT,
            description="The text ends with this.",
            compare=_ends_with,
            folds=True,
            cases=((".pdf", "/a/b.pdf", True), (".pdf", "/a/b.pdf?x", False), (".pdf", "/a/b.PDF", False)),
        ),
        MatcherKind(
            name="like",
            wants=Wants.TEXT,
            types=_TEXT,
            description="The whole text fits: * stands for any characters, ? for one.",
            compare=_like,
            folds=True,
            cases=(
                ("/shop/*/buy", "/shop/shoes/buy", True),
                ("/shop/?", "/shop/ab", False),
                ("*a*b", "xxaxxbxb", True),
                ("a*", "ba", False),
            ),
        ),
        MatcherKind(
            name="at_least",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is this or more.",
            compare=_number(lambda value, wanted: value >= wanted),
            negatable=False,
            cases=(("1", "1", True), ("1", "0.99", False), ("1", "10", True)),
        ),
        MatcherKind(
            name="at_most",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is this or less.",
            compare=_number(lambda value, wanted: value <= wanted),
            negatable=False,
            cases=(("1", "1", True), ("1", "1.01", False), ("1", "-5", True)),
        ),
        MatcherKind(
            name="more_than",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is greater than this.",
            compare=_number(lambda value, wanted: value > wanted),
            negatable=False,
            cases=(("1", "1", False), ("1", "1.5", True)),
        ),
        MatcherKind(
            name="less_than",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is smaller than this.",
            compare=_number(lambda value, wanted: value < wanted),
            negatable=False,
            cases=(("1", "1", False), ("1", "0.5", True)),
        ),
        MatcherKind(
            name="present",
            wants=Wants.FLAG,
            types=("text", "number", "true_false", "set"),
            description="true: the value is there. false: it was looked for and is not there.",
            compare=_present,
            negatable=False,
            cases=(("true", "anything", True), ("false", "anything", False)),
        ),
    )
}

LATER_WORDS = ("matches", "not_matches")
CONSENT_WORDS = ("granted", "refused", "unknown")


def words() -> tuple[str, ...]:
    """Every word a matcher may begin with, `not_` forms included."""
    return tuple(KINDS) + tuple(f"not_{name}" for name, kind in KINDS.items() if kind.negatable)


def split(word: str) -> tuple[str, bool]:
    """A word as written → the kind's name and whether `not_` stands before it."""
    if word not in KINDS and word.startswith("not_"):
        return word.removeprefix("not_"), True
    return word, False
