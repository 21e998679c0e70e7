"""What one tag gets of a hit: nothing that is not listed, the ID in its form, and nothing of it in any text."""

import json
import re
from typing import Any

import pytest
from msgspec import structs
from people.shops import container, with_user

from gateway.decide.clean import LONGEST
from gateway.decide.hidden import REMOVED
from gateway.decide.keys import Keys
from gateway.decide.prepare import Comer, Preparer, no_visit
from gateway.decide.traces import traces_of
from gateway.destinations import TYPES
from gateway.language.container import Container
from gateway.model import ABSENT, CannotTell, Delivery, Facts, Form, Hit, Identity, Reading, Signed, TagDecision

SECRETS = {"user_id_key": b"0123456789abcdef0123456789abcdef"}
TRACE_KEY = b"t" * 32
COMER = Comer(visitor=b"v" * 16, session=b"s" * 16, number="n")
ALICE = Identity(Signed.VERIFIED, "alice-4711", "acme-inc")
NOBODY = Identity(Signed.NOBODY)
LISTED = "    fields: { plan: plan, price: price, member: member, colours: colours }\n    identifiers: { mail: email }"
MORE = """\
  plan:    { data_layer: plan }
  price:   { data_layer: price, type: number }
  member:  { data_layer: member, type: true_false }
  colours: { data_layer: colours, type: set }
  email:   { trait: email, personal: true }
  likes:   { data_layer: likes, type: set, personal: true }
"""
USED = "  used: { plan: x, email: x, likes: { contains: x } }"


def made(
    shop: Container,
    form: Form = Form.NONE,
    who: Identity = NOBODY,
    readings: dict[str, Reading] | None = None,
    comer: Comer = COMER,
    **told: Any,
) -> Delivery:
    keys = Keys.of(shop, b"o" * 32, SECRETS.__getitem__)
    hit = Hit(**{"container": "shop", "event": "page_view", "at": 5, "arrived": 9, **told})
    values: dict[str, Reading] = {name: CannotTell("x") for name in shop.variables}
    facts = Facts(event=hit.event, readings={**values, **(readings or {})}, consent={}, identity=who)
    decision = TagDecision("hook", sent=True, form=form)
    sheet = Preparer(shop, keys, TRACE_KEY).sheet(hit, facts, comer)
    return sheet.delivery(decision, lambda *_: True)[0]


def shop(form: str = "attach", options: str = "") -> Container:
    return with_user(form, variables=MORE, tag=LISTED + options, triggers=USED)


def test_the_id_goes_in_its_form() -> None:
    raw = made(shop(), Form.RAW, ALICE)
    assert (raw.form, raw.user, raw.account) == (Form.RAW, "alice-4711", "acme-inc")
    hashed = made(shop("hash"), Form.PSEUDONYM, ALICE)
    assert len(hashed.user or "") == len(hashed.account or "") == 64
    assert hashed.user != hashed.account
    dropped = made(shop(), Form.NONE, ALICE)
    assert (dropped.user, dropped.account) == (None, None)
    assert made(shop(), Form.RAW, NOBODY).user is None
    assert made(shop(), Form.RAW, Identity(Signed.VERIFIED, "bob")).account is None


def test_a_page_view_ends_where_the_address_changes() -> None:
    def number(url: str | None, page: str | None = "p" * 32, options: str = "") -> str | None:
        return made(shop(options=options), page=page, url=url).page_view

    cart = number("https://shop.example.com/cart")
    assert cart
    assert cart == number("https://shop.example.com/cart#top") == number("https://shop.example.com/cart#/")
    others = [
        number("https://shop.example.com/cart", "q" * 32),
        *map(number, ("https://shop.example.com/", "https://shop.example.com/cart?b=1", None)),
        *map(number, ("https://shop.example.com/cart#/a", "https://shop.example.com/cart#!/b")),
    ]
    assert len({cart, *others}) == 7
    assert number("https://shop.example.com/cart", None) is None
    # Who is told no parameters is not told that they changed.
    plain, asked = "https://shop.example.com/cart", "https://shop.example.com/cart?b=1"
    assert number(plain, options="\n    page: path") == number(asked, options="\n    page: path")
    assert number(plain, options="\n    page: none") == number(None, options="\n    page: none")


def test_only_what_is_listed_goes_in_its_type() -> None:
    readings: dict[str, Reading] = {
        "plan": "gold",
        "price": 9.5,
        "member": True,
        "colours": frozenset({"red", "blue"}),
        "email": "a@b.example",
    }
    found = made(shop(), Form.RAW, ALICE, readings)
    assert found.fields == {"plan": "gold", "price": 9.5, "member": True, "colours": ["blue", "red"]}
    assert found.identifiers == {"mail": "a@b.example"}
    for form in (Form.NONE, Form.PSEUDONYM):
        assert made(shop("hash"), form, ALICE, readings).identifiers == {}
    nothing: dict[str, Reading] = dict.fromkeys(readings, ABSENT)
    assert (made(shop(), Form.RAW, ALICE, nothing).fields, made(shop(), Form.RAW, ALICE).fields) == ({}, {})
    assert made(shop(), Form.RAW, ALICE, nothing).identifiers == {}


