"""What Matomo's answers mean, as a real one gives them."""

import json

import pytest
from receivers import GIF

from gateway.destinations import TABLE
from gateway.model import Delivery, Outcome, Reply, Verdict

D, T, S, X, A, U = (
    Outcome.DELIVERED, Outcome.TRANSIENT, Outcome.SETUP, Outcome.INVALID, Outcome.AMBIGUOUS, Outcome.UNNAMED,
)  # fmt: skip


def bulk(count: int) -> list[Delivery]:
    return [Delivery(id="00" * 16, event="page_view", at=0) for _ in range(count)]


def outcomes(count: int, reply: Reply) -> list[Outcome]:
    return [verdict.outcome for verdict in TABLE["matomo"].interpret(bulk(count), reply)]


def said(**answer: object) -> Reply:
    return Reply(200, {}, json.dumps({"status": "success", **answer}).encode())


@pytest.mark.parametrize(
    ("count", "reply", "meaning"),
    [
        (3, said(tracked=3, invalid=0), [D, D, D]),
        (3, Reply(200, {}, b'\xef\xbb\xbf{"status":"success","tracked":3,"invalid":0}'), [D, D, D]),
        (3, said(tracked=2, invalid=1, invalid_indices=[1]), [D, X, D]),
        (3, said(tracked=2, invalid=1), [D, D, U]),
        (3, said(tracked=1, invalid=2), [D, U, U]),
        (3, said(tracked=2, invalid=1, invalid_indices=[0, 1]), [D, D, U]),
        (3, said(tracked=2, invalid=1, invalid_indices=[3]), [D, D, U]),
        (3, said(tracked=2, invalid=1, invalid_indices=["1"]), [D, D, U]),
        (3, said(tracked=2, invalid=1, invalid_indices=[True]), [D, D, U]),
        (1, said(tracked=0, invalid=1), [X]),
        (3, said(tracked=0, invalid=3), [X, X, X]),
        (3, said(tracked=2, invalid=0), [A, A, A]),
        (3, said(tracked=1, invalid=1), [A, A, A]),
        (3, said(tracked=1, invalid=1, invalid_indices=[2]), [A, A, X]),
        (3, said(tracked=0, invalid=0), [T, T, T]),
        (1, said(tracked=0, invalid=0), [T]),
        (1, said(tracked=2, invalid=0), [S]),
        (1, said(tracked=-1, invalid=2), [S]),
        (1, said(tracked="1", invalid=0), [S]),
        (1, said(tracked=True, invalid=False), [S]),
        (1, said(), [S]),
        (2, Reply(200, {}, b'{"status":"error","tracked":2,"invalid":0}'), [T, T]),
        (2, Reply(500, {}, b'{"status":"error","tracked":2,"invalid":0}'), [T, T]),
        (2, Reply(200, {}, b"<html>This resource is part of Matomo.</html>"), [S, S]),
        (2, Reply(200, {}, b""), [S, S]),
        (2, Reply(200, {}, b"[1, 2]"), [S, S]),
        (2, Reply(200, {}, b"\xff\xfe"), [S, S]),
        (2, Reply(200, {}, GIF), [D, D]),
        (2, Reply(204), [D, D]),
        (2, Reply(202), [S, S]),
        (2, Reply(400, {}, b"<html>This resource is part of Matomo.</html>"), [T, T]),
        (2, Reply(413), [X, X]),
        (2, Reply(403), [S, S]),
        (2, Reply(302, {"location": "https://elsewhere"}), [S, S]),
        (2, Reply(503), [T, T]),
        (2, Reply(503, {"retry-after": "5"}), [Outcome.THROTTLE] * 2),
    ],
)
def test_answers(count: int, reply: Reply, meaning: list[Outcome]) -> None:
    assert outcomes(count, reply) == meaning


def test_an_order_that_may_be_there_already_says_so() -> None:
    order = Delivery(id="00" * 16, event="purchase", at=0, details={"order_id": "1"})
    view = bulk(1)[0]
    verdicts = TABLE["matomo"].interpret([order, view], said(tracked=0, invalid=2))
    assert verdicts == [Verdict(X, "order_known_or_refused"), Verdict(X, "matomo_invalid")]
