"""Another source under an old name, another key, another event: each is told, and nothing is passed over."""

import pytest
from msgspec import Struct, structs

from gateway.language.container import (
    Act,
    Calls,
    Container,
    Dialects,
    Event,
    Guarantee,
    Join,
    Proof,
    Rule,
    Schedule,
    Site,
    Tag,
    UserId,
    Visitor,
)
from gateway.language.explained.change import changes
from gateway.language.explained.rest import ASIDE
from gateway.model import Form
from gateway.problems import Place
from tests.language.small import TYPES, changed, container

HERE = Place(1, 1)
PAGE_VIEW = Join(all_of=("page_view",), place=HERE)
RICH = changed(
    ("consent:\n", "accept: { server: { key: { secret: shop } } }\nconsent:\n"),
    (
        "variables:\n",
        """events:
  buy: { click: button.buy, limit: once_per_page }
variables:
  mail: { trait: email, personal: true }
  level: { lookup: plan, table: { a: gold } }
  long: { text: "{level} {event}" }
  phone: { trait: phone, personal: true }
  club: { data_layer: club }
  firm: { data_layer: company }
""",
    ),
    ("{ plan: plan }", "{ long: long }\n    identifiers: { email: mail }"),
    ("  from: account_id\n", "  from: account_id\n  account: firm\n"),
)
RICH = RICH[: RICH.index("tests:")] + "tests: []\n"
OLD = container(RICH)


@pytest.mark.parametrize(
    ("piece", "other", "text"),
    [
        ("{ cookie: plan }", "{ query: plan }", "crm gets long (as long, under fields) from another place."),
        ("trait: email", "trait: passport", "crm gets mail (as email, under identifiers) from another place."),
        ("trait: email", "trait: passport", "mail is read from another place, or in another way."),
        ("data_layer: company", "data_layer: name", "The organisation of a person is read from another place."),
        ("account: firm", "account: club", "The organisation of a person is read from another place."),
        ("phone, personal: true", "phone", "phone no longer counts as personal."),
        ("secret: login_key", "secret: old_key", "Who is signed in is proved with another key: old_key."),
        ("user.proof", "user.word", "The proof of who is signed in is read from another place."),
        (
            "{ token: proof,",
            "{ signature: proof,",
            "Who is signed in is proved in another way: by a token before, by a signature now.",
        ),
        ("button.buy", "button", "The page listens for buy elsewhere: button.buy became button."),
        (", limit: once_per_page", "", "buy is sent at other times: once_per_page became every_time."),
        ("once_per_page", "once_per_visit", "buy is sent at other times: once_per_page became once_per_visit."),
        ("once_per_page", "once_per_page, delay: 2s", "The page listens for buy in another way."),
        ("  buy: {", "  sell: { click: a }\n  buy: {", "The page now listens for sell."),
        ("user_id_key", "another_key", "Pseudonyms are made with another key: another_key."),
        ("name: Shop,", "name: Shop, timezone: Europe/Berlin,", "Days begin at another time: that of Europe/Berlin"),
        ("secret: shop }", "secret: till }", "A server shows another key: till."),
        ("name: Shop,", "name: Another,", "Something else changed: site."),
        ("  plan: {", "  unused: { event: unused }\n  plan: {", "Something else changed: variables."),
    ],
)
def test_what_is_under_an_old_name_is_told(piece: str, other: str, text: str) -> None:
    assert piece in RICH
    found = changes(OLD, container(RICH.replace(piece, other, 1)))
    assert any(change.wider and change.text.startswith(text) for change in found), found


@pytest.mark.parametrize(
    ("piece", "other", "text"),
    [
        ("phone, personal: true", "phone", "phone now counts as personal."),
        (", limit: once_per_page", "", "buy is sent at other times: every_time became once_per_page."),
        ("  buy: {", "  sell: { click: a }\n  buy: {", "The page no longer listens for sell."),
    ],
)
def test_the_way_back_is_not_wider(piece: str, other: str, text: str) -> None:
    assert text in [
        change.text for change in changes(container(RICH.replace(piece, other, 1)), OLD) if not change.wider
    ]


def test_a_place_in_the_file_is_no_change() -> None:
    moved = container(RICH.replace("consent:\n", "# moved\n\nconsent:\n", 1))
    assert changes(OLD, moved) == ()


def test_no_more_pseudonyms_are_no_more() -> None:
    assert OLD.user_id
    new = structs.replace(OLD, user_id=structs.replace(OLD.user_id, hash_with=None))
    assert [(change.text, change.wider) for change in changes(OLD, new)] == [("Pseudonyms are no longer made.", False)]


@pytest.mark.parametrize(
    ("piece", "other"),
    [
        ("  page_view: {", "  unused: { event: unused }\n  page_view: {"),
        ("  page_view: { event: page_view }", "  page_view: { all_of: [view] }\n  view: { event: page_view }"),
    ],
)
def test_other_words_for_the_same_are_no_change(piece: str, other: str) -> None:
    assert piece in RICH
    assert changes(OLD, container(RICH.replace(piece, other, 1))) == ()


