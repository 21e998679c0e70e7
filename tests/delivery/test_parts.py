"""The parts of a sender that are pure: back-off, breaker, health, cuts, lanes set aside, loads."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.decide.bounds import Bounds
from gateway.delivery.aside import AGAIN, MOST_HELD, MOST_LANES, PATIENCE, Aside
from gateway.delivery.backoff import Backoff
from gateway.delivery.breaker import Breaker
from gateway.delivery.cuts import Cuts
from gateway.delivery.failures import FAULTS, Health, Phase, gravest, of_fault
from gateway.delivery.load import BARRED, BROKEN, UNREADABLE, Load, load, understand
from gateway.destinations import TABLE
from gateway.destinations.protocol import Target
from gateway.destinations.webhook import Webhook
from gateway.model import Delivery, Fault, Form, Outcome, Parcel, Reply, Request, Verdict
from gateway.outbox.codec import encode
from gateway.outbox.protocol import Queued

from .world import Clock, parcel

T = Verdict(Outcome.TRANSIENT, "http_500")
S = Verdict(Outcome.SETUP, "http_401")
D = Verdict(Outcome.DELIVERED)
X = Verdict(Outcome.INVALID, "http_400")


def queued(*numbers: int, lane: bytes = b"") -> list[Queued]:
    return [Queued(seq=n, parcel=parcel(n, "t", lane, 0), accepted_at=0) for n in numbers]


def seqs(many: Sequence[Queued]) -> list[int]:
    return [one.seq for one in many]


def ended(made: Load) -> list[int]:
    assert {verdict for _, verdict in made.ended} <= {BROKEN}
    return seqs([one for one, _ in made.ended])


def test_backoff_doubles_to_five_minutes_and_starts_again() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.grow() for _ in range(11)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    backoff.reset()
    assert backoff.grow() == 1


def test_backoff_has_full_jitter() -> None:
    drawn = iter([0.0, 0.25, 0.5])
    backoff = Backoff(lambda: next(drawn))
    assert [backoff.grow() for _ in range(3)] == [0, 0.5, 2]


def test_five_in_a_row_open_the_breaker() -> None:
    breaker = Breaker()
    assert [breaker.failed() for _ in range(12)] == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    breaker.succeeded()
    assert not breaker.open
    assert breaker.failed() == 0


def test_half_of_twenty_opens_the_breaker() -> None:
    breaker = Breaker()
    for _ in range(9):
        assert breaker.failed() == 0
        breaker.succeeded()
    assert breaker.failed() == 1.0
    assert breaker.open


def test_the_gravest_decides() -> None:
    short, long = Verdict(Outcome.THROTTLE, "http_429", 3.0), Verdict(Outcome.THROTTLE, "http_429", 9.0)
    assert gravest([D, X, T, short, long, D]) == long
    assert gravest([T, S, long]) == S
    assert gravest([D, X]).outcome is Outcome.DELIVERED
    assert gravest([]).outcome is Outcome.DELIVERED


def test_every_fault_has_its_meaning() -> None:
    assert set(FAULTS) == set(Fault)
    assert of_fault(Fault.TLS) == Verdict(Outcome.SETUP, "tls")
    assert of_fault(Fault.NO_ANSWER) == Verdict(Outcome.AMBIGUOUS, "no_answer")


def health() -> Health:
    return Health(Clock(), lambda: 1.0)


def test_health_waits_pauses_and_recovers() -> None:
    made = health()
    assert made.after(S) == 60
    assert (made.state.phase, made.state.reason, made.probing) == (Phase.PAUSED, "http_401", True)
    assert made.after(Verdict(Outcome.THROTTLE, "http_429")) == 1
    assert made.after(Verdict(Outcome.THROTTLE, "http_429", 7200)) == 3600
    assert (made.state.phase, made.state.failures, made.probing) == (Phase.WAITING, 3, False)
    assert made.after(T) == 2
    assert made.after(D) == 0
    assert (made.state.phase, made.state.outcome, made.state.failures) == (Phase.RUNNING, Outcome.DELIVERED, 0)


def test_the_breaker_holds_longer_than_a_lucky_jitter() -> None:
    made = Health(Clock(), lambda: 0.0)
    assert [made.after(T) for _ in range(7)] == [0, 0, 0, 0, 1, 2, 4]
    assert made.probing


def test_more_than_a_fifth_refused_is_nobodys_fault_but_the_tags() -> None:
    made = health()
    made.judge([D] * 160)
    assert made.judge([X] * 40)[1].outcome is Outcome.DELIVERED
    verdicts, decisive = made.judge([X, D, Verdict(Outcome.UNNAMED)])
    assert decisive == Verdict(Outcome.SETUP, "too_many_invalid")
    assert [verdict.outcome for verdict in verdicts] == [Outcome.SETUP, Outcome.DELIVERED, Outcome.UNNAMED]
    assert made.judge([D])[1].outcome is Outcome.DELIVERED
    made.judge([D] * 200)
    assert made.judge([X])[0] == [X]


def test_cuts_bisect_and_grow_again() -> None:
    cuts, bulk = Cuts(), queued(*range(1, 9))
    assert cuts.first(bulk) == 8
    cuts.after(T, bulk)
    assert cuts.first(bulk) == 4
    cuts.after(T, bulk[:4])
    assert cuts.first(bulk) == 2
    cuts.after(T, bulk[:2])
    assert cuts.first(bulk) == 1
    sizes, rest = [], queued(*range(1, 13))
    while rest:
        size = cuts.first(rest)
        sizes.append(size)
        rest = rest[size:]
    assert sizes == [1, 1, 2, 4, 4]


@pytest.mark.parametrize(
    ("verdict", "size"),
    [
        (Verdict(Outcome.TRANSIENT, "no_connection"), 4),
        (Verdict(Outcome.THROTTLE, "http_429", 5.0), 4),
        (Verdict(Outcome.AMBIGUOUS, "no_answer"), 2),
        (Verdict(Outcome.AMBIGUOUS, "matomo_uncounted"), 1),
        (Verdict(Outcome.SETUP, "http_403"), 2),
    ],
)
def test_what_makes_a_bulk_smaller(verdict: Verdict, size: int) -> None:
    cuts, bulk = Cuts(), queued(1, 2, 3, 4)
    cuts.after(verdict, bulk)
    cuts.after(verdict, [])
    assert cuts.first(bulk) == size


def convict(aside: Aside, culprit: Queued, other: Queued) -> None:
    for _ in range(PATIENCE):
        assert not aside.failed(culprit, 0.0)
    assert aside.doubting
    assert aside.passed([other]) == []
    assert aside.failed(culprit, 0.0)


def test_a_culprit_is_set_aside_with_its_lane_and_tried_again() -> None:
    aside = Aside()
    (culprit,), (follower,), (other,) = queued(1, lane=b"a"), queued(3, lane=b"a"), queued(2, lane=b"b")
    convict(aside, culprit, other)
    assert seqs(aside.sift([follower, other, culprit])) == [2]
    assert aside.next_due == AGAIN
    assert aside.due(AGAIN - 1) is None
    assert aside.due(AGAIN) == culprit
    assert aside.failed(culprit, AGAIN)
    assert seqs(aside.sift([culprit])) == []
    assert aside.due(2 * AGAIN) == culprit
    assert seqs(aside.passed([culprit])) == [3]
    assert aside.next_due is None
    assert aside.sift([other]) == [other]


def test_a_clock_that_is_set_back_makes_no_lane_wait_longer() -> None:
    aside = Aside()
    (culprit,), (other,) = queued(1, lane=b"a"), queued(2, lane=b"b")
    convict(aside, culprit, other)
    aside.sift([culprit])
    assert aside.due(-1.0) == culprit


def test_a_receiver_that_is_down_makes_no_culprits() -> None:
    aside = Aside()
    (head,), (other,) = queued(1), queued(2)
    for _ in range(50):
        assert not aside.failed(aside.probe([head, other]), 0.0)
    assert aside.passed([head]) == []
    assert not aside.doubting
    assert not aside.failed(head, 0.0)


def test_probes_take_turns_between_the_suspect_and_others() -> None:
    aside = Aside()
    (head,), (same,), (other,) = queued(1, lane=b"a"), queued(2, lane=b"a"), queued(3, lane=b"b")
    probed = []
    for _ in range(6):
        one = aside.probe([head, same, other])
        probed.append(one.seq)
        aside.failed(one, 0.0)
    assert probed == [1, 1, 3, 1, 3, 1]
    assert aside.probe([head, same]) == head
    assert aside.probe([same, other]) == same
    assert not aside.doubting


def test_another_head_starts_anew() -> None:
    aside = Aside()
    first, second = queued(1, 2)
    aside.failed(first, 0.0)
    for _ in range(PATIENCE - 1):
        aside.failed(second, 0.0)
    assert not aside.doubting


def test_a_lane_with_nothing_left_is_forgotten() -> None:
    aside = Aside()
    culprit, other = queued(1, 2)
    convict(aside, culprit, other)
    assert aside.due(AGAIN) is None
    assert aside.next_due is None


def test_no_more_is_held_than_may_be() -> None:
    aside = Aside()
    (culprit,), (other,) = queued(1, lane=b"a"), queued(2, lane=b"b")
    convict(aside, culprit, other)
    aside.sift(queued(*range(3, MOST_HELD + 3), lane=b"a"))
    assert not aside.full
    aside.sift(queued(9999, lane=b"a"))
    assert aside.full
    assert len(aside.clear()) == MOST_HELD + 1
    assert not aside.full


def test_no_more_lanes_than_may_be() -> None:
    aside = Aside()
    other = queued(9999)[0]
    for number in range(MOST_LANES):
        convict(aside, queued(number)[0], other)
    late = queued(500)[0]
    for _ in range(PATIENCE):
        aside.failed(late, 0.0)
    aside.passed([other])
    assert not aside.failed(late, 0.0)


class Fussy(Webhook):
    """Cannot render what is called so, nor more than two that are called `pair`."""

    batch = 10

    def render(self, deliveries: Sequence[Delivery], target: Target, now: float) -> Request:
        titles = [one.title for one in deliveries]
        if "bad" in titles:
            raise KeyError("bad")
        if titles.count("pair") > 1:
            raise RecursionError
        return Request(url="https://x", body=repr(titles).encode())

    def interpret(self, deliveries: Sequence[Delivery], reply: Reply) -> Sequence[Verdict]:
        if reply.status == 1:
            raise ZeroDivisionError
        return [D] * reply.status


TARGET = Target(container="shop", tag="t", settings={})


def titled(*titles: Any) -> list[Queued]:
    return [Queued(seq=n, parcel=parcel(n, "t", b"", 0, title=title), accepted_at=0) for n, title in enumerate(titles)]


@pytest.mark.parametrize(
    ("titles", "sent", "broken", "later"),
    [
        ("abc", [0, 1, 2], [], []),
        (["bad"], [], [0], []),
        (["a", "bad", "b", "bad"], [0, 2], [1, 3], []),
        (["bad", "bad"], [], [0, 1], []),
        (["pair", "pair", "a"], [0], [], [1, 2]),
        (["bad", "pair", "pair"], [1], [0], [2]),
    ],
)
def test_only_the_culprits_are_left_out(
    titles: Sequence[str], sent: list[int], broken: list[int], later: list[int]
) -> None:
    made = load(titled(*titles), Fussy(), TARGET, 0)
    assert (seqs(made.sent), ended(made), seqs(made.later)) == (sent, broken, later)
    assert len(made.deliveries) == len(sent)
    assert (made.request is not None) == bool(sent)


def test_a_damaged_body_is_a_culprit() -> None:
    good = titled("a")[0]
    damaged = Queued(
        seq=7,
        parcel=Parcel(container="shop", tag="t", lane=b"", body=encode(Delivery(id="", event="", at=0))[:-3], at=0),
        accepted_at=0,
    )
    assert ended(load([good, damaged], TABLE["webhook"], TARGET, 0)) == [0, 7]
    assert ended(load([good, damaged], Fussy(), TARGET, 0)) == [7]


def test_what_may_not_leave_any_more_is_no_culprit() -> None:
    from msgspec import structs
    from people.shops import container

    shop = container()
    stricter = structs.replace(TARGET, bounds=Bounds.of(shop, shop.tags["hook"]))

    def waiting(seq: int, form: Form, title: str = "a") -> Queued:
        return Queued(seq=seq, parcel=parcel(seq, "t", b"", 0, form=form, title=title), accepted_at=0)

    mixed = [waiting(0, Form.RAW), waiting(1, Form.NONE), waiting(2, Form.PSEUDONYM), waiting(3, Form.NONE, "bad")]
    made = load(mixed, Fussy(), stricter, 0)
    assert [(one.seq, verdict) for one, verdict in made.ended] == [(0, BARRED), (2, BARRED), (3, BROKEN)]
    assert (seqs(made.sent), made.request is not None) == ([1], True)
    none = load(mixed[:1], Fussy(), stricter, 0)
    assert (none.request, none.sent, [verdict for _, verdict in none.ended]) == (None, (), [BARRED])


def test_an_answer_that_our_code_cannot_read_may_have_been_recorded() -> None:
    three = [Delivery(id="", event="", at=0)] * 3
    assert understand(Fussy(), three, Reply(1)) == [UNREADABLE] * 3
    assert understand(Fussy(), three, Reply(2)) == [UNREADABLE] * 3
    assert understand(Fussy(), three, Reply(3)) == [D] * 3
