"""Tests of a container, and the words that put the same hit to `taggate try`."""

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.language.container import Given
from gateway.language.given import BadGiven, doubts, read_words
from gateway.language.suite import command
from gateway.model import Consent
from tests.language.small import TEXT, changed, codes, container, load

SMALL = container(changed(("{ cookie: plan }", "{ cookie: plan, type: set }")))


def test_the_command_puts_the_hit_again() -> None:
    hit = Given(
        event="page view",
        values={"account_id": "O'Hara", "plan": ("a", "b")},
        consent={"analytics": Consent.GRANTED, "marketing": Consent.REFUSED},
        gpc=True,
        signed=False,
    )
    said = command(hit)
    assert said.endswith("granted=analytics refused=marketing gpc=yes signed=no")
    assert read_words(shlex.split(said), SMALL) == hit


@settings(max_examples=50, deadline=None)
@given(
    st.text("ab '\"$", min_size=1),
    st.dictionaries(st.sampled_from(("analytics", "marketing")), st.sampled_from((Consent.GRANTED, Consent.REFUSED))),
    st.booleans(),
)
def test_any_hit_survives_the_command(who: str, consent: dict[str, Consent], flag: bool) -> None:
    hit = Given(event="e", values={"account_id": who}, consent=consent, gpc=flag, signed=not flag)
    assert read_words(shlex.split(command(hit)), SMALL) == hit


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["page_view"], "has no ="),
        (["event="], "Say what happened"),
        (["event=a", "event=b"], '"event" stands there twice'),
        (["account_id=007"], "Say what happened"),
        (["event=a", "gpc=maybe"], "gpc is yes or no"),
        (["event=a", "acount_id=1"], 'Did you mean "account_id"?'),
        (["event=a", "consent=all"], "There is no purpose"),
        (["event=a", "consent=analytics,", "marketing"], "no spaces: consent=analytics,marketing."),
        (["event", "=", "a"], "without spaces: event=a."),
        (["event", "=a"], "without spaces: event=a."),
        (["event=", "a"], "without spaces: event=a."),
        (["event=a", "marketing"], "has no ="),
        (["event=a", "user_id=7"], "The User ID is given as account_id."),
        (["event=a", "user.id=7"], "The variable's name belongs here: account_id."),
        (["event=a", "consent=analytics", "granted=marketing"], "cannot stand beside consent"),
    ],
)
def test_words_that_do_not_fit(words: list[str], said: str) -> None:
    with pytest.raises(BadGiven, match=said):
        read_words(words, SMALL)


def test_what_is_allowed_and_seldom_meant() -> None:
    said = doubts(Given(event="pageview", values={"total": "9,5", "plan": ("a",)}), SMALL)
    assert [text.partition(".")[0] for text in said] == [
        'No trigger asks for the event "pageview"',
        '"9,5" is no number, so every trigger on it cannot tell',
    ]
    assert said[1].endswith("or cannot_tell=total.")
    assert doubts(Given(event="purchase", values={"total": "9.5", "account_id": "7"}), SMALL) == []
    several = container(changed(("event: page_view }", "event: { one_of: [page_view, seen] } }")))
    assert doubts(Given(event="sen"), several)[0].endswith('Did you mean "seen"?')


def test_consent_is_complete_and_mixtures_are_not() -> None:
    assert read_words(["event=a", "consent=analytics"], SMALL).consent == {
        "analytics": Consent.GRANTED,
        "marketing": Consent.REFUSED,
    }
    assert read_words(["event=a", "consent="], SMALL).consent == dict.fromkeys(
        ("analytics", "marketing"), Consent.REFUSED
    )
    assert read_words(["event=a", "granted=analytics"], SMALL).consent == {"analytics": Consent.GRANTED}


def test_a_hit_of_a_site_that_needs_no_consent() -> None:
    free = container(
        "version: 1\nsite: { name: A, domains: [a.example] }\nconsent: not_needed\n"
        "triggers:\n  all: { event: page_view }\ntags:\n  crm:\n    type: webhook\n    send_when: all\n"
        "    settings: { url: https://a.example/ }\ntests: []\n"
    )
    assert read_words(["event=page_view", "gpc=yes"], free) == Given(event="page_view", gpc=True)
    with pytest.raises(BadGiven, match="no choice to ask for"):
        read_words(["event=page_view", "consent="], free)
    with pytest.raises(BadGiven, match="Nothing proves"):
        read_words(["event=page_view", "signed=no"], free)


def test_signed_and_gpc_and_mixtures_in_tests() -> None:
    hit = "event: page_view, account_id: 007"
    for given_words, gets in (
        (f"{hit}, consent: [analytics], signed: no", "drop"),
        (f"{hit}, granted: [analytics], signed: yes", "attach"),
        (f"{hit}, granted: [analytics], refused: [marketing]", "attach"),
    ):
        text = changed(
            (f"{{ {hit}, consent: [analytics] }}", f"{{ {given_words} }}"), ("{ crm: attach }", f"{{ crm: {gets} }}")
        )
        assert codes(text) == []
    assert codes(changed(("consent: [analytics] }", "consent: [analytics, marketing], gpc: yes }"))) == ["test-failed"]


def test_every_difference_is_said() -> None:
    loaded = load(changed(("{ crm: attach }", "{}"), ("expect: {}", "expect: { crm: hash }")))
    assert [p.message for p in loaded.problems] == [
        'Test "Signed in and agreed" fails: "crm" must get hash and gets attach.'
    ] or [p.message for p in loaded.problems]


def test_a_test_may_give_what_does_not_fit() -> None:
    text = changed(
        (
            "event: page_view, account_id: 007, consent: [analytics]",
            "event: purchase, total: much, consent: [analytics]",
        ),
        ("{ crm: attach }", "{}"),
    )
    assert codes(text) == ["untested-tag", "unread-value"]
    assert load(text).container


def test_sets_in_tests() -> None:
    text = changed(
        ("{ cookie: plan }", "{ cookie: plan, type: set }"),
        ("page_view: { event: page_view }", "page_view: { event: page_view, plan: { contains: gold } }"),
        ("consent: [analytics] }", "consent: [analytics], plan: [gold, new] }"),
    )
    assert codes(text) == []


def test_a_tag_that_no_test_shows_is_named_with_what_may_be_expected_of_it() -> None:
    many = "".join(
        f"  t{n}:\n    type: list\n    send_when: {{ all_of: [page_view, analytics_ok] }}\n"
        f"    settings: {{ url: https://t{n}.example.com/ }}\n"
        for n in range(14)
    )
    rules = f"attach: [crm, {', '.join(f't{n}' for n in range(14))}]"
    nothing = ("consent: [analytics] }", "consent: [] }"), ("{ crm: attach }", "{}")
    text = changed(("user_id:\n", f"{many}user_id:\n"), ("attach: [crm]", rules), *nothing)
    untested, *others = [one for one in load(text).problems if one.code == "untested-tag"]
    assert not others
    assert untested.message.endswith('"t10" and 3 more.')
    assert "with crm: drop or crm: hash or crm: attach under" in untested.hint


def test_where_there_is_no_test_at_all_no_tag_is_missed_in_them() -> None:
    text = TEXT[: TEXT.index("tests:\n")] + "tests: []\n"
    assert codes(text) == ["no-refused-test", "no-unknown-test"]
