"""GA4 requests, read back as Google's documentation says that they are read."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.destinations import TABLE
from gateway.destinations.ga4 import endpoint
from gateway.destinations.ga4_event import CARTS, DETAILS, MEANINGS, PREFIXES, RESERVED, event_name, items, session
from gateway.destinations.ga4_words import amount, known, words
from gateway.destinations.protocol import Target
from gateway.model import Delivery, Form, Json, Outcome, Reply, Request, Verdict

NOW = 1_780_000_000
SECRET = "s3cret+/&=secret"
STREAM = Target(
    container="shop", tag="ga4", settings={"measurement_id": "G-ABC1234567"}, secrets={"api_secret": SECRET}
)
LIMITS = {"page_location": 1000, "page_referrer": 420, "page_title": 300}
NOTHING = {"", "undefined", "null", "[object object]"}
UNSAID = {"None", "nan", "NaN", "inf", "-inf"}
REFUSED = ("session_id", "engagement_time_msec", "user_id", "client_id", "uid", "items", "ga_x", "_x", "1x", "é", "a b")

characters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="§"), max_size=60).filter(
    lambda text: text.strip() not in UNSAID
)
odd = st.sampled_from(["null", "undefined", " ", "", "[object Object]", "https://x/%C3%A9?a=b", "é" * 1200, "x" * 2000])
scalars = st.one_of(characters, odd, st.booleans(), st.integers(), st.floats(), st.none())
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(characters, inner, max_size=2), max_leaves=5
)
product = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("sku", "name", "category", "price", "quantity", "uid"), anything)
)
told = st.fixed_dictionaries(
    {},
    optional={
        **{name: anything for names in DETAILS.values() for name in names},
        "items": st.lists(product, max_size=4) | anything,
        "user_id": characters,
    },
)
listed = st.dictionaries(
    st.sampled_from([*REFUSED, "value", "currency", "plan", "page_title", *(f"p{number}" for number in range(30))]),
    characters | odd | st.booleans() | st.floats() | st.lists(characters, max_size=3),
    max_size=30,
)
maybe = st.none() | characters | odd
deliveries = st.builds(
    Delivery,
    id=st.just("00" * 16),
    event=st.sampled_from([*MEANINGS, *RESERVED, "sign_up"]) | characters,
    at=st.integers(0, 2 * NOW * 1000),
    form=st.sampled_from(Form),
    user=st.none() | st.text("xyz", min_size=9, max_size=400).map("§".__add__),
    account=st.just("§account"),
    visitor=st.text("0123456789abcdef", min_size=64, max_size=64),
    url=maybe,
    title=maybe,
    referrer=maybe,
    language=maybe,
    user_agent=maybe,
    ip=st.none() | st.just("203.0.113.0"),
    fields=listed,
    details=told,
    identifiers=st.just({"email": "§identifier"}),
)
thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def hit(event: str = "page_view", **told: Any) -> Delivery:
    return Delivery(**{"id": "00" * 16, "event": event, "at": NOW * 1000, "visitor": "ab" * 32, **told})


def rendered(delivery: Delivery, target: Target = STREAM) -> Request:
    made = TABLE["ga4"].render([delivery], target, NOW)
    assert isinstance(made, Request)
    return made


def read(delivery: Delivery) -> Any:
    return json.loads(rendered(delivery).body)


def params(delivery: Delivery) -> dict[str, Json]:
    """Its own, without those of every event."""
    said = dict(read(delivery)["events"][-1]["params"])
    assert re.fullmatch(r"[0-9]{10}", said.pop("session_id"))
    assert said.pop("engagement_time_msec") == 1
    return said


def test_a_campaign_is_told_before_the_page_view_that_it_led_to() -> None:
    def led(url: str, event: str = "page_view") -> Any:
        return [told["params"] for told in read(hit(event, url=url))["events"] if told["name"] == "campaign_details"]

    address = (
        "https://x.example/?utm_id=7&utm_campaign=spring+sale&mtm_kwd=shoe&utm_source=n%C3%A9ws&utm_term=&utm_content="
    )
    (told,) = led(address + "x" * 200)
    session_id = read(hit(url=address))["events"][-1]["params"]["session_id"]
    assert told == {
        "session_id": session_id,
        "engagement_time_msec": 1,
        "campaign": "spring sale",
        "source": "néws",
        "term": "shoe",
        "content": "x" * 100,
        "campaign_id": "7",
    }
    assert (
        led("https://x.example/?a=b") == led("https://x.example/#?utm_source=x") == led("http://[x?utm_source=x") == []
    )
    assert led(address, "search") == []


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)] or [value]
    return [leaf for inner in value for leaf in leaves(inner)] or [value] if isinstance(value, list) else [value]


@thorough
@given(deliveries)
@example(hit("purchase", details={"items": [{"name": "\x01" * 100, "category": ["\x01" * 100] * 9}] * 500}))
@example(hit(fields={f"p{number}": "\x01" * 500 for number in range(30)}, user_agent="\x01" * 5000, url="\x01" * 5000))
def test_the_limits_are_kept_and_nothing_is_said_where_there_is_nothing(delivery: Delivery) -> None:
    request = rendered(delivery)
    assert len(request.body) < 130_000
    body = json.loads(request.body)
    event = body["events"][-1]
    assert set(event) == {"name", "params"}
    name = event.pop("name")
    assert re.fullmatch(r"[^\W\d_]\w{0,39}", name)
    assert name.lower() not in RESERVED
    assert not name.lower().startswith(PREFIXES)
    assert len(event["params"]) <= 25
    for name, value in event["params"].items():
        keeps_the_limits(name, value)
    for leaf in leaves(body):
        assert leaf not in (None, [], {})
        assert str(leaf) not in UNSAID
        assert str(leaf).strip().lower() not in NOTHING


def keeps_the_limits(name: str, value: Any) -> None:
    assert re.fullmatch(r"[A-Za-z]\w{0,39}", name)
    assert not name.startswith(("ga_", "google_", "firebase_"))
    if name == "items":
        assert 0 < len(value) <= 200
        assert all(item.keys() & {"item_id", "item_name"} for item in value)
        assert all(len(part) <= 100 for item in value for part in item.values() if isinstance(part, str))
    else:
        assert isinstance(value, int | float) or 0 < len(value) <= LIMITS.get(name, 100)


@thorough
@given(deliveries)
def test_who_when_and_where(delivery: Delivery) -> None:
    request = rendered(delivery)
    body = json.loads(request.body)
    assert set(body) <= {"client_id", "user_id", "timestamp_micros", "user_agent", "ip_override", "events"}
    fits = delivery.user is not None and len(delivery.user) <= 256
    assert body.pop("user_id", None) == (delivery.user if fits and delivery.form is not Form.NONE else None)
    assert "§" not in json.dumps(body, ensure_ascii=False) + request.url
    first, second = map(int, body["client_id"].split("."))
    assert (first, second) == (int(delivery.visitor[:8], 16) + 1, int(delivery.visitor[8:16], 16) + 1)
    at = body["timestamp_micros"] / 1e6
    assert at == pytest.approx(min(max(delivery.at / 1000, NOW - 71 * 3600), NOW))
    assert 0 <= at - int(body["events"][-1]["params"]["session_id"]) < 86_400
    url = urlsplit(request.url)
    assert (url.scheme, url.netloc, url.path) == ("https", "www.google-analytics.com", "/mp/collect")
    assert parse_qs(url.query) == {"measurement_id": ["G-ABC1234567"], "api_secret": [SECRET]}
    assert SECRET not in request.body.decode() + repr(request)


def test_a_session_is_a_visitors_day() -> None:
    dawn = int(session("ab" * 32, NOW))
    assert [int(session("ab" * 32, dawn + seconds)) - dawn for seconds in (-1, 0, 86_399, 86_400)] == [
        -86_400, 0, 0, 86_400,
    ]  # fmt: skip
    assert dawn % 86_400 < 4 * 3600
    assert session("ab" * 32, NOW) != session("cd" * 32, NOW)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sign_up", "sign_up"),
        ("Größe gewählt", "Größe_gewählt"),
        ("a" * 50, "a" * 40),
        ("a-b.c", "a_b_c"),
        ("error", "site_error"),
        ("Session_Start", "site_Session_Start"),
        ("screen_view", "site_screen_view"),
        ("ga_x", "site_ga_x"),
        ("gtag.x", "gtag_x"),
        ("_x", "site_x"),
        ("1st", "site_1st"),
        ("", "site_"),
        ("!!", "site_"),
        ("heartbeat", "heartbeat"),
        ("query_id_x", "site_query_id_x"),
    ],
)
def test_event_names(name: str, said: str) -> None:
    assert event_name(name) == said


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (hit(title="T", url="https://x/", referrer="https://y/", language="de"),
         {"page_location": "https://x/", "page_referrer": "https://y/", "page_title": "T", "language": "de"}),
        (hit(title="T", details={"title": "Mine", "category": ["a", "b"]}),
         {"page_title": "Mine", "content_group": "a,b"}),
        (hit(title="T", fields={"page_title": "F" * 400}), {"page_title": "F" * 300}),
        (hit(url="https://x/" + "a" * 988 + "%C3%A9"), {"page_location": "https://x/" + "a" * 988}),
        (hit("search", details={"term": "a"}), {"search_term": "a"}),
        (hit("outlink", details={"href": "https://y/" + "a" * 200}),
         {"link_url": "https://y/" + "a" * 90, "outbound": "true"}),
        (hit("outlink"), {}),
        (hit("download", details={"href": "https://y/a.pdf"}), {"link_url": "https://y/a.pdf"}),
        (hit("goal", details={"goal": 7, "value": "1.50"}), {"goal": "7", "value": 1.5}),
        (hit("purchase", details={"order_id": 10**16, "value": float("inf"), "currency": "euros", "items": "x"}),
         {"transaction_id": "1" + "0" * 16}),
        (hit("purchase", details={"tax": True, "shipping": 4.0}), {"shipping": 4}),
        (hit("product_view", details={"name": "N", "category": "C", "price": 2, "currency": "Eur"}),
         {"value": 2, "currency": "EUR", "items": [{"item_name": "N", "item_category": "C", "price": 2}]}),
        (hit("content_interaction", details={"content": "c", "piece": "p", "target": "t", "interaction": "i"}),
         {"content": "c", "piece": "p", "target": "t", "interaction": "i"}),
        (hit("identify", form=Form.RAW, user="alice", account="acme"), {}),
        (hit("heartbeat"), {}),
        (hit("own", details={"category": "c", "name": "n", "value": "many"}),
         {"event_category": "c", "event_label": "n"}),
        (hit("own", fields={"value": "12", "plan": "12", "flag": False, "list": ["a", "b"]}),
         {"value": 12, "plan": "12", "flag": "false", "list": "a,b"}),
        (hit("own", fields={"n": 2.5, "nan": float("nan")}), {"n": 2.5}),
        (hit("own", fields=dict.fromkeys(REFUSED, "x")), {}),
    ],
)  # fmt: skip
def test_what_it_was(delivery: Delivery, said: dict[str, Json]) -> None:
    assert params(delivery) == said


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (hit("outlink"), "click"),
        (hit("outlink", details={"href": "https://y/", "category": "c"}), "click"),
        (hit("outlink", details={"category": "c"}), "outlink"),
        (hit("download", details={"name": "n"}), "download"),
        (hit("download", details={"value": 3}), "file_download"),
        (hit("cart_update"), "view_cart"),
        (hit("cart_update", details={"action": "view"}), "view_cart"),
        (hit("cart_update", details={"action": "add"}), "add_to_cart"),
        (hit("cart_update", details={"action": "remove"}), "remove_from_cart"),
        (hit("cart_update", details={"action": ["add"]}), "view_cart"),
        (hit("buy", details={"action": "add"}), "buy"),
        (hit("product_view", details={"name": "N"}), "view_item"),
        (hit("purchase", details={"category": "c"}), "purchase"),
    ],
)
def test_what_an_event_is_called(delivery: Delivery, said: str) -> None:
    assert read(delivery)["events"][-1]["name"] == said


ONLY_CALLED = ("search", "outlink", "download", "goal", "purchase", "add_to_cart", "content_interaction")


@pytest.mark.parametrize("event", ONLY_CALLED)
def test_an_event_that_is_only_called_so_keeps_what_it_tells(event: str) -> None:
    told = {"category": "c", "name": "n", "value": 2}
    assert told.keys() <= set(DETAILS[event])
    assert params(hit(event, details=told)) == {"event_category": "c", "event_label": "n", "value": 2}


def test_products_in_segments_words() -> None:
    told = {"products": [{"product_id": 7, "name": "N"}]}
    assert "products" in DETAILS["*"]
    assert params(hit("Checkout Started", details=told)) == {"items": [{"item_id": "7", "item_name": "N"}]}


@pytest.mark.parametrize("event", [*CARTS, "refund", "add_payment_info"])
def test_carts(event: str) -> None:
    told = {"value": 3, "currency": "USD", "items": [{"sku": 1}]}
    assert params(hit(event, details=told)) == {"value": 3, "currency": "USD", "items": [{"item_id": "1"}]}


def test_items() -> None:
    many = [{"sku": number, "category": list("abcdefg")} for number in range(300)]
    assert len(items(many)) == 200
    assert list(items(many)[0]) == ["item_id", *(f"item_category{number}" for number in ("", 2, 3, 4, 5))]
    assert [row["item_id"] for row in items(many)] == [str(number) for number in range(200)]
    assert 20 < len(items([{"sku": "\x01" * 100, "name": "\x01" * 100, "category": ["\x01" * 99] * 5}] * 200)) < 30
    assert items(["x", {}, {"price": 3}, {"name": "N", "quantity": "2", "category": [None, "b"]}]) == [
        {"item_name": "N", "item_category": "b", "quantity": 2}
    ]
    assert items(None) == []
    assert items([{"item_id": "1", "item_name": "N", "item_category": "a", "item_category3": "c", "price": "2"}]) == [
        {"item_id": "1", "item_name": "N", "item_category": "a", "item_category2": "c", "price": 2}
    ]


def test_fields_come_after_what_is_always_sent() -> None:
    fields = {f"p{number}": "x" for number in range(30)}
    assert list(params(hit(title="T", fields=fields))) == ["page_title", *(f"p{number}" for number in range(22))]


def test_what_fields_may_name() -> None:
    allowed = TABLE["ga4"].type.fields
    assert allowed is not None
    may = lambda name: any(re.fullmatch(pattern, name) for pattern in allowed)  # noqa: E731
    assert all(map(may, ("value", "plan", "id", "a" * 40, "item", "gaze", "user", "userid_known")))
    assert not any(map(may, (*REFUSED, "a" * 41, "google_x", "firebase_x", "userid", "customer_id", "cid", "value\n")))
    assert TABLE["ga4"].type.identifiers == ()


@pytest.mark.parametrize("visitor", ["", "ab" * 11])
def test_no_hit_without_a_visitor(visitor: str) -> None:
    with pytest.raises(ValueError, match="visitor"):
        rendered(hit(visitor=visitor))


def test_lone_surrogates_are_our_own_failure() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        rendered(hit(title="\ud800"))


def test_one_hit_a_request() -> None:
    assert TABLE["ga4"].batch == 1
    with pytest.raises(ValueError, match="unpack"):
        TABLE["ga4"].render([hit(), hit()], STREAM, NOW)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (None, "https://www.google-analytics.com"),
        ("https://region1.google-analytics.com/", "https://region1.google-analytics.com"),
        ("https://sgtm.example.com/x/mp/collect", "https://sgtm.example.com/x"),
    ],
)
def test_the_address(url: str | None, host: str) -> None:
    settings = {"measurement_id": "G-1&x=1", **({"url": url} if url else {})}
    assert endpoint(settings, "a b") == f"{host}/mp/collect?measurement_id=G-1%26x%3D1&api_secret=a+b"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(204), Verdict(Outcome.DELIVERED, "http_204")),
        (Reply(200, {}, b"<html>"), Verdict(Outcome.DELIVERED, "http_200")),
        (Reply(302), Verdict(Outcome.SETUP, "http_302")),
        (Reply(400), Verdict(Outcome.INVALID, "http_400")),
        (Reply(404), Verdict(Outcome.SETUP, "http_404")),
        (Reply(413), Verdict(Outcome.INVALID, "http_413")),
        (Reply(429, {"retry-after": "7"}), Verdict(Outcome.THROTTLE, "http_429", 7.0)),
        (Reply(500), Verdict(Outcome.TRANSIENT, "http_500")),
    ],
)
def test_answers(reply: Reply, verdict: Verdict) -> None:
    assert TABLE["ga4"].interpret([hit()], reply) == [verdict]


def test_who_may_be_in_flight_together() -> None:
    assert TABLE["ga4"].exclusive(STREAM.settings) is None


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (amount("1.50"), 1.5),
        (amount("12"), 12),
        (amount(3.0), 3),
        (amount(-0.5), -0.5),
        (amount("1e3"), None),
        (amount(True), None),
        (amount(10**15), None),
        (amount(float("nan")), None),
        (words(10**20, 30), "1" + "0" * 20),
        (words(True, 9), "true"),
        (words("null", 9), ""),
        (words({"a": 1}, 9), ""),
        (known({"a": None, "b": "", "c": [], "d": {}, "e": 0, "f": False}), {"e": 0, "f": False}),
    ],
)
def test_words(made: Json, said: Json) -> None:
    assert made == said
    assert type(made) is type(said)
