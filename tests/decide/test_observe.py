"""Every variable's value of a hit (containers.md, Variables)."""

from typing import Any

import pytest
from msgspec import UNSET
from people.shops import container, with_user

from gateway.decide.address import MAX_URL
from gateway.decide.observe import Observer
from gateway.language.values import NOT_PROVEN
from gateway.model import ABSENT, CannotTell, Choice, Consent, Hit, Identity, Reading, Signed

VARIABLES = """\
  plan:     { constant: gold }
  internal: { header: X-Internal }
  colour:   { cookie: colour, default: blue }
  size:     { data_layer: size, type: number }
  words:    { data_layer: words, type: set, default: a }
  price:    { event: price, type: number }
  deep:     { event: a.b }
  email:    { trait: contact.email, personal: true }
  href:     { url: href }
  host:     { url: host }
  path:     { url: path }
  rest:     { url: query }
  hash:     { url: hash }
  folder:   { url: directory }
  section:  { query: section }
  dropped:  { query: token }
  title:    { page: title }
  language: { page: language }
  from:     { page: referrer }
  site:     { page: referrer_host }"""
UNUSED = (
    "  used: { "
    + ", ".join(f"{line.split(':')[0].strip()}: {{ present: true }}" for line in VARIABLES.split("\n"))
    + " }"
)
OBSERVER = Observer(container(VARIABLES, UNUSED), None)
URL = "https://u:p@Shop.example.com:8443/a/b/c.html?section=news&token=t&section=x&empty=#frag"


def read(name: str, **told: Any) -> Reading:
    hit = Hit(container="shop", event="page_view", at=0, arrived=0, **told)
    return OBSERVER.observe(hit, OBSERVER.identify(hit), OBSERVER.cookie_choice(hit), []).readings[name]


def cannot_tell(value: Reading) -> bool:
    return isinstance(value, CannotTell)


def test_what_the_gateway_reads_itself() -> None:
    assert read("plan", values={"plan": "silver"}) == "gold"
    assert read("event") == "page_view"
    assert read("internal", headers={"x-internal": "on"}) == "on"
    assert read("internal") is ABSENT
    assert cannot_tell(read("internal", trusted=True, headers={"x-internal": "on"}))


def test_a_text_that_is_too_long_is_not_looked_at() -> None:
    assert read("internal", headers={"x-internal": "x" * 4096})
    assert cannot_tell(read("internal", headers={"x-internal": "x" * 4097}))


def test_no_address_tells_what_the_site_drops() -> None:
    said, left = "https://a.example/?token=t&b=2", "https://a.example/?b=2"
    assert read("internal", headers={"x-internal": said}) == left
    assert read("colour", cookies={"colour": said}) == left
    assert read("colour", values={"colour": said}) == left
    assert read("email", traits={"contact": {"email": said}}) == left
    assert read("words", values={"words": [said, "token=t"]}) == {left, "token=t"}
    assert cannot_tell(read("internal", headers={"x-internal": said + "&c=" + "x" * 4096}))


def test_a_cookie_is_read_from_the_request_else_as_claimed() -> None:
    assert read("colour", cookies={"colour": "red"}, values={"colour": "green"}) == "red"
    assert read("colour", values={"colour": "green"}) == "green"
    assert read("colour", values={"colour": None}) == "blue"
    assert read("colour", cookies={"colour": ""}) == "blue"
    assert cannot_tell(read("colour"))


def test_absent_is_only_what_was_looked_for() -> None:
    assert read("size", values={"size": "7.5"}) == 7.5
    assert read("size", values={"size": None}) is ABSENT
    assert read("size", values={"size": ""}) is ABSENT
    assert cannot_tell(read("size"))
    assert cannot_tell(read("size", values={"size": "big"}))
    assert read("words", values={"words": ["x", "y"]}) == frozenset({"x", "y"})
    assert read("words", values={"words": []}) == frozenset({"a"})


def test_fields_of_the_event() -> None:
    assert read("price", fields={"price": 7}) == 7.0
    assert read("price") is ABSENT
    assert read("deep", fields={"a": {"b": "x"}}) == "x"
    assert read("deep", fields={"a.b": "flat", "a": {"b": "x"}}) == "flat"
    assert read("deep", fields={"a": "text"}) is ABSENT
    assert cannot_tell(read("deep", fields={"a": {"b": {}}}))


def test_traits() -> None:
    assert read("email", traits={"contact": {"email": "a@b.example"}}) == "a@b.example"
    assert read("email", traits={"contact.email": "flat@b.example"}) == "flat@b.example"
    assert read("email", traits={}) is ABSENT
    assert cannot_tell(read("email"))


