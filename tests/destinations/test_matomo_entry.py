"""Matomo entries, read back as PHP reads them."""

import json
import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from receivers import parameters

from gateway.destinations import TABLE
from gateway.destinations.matomo_entry import MEANINGS, PASSED, entry
from gateway.destinations.matomo_words import (
    address,
    categories,
    data,
    flag,
    items,
    number,
    resolution,
    rounded,
    text,
    whole,
)
from gateway.destinations.protocol import Target
from gateway.model import Delivery, Form, Json

NOW = 1_780_000_000
TOKEN = "0123456789abcdef0123456789abcdef"
FORBIDDEN = {
    *("_id", "token_auth", "country", "region", "city", "lat", "long", "cdo", "debug", "_idts", "_idvc"),
    *("queuedtracking", "action_url", "cip "),
}
OURS = {"idsite", "rec", "apiv", "cid", "uid", "new_visit", "cdt", "cip", "send_image"}

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
scalars = st.one_of(words, st.booleans(), st.integers(), st.floats(), st.none())
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)
hexes = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.sampled_from([*MEANINGS, "page_view", "product_view", "sign_up"]) | words.filter(str.strip)
told = st.dictionaries(
    st.sampled_from(
        [
            *(
                "category",
                "name",
                "value",
                "term",
                "results",
                "href",
                "goal",
                "order_id",
                "tax",
                "items",
                "sku",
                "title",
            ),
            *("price", "content", "piece", "target", "interaction", "uid", "cid", "_id", "token_auth", "cip", "idsite"),
            *PASSED,
        ]
    ),
    anything,
    max_size=6,
)
listed = st.dictionaries(
    st.sampled_from(
        [
            *(
                "dimension1",
                "dimension999",
                "dimension0",
                "dimension1000",
                "revenue",
                "e_c",
                "e_a",
                "e_n",
                "e_v",
                "uid",
            ),
            *("cid", "_id", "token_auth", "cip", "cdt", "new_visit", "idsite", "rec", "country", "search_cat", "ec_tx"),
            *("action_name", "res", "pf_net", "search", "idgoal", "ec_id", "link", "ping", "url"),
        ]
    ),
    words | st.booleans() | st.floats() | st.lists(words, max_size=3),
    max_size=6,
)
deliveries = st.builds(
    Delivery,
    id=st.just("00" * 16),
    event=names,
    at=st.integers(0, 2 * NOW * 1000),
    form=st.sampled_from(Form),
    user=st.none() | words,
    account=st.none() | words,
    visitor=hexes,
    new_visit=st.booleans(),
    page_view=st.none() | hexes.map(lambda text: text[:32]),
    url=st.none() | words,
    title=st.none() | words,
    referrer=st.none() | words,
    language=st.none() | words,
    user_agent=st.none() | words,
    ip=st.none() | st.just("203.0.113.0"),
    fields=listed,
    details=told,
    identifiers=st.dictionaries(words, words, max_size=2),
)


def target(*, token: bool = False, **settings: Json) -> Target:
    return Target(
        container="shop",
        tag="matomo",
        settings={"url": "https://stats.example.com/", "site_id": 3, **settings},
        secrets={"token": TOKEN} if token else {},
    )


def hit(event: str = "page_view", **told: Any) -> Delivery:
    return Delivery(**{"id": "00" * 16, "event": event, "at": NOW * 1000, "visitor": "ab" * 32, **told})


def read(delivery: Delivery, *, token: bool = False, **settings: Json) -> dict[str, str]:
    return parameters(entry(delivery, target(token=token, **settings), NOW))


few = settings(max_examples=20, deadline=None)