def test_visitor_and_names_are_keyed_and_depend_on_session_and_form() -> None:
    one = made(shop(), page="p" * 32)
    assert len(one.visitor) == 64
    assert len(one.id) == len(one.page_view or "") == 32
    assert one.new_visit
    others = [
        made(shop(), Form.RAW),
        made(shop(), comer=Comer(visitor=b"w" * 16, session=b"s" * 16, number="n")),
        made(shop(), comer=Comer(visitor=b"v" * 16, session=b"t" * 16, number="n")),
    ]
    assert len({one.visitor, *(other.visitor for other in others)}) == 4
    joins = with_user().user_id
    assert joins is not None
    same = container(
        "  account_id: { data_layer: user.id }",
        "  signed_in: { account_id: { present: true } }",
        "",
        "user_id:\n  from: account_id\n  at_login: same_visit\n  rules:\n"
        "    - { when: { all_of: [signed_in, analytics_ok] }, attach: [hook] }\n  otherwise: drop",
    )
    assert made(same, Form.RAW).visitor == made(same, Form.NONE).visitor


@pytest.mark.parametrize(
    ("option", "url", "ip", "title"),
    [
        ("", "https://shop.example.com/a?b=1", "203.0.113.0", "Shoes"),
        ("\n    ip: full\n    page: path", "https://shop.example.com/a", "203.0.113.9", "Shoes"),
        ("\n    ip: none\n    page: none", None, None, None),
    ],
)
def test_the_tags_options(option: str, url: str | None, ip: str | None, title: str | None) -> None:
    told = {"url": "https://shop.example.com/a?token=1&b=1", "ip": "203.0.113.9", "title": "Shoes"}
    found = made(shop(options=option), referrer=told["url"], language="de", user_agent="Firefox", **told)
    assert (found.url, found.referrer, found.ip, found.title) == (url, url, ip, title)
    assert (found.language, found.user_agent) == ("de", "Firefox")


def test_what_the_hit_does_not_have_is_left_out() -> None:
    found = made(shop())
    assert (found.url, found.title, found.referrer, found.language, found.ip, found.page_view) == (None,) * 6


def test_known_values_are_in_no_text() -> None:
    text = "alice-4711 of acme-inc, a@b.example, likes cats"
    found = made(
        shop("hash"),
        Form.PSEUDONYM,
        ALICE,
        {"email": "a@b.example", "plan": text, "colours": frozenset({"alice-4711"}), "likes": frozenset({"cats", "x"})},
        url="https://shop.example.com/alice-4711/acme-inc?m=a%40b.example",
        title=text,
        referrer="https://shop.example.com/alice-4711",
        language="alice-4711",
        user_agent="alice-4711",
        fields={"items": [{"name": text}], "name": text},
        event="of alice-4711",
    )
    said = json.dumps([found.url, found.title, found.referrer, found.language, found.user_agent, found.event])
    said += json.dumps([dict(found.fields), dict(found.details)])
    for known in ("alice-4711", "acme-inc", "a@b.example", "cats"):
        assert known not in said
    assert found.user in (found.title or "")
    assert found.account in (found.title or "")


@pytest.mark.parametrize("between", ["\n", "\t", "\r\n"])
def test_what_an_address_loses_hides_no_known_value(between: str) -> None:
    """Browsers take line ends and tabs out of an address, and so do we: what stood on both sides is one word then."""
    address = f"https://shop.example.com/?of=alice{between}bob"
    known = Identity(Signed.VERIFIED, "alicebob")
    found = made(shop(), Form.NONE, known, url=address, referrer=address)
    assert found.url == found.referrer == "https://shop.example.com/?of=(removed)"


@pytest.mark.parametrize(
    "said", [["alice-4711"], {"of": ["alice-4711"]}, {"of": {"alice-4711": 1}}, {"of": "alice-4711"}]
)
def test_a_known_value_is_found_wherever_it_stands_in_a_field(said: Any) -> None:
    plain = shop("hash")
    matomo = structs.replace(plain, tags={"hook": structs.replace(plain.tags["hook"], type=TYPES["matomo"])})
    found = made(matomo, Form.PSEUDONYM, ALICE, event="sign_up", fields={"category": {"deep": said}})
    assert "alice-4711" not in json.dumps(dict(found.details))
    assert found.user in json.dumps(dict(found.details))


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        ("event: name", ["Bob"]),
        ("event: name, type: number", "Bob"),
        ("data_layer: name", "Bob"),
        ("data_layer: name.first", {"first": "Bob"}),
        ("js: dataLayer.0.name", "Bob"),
    ],
)
def test_a_field_that_is_personal_is_no_detail_whatever_it_holds(reads: str, said: Any) -> None:
    plain = container(f"  who: {{ {reads}, personal: true }}\n  kind: {{ event: category }}")
    shop = structs.replace(plain, tags={"hook": structs.replace(plain.tags["hook"], type=TYPES["matomo"])})
    for event, details in (("sign_up", {"category": "c", "value": 5}), ("content_impression", {"piece": "p"})):
        found = made(shop, event=event, fields={"name": said, **details})
        assert found.details == ({} if reads.startswith("js") else details)


