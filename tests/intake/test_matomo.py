"""Matomo's parameters → hits: every meaning of events.md by example, who may say what, and what cannot be read."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from gateway.decide.suppose import judge
from gateway.destinations import TABLE
from gateway.destinations.matomo_entry import PASSED
from gateway.intake import matomo
from gateway.intake.matomo import entry, is_bulk, parameters, read_bulk, read_hit
from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit
from gateway.intake.wording import Beside
from gateway.language.load import Loader
from gateway.model import Hit

NOW = 1_780_000_000_000
QUICK = settings(max_examples=200, deadline=None)  # a deadline is a clock
TEXT = """\
version: 1
site: { name: Shop, domains: [shop.example.com], drop_query: [reset_token] }
accept: { matomo: { site_ids: [1], server_token: { secret: shop_token }, consent_purpose: analytics } }
consent: { from: { cookie: choice }, purposes: { analytics: statistics, marketing: ads } }
triggers: { view: { event: page_view } }
tags: { hook: { type: file, send_when: view, consent: not_needed, settings: { path: hits.jsonl } } }
tests: []
"""
LOADED = Loader({name: one.type for name, one in TABLE.items()}, judge).compile(TEXT.encode(), "shop", "shop.yaml")
assert LOADED.container, "\n".join(LOADED.report())
SHOP = LOADED.container
BROWSER = Sender(arrived=NOW, ip="203.0.113.9", user_agent="Firefox")
SERVER = Sender(arrived=NOW, ip="198.51.100.1", user_agent="php", trusted=True)


def hit(query: str = "", sender: Sender = BROWSER, beside: Beside = Beside(), **told: str) -> Hit:  # noqa: B008
    return read_hit(parameters(query) if query else told, SHOP, sender, beside)


def refused(query: str = "", sender: Sender = BROWSER, **told: str) -> str:
    with pytest.raises(BadHit) as caught:
        hit(query, sender, **told)
    assert not any(value in caught.value.detail for value in told.values() if len(value) > 3)
    return caught.value.code


MEANINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("action_name=Home", "page_view", {}),
    ("e_c=Videos&e_a=play&e_n=Film&e_v=1.50", "play", {"category": "Videos", "name": "Film", "value": 1.5}),
    ("e_c=Videos&e_a=play", "play", {"category": "Videos"}),
    ("e_c=Videos", "page_view", {}),
    ("e_c=+&e_a=play", "page_view", {}),
    ("e_c=a&e_a=+heartbeat+", "event.heartbeat", {"category": "a"}),
    ("e_c=a&e_a=" + "x" * 300, "x" * 300, {"category": "a"}),
    (
        "search=shoes&search_cat=men&search_count=0",
        "search",
        {"term": "shoes", "category": "men", "results": 0},
    ),
    ("search=shoes&search_count=many", "search", {"term": "shoes"}),
    (
        "link=https%3A%2F%2Fa.example%2Fx%3Freset_token%3D1%26b%3D2",
        "outlink",
        {"href": "https://a.example/x?b=2"},
    ),
    ("link=mailto%3Aa", "outlink", {"href": "mailto:a"}),
    ("link=javascript%3A%2F%2Fx", "outlink", {}),
    ("download=https%3A%2F%2Fa.example%2Fx.pdf", "download", {"href": "https://a.example/x.pdf"}),
    ("idgoal=3&revenue=5", "goal", {"goal": "3", "value": 5}),
    (
        "idgoal=0&ec_id=A1&revenue=59.90&ec_st=50&ec_tx=9.9&ec_sh=0&ec_dt=1&ec_items="
        + quote('[["s1","Shoe",["men","run"],29.95,2],["s2"],7]'),
        "purchase",
        {
            "order_id": "A1",
            "value": 59.9,
            "subtotal": 50,
            "tax": 9.9,
            "shipping": 0,
            "discount": 1,
            "items": [
                {"sku": "s1", "name": "Shoe", "category": ["men", "run"], "price": 29.95, "quantity": 2},
                {"sku": "s2"},
            ],
        },
    ),
    ("idgoal=0&revenue=5&ec_items=%5B%5D", "cart_update", {"value": 5, "items": []}),
    ("idgoal=0", "cart_update", {"value": 0, "items": []}),
    (
        "_pks=s1&_pkn=Shoe&_pkc=%5B%22men%22%2C%22run%22%5D&_pkp=29.95",
        "product_view",
        {"sku": "s1", "name": "Shoe", "category": ["men", "run"], "price": 29.95},
    ),
    ("_pkc=men", "product_view", {"category": "men"}),
    ("_pkp=3", "page_view", {}),
    (
        "c_n=Banner&c_p=a.png&c_t=https%3A%2F%2Fa.example%2F%3Freset_token%3D1",
        "content_impression",
        {"content": "Banner", "piece": "a.png", "target": "https://a.example/"},
    ),
    (
        "c_n=Banner&c_i=click",
        "content_interaction",
        {"content": "Banner", "piece": "Unknown", "interaction": "click"},
    ),
    ("ping=1&e_c=a&e_a=b", "heartbeat", {}),
]


@pytest.mark.parametrize(("query", "event", "fields"), MEANINGS, ids=[query[:40] for query, _, _ in MEANINGS])
def test_what_happened(query: str, event: str, fields: dict[str, Any]) -> None:
    found = hit("idsite=1&rec=1&" + query)
    assert (found.event, found.fields) == (event, fields)


def test_what_a_client_measured_goes_along_and_structures_are_read() -> None:
    found = hit(
        "pf_net=12&res=1920x1080&h=1&pdf=1&cookie=1&dimension1=gold&dimension999=x&dimension1000=no&dimension2="
        + "&_rcn=spring+sale&_rck=&_ref=https%3A%2F%2Fx.example%2F&_refts=1&uadata="
        + quote('{"platform":"Linux"}')
        + "&cvar="
        + quote('{"1":["who","Zo\\u00eb"]}')
        + "&_cvar=%7Bbroken"
    )
    assert found.fields == {
        **dict.fromkeys(("h", "pdf", "cookie"), "1"),
        "pf_net": "12",
        "_rcn": "spring sale",
        "res": "1920x1080",
        "dimensions": {"1": "gold", "999": "x"},
        "uadata": {"platform": "Linux"},
        "cvar": {"1": ["who", "Zoë"]},
    }


def test_what_a_matomo_gets_as_it_came_is_what_the_tag_type_passes_on() -> None:
    assert {*PASSED} == matomo.MEASURED | matomo.STRUCTURED | {"bots"}


def test_where_it_happened() -> None:
    beside = Beside("https://shop.example.com/behind", "de")
    found = hit("url=https%3A%2F%2Fshop.example.com%2Fa&urlref=&action_name=A+b%2Bc&lang=en", beside=beside)
    assert (found.url, found.referrer, found.title, found.language) == ("https://shop.example.com/a", "", "A b+c", "en")
    found = hit("rec=1", beside=beside)
    assert (found.url, found.referrer, found.title, found.language) == (beside.url, None, None, "de")


def test_of_two_with_one_name_the_last_counts_and_what_has_no_value_is_not_there() -> None:
    assert parameters("a=1&b&a=2&c=&d[]=3&&=4") == {"a": "2", "c": "", "d[]": "3", "": "4"}
    assert parameters("a=%F6%zz%") == {"a": "�%zz%"}


# who


@pytest.mark.parametrize(
    ("query", "user"),
    [("uid=alice", "alice"), ("uid=", ""), ("new_visit=1", None), ("rec=1", UNSET), ("uid=a&new_visit=1", "a")],
)
def test_who_is_signed_in(query: str, user: object) -> None:
    assert hit(query).user_id is user or hit(query).user_id == user


def test_a_browser_speaks_for_itself_only() -> None:
    found = hit("ua=Chrome&rec=1")
    assert (found.ip, found.user_agent, found.trusted) == ("203.0.113.9", "Firefox", False)


def test_a_server_speaks_for_its_visitor() -> None:
    found = hit("cip=192.0.2.7&ua=Chrome&rec=1", SERVER)
    assert (found.ip, found.user_agent, found.trusted) == ("192.0.2.7", "Chrome", True)
    found = hit("rec=1", SERVER)
    assert found.ip is None, "its own is no visitor's"
    assert found.user_agent == "php", "where Matomo's clients say which browser the visitor has"


def test_that_bots_count_is_for_a_server_to_say() -> None:
    assert hit("bots=1", SERVER).fields == {"bots": "1"}
    assert hit("bots=0", SERVER).fields == hit("bots=1").fields == {}


@pytest.mark.parametrize("name", ["cip", "country", "region", "city", "lat", "long"])
def test_what_only_a_server_may_say(name: str) -> None:
    assert refused(**{name: "Berlin"}) == "needs_token"
    assert hit("", SERVER, **{name: "Berlin"}).event == "page_view"


@pytest.mark.parametrize(
    ("told", "visitor"),
    [
        ({"_id": "0123456789ABCDEF"}, "matomo:0123456789abcdef"),
        ({"_id": "0123456789abcdef0123"}, "matomo:0123456789abcdef"),
        ({"_id": "0123"}, None),
        ({"_id": ""}, None),
        ({"cid": "fedcba9876543210", "_id": "0123456789abcdef"}, "matomo:fedcba9876543210"),
        ({"cid": "6ba7b810-9dad-11"}, "matomo:6ba7b810-9dad-11"),
    ],
)
def test_which_visitor_it_claims_to_be(told: dict[str, str], visitor: str | None) -> None:
    assert hit("", BROWSER, **told).visitor == visitor


def test_the_page_is_told_apart_from_the_pages_of_others() -> None:
    assert hit("", BROWSER, pv_id="AbC123", _id="0" * 16).page == "AbC123:" + "0" * 16
    assert hit("", BROWSER, pv_id="AbC123").page == "AbC123:203.0.113.9"
    assert hit("", BROWSER, _id="0" * 16).page is None


def test_consent_is_for_the_purpose_that_the_container_names() -> None:
    assert hit("consent=1").consent == {"analytics": True}
    assert hit("consent=1").consent_at is None
    assert hit("consent=0").consent == {}
    assert hit("rec=1").consent == {}


# when


@pytest.mark.parametrize(
    ("query", "ago"),
    [
        ("rec=1", 0),
        (f"cdt={NOW // 1000 - 60}", 60),
        (f"cdt={NOW // 1000 - 61}.99999", 60.001),
        ("cdt=2026-05-28+20%3A25%3A40", 60),
        ("cdt=2026-05-28T20%3A25%3A40.000Z", 60),
        ("cdt=2026-05-28T22%3A25%3A40%2B02%3A00", 60),
        (f"cdt={NOW // 1000 + 60}", 0),
        ("cdt=yesterday", 0),
        ("cdt=99999999999999", 0),
        ("cdo=60", 60),
        (f"cdt={NOW // 1000 - 60}&cdo=60", 120),
        ("cdo=-60", 0),
    ],
)
def test_when_it_happened(query: str, ago: float) -> None:
    assert hit(query).at == NOW - round(ago * 1000)


def test_a_time_of_more_than_a_day_ago_needs_the_token() -> None:
    old = f"cdt={NOW // 1000 - 90_000}"
    assert refused(old) == "needs_token"
    assert refused("cdo=90000") == "needs_token"
    assert hit(old, SERVER).at == NOW - 90_000_000
    assert hit("cdt=1", SERVER).at == NOW - 72 * 3_600_000


def test_a_request_sent_again_is_the_same_hit() -> None:
    one = hit("r=123456&s=7&url=https%3A%2F%2Fshop.example.com%2F&token_auth=a")
    assert one.id is not None
    assert len(one.id) == 32
    assert hit("token_auth=b&url=https%3A%2F%2Fshop.example.com%2F&r=123456&s=7").id == one.id
    assert hit("r=123457&s=7&url=https%3A%2F%2Fshop.example.com%2F").id != one.id
    assert hit("rand=1234&pv_id=AbC123").id is not None
    assert hit("rand=1234").id is None, "an image in the text of a page"
    assert hit("url=https%3A%2F%2Fshop.example.com%2F").id is None
    assert hit("r=1&s=7").id is None


# what cannot be read


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("action_name=a%00b", "nul_character"),
        ("cid=short", "bad_cid"),
        ("idgoal=x", "bad_goal"),
        ("ca=1", "unknown_action"),
        ("&".join(f"dimension{n}=1" for n in range(1, 102)), "too_many"),
    ],
)
def test_what_cannot_be_read(query: str, code: str) -> None:
    assert refused(query) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"requests":', "not_json"),
        (b'{"requests":{}}', "bad_batch"),
        (b' "requests"', "bad_batch"),
        (b'{"requests":[' + b"1," * 200 + b"1]}", "bad_batch"),
        (b'{"requests":[],"requests":[]}', "duplicate_key"),
    ],
)
def test_a_bulk_that_cannot_be_read(body: bytes, code: str) -> None:
    assert is_bulk(body)
    with pytest.raises(BadHit) as caught:
        read_bulk(body)
    assert caught.value.code == code


def test_a_bulk() -> None:
    found = read_bulk(b'{"requests":["?a=1"],"token_auth":"t","send_image":0}')
    assert (found.entries, found.token, found.quiet) == (["?a=1"], "t", True)
    assert not read_bulk(b'{"requests":[]}').quiet
    assert not is_bulk(b"requests=1")
    assert not is_bulk(b'"requests"')


def test_the_forms_of_an_entry() -> None:
    assert entry("?a=1&b=2") == {"a": "1", "b": "2"}
    assert entry("https://stats.example.com/matomo.php?a=1#b=2") == {"a": "1"}
    assert entry({"a": 1, "b": "x", "c": [1], "d": None, "e": True}) == {"a": "1", "b": "x", "e": "1"}
    for odd in ("a=1", "", 1, None, [], True):
        with pytest.raises(BadHit):
            entry(odd)


NAMES = (
    "url urlref action_name _id cid uid cdt cdo e_c e_a e_v idgoal ec_id ec_items revenue c_n c_t link download search "
    "ping cvar _cvar uadata pv_id dimension1 dimension0 _pks _pkc r rand ca new_visit consent lang ua cip"
)
VALUES = st.text(max_size=30) | st.sampled_from(
    ["1", "0", "-1", "1e5", "[]", "{}", '[["a"]]', '{"1":["a","b"]}', "nan"]
)


@QUICK
@given(st.dictionaries(st.sampled_from(NAMES.split()), VALUES, max_size=12), st.booleans())
def test_anything_is_a_hit_or_cannot_be_read(told: dict[str, str], trusted: bool) -> None:
    try:
        said = parameters(urlencode(told, errors="surrogatepass"))
        found = read_hit(said, SHOP, SERVER if trusted else BROWSER, Beside())
    except BadHit as error:
        assert error.code
        return
    assert NOW - 72 * 3_600_000 <= found.at <= NOW
    assert found.event
    assert len(found.event) <= 100
    assert found.trusted is trusted
    json.dumps(dict(found.fields), allow_nan=False)


@QUICK
@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=8))
def test_what_was_encoded_is_read_as_it_was(told: dict[str, str]) -> None:
    told = {name: value for name, value in told.items() if name.isalnum() and name.isascii() and "\0" not in value}
    assert parameters(urlencode(told)) == told
