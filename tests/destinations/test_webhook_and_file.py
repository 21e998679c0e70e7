"""The JSON shape, its signature, and what answers mean."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.destinations import TABLE
from gateway.destinations.protocol import Target
from gateway.destinations.shape import instant, shape
from gateway.destinations.webhook import signature
from gateway.model import Append, Delivery, Form, Outcome, Reply, Request, Verdict

words = st.text(max_size=20)


def hit(**told: Any) -> Delivery:
    return Delivery(**{"id": "00" * 16, "event": "page_view", "at": 0, **told})


def test_nothing_of_the_identity_without_a_form() -> None:
    whole = hit(user="alice", account="acme", identifiers={"email": "a@b"})
    assert json.loads(shape(whole)) == {"id": "00" * 16, "event": "page_view", "at": "1970-01-01T00:00:00.000Z"}


def test_identifiers_only_with_attach() -> None:
    pseudonym = hit(form=Form.PSEUDONYM, user="cafe", account="f00d", identifiers={"email": "a@b"})
    told = json.loads(shape(pseudonym))
    assert told["user"] == {"form": "hash", "id": "cafe"}
    assert told["account"] == "f00d"
    assert "identifiers" not in told


def test_a_form_without_an_id() -> None:
    assert "user" not in json.loads(shape(hit(form=Form.RAW)))


@given(st.dictionaries(words, words | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)), words)
def test_one_line_that_reads_back(fields: dict[str, Any], title: str) -> None:
    line = shape(hit(fields=fields, title=title))
    assert b"\n" not in line
    told = json.loads(line)
    assert told.get("fields", {}) == fields
    assert told.get("page", {}).get("title", "") == title


@pytest.mark.parametrize(
    ("value", "said"),
    [(7.0, b"7"), (-0.0, b"0"), (7.5, b"7.5"), (2.0**53, b"9007199254740992.0"), (True, b"true"), (["7"], b'["7"]')],
)
def test_a_whole_number_is_written_as_one(value: float | bool | list[str], said: bytes) -> None:
    assert shape(hit(fields={"n": value})).endswith(b'"fields":{"n":' + said + b"}}")


def test_details_in_our_words_whoever_told_them() -> None:
    sold = {
        "product_id": "s1",
        "item_name": "Shoe",
        "item_category": "Men",
        "price": "9.50",
        "quantity": 2,
        "for": "Zoë",
    }
    told = {
        "order_id": 4711,
        "value": "19.00",
        "tax": "x",
        "name": "null",
        "category": ["a", "b"],
        "sku": 2**60,
        "products": [sold, {"for": "Zoë"}, "Zoë"],
        "items": [],
    }
    assert json.loads(shape(hit(event="purchase", details=told)))["details"] == {
        "order_id": "4711",
        "value": 19,
        "category": ["a", "b"],
        "sku": str(2**60),
        "items": [{"sku": "s1", "name": "Shoe", "category": ["Men"], "price": 9.5, "quantity": 2}],
    }


def test_the_title_that_a_page_view_gives_itself() -> None:
    assert json.loads(shape(hit(title="A", details={"title": "B"})))["page"] == {"title": "B"}
    assert "details" not in json.loads(shape(hit(title="A", details={"title": "B"})))


@pytest.mark.parametrize(
    ("at", "said"), [(999, "1970-01-01T00:00:00.999Z"), (1_780_000_000_001, "2026-05-28T20:26:40.001Z")]
)
def test_instants(at: int, said: str) -> None:
    assert instant(at) == said


def test_the_signature_of_standard_webhooks() -> None:
    # The example of the specification (github.com/standard-webhooks/standard-webhooks, libraries' tests).
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("key", ["whsec_not base64!", "any text", "whsec_"])
def test_a_key_that_is_no_base64_still_signs(key: str) -> None:
    assert signature(key, "id", 1, b"{}").startswith("v1,")


def test_a_key_without_its_padding() -> None:
    assert (
        signature("whsec_YWI", "id", 1, b"") == signature("ab", "id", 1, b"") == signature("whsec_YWI=", "id", 1, b"")
    )


def test_the_id_is_the_same_in_every_attempt() -> None:
    webhook, crm = (
        TABLE["webhook"],
        Target(container="c", tag="t", settings={"url": "https://x"}, secrets={"signing_key": "k"}),
    )
    first, second = (webhook.render([hit()], crm, now) for now in (1.0, 9.0))
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "00" * 16
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert first.body == second.body


def test_answers() -> None:
    assert TABLE["webhook"].interpret([hit()], Reply(202)) == [Verdict(Outcome.DELIVERED, "http_202")]
    assert TABLE["webhook"].interpret([hit()], Reply(410)) == [Verdict(Outcome.SETUP, "http_410")]
    assert TABLE["file"].interpret([hit(), hit()], Reply(201)) == [Verdict(Outcome.DELIVERED, "http_201")] * 2
    assert TABLE["file"].interpret([hit()], Reply(403)) == [Verdict(Outcome.SETUP, "file_denied")]
    assert TABLE["file"].interpret([hit()], Reply(404)) == [Verdict(Outcome.SETUP, "file_missing")]
    assert TABLE["file"].interpret([hit()], Reply(507)) == [Verdict(Outcome.TRANSIENT, "file_not_written")]


def test_who_may_be_in_flight_together() -> None:
    assert TABLE["webhook"].exclusive({"url": "https://x"}) is None
    assert TABLE["file"].exclusive({"path": "/a"}) == "file /a"


def test_a_file_gets_a_line_each() -> None:
    made = TABLE["file"].render([hit(title="a\nb"), hit()], Target(container="c", tag="t", settings={"path": "/a"}), 0)
    assert isinstance(made, Append)
    assert made.lines.endswith(b"\n")
    assert len(made.lines.splitlines()) == 2