def test_a_trigger_that_asks_otherwise_is_told_by_what_it_does() -> None:
    new = container(RICH.replace("at_least: 100", "at_least: 100, at_most: 900", 1))
    found = changes(OLD, new)
    assert found
    assert not any(change.wider for change in found)


SITE, USER, CRM, BUY = OLD.site, OLD.user_id, OLD.tags["crm"], OLD.events["buy"]
assert USER
assert USER.verified_by
PROOF = USER.verified_by
OTHERS: dict[type[Struct], dict[str, object]] = {
    Container: {
        "site": structs.replace(SITE, name="Another"),
        "server_key": "till",
        "calls": Calls(matomo=True),
        "dialects": Dialects(site_ids=(7,)),
        "consent": structs.replace(OLD.consent, where="other"),
        "visitor": Visitor(),
        "events": {},
        "variables": {**OLD.variables, "more": structs.replace(OLD.variables["plan"], name="more")},
        "triggers": {**OLD.triggers, "page_view": structs.replace(OLD.triggers["analytics_ok"], name="page_view")},
        "tags": {},
        "user_id": None,
        "guarantees": (Guarantee(never=(Act.SHARE,), place=HERE),),
    },
    Site: {
        "name": "Another",
        "domains": ("b.example",),
        "timezone": "Europe/Berlin",
        "drop_query": frozenset({"ref"}),
    },
    Calls: {"matomo": True, "segment": True, "gtag": True, "consent_purpose": "analytics"},
    Dialects: {
        "site_ids": (7,),
        "server_token": "till",
        "browser_key": "shop-web",
        "server_key": "till",
        "matomo_apps": True,
        "segment_apps": True,
    },
    Visitor: {"remember_when": PAGE_VIEW, "consent_not_needed": True, "days": 400, "without_cookie": "none"},
    Event: {
        "name": "sell",
        "kind": "media",
        "source": "a",
        "amount": 1.0,
        "percent": 2.0,
        "repeat": True,
        "limit": "every_time",
        "delay": 1.0,
    },
    Tag: {
        "name": "other",
        "type": TYPES["list"],
        "send_when": PAGE_VIEW,
        "settings": {"url": "https://b.example/"},
        "secrets": {"token": "crm_token"},
        "fields": {"total": "total"},
        "identifiers": {"total": "total"},
        "consent_not_needed": True,
        "ip": "full",
        "page": "path",
        "hash_group": "us",
        "purpose": "to know",
        "schedule": Schedule(begins=1, text="from then"),
        "sample": 5.0,
        "exempt": True,
    },
    UserId: {
        "variable": "plan",
        "hash_with": "another",
        "account": "plan",
        "verified_by": None,
        "at_login": "same_visit",
        "at_logout": "same_visitor",
        "rules": (Rule(when=PAGE_VIEW, forms={"crm": Form.PSEUDONYM}, places={"crm": HERE}, place=HERE),),
    },
    Proof: {"kind": "signature", "variable": "plan", "secret": "another"},
}


def _with(kind: type[Struct], field: str) -> Container:
    """The rich container with another value in this field."""
    change = {field: OTHERS[kind][field]}
    if kind is Container:
        return structs.replace(OLD, **change)
    if kind is Site:
        return structs.replace(OLD, site=structs.replace(SITE, **change))
    if kind is Calls:
        return structs.replace(OLD, calls=structs.replace(OLD.calls, **change))
    if kind is Dialects:
        return structs.replace(OLD, dialects=structs.replace(OLD.dialects, **change))
    if kind is Visitor:
        return structs.replace(OLD, visitor=structs.replace(OLD.visitor, **change))
    if kind is Event:
        return structs.replace(OLD, events={"buy": structs.replace(BUY, **change)})
    if kind is Tag:
        return structs.replace(OLD, tags={"crm": structs.replace(CRM, **change)})
    assert USER
    if kind is Proof:
        change = {"verified_by": structs.replace(PROOF, **change)}
    return structs.replace(OLD, user_id=structs.replace(USER, **change))


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in OTHERS.items() for field in fields])
def test_whatever_differs_is_told(kind: type[Struct], field: str) -> None:
    new = _with(kind, field)
    assert changes(OLD, new)
    assert any(change.wider for change in [*changes(OLD, new), *changes(new, OLD)])


@pytest.mark.parametrize("kind", OTHERS)
def test_no_field_is_forgotten(kind: type[Struct]) -> None:
    """A field that is new in a container needs a line above, and with it a sentence."""
    aside = ASIDE if kind is Container else frozenset()
    assert OTHERS[kind].keys() == {*kind.__struct_fields__} - aside - {"place"}