@settings(max_examples=80, deadline=None)
@given(deliveries, st.booleans())
@example(hit("purchase", details={"order_id": "?&=#+%"}, url="https://x/?a=%E9#&uid=mallory"), True)
def test_whatever_comes(delivery: Delivery, token: bool) -> None:
    line = entry(delivery, target(token=token), NOW)
    assert line.startswith("?idsite=3&rec=1&")
    assert line.count("?") == 1
    assert set(line) <= set(string.ascii_letters + string.digits + "?&=%-_.~")
    assert len(line[1:].split("&")) == len({pair.partition("=")[0] for pair in line[1:].split("&")})
    got = parameters(line)
    assert not FORBIDDEN & got.keys()
    assert got["cid"] == delivery.visitor[:16]
    assert got["idsite"] == "3"
    assert got["rec"] == "1"
    assert got["send_image"] == "0"
    for value in got.values():
        assert value.strip().lower() not in {"", "undefined", "null", "[object object]"}
    assert ("new_visit" in got) == delivery.new_visit
    assert got.get("cip") == (delivery.ip if token else None)
    if delivery.form is Form.NONE or delivery.user is None:
        assert "uid" not in got
    elif "uid" in got:
        assert delivery.user.replace("\0", "").strip().startswith(got["uid"])
    at = datetime.strptime(got["cdt"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    assert at <= NOW
    assert token or at >= NOW - 86_400


@few
@given(deliveries)
def test_the_id_stands_nowhere_but_in_uid(delivery: Delivery) -> None:
    secret = "raw-id-of-somebody"
    for form in (Form.NONE, Form.PSEUDONYM, Form.RAW):
        known = Delivery(
            **{name: getattr(delivery, name) for name in delivery.__struct_fields__} | {"form": form, "user": secret}
        )
        places = [name for name, value in read(known).items() if secret in value]
        assert places == ([] if form is Form.NONE else ["uid"])


@few
@given(st.lists(deliveries, min_size=1, max_size=5))
def test_a_bulk_is_json_with_an_entry_each(many: list[Delivery]) -> None:
    request = TABLE["matomo"].render(many, target(token=True), NOW)
    assert request.url == "https://stats.example.com/matomo.php"
    bulk = json.loads(request.body)
    assert set(bulk) == {"requests", "token_auth"}
    assert bulk["token_auth"] == TOKEN
    assert [parameters(line)["cid"] for line in bulk["requests"]] == [one.visitor[:16] for one in many]
    assert TOKEN not in request.url + "".join(bulk["requests"])
    assert TOKEN not in repr(request)


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        ("https://stats.example.com", "https://stats.example.com/matomo.php"),
        ("https://example.com/piwik/", "https://example.com/piwik/matomo.php"),
        ("https://example.com/matomo.php", "https://example.com/matomo.php"),
        ("https://example.com/piwik.php", "https://example.com/piwik.php"),
    ],
)
def test_the_address(url: str, posted: str) -> None:
    matomo = TABLE["matomo"]
    assert matomo.render([hit()], target(url=url), NOW).url == posted
    assert matomo.exclusive({"url": url, "site_id": 3}) == f"matomo {posted} 3"


def test_one_site_is_one_whatever_its_address_ends_with() -> None:
    matomo = TABLE["matomo"]
    assert matomo.exclusive({"url": "https://x/", "site_id": 3}) == matomo.exclusive({"url": "https://x", "site_id": 3})
    assert matomo.exclusive({"url": "https://x/", "site_id": 3}) != matomo.exclusive(
        {"url": "https://x/", "site_id": 4}
    )


@pytest.mark.parametrize("visitor", ["", "abc"])
def test_no_hit_without_a_visitor(visitor: str) -> None:
    with pytest.raises(ValueError, match="visitor"):
        entry(hit(visitor=visitor), target(), NOW)


@pytest.mark.parametrize(
    ("at", "token", "cdt"),
    [
        (NOW * 1000 + 5000, False, "2026-05-28 20:26:40"),
        (NOW * 1000 - 999, False, "2026-05-28 20:26:39"),
        ((NOW - 22 * 3600) * 1000, False, "2026-05-27 22:26:40"),
        ((NOW - 70 * 3600) * 1000, False, "2026-05-27 21:26:40"),
        ((NOW - 70 * 3600) * 1000, True, "2026-05-25 22:26:40"),
    ],
)
def test_the_time(at: int, token: bool, cdt: str) -> None:
    assert read(hit(at=at), token=token)["cdt"] == cdt


