"""Segment's calls → hits: every meaning of events.md by example, who may say what, and what cannot be read."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs

from gateway.intake.segment import CALLS, read_calls, read_hits
from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit
from gateway.intake.wording import Beside
from gateway.model import Hit

from .test_matomo import BROWSER, NOW, SERVER, SHOP

QUICK = settings(max_examples=200, deadline=None)  # a deadline is a clock
BESIDE = Beside("https://shop.example.com/behind", "de")


def hits(body: Any, called: str = "batch", sender: Sender = BROWSER) -> list[Hit]:
    return read_hits(read_calls(json.dumps(body).encode(), called), SHOP, sender, BESIDE)[0]


def hit(called: str, sender: Sender = BROWSER, **told: Any) -> Hit:
    (found,) = hits(told, called, sender)
    return found


PRODUCT = {"product_id": "p1", "name": "Shoe", "category": "men", "price": 29.95, "quantity": 2, "coupon": "x"}
ITEM = {"sku": "p1", "name": "Shoe", "category": "men", "price": 29.95, "quantity": 2}
MEANINGS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("page", {}, "page_view", {}),
    (
        "page",
        {"category": "Docs", "name": "Intro", "properties": {"url": "https://shop.example.com/a", "plan": "gold"}},
        "page_view",
        {"category": "Docs", "name": "Intro", "plan": "gold"},
    ),
    ("screen", {"name": "Start", "properties": {"a": 1}}, "page_view", {"name": "Start", "a": 1}),
    ("track", {"event": "Signed Up", "properties": {"plan": "gold", "none": None}}, "Signed Up", {"plan": "gold"}),
    ("track", {"event": "page_view"}, "event.page_view", {}),
    ("track", {"event": "x" * 200}, "x" * 200, {}),
    (
        "track",
        {
            "event": "Order Completed",
            "properties": {
                "order_id": "o1",
                "revenue": 5,
                "total": 6,
                "tax": 1,
                "currency": "EUR",
                "products": [PRODUCT],
            },
        },
        "purchase",
        {"order_id": "o1", "value": 6, "tax": 1, "currency": "EUR", "items": [ITEM]},
    ),
    ("track", {"event": "Order Completed"}, "purchase", {"items": []}),
    ("track", {"event": "Cart Viewed", "properties": {"products": [PRODUCT, 7]}}, "cart_update", {"items": [ITEM]}),
    (
        "track",
        {"event": "Product Added", "properties": {**PRODUCT, "value": 4, "currency": "EUR"}},
        "cart_update",
        {"action": "add", "value": 4, "currency": "EUR", "items": [ITEM]},
    ),
    (
        "track",
        {"event": "Product Removed", "properties": {"products": [PRODUCT, PRODUCT]}},
        "cart_update",
        {"action": "remove", "items": [ITEM, ITEM]},
    ),
    (
        "track",
        {"event": "Checkout Started", "properties": {"revenue": 9, "order_id": "o1", "products": [PRODUCT]}},
        "begin_checkout",
        {"value": 9, "order_id": "o1", "items": [ITEM]},
    ),
    ("track", {"event": "Product Viewed", "properties": PRODUCT}, "product_view", ITEM),
    (
        "track",
        {"event": "Product Viewed", "properties": {"sku": "p1", "price": 5, "currency": "EUR"}},
        "product_view",
        {"sku": "p1", "price": 5, "currency": "EUR"},
    ),
    ("track", {"event": "Products Searched", "properties": {"query": "shoes"}}, "search", {"term": "shoes"}),
    ("identify", {"userId": "alice", "traits": {"plan": "gold"}}, "identify", {}),
    ("group", {"groupId": "acme", "traits": {"plan": "gold"}}, "group", {"plan": "gold"}),
    ("alias", {"previousId": "old", "userId": "alice"}, "alias", {}),
]


@pytest.mark.parametrize(("called", "told", "event", "fields"), MEANINGS)
def test_what_happened(called: str, told: dict[str, Any], event: str, fields: dict[str, Any]) -> None:
    found = hit(called, **told)
    assert (found.event, found.fields) == (event, fields)
    assert hits({"batch": [{"type": called, **told}]}) == [found]


def test_where_it_happened() -> None:
    page = {"url": "https://shop.example.com/a", "title": "A", "referrer": "", "path": "/a", "search": ""}
    found = hit("track", event="x", context={"page": page, "locale": "en-GB"})
    assert (found.url, found.title, found.referrer, found.language) == (page["url"], "A", "", "en-GB")
    found = hit("page", properties={"url": "https://shop.example.com/b"}, context={"page": page})
    assert (found.url, found.title) == ("https://shop.example.com/b", "A")
    found = hit("screen", name="Start")
    assert (found.url, found.title, found.referrer, found.language) == (BESIDE.url, "Start", None, "de")


def test_a_batch_shares_its_context() -> None:
    first, second = hits(
        {
            "context": {"locale": "de", "ip": "192.0.2.7"},
            "batch": [{"type": "page"}, {"type": "page", "context": {"locale": "fr"}}],
        },
        sender=SERVER,
    )
    assert (first.language, first.ip, second.language, second.ip) == ("de", "192.0.2.7", "fr", "192.0.2.7")


# who


def test_who_is_signed_in() -> None:
    assert hit("track", event="x", userId="alice").user_id == "alice"
    assert hit("track", event="x", userId=7).user_id == 7
    assert hit("track", event="x", userId=None).user_id is None
    assert hit("track", event="x").user_id is UNSET
    found = hit("alias", previousId="old", userId="alice")
    assert (found.user_id, found.before) == ("alice", "old")
    assert "old" not in repr({**structs.asdict(found), "before": None})
    assert hit("alias", previousId=4711, userId="alice").before == "4711"
    for odd in (None, "guest", "", "alice", ["old"]):
        assert hit("alias", previousId=odd, userId="alice").before is None
    assert hit("track", event="x", previousId="old").before is None


def test_the_organisation() -> None:
    assert hit("group", groupId="acme").account == "acme"
    assert hit("track", event="x", context={"groupId": "acme"}).account == "acme"
    assert hit("track", event="x").account is UNSET


def test_traits_and_the_proof_among_them() -> None:
    found = hit("identify", userId="a", traits={"email": "a@b.example", "proof": "p", "none": None})
    assert (found.traits, found.proof) == ({"email": "a@b.example"}, "p")
    found = hit("track", event="x", context={"traits": {"plan": "gold", "proof": "p"}})
    assert (found.traits, found.proof) == ({"plan": "gold"}, "p")
    assert hit("group", groupId="a", traits={"plan": "gold"}).traits is None, "those are the organisation's"
    assert hit("track", event="x", context={"traits": {"proof": 7}}).proof is None


def test_a_browser_speaks_for_itself_only() -> None:
    found = hit("page", context={"ip": "192.0.2.7", "userAgent": "Chrome"})
    assert (found.ip, found.user_agent, found.trusted) == ("203.0.113.9", "Firefox", False)


def test_a_server_speaks_for_its_visitor() -> None:
    found = hit("page", SERVER, context={"ip": "192.0.2.7", "userAgent": "Chrome"})
    assert (found.ip, found.user_agent, found.trusted) == ("192.0.2.7", "Chrome", True)
    found = hit("page", SERVER)
    assert (found.ip, found.user_agent) == (None, None), "its own are no visitor's"


def test_which_visitor_it_claims_to_be() -> None:
    assert hit("page", anonymousId="a1").visitor == "segment:a1"
    for odd in (None, "", 7, "x" * 201):
        assert hit("page", anonymousId=odd).visitor is None


@pytest.mark.parametrize(
    ("said", "consent"),
    [
        ({"analytics": True, "marketing": False}, {"analytics": True, "marketing": False}),
        ({"statistics": True, "ads": False}, {"analytics": True, "marketing": False}),
        ({"statistics": True, "analytics": False}, {"analytics": False}),
        ({"analytics": "yes", "other": True}, {}),
        ({}, {}),
        ([], {}),
        (None, {}),
    ],
)
def test_consent_by_our_word_or_the_banners(said: Any, consent: dict[str, bool]) -> None:
    found = hit("page", context={"consent": {"categoryPreferences": said}})
    assert (found.consent, found.consent_at) == (consent, None)


def test_a_word_that_is_ours_means_what_it_means_here() -> None:
    assert SHOP.consent is not None
    crossed = structs.replace(
        SHOP, consent=structs.replace(SHOP.consent, purposes={"analytics": "marketing", "marketing": "ads"})
    )
    body = {"context": {"consent": {"categoryPreferences": {"marketing": True}}}}
    found, _ = read_hits(read_calls(json.dumps(body).encode(), "page"), crossed, BROWSER, BESIDE)
    assert found[0].consent == {"marketing": True}
    none, _ = read_hits(
        read_calls(json.dumps(body).encode(), "page"), structs.replace(SHOP, consent=None), BROWSER, BESIDE
    )
    assert none[0].consent == {}


# when


@pytest.mark.parametrize(
    ("told", "ago"),
    [
        ({}, 0),
        ({"timestamp": "2026-05-28T20:25:40.000Z"}, 60),
        ({"originalTimestamp": "2026-05-28T20:25:40Z", "timestamp": "2026-05-28T20:25:00Z"}, 60),
        # its clock is an hour behind, and it was sent just now
        ({"timestamp": "2026-05-28T19:25:40Z", "sentAt": "2026-05-28T19:26:40Z"}, 60),
        ({"timestamp": "2026-05-28T19:25:40Z", "sentAt": "odd"}, 3660),
        ({"timestamp": "2036-05-28T19:25:40Z"}, 0),
        ({"timestamp": "1996-05-28T19:25:40Z"}, 72 * 3600),
        ({"timestamp": "never"}, 0),
        ({"timestamp": 7}, 0),
    ],
)
def test_when_it_happened(told: dict[str, Any], ago: int) -> None:
    assert hit("page", **told).at == NOW - ago * 1000
    if "sentAt" in told:
        sent_at = told.pop("sentAt")
        assert hits({"batch": [{"type": "page", **told}], "sentAt": sent_at})[0].at == NOW - ago * 1000


def test_a_message_sent_again_is_the_same_hit() -> None:
    one = hit("page", messageId="m1").id
    assert one is not None
    assert len(one) == 32
    assert hit("track", event="x", messageId="m1").id == one
    assert hit("page", messageId="m2").id != one
    assert hit("page").id is None


# what cannot be read


@pytest.mark.parametrize(
    ("called", "body", "code"),
    [
        ("page", [], "not_an_object"),
        ("batch", {}, "bad_batch"),
        ("batch", {"batch": []}, "bad_batch"),
        ("batch", {"batch": {}}, "bad_batch"),
        ("batch", {"batch": [{"type": "page"}] * 251}, "bad_batch"),
        ("batch", {"batch": [7]}, "not_an_object"),
        ("batch", {"batch": [{}]}, "unknown_call"),
        ("batch", {"batch": [{"type": "batch"}]}, "unknown_call"),
        ("batch", {"batch": [{"type": ["page"]}]}, "unknown_call"),
        ("track", {}, "bad_event"),
        ("track", {"event": "  "}, "bad_event"),
        ("track", {"event": 7}, "bad_event"),
        ("track", {"event": "x", "properties": {str(n): n for n in range(101)}}, "too_many"),
        ("identify", {"userId": "a", "traits": {str(n): n for n in range(101)}}, "too_many"),
    ],
)
def test_what_cannot_be_read(called: str, body: Any, code: str) -> None:
    with pytest.raises(BadHit) as caught:
        hits(body, called)
    assert caught.value.code == code


def test_what_can_be_read_beside_what_cannot() -> None:
    said = read_calls(b'{"writeKey":"k","batch":[7,{"type":"page"},{"type":"x"}]}', "batch")
    good, bad = read_hits(said, SHOP, BROWSER, BESIDE)
    assert said.key == "k"
    assert [one.event for one in good] == ["page_view"]
    assert [(one.index, one.error.code) for one in bad] == [(0, "not_an_object"), (2, "unknown_call")]


def test_every_call_has_a_short_name() -> None:
    assert len({*CALLS, *CALLS.values()}) == 14


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "type event userId anonymousId properties traits context timestamp sentAt messageId name category groupId "
    "previousId originalTimestamp"
)


@QUICK
@given(
    st.dictionaries(st.sampled_from(KEYS.split()), JSON | st.just("Order Completed"), max_size=8),
    st.sampled_from(sorted(CALLS.values())),
)
def test_anything_is_a_hit_or_cannot_be_read(told: dict[str, Any], called: str) -> None:
    try:
        found = hits({"batch": [told]} if called == "batch" else told, called)
    except BadHit as error:
        assert error.code
        return
    assert NOW - 72 * 3_600_000 <= found[0].at <= NOW
    assert 1 <= len(found[0].event) <= 100
