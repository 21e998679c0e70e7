"""The matchers, one row each: what they want, on which types, and how they compare."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from gateway.language import compare, pattern, sample, wildcards
from gateway.language.compare import Predicate
from gateway.language.container import Matcher


class Wants(StrEnum):
    """What stands behind a matcher's word."""

    VALUE = "value"
    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    FLAG = "flag"


def _nothing(_: str) -> None:
    """Every text may be wanted."""


def _no_samples(_: str) -> tuple[str, ...]:
    return ()


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
    shape: Callable[[str], wildcards.Shape] | None = None
    """The shape that a text must fit, of each text that is wanted; None: the proof takes its answers as free."""
    samples: Callable[[str], Iterable[str]] = _no_samples
    """Where no shape is known: texts that should fit."""
    denies: bool = False
    """Whether it says yes to what does not fit."""
    wrong: Callable[[str], pattern.Wrong | None] = _nothing
    """What is wrong with a text that is wanted."""
    cases: tuple[tuple[str, str, bool], ...]


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
            compare=compare.equal,
            shape=wildcards.exactly,
            negatable=False,
            folds=True,
            cases=(("gold", "gold", True), ("gold", "Gold", False), ("gold", "golden", False)),
        ),
        MatcherKind(
            name="is_not",
            wants=Wants.VALUE,
            types=("text", "number", "true_false"),
            description="The value is there and is something else.",
            compare=compare.different,
            shape=wildcards.exactly,
            denies=True,
            negatable=False,
            folds=True,
            cases=(("gold", "silver", True), ("gold", "gold", False), ("gold", "Gold", True)),
        ),
        MatcherKind(
            name="one_of",
            wants=Wants.LIST,
            types=("text", "number"),
            description="The value is one of these.",
            compare=compare.one_of,
            shape=wildcards.exactly,
            folds=True,
            cases=(("gold, silver", "silver", True), ("gold, silver", "bronze", False), ("gold", "Gold", False)),
        ),
        MatcherKind(
            name="contains",
            wants=Wants.TEXT,
            types=("text", "set"),
            description="This stands somewhere in the text; or this is in the set.",
            compare=compare.contains,
            shape=wildcards.holding,
            folds=True,
            cases=(("old", "golden", True), ("old", "Old", False), ("old", "silver", False)),
        ),
        MatcherKind(
            name="starts_with",
            wants=Wants.TEXT,
            types=_TEXT,
            description="The text begins with this.",
            compare=compare.starts_with,
            shape=wildcards.beginning,
            folds=True,
            cases=(("/shop/", "/shop/shoes", True), ("/shop/", "/blog/shop/", False), ("/shop/", "/Shop/", False)),
        ),
        MatcherKind(
            name="ends_with",
            wants=Wants.TEXT,
            types=_TEXT,
            description="The text ends with this.",
            compare=compare.ends_with,
            shape=wildcards.ending,
            folds=True,
            cases=((".pdf", "/a/b.pdf", True), (".pdf", "/a/b.pdf?x", False), (".pdf", "/a/b.PDF", False)),
        ),
        MatcherKind(
            name="like",
            wants=Wants.TEXT,
            types=_TEXT,
            description="The whole text fits: * stands for any characters, ? for one.",
            compare=compare.like,
            shape=wildcards.pattern,
            folds=True,
            wrong=pattern.too_long,
            cases=(
                ("/shop/*/buy", "/shop/shoes/buy", True),
                ("/shop/?", "/shop/ab", False),
                ("*a*b", "xxaxxbxb", True),
                ("a*", "ba", False),
            ),
        ),
        MatcherKind(
            name="matches",
            wants=Wants.TEXT,
            types=_TEXT,
            description="This pattern (RE2) fits somewhere in the text; with ^ before and $ behind it the whole text.",
            compare=compare.matches,
            samples=sample.samples,
            folds=True,
            wrong=pattern.wrong,
            cases=(
                ("^/(de|en)/", "/de/shoes", True),
                ("^/(de|en)/", "/fr/shoes", False),
                ("order-[0-9]+", "the order-4711 is paid", True),
                ("^[0-9]{5}$", "123456", False),
            ),
        ),
        MatcherKind(
            name="at_least",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is this or more.",
            compare=compare.number(lambda value, wanted: value >= wanted),
            negatable=False,
            cases=(("1", "1", True), ("1", "0.99", False), ("1", "10", True)),
        ),
        MatcherKind(
            name="at_most",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is this or less.",
            compare=compare.number(lambda value, wanted: value <= wanted),
            negatable=False,
            cases=(("1", "1", True), ("1", "1.01", False), ("1", "-5", True)),
        ),
        MatcherKind(
            name="more_than",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is greater than this.",
            compare=compare.number(lambda value, wanted: value > wanted),
            negatable=False,
            cases=(("1", "1", False), ("1", "1.5", True)),
        ),
        MatcherKind(
            name="less_than",
            wants=Wants.NUMBER,
            types=_NUMBER,
            description="The number is smaller than this.",
            compare=compare.number(lambda value, wanted: value < wanted),
            negatable=False,
            cases=(("1", "1", False), ("1", "0.5", True)),
        ),
        MatcherKind(
            name="present",
            wants=Wants.FLAG,
            types=("text", "number", "true_false", "set"),
            description="true: the value is there. false: it was looked for and is not there.",
            compare=compare.present,
            negatable=False,
            cases=(("true", "anything", True), ("false", "anything", False)),
        ),
    )
}

EXACT = ("is", "is_not", "one_of")
"""What these want is a whole value."""
CONSENT_WORDS = ("granted", "refused", "unknown")
SIGNS = {
    ">=": "at_least",
    "<=": "at_most",
    "!=": "is_not",
    "<>": "is_not",
    "==": "is",
    ">": "more_than",
    "<": "less_than",
    "=": "is",
}
"""What people write for a word."""


def words() -> tuple[str, ...]:
    """Every word a matcher may begin with, `not_` forms included."""
    return tuple(KINDS) + tuple(f"not_{name}" for name, kind in KINDS.items() if kind.negatable)


def comparison(value: str) -> str:
    """`>= 50` in the language's words; nothing where no sign begins it."""
    sign = next((sign for sign in SIGNS if value.startswith(sign)), "")
    wanted = value.removeprefix(sign).strip()
    return f"{{ {SIGNS[sign]}: {wanted} }}" if sign and wanted else ""


def split(word: str) -> tuple[str, bool]:
    """A word as written → the kind's name and whether `not_` stands before it."""
    if word not in KINDS and word.startswith("not_"):
        return word.removeprefix("not_"), True
    return word, False


def predicate(matcher: Matcher) -> Predicate:
    """A function that answers for a value that is there and fits its type."""
    test = KINDS[matcher.word].compare(matcher)
    if matcher.negated:
        return lambda value: not test(value)
    return test