@pytest.mark.parametrize(
    ("delivery", "options", "said"),
    [
        (hit(title="T", details={"title": "Mine", "category": "Docs"}), {}, {"action_name": "Docs/Mine"}),
        (hit(title="T", fields={"action_name": "F"}), {}, {"action_name": "F"}),
        (hit(title=" null "), {}, {}),
        (hit("signup"), {}, {"e_c": "shop", "e_a": "signup", "ca": "1"}),
        (hit("signup", details={"category": "C"}), {}, {"e_c": "C", "e_a": "signup", "ca": "1"}),
        (hit("signup", fields={"e_c": "F", "e_n": "N", "e_v": "7"}), {},
         {"e_c": "F", "e_a": "signup", "e_n": "N", "e_v": "7", "ca": "1"}),
        (hit("signup", fields={"e_v": "seven", "e_n": " "}), {}, {"e_c": "shop", "e_a": "signup", "ca": "1"}),
        (hit(fields={"e_c": "F", "search_cat": "x", "ec_tx": 1.0}), {}, {}),
        (hit("search", details={"term": "a"}, fields={"search_cat": "c", "search_count": 3.0}), {},
         {"search": "a", "search_cat": "c", "search_count": "3"}),
        (hit("search"), {}, {"e_c": "shop", "e_a": "search", "ca": "1"}),
        (hit("outlink"), {}, {"e_c": "shop", "e_a": "outlink", "ca": "1"}),
        (hit("download", details={"href": "null"}), {}, {"e_c": "shop", "e_a": "download", "ca": "1"}),
        (hit("goal", details={"category": "N", "name": "x"}), {}, {"e_c": "N", "e_a": "goal", "e_n": "x", "ca": "1"}),
        (hit("goal", details={"goal": 0}), {}, {"e_c": "shop", "e_a": "goal", "ca": "1"}),
        (hit("goal", details={"goal": "4", "value": "1.50"}), {}, {"idgoal": "4", "revenue": "1.50"}),
        (hit("lead", details={"value": 2}), {"goals": {"lead": 9}}, {"idgoal": "9", "revenue": "2"}),
        (hit("purchase", details={"order_id": 12, "value": 1e-7, "subtotal": 10**16}, fields={"ec_tx": 1.5}), {},
         {"idgoal": "0", "ec_id": "12", "revenue": "0.0000001", "ec_tx": "1.5"}),
        (hit("cart_update"), {}, {"idgoal": "0", "revenue": "0"}),
        (hit("cart_update", details={"action": "view", "value": 3}), {}, {"idgoal": "0", "revenue": "3"}),
        (hit("cart_update", details={"action": "add", "value": 3, "items": [{"sku": "s"}]}), {},
         {"e_c": "shop", "e_a": "cart_update", "e_n": "add", "e_v": "3", "ca": "1"}),
        (hit("cart_update", details={"action": "remove"}), {},
         {"e_c": "shop", "e_a": "cart_update", "e_n": "remove", "ca": "1"}),
        (hit("content_interaction"), {}, {"e_c": "shop", "e_a": "content_interaction", "ca": "1"}),
        (hit("content_interaction", details={"content": "x"}), {}, {"c_n": "x", "ca": "1", "c_i": "click"}),
        (hit("heartbeat"), {}, {"ping": "1"}),
        (hit("heartbeat", fields={"res": "big", "pf_net": "1.5", "pf_srv": -1}), {}, {"ping": "1", "pf_net": "2"}),
        (hit("null"), {}, {"e_c": "shop", "e_a": "null", "ca": "1"}),
        (hit("identify"), {}, {"ping": "1"}),
        (hit(details={"res": "10x20", "uadata": {"mobile": True}, "pf_net": 12}), {},
         {"res": "10x20", "uadata": '{"mobile":true}', "pf_net": "12"}),
        (hit(details={"_rcn": "c" * 300, "_rck": "null"}), {}, {"_rcn": "c" * 255}),
        (hit("signup", details={"cookie": "al", "s": "a", "res": "big", "cvar": "b", "pf_srv": "c", "bots": "1"}), {},
         {"e_c": "shop", "e_a": "signup", "ca": "1", "bots": "1"}),
        (hit(fields={"dimension1": True, "dimension2": ["a", "", "b"], "dimension3": 1.0}), {},
         {"dimension1": "true", "dimension2": "a,b", "dimension3": "1"}),
        (hit(details={"dimensions": {"1": "gold", "2": 3, "0": "x", "1000": "x", "uid": "x"}},
             fields={"dimension2": "listed"}), {}, {"dimension1": "gold", "dimension2": "listed"}),
        (hit(details={"dimensions": "gold"}), {}, {}),
        (hit("product_view", title="P", details={"sku": "S", "name": "N", "category": "C", "price": "2"}), {},
         {"action_name": "P", "_pks": "S", "_pkn": "N", "_pkc": "C", "_pkp": "2"}),
    ],
)  # fmt: skip
def test_what_it_was(delivery: Delivery, options: dict[str, Json], said: dict[str, str]) -> None:
    got = {name: value for name, value in read(delivery, **options).items() if name not in OURS}
    assert got == said


