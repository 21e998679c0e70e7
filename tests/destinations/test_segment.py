"""Segment batches, read back as Segment's documentation says that they are read."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.delivery.load import BROKEN, load
from gateway.destinations import TABLE
from gateway.destinations.ga4_words import plain
from gateway.destinations.protocol import Target
from gateway.destinations.segment import endpoint
from gateway.destinations.segment_call import NAMES, PEOPLE, TAKEN, call, products
from gateway.model import Delivery, Form, Json, Outcome, Parcel, Reply, Request, Verdict
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Queued

NOW = 1_780_000_000
KEY = "s3cretWriteKey"
SOURCE = Target(container="shop", tag="segment", settings={}, secrets={"write_key": KEY})
NOTHING = {"", "undefined", "null", "[object object]"}
UNSAID = {"None", "nan", "NaN", "inf", "-inf"}
ALWAYS = {"type", "messageId", "timestamp", "anonymousId", "context"}

characters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="§"), max_size=60).filter(
    lambda text: text.strip() not in UNSAID
)
odd = st.sampled_from(["null", "undefined", " ", "", "[object Object]", "https://x/%C3%A9?a=b", "http://[", "é" * 900])
scalars = st.one_of(characters, odd, st.booleans(), st.integers(), st.floats(), st.none())
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(characters, inner, max_size=2), max_leaves=5
)
product = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("sku", "name", "category", "price", "quantity", "userId"), anything)
)
told = st.fixed_dictionaries(
    {},
    optional={
        **{name: anything for names in TAKEN.values() for name in names},
        "items": st.lists(product, max_size=4) | anything,
        "previous": st.just("§previous"),
    },
)
listed = st.dictionaries(characters, characters | odd | st.booleans() | st.floats() | st.lists(odd), max_size=4)
maybe = st.none() | characters | odd
deliveries = st.builds(
    Delivery,
    id=st.text("0123456789abcdef", min_size=32, max_size=32),
    event=st.sampled_from([*TAKEN, "sign_up"]) | characters.filter(str.strip),
    at=st.integers(0, 2 * NOW * 1000),
    form=st.sampled_from(Form),
    user=st.none() | st.text("xyz", min_size=9, max_size=20).map("§".__add__),
    account=st.none() | st.just("§account"),
    visitor=st.text("0123456789abcdef", min_size=64, max_size=64),
    url=maybe,
    title=maybe,
    referrer=maybe,
    language=maybe,
    user_agent=maybe,
    ip=st.none() | st.just("203.0.113.0"),
    fields=listed,
    details=told,
    identifiers=st.dictionaries(st.sampled_from(["email", "phone"]), st.just("§identifier")),
)
thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def hit(event: str = "page_view", **told: Any) -> Delivery:
    return Delivery(**{"id": "00" * 16, "event": event, "at": NOW * 1000, "visitor": "ab" * 32, **told})


def rendered(*many: Delivery, target: Target = SOURCE) -> Request:
    made = TABLE["segment"].render(many, target, NOW)
    assert isinstance(made, Request)
    return made


def read(*many: Delivery) -> list[dict[str, Any]]:
    body = json.loads(rendered(*many).body)
    assert set(body) == {"batch", "sentAt"}
    assert body["sentAt"] == "2026-05-28T20:26:40.000Z"
    batch: list[dict[str, Any]] = body["batch"]
    return batch


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)] or [value]
    return [leaf for inner in value for leaf in leaves(inner)] or [value] if isinstance(value, list) else [value]


def page(**properties: Json) -> dict[str, Json]:
    return {"type": "page", "properties": properties}


def track(event: str, **properties: Json) -> dict[str, Json]:
    return {"type": "track", "event": event, "properties": properties}


@thorough
@given(st.lists(deliveries, min_size=1, max_size=4))
def test_a_batch_has_a_call_each_in_order_and_keeps_the_limits(many: list[Delivery]) -> None:
    request = rendered(*many)
    assert len(request.body) <= 500_000
    assert request.url == "https://api.segment.io/v1/batch"
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == f"{KEY}:"
    assert KEY not in request.body.decode() + request.url + repr(request)
    calls = read(*many)
    assert [one["messageId"] for one in calls] == [one.id for one in many]
    for one in calls:
        named = {"name"} if one["type"] == "page" else set()
        assert ALWAYS <= set(one) <= ALWAYS | {"userId", "event", "properties", "groupId", "traits"} | named
        assert len(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()) <= 32_000
        assert one["timestamp"] <= "2026-05-28T20:26:40.000Z"
        assert one["type"] in {"page", "track", "identify", "group"}
        assert ("event" in one) == (one["type"] == "track")
        assert ("groupId" in one) == (one["type"] == "group")
        assert "traits" not in one if one["type"] in {"page", "track"} else "properties" not in one
        assert "category" not in one["context"]


@thorough
@given(deliveries)
def test_nothing_is_said_where_there_is_nothing(delivery: Delivery) -> None:
    (one,) = read(delivery)
    one.pop("event", None)
    for leaf in leaves(one):
        assert leaf not in (None, [], {})
        assert str(leaf) not in UNSAID
        assert str(leaf).strip().lower() not in NOTHING


@thorough
@given(deliveries)
def test_ids_stand_in_their_places_and_only_where_the_form_says(delivery: Delivery) -> None:
    (one,) = read(delivery)
    decided = delivery.form is not Form.NONE
    assert one.pop("userId", None) == (delivery.user if decided else None)
    assert one.pop("anonymousId") == delivery.visitor
    account = delivery.account if decided else None
    assert one["context"].pop("groupId", None) == account
    assert one.pop("groupId", None) in {None, account}
    assert one["context"].pop("traits", {}) == (delivery.identifiers if delivery.form is Form.RAW else {})
    assert "§" not in json.dumps(one, ensure_ascii=False)


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (hit(), {"type": "page"}),
        (hit(title="T", details={"title": "M", "category": "C"}), page(title="M", category="C")),
        (hit(title="T", fields={"title": "F"}), page(title="F")),
        (hit(details={"name": "Home", "category": "C"}), {**page(name="Home", category="C"), "name": "Home"}),
        (hit("Checkout Started", details={"products": [{"product_id": 7}, "x"]}),
         track("Checkout Started", products=[{"product_id": "7", "sku": "7"}])),
        (hit("newsletter"), {"type": "track", "event": "newsletter"}),
        (hit("own", details={"category": "c", "name": "n", "value": "1.5"}, fields={"nan": float("nan"), "n": 2.0}),
         track("own", category="c", name="n", value=1.5, n=2)),
        (hit("search", details={"term": "a", "category": ["b", "c"], "results": "3"}),
         track("Products Searched", query="a", category=["b", "c"], results=3)),
        (hit("outlink", details={"href": "https://y/"}), track("outlink", href="https://y/")),
        (hit("outlink", details={"category": "c", "name": "n", "value": 2}),
         track("outlink", category="c", name="n", value=2)),
        (hit("search", details={"category": "c", "results": 3}), track("search", category="c", results=3)),
        (hit("purchase", details={"order_id": "1", "category": "c", "value": 2}),
         track("Order Completed", order_id="1", category="c", total=2)),
        (hit("purchase", details={"value": 2}), track("Order Completed", total=2)),
        (hit("purchase", details={"name": "n", "value": 2}), track("purchase", name="n", value=2)),
        (hit("goal", details={"goal": 7, "value": 2}), track("goal", goal=7, value=2)),
        (hit("purchase", details={"order_id": "1", "value": 9, "subtotal": 6, "discount": 1, "items": "x"}),
         track("Order Completed", order_id="1", total=9, subtotal=6, discount=1)),
        (hit("cart_update", details={"currency": "EUR"}), track("Cart Viewed", currency="EUR")),
        (hit("cart_update", details={"action": "view", "items": [{"sku": "1"}]}),
         track("Cart Viewed", products=[{"product_id": "1", "sku": "1"}])),
        (hit("cart_update", details={"action": "add", "value": 3, "currency": "EUR", "items": [{"sku": "1"}]}),
         track("Product Added", value=3, currency="EUR", product_id="1", sku="1")),
        (hit("cart_update", details={"action": "remove", "items": [{"name": "a"}, {"name": "b"}]}),
         track("Product Removed", products=[{"name": "a"}, {"name": "b"}])),
        (hit("begin_checkout", details={"currency": "EUR", "items": [{"item_id": "1", "item_category": "c"}]}),
         track("Checkout Started", currency="EUR", products=[{"product_id": "1", "sku": "1", "category": "c"}])),
        (hit("begin_checkout", details={"name": "n"}), track("begin_checkout", name="n")),
        (hit("product_view", details={"name": "N", "category": "C"}), track("Product Viewed", name="N", category="C")),
        (hit("content_interaction", details={"content": "c", "interaction": "i"}),
         track("content_interaction", content="c", interaction="i")),
        (hit("heartbeat"), {"type": "track", "event": "heartbeat"}),
        (hit("identify", form=Form.RAW, user="alice"), {"type": "identify", "userId": "alice"}),
        (hit("alias", form=Form.RAW, user="alice", details={"previous": "bob"}),
         {"type": "identify", "userId": "alice"}),
        (hit("group", user="alice", account="acme"), {"type": "identify"}),
        (hit("group", form=Form.RAW), {"type": "identify"}),
        (hit("group", form=Form.RAW, account="acme", fields={"plan": "pro"}),
         {"type": "group", "groupId": "acme", "traits": {"plan": "pro"}}),
    ],
)  # fmt: skip
def test_what_it_was(delivery: Delivery, said: dict[str, Json]) -> None:
    (one,) = read(delivery)
    assert {name: value for name, value in one.items() if name not in ALWAYS - {"type"}} == said


def test_the_campaign_of_the_address() -> None:
    def campaign(query: str) -> Any:
        (one,) = read(hit(url=f"https://x.example/{query}"))
        return one["context"].get("campaign")

    told = "utm_campaign=spring+sale&utm_source=n%C3%A9ws&utm_medium=mail&utm_term=&utm_content=null&utm_x=1"
    assert campaign("?" + told) == {"name": "spring sale", "source": "néws", "medium": "mail"}
    assert campaign("?utm_source=" + "x" * 300) == {"source": "x" * 255}
    assert campaign("?mtm_campaign=a&mtm_kwd=b&mtm_source=c&utm_source=d") == {"name": "a", "term": "b", "source": "d"}
    assert campaign("?a=b") is campaign("#?utm_source=x") is None


def test_an_address_that_cannot_be_parted_goes_whole() -> None:
    assert call(hit(url="http://[x"), NOW)["properties"] == {"url": "http://[x"}
    assert call(hit(url="https://x"), NOW)["properties"] == {"url": "https://x"}


def test_a_user_without_a_visitor_is_somebody() -> None:
    assert "anonymousId" not in call(hit(visitor="", form=Form.RAW, user="alice"), NOW)


@pytest.mark.parametrize(
    ("delivery", "why"),
    [
        (hit(visitor=""), "nobody"),
        (hit(visitor="", user="alice"), "nobody"),
        (hit(" "), "without a name"),
        (hit(title="\ud800"), "surrogates"),
        (hit("own", details={"name": "é" * 2048}, fields={str(number): "é" * 2048 for number in range(8)}), "call"),
    ],
)
def test_what_segment_would_drop_or_refuse_is_our_own_failure(delivery: Delivery, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        rendered(delivery)


def test_a_batch_that_is_too_large_goes_one_by_one() -> None:
    large = hit("own", fields={str(number): "x" * 2048 for number in range(14)})
    with pytest.raises(ValueError, match="batch"):
        rendered(*[large] * 20)
    queued = [_queued(number, large) for number in range(20)]
    carried = load(queued, TABLE["segment"], SOURCE, NOW)
    assert (carried.sent, carried.later, carried.ended) == ((queued[0],), tuple(queued[1:]), ())


def test_a_call_that_is_too_large_hinders_no_other() -> None:
    huge = hit("own", fields={str(number): "x" * 2048 for number in range(20)})
    queued = [_queued(0, hit()), _queued(1, huge), _queued(2, hit())]
    carried = load(queued, TABLE["segment"], SOURCE, NOW)
    assert (carried.sent, carried.later, carried.ended) == ((queued[0], queued[2]), (), ((queued[1], BROKEN),))


def _queued(seq: int, delivery: Delivery) -> Queued:
    parcel = Parcel(container="shop", tag="segment", lane=b"", body=encode(delivery), at=0)
    return Queued(seq=seq, parcel=parcel, accepted_at=0, attempts=0)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (plain(1.0), 1),
        (plain(True), True),
        (plain(" a "), "a"),
        (plain(["a", None, "null", 2]), ["a", "2"]),
        (plain({"a": 1}), ""),
        (plain(None), ""),
        (products(None), []),
        (products(["x", {}, {"price": 3}, {"sku": 7, "category": ["a", "", "b"], "price": "1.50"}]),
         [{"product_id": "7", "sku": "7", "category": "a/b", "price": 1.5}]),
    ],
)  # fmt: skip
def test_words(made: Json, said: Json) -> None:
    assert made == said
    assert type(made) is type(said)


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        (None, "https://api.segment.io/v1/batch"),
        ("https://events.eu1.segmentapis.com", "https://events.eu1.segmentapis.com/v1/batch"),
        ("https://events.eu1.segmentapis.com/v1/", "https://events.eu1.segmentapis.com/v1/batch"),
        ("https://proxy.example.com/s/v1/batch", "https://proxy.example.com/s/v1/batch"),
    ],
)
def test_the_address(url: str | None, posted: str) -> None:
    assert endpoint({"url": url} if url else {}) == posted


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(200, {}, b'{"success":true}'), Verdict(Outcome.DELIVERED, "http_200")),
        (Reply(400), Verdict(Outcome.INVALID, "http_400")),
        (Reply(401), Verdict(Outcome.SETUP, "http_401")),
        (Reply(413), Verdict(Outcome.INVALID, "http_413")),
        (Reply(429, {"retry-after": "7"}), Verdict(Outcome.THROTTLE, "http_429", 7.0)),
        (Reply(429), Verdict(Outcome.THROTTLE, "http_429")),
        (Reply(503), Verdict(Outcome.TRANSIENT, "http_503")),
    ],
)
def test_answers(reply: Reply, verdict: Verdict) -> None:
    assert TABLE["segment"].interpret([hit(), hit()], reply) == [verdict] * 2


def test_who_may_be_in_flight_together() -> None:
    assert TABLE["segment"].exclusive({}) is None


@pytest.mark.parametrize("event", ["search", "outlink", "download", "goal", "purchase", "content_interaction"])
def test_an_event_that_is_only_called_so_keeps_what_it_tells(event: str) -> None:
    told = {"category": "c", "name": "n", "value": 2}
    assert told.keys() <= set(TAKEN[event])
    (one,) = read(hit(event, details=told))
    assert (one["event"], one["properties"]) == (event, told)


def test_every_event_with_a_name_of_segments_has_its_details() -> None:
    assert set(NAMES) | PEOPLE <= set(TAKEN)
