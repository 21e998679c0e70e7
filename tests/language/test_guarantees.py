"""Guarantees: what is proved, what is not, and what the message says. test_every_hit.py compares with every hit."""

import shlex

import pytest

from gateway.decide.suppose import judge
from gateway.language import wildcards
from gateway.language.container import Matcher
from gateway.language.given import read_words
from gateway.language.load import Loader
from gateway.language.proof import circuit, wording
from gateway.language.proof.circuit import Circuit
from gateway.language.proof.domains import Numbers
from gateway.language.proof.wording import Sets, Texts
from gateway.model import Form
from gateway.problems import Problem
from tests.language.every import SCRIPT
from tests.language.large import promised as promised_by_all
from tests.language.small import TEXT, TYPES, changed, codes, container, load

MORE = "  analytics_ok: {"


def promised(guarantee: str, *pairs: tuple[str, str]) -> list[Problem]:
    """What is wrong with a guarantee of the small container."""
    text = changed(*pairs, ("tests:\n", f"guarantees:\n  - {guarantee}\ntests:\n"))
    return [one for one in load(text).problems if one.code.startswith(("guarantee", "too"))]


def leak(guarantee: str, *pairs: tuple[str, str]) -> str:
    """The words of the hit that breaks a guarantee."""
    (problem,) = promised(guarantee, *pairs)
    assert problem.code == "guarantee-failed"
    return problem.hint.partition("small.yaml ")[2]


def example(hint: str) -> str:
    """What is said of a hit beside its event, or that none was found."""
    return "No example" if "No example" in hint else hint.partition("event=page_view")[2].strip()


def asked(**triggers: str) -> tuple[str, str]:
    """Further triggers."""
    return MORE, "".join(f"  {name}: {said}\n" for name, said in triggers.items()) + MORE


def test_what_holds_is_not_mentioned() -> None:
    for guarantee in (
        "{ never: [send, attach, hash], to: all, unless: analytics_ok }",
        "{ never: attach, to: [crm], unless: { all_of: [signed_in, analytics_ok] } }",
        "{ never: [hash, share], to: all }",
        "{ never: remember, unless: analytics_ok }",
    ):
        assert promised(guarantee) == []


def test_without_a_cookie_nobody_is_remembered() -> None:
    assert promised("{ never: remember }", ("visitor: { remember_when: analytics_ok }\n", "")) == []


def test_without_user_id_no_form_is_given() -> None:
    text = TEXT[: TEXT.index("user_id:")] + "guarantees:\n  - { never: [attach, hash], to: all }\ntests: []\n"
    assert "guarantee-failed" not in codes(text)


@pytest.mark.parametrize(
    ("asks", "excuse", "hit"),
    [
        ("{ plan: gold }", "{ plan: { starts_with: go } }", None),
        ("{ plan: { starts_with: gol } }", "{ plan: { starts_with: go } }", None),
        ("{ plan: { starts_with: go } }", "{ plan: { starts_with: gol } }", "plan=go"),
        ("{ plan: { ends_with: gold } }", "{ plan: { contains: ol } }", None),
        ("{ plan: { ends_with: old } }", "{ plan: { ends_with: gold } }", "plan=old"),
        ("{ plan: { starts_with: GO, ignore_case: true } }", "{ plan: { starts_with: go } }", "plan=GO"),
        ("{ plan: { contains: Gold } }", "{ plan: { contains: OL, ignore_case: true } }", None),
        ("{ plan: { starts_with: go, ends_with: ld } }", "{ plan: { like: go*ld } }", None),
        ("{ plan: { one_of: [gold, silver] } }", "{ plan: { like: '*l*' } }", None),
        ("{ plan: { is: GOLD, ignore_case: true } }", "{ plan: { one_of: [gold, GOLD] } }", "plan=GOLd"),
        ("{ plan: { contains: go, not_contains: gold } }", "{ plan: { ends_with: go } }", "plan=gox"),
        ("{ plan: { matches: '^go' } }", "{ plan: { not_matches: '^go' } }", "plan=go"),
        ("{ plan: { not_matches: '^go' } }", "{ plan: { one_of: [gold, silver] } }", "plan=something"),
        ("{ plan: { matches: '^go', is: silver } }", "page_view", None),
        ("{ total: { at_least: 100 } }", "{ total: { more_than: 99 } }", None),
        ("{ total: { at_least: 99.5 } }", "{ total: { at_least: 100 } }", "total=99.5"),
        ("{ total: { more_than: 1, less_than: 2 } }", "{ total: { is: 1.5 } }", "total=1.25"),
        ("{ total: { more_than: 5 } }", "{ total: { one_of: [6] } }", "total=5.5"),
        ("{ total: { less_than: -5 } }", "{ total: { at_least: 0 } }", "total=-6"),
        ("{ total: { more_than: 1, less_than: 1.0000000000000002 } }", "page_view", None),
        ("{ account_id: guest }", "page_view", None),
        ("{ account_id: { starts_with: ' a' } }", "page_view", "No example"),
    ],
)
def test_what_one_matcher_says_of_another(asks: str, excuse: str, hit: str | None) -> None:
    excuse = excuse if excuse.startswith("{") else f"{{ all_of: [{excuse}] }}"
    found = promised(
        "{ never: send, to: [crm], unless: excuse }",
        asked(asks=asks, excuse=excuse),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]"),
    )
    failed = [one.hint for one in found if one.code == "guarantee-failed"]
    assert [example(hint) for hint in failed] == ([hit] if hit else [])