def test_the_category_is_the_sites_name_where_it_is_known() -> None:
    named = Target(container="shop", tag="m", settings={"url": "https://x", "site_id": 1}, site="Acme Shop")
    assert parameters(entry(hit("signup"), named, NOW))["e_c"] == "Acme Shop"


def test_values_are_cut_to_matomos_limits() -> None:
    long = "é" * 5000
    got = read(
        hit(form=Form.RAW, user=long, url=f"https://x/{'%C3%A9' * 900}", title=long, referrer="https://x/" + "a" * 5000,
            language=long, user_agent=long, fields={"dimension1": long}, details={"uadata": long}),
    )  # fmt: skip
    assert {name: len(got[name]) for name in ("uid", "action_name", "urlref", "lang", "ua", "dimension1")} == {
        "uid": 200, "action_name": 1024, "urlref": 1500, "lang": 20, "ua": 512, "dimension1": 250,
    }  # fmt: skip
    assert len(got["url"]) <= 1024
    assert got["url"].endswith(("%C3", "%A9"))
    assert "uadata" not in got


def test_lone_surrogates_are_our_own_failure() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        entry(hit(title="\ud800"), target(), NOW)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (text("a\0b ", 9), "ab"),
        (text("abc d", 4), "abc"),
        (text({"a": 1}, 9), ""),
        (text(None, 9), ""),
        (text([], 9), ""),
        (text(("a", ["b", None]), 9), "a,b"),
        (text(float("nan"), 9), ""),
        (number(-0.0), "0"),
        (number(-1.25), "-1.25"),
        (number(1e14), "100000000000000"),
        (number(1e15), ""),
        (number(float("inf")), ""),
        (number(True), ""),
        (number("1e3"), ""),
        (number(None), ""),
        (whole(-1), ""),
        (whole(1.5), ""),
        (whole("12"), "12"),
        (address(None, 5), ""),
        (address("https://x/%C", 12), "https://x/%C"),
        (address("https://x/%C3", 12), "https://x/"),
        (address("https://x/%C3", 11), "https://x/"),
        (data({"a": "x" * 4088}), '{"a":"' + "x" * 4088 + '"}'),
        (data({"a": "x" * 4089}), ""),
        (data("abc"), ""),
        (rounded("12.7"), "13"),
        (rounded(-3), ""),
        (rounded("25h"), ""),
        (flag("True"), "1"),
        (flag(0), "0"),
        (flag("alice"), ""),
        (resolution("1920x1080"), "1920x1080"),
        (resolution("large"), ""),
        (categories(["a", None, "b", "c", "d", "e", "f"]), '["a","b","c","d","e"]'),
        (categories([None]), ""),
        (categories(None), ""),
        (items(None), ""),
        (items(["x", {}, {"price": 3}]), ""),
        (items([{"sku": "S", "category": ["a", "b"], "quantity": 2}]), '[["S","",["a","b"],0.0,2]]'),
        (items([{"name": "N", "category": [], "price": "1.5"}]), '[["N","N","",1.5,1]]'),
    ],
)  # fmt: skip
def test_words(made: str, said: str) -> None:
    assert made == said


def test_what_fields_may_name() -> None:
    import re

    allowed = TABLE["matomo"].type.fields
    assert allowed is not None
    may = lambda name: any(re.fullmatch(pattern, name) for pattern in allowed)  # noqa: E731
    assert all(map(may, ("dimension1", "dimension999", "revenue", "e_c", "e_n", "e_v", "action_name", "pf_srv")))
    assert not any(map(may, (*FORBIDDEN, *OURS, "dimension0", "dimension1000", "dimension", "e_a", "uadata", "url")))
