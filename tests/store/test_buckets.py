"""Numbers in fixed buckets."""

from gateway.store.buckets import Buckets


def test_each_bound_has_what_is_no_more_than_it():
    buckets = Buckets((0.1, 1, 10))
    assert buckets.cumulative() == [0, 0, 0, 0]
    for number in (0.05, 0.1, 0.2, 1, 10.5, 10**9):
        buckets.add(number)
    assert buckets.cumulative() == [2, 4, 4, 6]
    assert buckets.sum == 0.05 + 0.1 + 0.2 + 1 + 10.5 + 10**9