@pytest.mark.parametrize(
    ("built", "asks", "excuse", "hit"),
    [
        (
            "{ lookup: plan, table: { gold: paying, silver: paying } }",
            "paying",
            "{ plan: { one_of: [gold, silver] } }",
            None,
        ),
        ("{ lookup: plan, table: { gold: paying, silver: paying } }", "paying", "{ plan: gold }", "plan=silver"),
        ("{ lookup: plan, table: { gold: a }, default: b }", "b", "{ plan: { is_not: gold } }", ""),
        ("{ lookup: total, table: { 100: a }, default: b }", "a", "{ total: { more_than: 99 } }", None),
        ("{ lookup: event, table: { page_view: a } }", "a", "{ event: { starts_with: page } }", None),
        ("{ lookup: member, table: { true: a, false: b } }", "b", "{ member: true }", "member=false"),
        (
            "{ lookup: weekday, table: { monday: a, sunday: b } }",
            "a",
            "{ weekday: { one_of: [monday, sunday] } }",
            None,
        ),
        ('{ text: "{plan}/{total}" }', "{ starts_with: gold/1 }", "{ plan: gold }", "plan=gold/1x total=99"),
        ('{ text: "{plan}/{total}" }', "gold/150", "{ total: 150 }", None),
        ('{ text: "{plan}/{total}" }', "{ ends_with: /15 }", "{ plan: gold }", "No example"),
        ('{ text: "{plan}-{plan}" }', "{ like: a*-*b }", "{ plan: { starts_with: a } }", None),
        ('{ text: "{plan}-{plan}" }', "{ like: a*-*b }", "{ plan: { like: a*b, not_contains: x } }", "plan=axb"),
        ('{ text: "{plan}-{member}", default: x }', "x", "{ plan: { present: false } }", "plan=something"),
        (
            '{ text: "{plan}-{member}", default: x }',
            "{ is: G-TRUE, ignore_case: true }",
            "{ plan: g }",
            "member=true plan=G",
        ),
        ('{ text: "{groups}!" }', "{ starts_with: a }", "{ groups: { contains: a } }", "No example"),
        ('{ text: "{plan}!" }', "{ matches: ^gold }", "{ plan: { starts_with: gold } }", "No example"),
        ('{ text: "{plan}!" }', "{ not_matches: ^gold }", "{ plan: { starts_with: gold } }", "plan=something"),
        ('{ text: "{total}0", type: number }', "{ at_least: 1 }", "{ total: { present: true } }", "No example"),
        ('{ text: "{level}{plan}" }', "ab", "{ plan: { one_of: [a, b, ab] } }", None),
        ('{ text: "{plan}" }', "a" * 101, "{ plan: { starts_with: a } }", None),
        ('{ text: "{plan}/{level}" }', f"{'a' * 101}/ab", "{ plan: { starts_with: a } }", None),
        ('{ text: "{plan}{plan}{plan}" }', "a" * 101, "{ plan: { starts_with: a } }", "No example"),
    ],
)
def test_what_built_variables_ask_of_their_parts(built: str, asks: str, excuse: str, hit: str | None) -> None:
    more = (
        "member: { event: member, type: true_false }",
        "groups: { event: groups, type: set }",
        "day: { time: weekday }",
        "level: { lookup: plan, table: { a: ab, b: a } }",
        f"made: {built}",
    )
    found = promised(
        "{ never: send, to: [crm], unless: excuse }",
        asked(asks=f"{{ made: {asks} }}", excuse=excuse),
        ("  plan: {", "".join(f"  {line}\n" for line in more) + "  plan: {"),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]"),
    )
    failed = [one.hint for one in found if one.code == "guarantee-failed"]
    assert [example(hint) for hint in failed] == ([] if hit is None else [hit])


