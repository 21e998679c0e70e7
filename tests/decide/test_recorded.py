"""Recorded hits → what they tell, in a test's words too; and hits as they are typed."""

from typing import Any

import pytest
from msgspec import UNSET

from gateway.decide.recorded import supposed, told
from gateway.decide.suppose import judge
from gateway.language.container import Container, Given
from gateway.model import Consent, Form, Hit, Signed
from tests.decide.test_suggest import LOADER

TEXT = """\
version: 1
site: { name: Shop, domains: ["*.shop.example"] }
consent: { from: { cookie: choice }, purposes: { analytics: a, marketing: m } }
variables:
  account_id: { data_layer: user.id }
  proof: { data_layer: user.proof }
  email: { trait: email, personal: true }
  total: { event: value, type: number }
  price: { event: price, type: number, decimal: comma }
  odd: { event: a.b }
  plan: { cookie: plan, default: free }
  tastes: { data_layer: tastes, type: set }
  path: { url: path }
  part: { url: query }
  anchor: { url: hash }
  source: { query: src }
  title: { page: title }
  shop: { constant: shop }
  both: { text: "{plan}/{shop}" }
triggers:
  buy: { event: purchase, consent: { granted: analytics } }
  known: { account_id: { present: true }, consent: { granted: analytics } }
tags:
  file: { type: file, send_when: buy, settings: { path: hits.jsonl } }
user_id:
  from: account_id
  hash_with: { secret: k }
PROOF  rules: [{ when: known, hash: [file] }]
  otherwise: drop
tests: []
"""
PROOF = "  verified_by: { token: proof, key: { secret: login } }\n"


def container(proof: str = "") -> Container:
    # The section's keys stand in an order of their own.
    text = TEXT.replace("  hash_with", f"{proof}  hash_with").replace("PROOF", "")
    loaded = LOADER.compile(text.encode(), "shop", "shop.yaml")
    assert loaded.container, "\n".join(loaded.report())
    return loaded.container


def hit(**more: Any) -> Hit:
    values = {"account_id": "c-999", "plan": None, "tastes": ["b", "a"], **more.pop("values", {})}
    said: dict[str, Any] = {"user_id": UNSET, "consent": {"analytics": True, "marketing": False}, **more}
    return Hit(container="shop", event="purchase", at=1000, arrived=2000, values=values, **said)


def test_a_recorded_hit_says_the_same_as_a_test() -> None:
    found = told(
        container(), hit(url="https://a.shop.example/x?src=mail", fields={"value": 7}, traits={"email": "a@b.c"})
    )
    assert found.given.consent == {"analytics": Consent.GRANTED, "marketing": Consent.REFUSED}
    assert found.given.values == {
        "email": "x",
        "total": "7",
        "plan": "free",
        "tastes": ("a", "b"),
        "path": "/x",
        "part": "src=mail",
        "source": "mail",
        "account_id": "c-4711",
    }
    assert judge(container())(found.given) == {"file": Form.PSEUDONYM}
    assert found.facts.identity.id == "c-999"
    assert not found.proof_believed


def test_what_nobody_can_judge_is_named_where_it_is_asked_for() -> None:
    asked = "  asked: { total: { at_least: 1 }, path: / }\n  built: { both: { present: true } }\ntags:\n"
    loaded = LOADER.compile(TEXT.replace("PROOF", "").replace("tags:\n", asked).encode(), "shop", "shop.yaml")
    assert loaded.container, loaded.report()
    found = told(loaded.container, hit(fields={"value": "much"}, values={"plan": 7}))
    assert set(found.given.cannot_tell) == {"total", "path"}
    assert "total" not in found.given.values


def test_a_guest() -> None:
    found = told(container(), hit(values={"account_id": None}, consent={}))
    assert "account_id" not in found.given.values
    assert found.given.consent == {}


def test_a_proof_is_believed_where_there_is_one() -> None:
    proven = container(PROOF)
    shown = told(proven, hit(values={"proof": "e.y.J"}))
    assert (shown.facts.identity.signed, shown.proof_believed, shown.given.signed) == (Signed.VERIFIED, True, True)
    assert "proof" not in shown.given.values
    without = told(proven, hit())
    assert (without.facts.identity.signed, without.proof_believed, without.given.signed) == (
        Signed.UNVERIFIED,
        False,
        False,
    )
    assert without.given.values["account_id"] == "c-4711"
    assert "account_id" not in without.given.cannot_tell
    trusted = told(proven, hit(trusted=True, proof="x"))
    assert (trusted.facts.identity.signed, trusted.proof_believed) == (Signed.VERIFIED, False)


def test_without_a_user_id_nobody_is_anybody() -> None:
    text = TEXT[: TEXT.index("user_id:")] + "tests: []\n"
    loaded = LOADER.compile(text.encode(), "shop", "shop.yaml")
    assert loaded.container
    found = told(loaded.container, hit())
    assert found.given.values["account_id"] == "c-999"
    assert judge(loaded.container)(found.given) == {"file": Form.NONE}


URLS = {
    "nothing": ({}, None),
    "path": ({"path": "/a b"}, "https://shop.example/a%20b"),
    "parts": ({"part": "a=1", "anchor": "top", "source": "x y"}, "https://shop.example/?a=1&src=x+y#top"),
}


@pytest.mark.parametrize(("values", "url"), URLS.values(), ids=list(URLS))
def test_the_address_of_a_hit_that_is_typed(values: dict[str, str], url: str | None) -> None:
    assert supposed(container(), Given(event="x", values=values), 5).url == url


def test_a_whole_address_is_taken_as_it_is() -> None:
    text = TEXT.replace("{ url: path }", "{ url: href }")
    loaded = LOADER.compile(text.replace("PROOF", "").encode(), "shop", "shop.yaml")
    assert loaded.container
    assert supposed(loaded.container, Given(event="x", values={"path": "https://x/y"}), 5).url == "https://x/y"


def test_the_event_of_a_hit_that_is_typed() -> None:
    values = {"total": "7.5", "price": "1,50", "odd": "x", "title": "Hi", "tastes": ("a",)}
    made = supposed(container(), Given(event="x", values=values), 5)
    assert made.fields == {"value": 7.5, "price": "1,50"}
    assert (made.title, made.at) == ("Hi", 5)
    assert supposed(container(), Given(event="x", values={"total": "much"}), 5).fields == {"value": "much"}
