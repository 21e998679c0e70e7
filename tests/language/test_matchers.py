"""Every matcher by the cases of its own row: yes, no, absent, cannot tell, negated, without regard to case."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from gateway.language.compare import number
from gateway.language.container import Matcher
from gateway.language.matchers import CONSENT_WORDS, KINDS, MatcherKind, Wants, split, words
from gateway.language.pattern import found, whole
from gateway.language.program import question_of
from gateway.language.questions import Answered
from gateway.language.values import NOT_SENT, cast
from gateway.model import ABSENT, Answer, Consent, Facts, Identity, Reading, Signed
from tests.language.small import changed, codes, container

YES, NO, CANNOT_TELL = Answer.YES, Answer.NO, Answer.CANNOT_TELL
CASES = [(kind.name, *case) for kind in KINDS.values() for case in kind.cases]
NEGATABLE = [case for case in CASES if KINDS[case[0]].negatable]
FOLDING = [case for case in CASES if KINDS[case[0]].folds]
PLACE = ("page_view: { event: page_view }", "page_view: {{ event: page_view }}\n  asked: {{ asked: {} }}")
OF_TYPE = {"set": "{ cookie: a, type: set }", "number": "{ cookie: a, type: number }", "text": "{ cookie: a }"}


def _type(word: str) -> str:
    return "number" if KINDS[split(word)[0]].wants is Wants.NUMBER else "text"


def answer(matcher: str, seen: Reading, kind: str = "text") -> Answer:
    """What a trigger with this matcher answers to a reading."""
    variable = OF_TYPE.get(kind, f"{{ cookie: a, type: {kind} }}")
    tried = container(
        changed(
            (PLACE[0], PLACE[1].format(matcher)),
            ("  plan: {", f"  asked: {variable}\n  plan: {{"),
        )
    )
    facts = Facts(event="page_view", readings={"asked": seen}, consent={}, identity=Identity(Signed.NOBODY))
    return tried.program.triggers["asked"](tried.program.answered(facts))


def _written(word: str, wanted: str, more: str = "") -> str:
    said = f"[{wanted}]" if KINDS[split(word)[0]].wants is Wants.LIST else f'"{wanted}"'
    said = wanted if _type(word) == "number" or word == "present" else said
    return f"{{ {word}: {said}{more} }}"


@pytest.mark.parametrize(("word", "wanted", "seen", "expected"), CASES)
def test_the_cases_of_the_table(word: str, wanted: str, seen: str, expected: bool) -> None:
    kind = _type(word)
    assert answer(_written(word, wanted), cast(seen, kind), kind) is (YES if expected else NO)


@pytest.mark.parametrize(("word", "wanted", "seen", "expected"), NEGATABLE)
def test_not_turns_yes_and_no_round(word: str, wanted: str, seen: str, expected: bool) -> None:
    assert answer(_written(f"not_{word}", wanted), seen) is (NO if expected else YES)


@pytest.mark.parametrize(("word", "wanted", "seen", "expected"), FOLDING)
def test_ignore_case_compares_as_if_all_were_small(word: str, wanted: str, seen: str, expected: bool) -> None:
    small = answer(_written(word, wanted.lower()), seen.lower())
    assert answer(_written(word, wanted.upper(), ", ignore_case: yes"), seen) is small


@pytest.mark.parametrize("word", words())
def test_absent_is_no_and_withheld_cannot_be_told(word: str) -> None:
    wanted = {"number": "1"}.get(_type(word), "true" if word == "present" else "gold")
    assert answer(_written(word, wanted), ABSENT, _type(word)) is NO
    assert answer(_written(word, wanted), NOT_SENT, _type(word)) is CANNOT_TELL


def test_only_present_false_says_yes_to_what_is_absent() -> None:
    assert answer("{ present: false }", ABSENT) is YES
    assert answer("{ present: no }", NOT_SENT) is CANNOT_TELL
    assert answer("{ present: false }", "gold") is NO


@pytest.mark.parametrize(
    ("matcher", "seen", "kind", "expected"),
    [
        ("gold", "gold", "text", YES),
        ("007", "007", "text", YES),
        ("1.10", "1.1", "text", NO),
        ("1.10", 1.1, "number", YES),
        ("{ one_of: [1, 2.0] }", 2.0, "number", YES),
        ("{ not_one_of: [1, 2] }", 3.0, "number", YES),
        ("yes", True, "true_false", YES),
        ("{ is: false }", True, "true_false", NO),
        ("{ is_not: no }", True, "true_false", YES),
        ("{ contains: gold }", frozenset({"gold", "new"}), "set", YES),
        ("{ contains: old }", frozenset({"gold"}), "set", NO),
        ("{ not_contains: old }", frozenset({"gold"}), "set", YES),
        ("{ contains: GOLD, ignore_case: true }", frozenset({"gold"}), "set", YES),
        ("{ contains: GOLD, ignore_case: no }", frozenset({"gold"}), "set", NO),
        ("{ starts_with: go, ends_with: d }", "gold", "text", YES),
        ("{ starts_with: go, ends_with: t }", "gold", "text", NO),
        ("{ is: STRASSE, ignore_case: true }", "straße", "text", YES),
    ],
)
def test_values_of_every_type(matcher: str, seen: Reading, kind: str, expected: Answer) -> None:
    assert answer(matcher, seen, kind) is expected


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ("", "", True),
        ("", "*", True),
        ("", "?", False),
        ("a", "", False),
        ("abc", "a*", True),
        ("abc", "*b*", True),
        ("abc", "a?c", True),
        ("abc", "a?", False),
        ("aab", "*ab", True),
        ("a*c", "a*c", True),
        ("ab\ncd", "ab*", True),
    ],
)
def test_like_fits_the_whole_text(value: str, pattern: str, expected: bool) -> None:
    assert found(whole(pattern))(value) is expected


@pytest.mark.parametrize("word", CONSENT_WORDS)
def test_the_words_of_consent(word: str) -> None:
    line = "  analytics_ok: {"
    tried = container(changed((line, f"  asked: {{ consent: {{ {word}: analytics }} }}\n{line}")))
    for state in Consent:
        facts = Facts(event="e", readings={}, consent={"analytics": state}, identity=Identity(Signed.NOBODY))
        said = tried.program.triggers["asked"](tried.program.answered(facts))
        unknown = word == "granted" and state is Consent.UNKNOWN
        assert said is (CANNOT_TELL if unknown else YES if word == state else NO)


def test_number_matchers_are_only_built_of_numbers() -> None:
    with pytest.raises(TypeError, match="at_least"):
        number(float.__ge__)(Matcher(word="at_least", wanted="1"))


@pytest.mark.parametrize(
    ("matcher", "text"),
    [
        (Matcher(word="is", wanted="gold"), "is: gold"),
        (Matcher(word="one_of", wanted=("a", "b"), negated=True), "not_one_of: [a, b]"),
        (Matcher(word="at_least", wanted=1.0), "at_least: 1"),
        (Matcher(word="is", wanted=True), "is: true"),
        (Matcher(word="present", wanted=False), "present: false"),
        (Matcher(word="like", wanted="a*", ignore_case=True), "like: a* (ignoring case)"),
    ],
)
def test_a_matcher_reads_as_a_person_would_write_it(matcher: Matcher, text: str) -> None:
    assert matcher.text == text


@pytest.mark.parametrize(
    "matcher", ["{ at_least: 1 }", "{ one_of: [] }", "{ contains: '' }", "{}", "{ ignore_case: true }"]
)
def test_what_asks_nothing_or_the_wrong_thing_is_an_error(matcher: str) -> None:
    assert codes(changed(("{ event: page_view }", f"{{ plan: {matcher} }}")))


def test_ignore_case_of_no_is_no_question_either() -> None:
    assert codes(changed(("{ event: page_view }", "{ plan: { ignore_case: no } }"))) == ["ignore-case"]


# the rules that hold for every matcher, whatever is wanted and whatever is seen

SHORT = st.text("abAB*?\n", min_size=1, max_size=6)
SEEN: dict[str, st.SearchStrategy[Reading]] = {
    "text": SHORT,
    "number": st.floats(-4, 4),
    "true_false": st.booleans(),
    "set": st.frozensets(SHORT, min_size=1),
}
PATTERNS = st.sampled_from(["^a", "b$", "a.b", "[ab]{2}", "(?i)A"])
PAIRS = [(kind, on) for kind in KINDS.values() for on in kind.types if kind.name != "present"]


def _asks(matcher: Matcher, seen: Reading) -> Answer:
    facts = Facts(event="e", readings={"asked": seen}, consent={}, identity=Identity(Signed.NOBODY))
    return question_of("asked", matcher)(Answered(facts, [], []))


@settings(deadline=None)
@given(st.sampled_from(PAIRS), st.data(), st.booleans())
def test_the_rules_of_every_matcher(asked: tuple[MatcherKind, str], data: st.DataObject, fold: bool) -> None:
    kind, on = asked
    one = PATTERNS if kind.name == "matches" else SEEN["text" if on == "set" else on]
    wanted = data.draw(st.lists(one, min_size=1, max_size=3).map(tuple) if kind.wants is Wants.LIST else one)
    matcher = Matcher(word=kind.name, wanted=wanted, ignore_case=fold and on in ("text", "set"))
    seen = data.draw(SEEN[on])
    for each in (matcher, structs.replace(matcher, negated=kind.negatable)):
        assert _asks(each, ABSENT) is NO
        assert _asks(each, NOT_SENT) is CANNOT_TELL
        assert _asks(each, seen) is not CANNOT_TELL
    if kind.negatable:
        assert {_asks(matcher, seen), _asks(structs.replace(matcher, negated=True), seen)} == {YES, NO}


def test_a_matcher_with_a_shape_needs_no_samples() -> None:
    assert KINDS["starts_with"].samples("go") == ()