@pytest.mark.parametrize(
    ("built", "excuse", "hit"),
    [
        ('made: { text: "{plan}!" }', "{ plan: gold }", None),
        ('made: { text: "{plan}!" }', "{ made: gold! }", None),
        ('made: { text: "{plan}!", default: gold! }', "{ plan: gold }", ""),
        ('inner: { text: "{plan}" }\n  made: { text: "{inner}!" }', "{ plan: gold }", None),
        ('inner: { text: "{plan}", default: gold }\n  made: { text: "{inner}!" }', "{ plan: gold }", ""),
        ('inner: { text: "{total}", type: number }\n  made: { text: "{inner}!" }', "{ plan: gold }", "No example"),
        ("made: { constant: gold! }", "{ plan: { present: false } }", "plan=something"),
    ],
)
def test_what_is_looked_up_of_what_is_built(built: str, excuse: str, hit: str | None) -> None:
    found = promised(
        "{ never: send, to: [crm], unless: excuse }",
        asked(asks="{ key: yes }", excuse=excuse),
        ("  plan: {", f"  {built}\n  key: {{ lookup: made, table: {{ gold!: yes }} }}\n  plan: {{"),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]"),
    )
    failed = [one.hint for one in found if one.code == "guarantee-failed"]
    assert [example(hint) for hint in failed] == ([] if hit is None else [hit])


def test_a_number_read_from_a_text_may_be_looked_up() -> None:
    found = promised(
        "{ never: send, to: [crm] }",
        asked(asks="{ key: yes }"),
        (
            "  plan: {",
            '  made: { text: "{plan}1", type: number }\n  key: { lookup: made, table: { 1: yes } }\n  plan: {',
        ),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]"),
    )
    assert [one.hint[:10] for one in found] == ["No example"]


def test_no_example_of_a_part_is_none_of_the_whole() -> None:
    found = promised(
        "{ never: send, to: [crm] }",
        asked(asks="{ plan: { matches: '\\p{Greek}' }, made: { starts_with: q } }"),
        ("  total: {", '  made: { text: "{plan}1" }\n  total: {'),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]"),
    )
    assert [one.hint[:10] for one in found] == ["No example"]


def test_an_event_that_is_not_the_first_one_named() -> None:
    events = ("  big_order: {", "  one: { event: one }\n  two: { event: two }\n  big_order: {")
    words = leak(
        "{ never: send, to: [crm] }", events, ("any_of: [page_view, big_order]", "any_of: [two], none_of: [one]")
    )
    assert words == "event=two granted=analytics"


def test_an_event_that_nothing_names() -> None:
    words = leak("{ never: send, to: [crm] }", ("{ event: page_view }", "{ event: { starts_with: q } }"))
    assert words.startswith("event=q ")


def test_a_pattern_that_fits_no_named_text_is_left_open() -> None:
    found = promised(
        "{ never: send, to: [crm] }",
        asked(asks="{ plan: { one_of: [gold, GOLD], ignore_case: true, matches: '^x' } }"),
        ("all_of: [analytics_ok], any_of: [page_view, big_order]", "all_of: [asks]"),
    )
    assert [one.hint[:10] for one in found] == ["No example"]


def test_what_is_impossible_may_be_too_much_to_find_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wildcards, "MOST_STEPS", 0)
    assert not wording._impossible([(wildcards.Scan(wildcards.exactly("ab")), True)])


def test_without_a_judge_nothing_is_proved_and_no_test_run() -> None:
    text = changed(("tests:\n", "guarantees:\n  - { never: send, to: all }\ntests:\n"), ("crm: attach", "crm: hash"))
    assert Loader(TYPES, None).compile(text.encode(), "small", "small.yaml").problems == ()
    assert [problem.code for problem in load(text).problems] == ["guarantee-failed", "test-failed"]


def test_a_constant_of_another_type_cannot_be_told() -> None:
    number = ("  plan: {", "  five: { constant: five, type: number }\n  plan: {")
    assert "guarantee-failed" not in [
        problem.code
        for problem in promised(
            "{ never: send, to: [crm] }",
            number,
            asked(asks="{ five: { at_least: 1 } }"),
            ("any_of: [page_view, big_order]", "any_of: [asks]"),
        )
    ]


def test_every_answer_is_told_and_many_are_counted() -> None:
    names = [f"t{number}" for number in range(20)]
    (problem,) = promised(
        "{ never: send, to: [crm] }",
        asked(**{name: f"{{ event: {name} }}" for name in names}),
        ("any_of: [page_view, big_order]", f"any_of: [{', '.join(names)}]"),
    )
    assert problem.message.endswith("t7, t8, t9 and t10 say no; and 9 more.")


