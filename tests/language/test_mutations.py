"""Every line of a shipped container that restricts is held by a guarantee or a test; what is not is listed here."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.cli.output import loader
from tests.language.mutations import mutants

TAGS = Path(__file__).parents[2] / "tags"
LOADER = loader()
pytestmark = pytest.mark.untraced
GONE = ""

CLOCK = "it only says by which clock hours and days are counted"
ADDRESS = "a test knows no address, so it cannot show what is taken out of one; tests/decide/test_address.py does"
HELD = "it binds the page: the decision for a hit without an answer is the same, and every guarantee holds for it too"
NARROWER = "fewer visitors are remembered"
DAYS = "a test knows no days: how long a cookie lives is told by tests/decide/test_cookie.py"
DEFAULT = "it is what holds anyway when nothing is said"
UNDER_IDENTIFIERS = "it stands under identifiers alone, which go out with an attached ID only"
NO_ID = "where nobody is signed in there is no ID that the rule could give away"
LESS = "the receiver gets less"
SAID_ALOUD = "check then warns that this tag sends without consent; what it sends is the same"
VISITS = "it says which visits are joined, not who gets what; tests/people/test_life.py shows that"
HEADER = "whose header it is, only the website's own network can tell"
PAID = "of a paid order both receivers get a hit anyway"
NEVER = "nobody is staff and not staff"
VALUE = "it stands in for a value that no rule asks for"
ADDRESSES = "a test shows who gets a hit, not how much of an address; tests/decide/test_prepare.py does"

HARMLESS: Mapping[str, Mapping[tuple[str, str], str]] = {
    "shop": {
        ("timezone: Europe/Berlin", GONE): CLOCK,
        ("drop_query: [gclid, reset_token]", GONE): ADDRESS,
        ("drop_query: [gclid, reset_token]", "drop_query: [reset_token]"): ADDRESS,
        ("drop_query: [gclid, reset_token]", "drop_query: [gclid]"): ADDRESS,
        ("while_unknown: hold", GONE): DEFAULT,
        ("while_unknown: hold", "while_unknown: send"): HELD,
        ("remember_when: analytics_ok", GONE): NARROWER,
        ("remember_when: analytics_ok", "remember_when: known_reader"): NARROWER,
        ("days: 390", GONE): DEFAULT,
        ("days: 390", "days: 400"): DAYS,
        ("without_cookie: day_number", GONE): DEFAULT,
        ("email: { trait: email, personal: true }", "email: { trait: email }"): UNDER_IDENTIFIERS,
        ("plan: { cookie: plan, default: free }", "plan: { cookie: plan, default: x }"): VALUE,
        ("known_reader: { all_of: [login_detected, analytics_ok] }", "known_reader: { all_of: [analytics_ok] }"): NO_ID,
        ("internal: { header: X-Internal-Traffic }", "internal: { header: X-Other }"): HEADER,
        (
            "shopping: { any_of: [page_view, purchase], none_of: [staff] }",
            "shopping: { any_of: [page_view, purchase, paid], none_of: [staff] }",
        ): PAID,
        (
            "shopping: { any_of: [page_view, purchase], none_of: [staff] }",
            "shopping: { any_of: [page_view, purchase, staff], none_of: [staff] }",
        ): NEVER,
        ("consent: not_needed", GONE): SAID_ALOUD,
        ("fields: { dimension1: plan }", GONE): LESS,
        ("fields: { value: order_value, plan: plan }", GONE): LESS,
        ("fields: { total: order_value, plan: plan }", GONE): LESS,
        ("identifiers: { email: email }", GONE): LESS,
        ("account: company_id", GONE): LESS,
        ("at_login: new_visit", GONE): DEFAULT,
        ("at_login: new_visit", "at_login: same_visit"): VISITS,
        ("at_logout: new_visitor", GONE): DEFAULT,
        ("at_logout: new_visitor", "at_logout: same_visitor"): VISITS,
        (
            "- { when: known_reader, attach: [matomo], hash: [warehouse] }",
            "- { when: analytics_ok, attach: [matomo], hash: [warehouse] }",
        ): NO_ID,
        (
            "- { when: { all_of: [login_detected, marketing_ok] }, attach: [crm] }",
            "- { when: { all_of: [marketing_ok] }, attach: [crm] }",
        ): NO_ID,
    },
    "demo": {
        ("timezone: Europe/Berlin", GONE): CLOCK,
        ("while_unknown: hold", GONE): DEFAULT,
        ("while_unknown: hold", "while_unknown: send"): HELD,
        ("remember_when: analytics_ok", GONE): NARROWER,
        ("remember_when: analytics_ok", "remember_when: known_reader"): NARROWER,
        ("days: 90", GONE): DAYS,
        ("days: 90", "days: 400"): DAYS,
        ("email: { trait: email, personal: true }", "email: { trait: email }"): UNDER_IDENTIFIERS,
        ("known_reader: { all_of: [signed_in, analytics_ok] }", "known_reader: { all_of: [analytics_ok] }"): NO_ID,
        ("known_customer: { all_of: [signed_in, marketing_ok] }", "known_customer: { all_of: [marketing_ok] }"): NO_ID,
        ("consent: not_needed", GONE): SAID_ALOUD,
        ("fields: { total: order_value, coffee: coffee }", GONE): LESS,
        ("identifiers: { email: email }", GONE): LESS,
        ("fields: { coffee: coffee }", GONE): LESS,
        ("ip: none", GONE): ADDRESSES,
        ("ip: none", "ip: full"): ADDRESSES,
        ("page: path", GONE): ADDRESSES,
        ("page: path", "page: url"): ADDRESSES,
        ("at_login: new_visit", GONE): DEFAULT,
        ("at_login: new_visit", "at_login: same_visit"): VISITS,
        ("at_logout: new_visitor", GONE): DEFAULT,
        ("at_logout: new_visitor", "at_logout: same_visitor"): VISITS,
        ("- { when: known_reader, attach: [matomo] }", "- { when: analytics_ok, attach: [matomo] }"): NO_ID,
        (
            "- { when: known_customer, attach: [crm], hash: [partner] }",
            "- { when: marketing_ok, attach: [crm], hash: [partner] }",
        ): NO_ID,
    },
}


def test_every_shipped_container_is_mutated() -> None:
    assert set(HARMLESS) == {path.stem for path in TAGS.glob("*.yaml")}


@pytest.mark.parametrize("name", HARMLESS)
def test_every_change_is_noticed_or_listed_with_the_reason_why_it_is_harmless(name: str) -> None:
    text = (TAGS / f"{name}.yaml").read_text("utf-8")
    all_of_them = list(mutants(text))
    assert len(all_of_them) > 80
    unnoticed = [one for one in all_of_them if LOADER.compile(one.text.encode(), name, name).container is not None]
    unlisted = [
        f"{name}.yaml:{m.line}: {m.before} → {m.after}" for m in unnoticed if (m.before, m.after) not in HARMLESS[name]
    ]
    assert unlisted == []
    assert set(HARMLESS[name]) == {(one.before, one.after) for one in unnoticed}