def test_parts_of_the_address_without_user_and_dropped_parameters() -> None:
    assert read("href", url=URL) == "https://Shop.example.com:8443/a/b/c.html?section=news&section=x&empty=#frag"
    assert read("host", url=URL) == "shop.example.com"
    assert read("path", url=URL) == "/a/b/c.html"
    assert read("rest", url=URL) == "section=news&section=x&empty="
    assert read("hash", url=URL) == "frag"
    assert read("folder", url=URL) == "/a/b/"
    assert read("folder", url="https://shop.example.com") == "/"
    assert read("hash", url="https://shop.example.com/") is ABSENT
    for name in ("href", "host", "path", "rest", "hash", "folder", "section"):
        assert cannot_tell(read(name))
        assert cannot_tell(read(name, url=""))
        assert cannot_tell(read(name, url="javascript:alert(1)"))


def test_parameters_of_the_address() -> None:
    assert read("section", url=URL) == "news"
    assert read("section", url="https://shop.example.com/?section=a%20b+c") == "a b c"
    assert read("section", url="https://shop.example.com/?section=") is ABSENT
    assert read("section", url="https://shop.example.com/") is ABSENT
    assert read("section", url="https://shop.example.com/?" + "&" * 1900 + "section=x") == "x"
    assert read("dropped", url=URL) is ABSENT


def test_the_page() -> None:
    assert read("title", title="Shoes") == "Shoes"
    assert read("title", title="") is ABSENT
    assert cannot_tell(read("title"))
    assert read("language", language="de-AT") == "de-AT"
    assert read("from", referrer="https://x.example/?token=1&a=b") == "https://x.example/?a=b"
    assert read("from", referrer="") is ABSENT
    assert read("from", referrer="javascript:x") is ABSENT
    assert cannot_tell(read("from"))
    assert read("site", referrer="https://X.example:81/?token=1") == "x.example"
    assert read("site", referrer="") is ABSENT


def test_every_variable_is_in_the_facts_and_nothing_else() -> None:
    hit = Hit(container="shop", event="x", at=0, arrived=0)
    assert set(OBSERVER.observe(hit, Identity(Signed.UNSAID), {}, []).readings) == {
        "event",
        *(line.split(":")[0].strip() for line in VARIABLES.split("\n")),
    }


def test_consent_is_the_hits_the_cookies_and_what_is_kept() -> None:
    hit = Hit(container="shop", event="x", at=0, arrived=0, cookies={"choice": "statistics"})
    assert OBSERVER.cookie_choice(hit) == {"analytics": True}
    unsaid = Identity(Signed.UNSAID)
    assert OBSERVER.observe(hit, unsaid, OBSERVER.cookie_choice(hit), []).consent == {"analytics": Consent.GRANTED}
    kept = [{"analytics": Choice(Consent.REFUSED, 0)}]
    assert OBSERVER.observe(hit, unsaid, OBSERVER.cookie_choice(hit), kept).consent == {"analytics": Consent.REFUSED}
    server = Hit(container="shop", event="x", at=0, arrived=0, cookies={"choice": "statistics"}, trusted=True)
    assert OBSERVER.cookie_choice(server) == {}
    assert OBSERVER.cookie_choice(Hit(container="shop", event="x", at=0, arrived=0)) == {}


# who is signed in

SEEN = Observer(
    with_user(
        proof="verified_by: { signature: proof, key: { secret: k } }\n  ",
        variables="  whole: { data_layer: user }\n  name: { data_layer: user.name }\n  mail: { trait: email }\n",
        triggers="  u: { whole: x }\n  n: { name: x }\n  m: { mail: x }\n",
        tag="",
    ),
    None,
)


@pytest.mark.parametrize("signed", Signed)
def test_the_id_is_what_was_found_out_and_not_what_was_said(signed: Signed) -> None:
    values = {"account_id": "raw", "company": "acme", "whole": "raw acme", "name": "Zoe"}
    hit = Hit(container="shop", event="x", at=0, arrived=0, values=values, user_id=UNSET)
    who = Identity(signed, "alice" if signed is Signed.VERIFIED else None)
    readings = SEEN.observe(hit, who, {}, []).readings
    expected = {"verified": "alice", "nobody": ABSENT, "unverified": NOT_PROVEN}
    if signed is Signed.UNSAID:
        assert cannot_tell(readings["account_id"])
    else:
        assert readings["account_id"] == expected[signed.value]
    hidden = signed is Signed.UNVERIFIED
    assert (readings["company"] is NOT_PROVEN) == hidden
    assert (readings["whole"] is NOT_PROVEN) == hidden
    assert readings["name"] == "Zoe"


def test_addresses_that_come_again_are_remembered_unless_they_are_long() -> None:
    observer = Observer(container(VARIABLES, UNUSED), None)

    def section(url: str | None) -> Reading:
        hit = Hit(container="shop", event="page_view", at=0, arrived=0, url=url)
        return observer.observe(hit, observer.identify(hit), {}, []).readings["section"]

    for _ in range(2):
        assert section(URL) == "news"
        assert section("https://shop.example.com/?section=x") == "x"
        assert section(f"https://shop.example.com/?section=long&a={'x' * MAX_URL}") == "long"
        assert cannot_tell(section(None))
    assert observer._known_address.cache_info().currsize == 3