def test_the_hit_that_is_shown_breaks_the_guarantee() -> None:
    words = leak("{ never: attach, to: [crm] }")
    tried = container(TEXT)
    assert judge(tried)(read_words(shlex.split(words), tried)) == {"crm": Form.RAW}


def test_who_has_no_proof_is_said_in_words() -> None:
    words = leak(
        "{ never: send, to: [crm], unless: { any_of: [signed_in, guest] } }",
        asked(guest="{ account_id: { present: false } }", hidden="{ user: { present: true } }"),
        ("  plan: {", "  user: { data_layer: user }\n  plan: {"),
        ("any_of: [page_view, big_order]", "any_of: [page_view, big_order], none_of: [hidden]"),
    )
    assert words == "event=page_view granted=analytics cannot_tell=account_id"


def test_what_is_too_hard_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "MOST_CONFLICTS", 1)
    pigeons = {f"p{n}h{m}": f"{{ v{n}: h{m} }}" for n in range(9) for m in range(8)}
    nests = {f"in{n}": f"{{ any_of: [{', '.join(f'p{n}h{m}' for m in range(8))}] }}" for n in range(9)}
    pairs = [(n, m, o) for m in range(8) for n in range(9) for o in range(n)]
    crowds = {f"two{n}{m}{o}": f"{{ all_of: [p{n}h{m}, p{o}h{m}] }}" for n, m, o in pairs}
    variables = "".join(f"  v{n}: {{ data_layer: a{n} }}\n" for n in range(9))
    join = f"all_of: [{', '.join(nests)}], none_of: [{', '.join(crowds)}]"
    found = load(
        changed(
            asked(**pigeons, **nests, **crowds),
            ("  plan: {", f"{variables}  plan: {{"),
            ("all_of: [analytics_ok], any_of: [page_view, big_order]", join),
        )
    )
    assert [problem.code for problem in found.problems] == ["too-hard"]
    assert found.container is None


def test_a_large_file_is_proved() -> None:
    """300 triggers, 60 tags, 200 tests and 61 guarantees; how long it takes is for `tests.bench check` to say."""
    assert codes(promised_by_all()) == ["no-unknown-test", "untested-tag"]


def test_texts_are_searched_no_longer_than_is_sensible(monkeypatch: pytest.MonkeyPatch) -> None:
    gates = Circuit()
    texts = Texts(gates)
    says = [texts.says(Matcher(word="contains", wanted=letter * 30)) for letter in "abx"]
    model = gates.solve(says)
    assert model
    monkeypatch.setattr(wildcards, "MOST_STEPS", 5)
    assert texts.value(model) == f"y{'y'.join(letter * 30 for letter in 'abx')}y"
    none = Texts(gates, possible=lambda text: len(text) < 30)
    says = [none.says(Matcher(word="contains", wanted=letter * 30)) for letter in "ab"]
    model = gates.solve(says)
    assert model
    assert none.value(model) is None


def test_of_odd_questions_nothing_is_known() -> None:
    gates = Circuit()
    groups = Sets(gates)
    says = groups.says(Matcher(word="like", wanted="a*"))
    assert gates.solve([says])
    model = gates.solve([-says])
    assert model
    assert groups.value(model) is None
    assert groups.equals(frozenset({"a"})) == -circuit.TRUE


def test_numbers_that_nobody_names() -> None:
    gates = Circuit()
    numbers = Numbers(gates, [])
    model = gates.solve([])
    assert model
    assert numbers.value(model) == 1.0
    assert wording.anything("")


def test_what_runs_in_the_page_counts_as_attach_while_somebody_may_be_signed_in() -> None:
    loader = Loader(TYPES | {"script": SCRIPT}, judge)
    text = changed(("type: webhook", "type: script"), ("attach: [crm]", "hash: [crm]"), ("crm: attach", "crm: hash"))
    text = text.replace("tests:\n", "guarantees:\n  - { never: attach, to: [crm] }\ntests:\n")
    (problem,) = loader.compile(text.encode(), "small", "small.yaml").problems
    assert problem.message.startswith('"crm" runs in the page, where it can read who is signed in: analytics_ok and ')
    nobody = text[: text.index("user_id:")] + text[text.index("guarantees:") : text.index("tests:")] + "tests: []\n"
    assert "guarantee-failed" in [p.code for p in loader.compile(nobody.encode(), "small", "small.yaml").problems]