def test_claims_that_are_not_believed_are_scrubbed_too() -> None:
    who = Identity(Signed.UNVERIFIED, unverified=("mallory-1",))
    found = made(
        shop(),
        Form.NONE,
        who,
        title="mallory-1, mallory-2, mallory-3, corp-1, corp-2, proof-text",
        user_id="mallory-2",
        account="corp-1",
        proof="proof-text",
        values={"account_id": "mallory-3", "company": "corp-2"},
    )
    assert found.title == ", ".join([REMOVED] * 6)


def test_words_for_nobody_and_odd_claims() -> None:
    guest = made(shop(), who=NOBODY, title="guest checkout, 0 items", user_id="guest", values={"account_id": 0})
    assert guest.title == "guest checkout, 0 items"
    long = "x" * 300
    assert long not in (made(shop(), who=NOBODY, title=f"of {long}", user_id=long).title or "")
    template = made(shop(), who=NOBODY, title="{{UserId}} true", user_id="{{UserId}}", account=True)
    assert template.title == "{{UserId}} true"


def test_where_nobody_is_known_a_claim_is_scrubbed_all_the_same() -> None:
    bare = container(triggers="  gold: { plan: gold }")
    found = made(bare, title="alice-4711", user_id="alice-4711")
    assert found.title == REMOVED


def test_the_identity_before_is_in_no_text_number_or_key() -> None:
    comer = Comer(
        visitor=b"v" * 16,
        session=b"s" * 16,
        number="n",
        before=traces_of("20260528", TRACE_KEY) + traces_of("alice-4711", TRACE_KEY),
    )
    fields = {"name": "20260528", "category": ["x", 20260528, True, None, 1.5, {"alice-4711": "alice-4711"}]}
    found = made(shop(), comer=comer, referrer="https://shop.example.com/alice-4711", event="x", fields=fields)
    assert found.referrer == f"https://shop.example.com/{REMOVED}"
    readings: dict[str, Reading] = {"price": 20260528.0, "colours": frozenset({"20260528", "red"}), "member": True}
    fielded = made(shop(), readings=readings, comer=comer)
    assert fielded.fields == {"price": REMOVED, "colours": [REMOVED, "red"], "member": True}
    assert found.visitor == made(shop(), comer=structs.replace(comer, before=())).visitor


def test_texts_are_cut_after_they_were_searched() -> None:
    for before in range(LONGEST - 12, LONGEST + 2):
        title = "-" * before + "alice-4711" + "-" * (LONGEST - 60)
        found = made(
            shop(), Form.NONE, ALICE, {"plan": title, "colours": frozenset({title})}, title=title, user_agent=title
        )
        for text in (found.title, found.user_agent, found.fields["plan"], found.fields["colours"][0]):  # type: ignore[index]
            assert isinstance(text, str)
            assert len(text) == LONGEST
            assert "al" not in text
    assert len(made(shop(), language="d" * 100).language or "") == 64


def test_the_name_of_an_event_is_cut_after_it_was_searched() -> None:
    for before in range(80, 102):
        event = made(shop(), Form.NONE, ALICE, event="-" * before + "alice-4711" + "-" * 99).event
        assert len(event) == 100
        assert "al" not in event
    assert made(shop(), event="-" * 300).event == "-" * 100


@pytest.mark.parametrize("before", [(), traces_of("customer-4711-smith", TRACE_KEY)])
def test_no_half_of_an_id_is_left_where_so_much_is_taken_out_that_the_rest_is_short(before: Any) -> None:
    who = NOBODY if before else Identity(Signed.VERIFIED, "customer-4711-smith")
    comer = Comer(visitor=b"v" * 16, session=b"s" * 16, number="n", before=before)
    for first in range(20):
        said = "-" * first + " customer-4711-smith" * 250
        found = made(
            shop(), Form.NONE, who, {"colours": frozenset({said})}, comer=comer, user_agent=said, language=said
        )
        for text in (found.user_agent, found.language, found.fields["colours"][0]):  # type: ignore[index]
            assert isinstance(text, str)
            assert not re.search(r"cust|4711", text), text


def test_a_title_that_is_too_long_to_be_told_goes_to_nobody() -> None:
    assert made(shop(), title="-" * 4096).title == "-" * LONGEST
    assert made(shop(), title="-" * 4097).title is None


def test_an_exempt_tag_gets_two_bytes_of_the_address_and_no_campaign() -> None:
    told = {"ip": "203.0.113.7", "url": "https://shop.example.com/?utm_source=a&b=1"}
    found = made(container(tag="    exempt: cnil"), **told)
    assert (found.ip, found.url) == ("203.0.0.0", "https://shop.example.com/?b=1")
    assert made(container(tag="    exempt: cnil\n    ip: none"), **told).ip is None
    usual = made(container(), **told)
    assert (usual.ip, usual.url) == ("203.0.113.0", told["url"])


def test_what_is_only_shown_begins_no_visit() -> None:
    assert not any(no_visit("hook", "somebody", form) for form in Form)
