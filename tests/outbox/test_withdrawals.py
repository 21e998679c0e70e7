import pytest

from gateway.outbox.protocol import Full
from gateway.outbox.withdrawals import Withdrawals
from outbox.shared import parcel

PURPOSES = ["analytics"]


def test_a_later_one_holds_for_both():
    withdrawals = Withdrawals(10)
    early = withdrawals.ticket
    withdrawals.begin([b"alice"], PURPOSES, bound=7, now=0)
    assert withdrawals.outrun(parcel(), early)
    assert not withdrawals.outrun(parcel(), withdrawals.ticket)
    assert not withdrawals.outrun(parcel(rests=("ads",)), early)
    assert withdrawals.covers(parcel(), 7)
    assert not withdrawals.covers(parcel(), 8)


def test_a_newer_one_replaces_an_older_one_for_what_they_share():
    withdrawals = Withdrawals(10)
    older = withdrawals.begin([b"alice", b"bob"], PURPOSES, bound=1, now=0)
    newer = withdrawals.begin([b"alice"], PURPOSES, bound=2, now=0)
    withdrawals.end(older, 0)
    withdrawals.begin([b"carol"], PURPOSES, bound=3, now=120_001)
    assert withdrawals.covers(parcel(), 2)
    assert not withdrawals.covers(parcel(known_by=(b"bob",)), 1)
    assert withdrawals.horizon == 3
    withdrawals.end(newer, 200_000)
    withdrawals.begin([b"carol"], PURPOSES, bound=3, now=320_000)
    assert withdrawals.covers(parcel(), 2)
    withdrawals.begin([b"carol"], PURPOSES, bound=3, now=320_001)
    assert not withdrawals.covers(parcel(), 2)


def test_too_many_forget_the_oldest_that_ended_and_void_its_tickets():
    withdrawals = Withdrawals(2)
    first = withdrawals.begin([b"1"], PURPOSES, 0, 0)
    withdrawals.end(first, 0)
    withdrawals.begin([b"2"], PURPOSES, 0, 0)
    assert withdrawals.horizon == 0
    withdrawals.begin([b"3"], PURPOSES, 0, 0)
    assert withdrawals.horizon == 2
    with pytest.raises(Full):
        withdrawals.begin([b"4"], PURPOSES, 0, 0)


def test_a_single_one_always_fits():
    withdrawals = Withdrawals(1)
    withdrawals.begin([b"1", b"2"], PURPOSES, 0, 0)


def test_those_that_were_never_written_are_bounded_also_where_they_are_of_the_same():
    withdrawals = Withdrawals(2)
    for _ in range(3):
        last = withdrawals.begin([b"1"], PURPOSES, 0, 0)
    with pytest.raises(Full):
        withdrawals.begin([b"1"], PURPOSES, 0, 0)
    withdrawals.end(last, 0)
    withdrawals.begin([b"1"], PURPOSES, 0, 0)
