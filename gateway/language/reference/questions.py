"""The chapter of triggers and matchers."""

from collections.abc import Iterator, Mapping

from gateway.language.matchers import CONSENT_WORDS, KINDS, MatcherKind, Wants
from gateway.language.reference.page import code, codes, table
from gateway.language.tag_types import TagType
from gateway.language.values import LONGEST, called

_ABOUT = """\
A trigger is lines of a variable and what it must be, or joins other triggers with `all_of`, `any_of`, `none_of`, or
both; all must hold. `event` and `consent` are always there. A bare value means `is`. A list where one value belongs is
an error. It answers *yes*, *no* or *cannot tell*:"""
_CANNOT = ("*cannot tell*",) * 3
_ANSWERS = (
    ("there", "*yes* or *no*", "*yes*", "*no*"),
    ("looked for and not there", "*no*", "*no*", "*yes*"),
    ("withheld, not told, or unfit for its type", *_CANNOT),
    (f"longer than {LONGEST:,} characters", *_CANNOT),
    ("an ID without its proof", *_CANNOT),
)
_JOINS = """\
Several lines: *no* if one is no, else *cannot tell* if one is, else *yes*. `any_of`: *yes* if one is, else *cannot
tell* if one is, else *no*. `none_of`: the opposite of `any_of`. Only *yes* sends, attaches, hashes or sets a cookie."""
_CONSENT = {
    "granted": "The visitor agreed to it. *Cannot tell* while it is unknown.",
    "refused": "The visitor said no to it.",
    "unknown": "The visitor has not answered.",
}


def questions(_: Mapping[str, TagType]) -> Iterator[str]:
    """Every matcher and every word of consent."""
    yield "## Triggers and matchers"
    yield _ABOUT
    head = ("the value is", "every matcher, also with `not_`", "`present: true`", "`present: false`")
    yield table(head, _ANSWERS)
    yield _JOINS
    yield table(("matcher", "wants", "on", "yes, if"), (_row(kind) for kind in KINDS.values()))
    yield "`ignore_case: true` may stand beside " + codes(kind.name for kind in KINDS.values() if kind.folds) + "."
    yield "On `consent`, with a purpose:"
    yield table(("word", "yes, if"), ((code(word), _CONSENT[word]) for word in CONSENT_WORDS))
    yield "### Examples of each matcher"
    yield table(("matcher", "value", "answer"), (row for kind in KINDS.values() for row in _cases(kind)))


def _row(kind: MatcherKind) -> tuple[str, str, str, str]:
    names = [kind.name, *([f"not_{kind.name}"] if kind.negatable else [])]
    wants = {Wants.FLAG: "true or false", Wants.VALUE: "a value of the variable's type", Wants.LIST: "a list of values"}
    return codes(names), wants.get(kind.wants, f"a {kind.wants}"), ", ".join(map(called, kind.types)), kind.description


def _cases(kind: MatcherKind) -> Iterator[tuple[str, str, str]]:
    for wanted, seen, answer in kind.cases:
        said = f"[{wanted}]" if kind.wants is Wants.LIST else f'"{wanted}"' if wanted[0] in "*^/?." else wanted
        yield code(f"{{ {kind.name}: {said} }}"), code(seen), "yes" if answer else "no"
