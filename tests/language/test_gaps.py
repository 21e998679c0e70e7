"""What a file leaves open: a cookie beside a promise about sending, identifiers that never go out."""

import pytest

from tests.language.small import changed, codes

COOKIE = ("remember_when: analytics_ok", "remember_when: marketing_ok")
MARKETING = ("  signed_in:", "  marketing_ok: { consent: { granted: marketing } }\n  signed_in:")


def promised(*guarantees: str) -> tuple[str, str]:
    """These guarantees."""
    lines = "".join(f"  - {one}\n" for one in guarantees)
    return "otherwise: drop\n", f"otherwise: drop\nguarantees:\n{lines}"


@pytest.mark.parametrize(
    "guarantee",
    [
        "{ never: send, to: all, unless: analytics_ok }",
        "{ never: [attach, send], to: [crm], unless: { all_of: [page_view, analytics_ok] } }",
    ],
)
def test_a_cookie_that_is_set_where_nothing_is_sent(guarantee: str) -> None:
    text = changed(COOKIE, MARKETING, promised(guarantee), ("any_of: [page_view, big_order]", "any_of: [page_view]"))
    assert [code for code in codes(text) if not code.startswith("unused")] == ["cookie-beside"]


@pytest.mark.parametrize(
    "guarantees",
    [
        ("{ never: send, to: all, unless: analytics_ok }", "{ never: remember, unless: marketing_ok }"),
        ("{ never: attach, to: all, unless: analytics_ok }",),
        ("{ never: [hash, send], to: [crm], unless: { any_of: [analytics_ok, marketing_ok] } }",),
    ],
)
def test_a_cookie_of_which_nothing_is_promised_or_all_is_said(guarantees: tuple[str, ...]) -> None:
    assert codes(changed(COOKIE, MARKETING, promised(*guarantees))) == []


def test_a_promise_about_one_tag_of_two_says_nothing_of_the_cookie() -> None:
    other = (
        "  other:\n    type: counter\n    send_when: { all_of: [page_view, marketing_ok] }\n    settings: { path: x }\n"
    )
    text = changed(
        COOKIE,
        MARKETING,
        promised("{ never: send, to: [crm], unless: analytics_ok }"),
        ("user_id:\n", f"{other}user_id:\n"),
    )
    assert codes(text) == ["untested-tag"]


def test_the_cookie_asks_for_what_is_promised() -> None:
    assert codes(changed(promised("{ never: send, to: all, unless: analytics_ok }"))) == []


def test_identifiers_of_a_tag_that_no_rule_names() -> None:
    email = ("  plan: {", "  email: { trait: email, personal: true }\n  plan: {")
    identifiers = ("    fields: { plan: plan }\n", "    fields: { plan: plan }\n    identifiers: { email: email }\n")
    unnamed = ("  rules:\n    - { when: { all_of: [signed_in, analytics_ok] }, attach: [crm] }\n", "")
    assert codes(changed(email, identifiers)) == []
    assert "identifiers-never" in codes(changed(email, identifiers, unnamed, ("crm: attach", "crm: drop")))
