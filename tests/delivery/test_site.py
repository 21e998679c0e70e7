"""What the tags of one receiver share: which visits it was told of."""

from typing import Any

import pytest

from gateway.delivery.site import Site
from gateway.model import Delivery, Outcome, Verdict
from gateway.people.visits import VISIT_MS


def site(tags: int = 2, most: int = 100) -> Site:
    made = Site.new(most)
    made.tags.update(("shop", f"tag{number}") for number in range(tags))
    return made


def hit(visitor: str, at: int = 0, **told: Any) -> Delivery:
    usual = {"id": "n", "event": "page_view", "new_visit": True, "ip": "192.0.2.1", "user_agent": "Firefox"}
    return Delivery(**{**usual, "visitor": visitor, "at": at, **told})


def begin(to: Site, *hits: Delivery, outcome: Outcome = Outcome.DELIVERED, sees_ip: bool = True) -> list[bool]:
    """One request; which of its hits begin a visit."""
    sifted = to.sift(hits, sees_ip=sees_ip)
    to.leaving(sifted, sees_ip=sees_ip)([Verdict(outcome)] * len(sifted))
    return [made.new_visit for made in sifted]


def test_a_visit_begins_once_for_all_tags() -> None:
    one = site()
    assert begin(one, hit("alice")) == [True]
    assert begin(one, hit("alice"), hit("alice", new_visit=False)) == [False, False]
    assert begin(site(), hit("alice"), hit("alice")) == [True, False]


def test_one_tag_alone_says_what_it_decided() -> None:
    alone = site(tags=1)
    assert begin(alone, hit("alice")) == begin(alone, hit("alice")) == [True]
    assert not alone.lasts


def test_a_visit_ends_after_half_an_hour_without_a_hit() -> None:
    one = site()
    begin(one, hit("alice"))
    begin(one, hit("alice", VISIT_MS, new_visit=False))
    assert begin(one, hit("alice", 2 * VISIT_MS)) == [False]
    assert begin(one, hit("alice", 3 * VISIT_MS + 1)) == [True]


def test_who_comes_between_from_the_same_place_could_be_taken_for_the_same() -> None:
    one = site()
    assert begin(one, hit("alice"), hit("guest", new_visit=False)) == [True, False]
    assert begin(one, hit("alice")) == [True]
    assert begin(one, hit("bob")) == [True]
    assert begin(one, hit("alice")) == [True]
    assert begin(one, hit("guest", ip="192.0.2.2", new_visit=False)) == [False]
    assert begin(one, hit("guest", user_agent="Chrome", new_visit=False)) == [False]
    assert begin(one, hit("alice")) == [False]


def test_without_addresses_all_of_one_browser_are_in_one_place() -> None:
    one = site()
    begin(one, hit("alice"), hit("guest", ip="192.0.2.2", new_visit=False), sees_ip=False)
    assert begin(one, hit("alice"), sees_ip=False) == [True]
    assert begin(one, hit("alice", ip="192.0.2.2"), sees_ip=False) == [False]


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.DELIVERED])
def test_what_was_not_recorded_began_nothing(outcome: Outcome) -> None:
    one = site()
    assert begin(one, hit("alice"), outcome=outcome) == [True]
    assert begin(one, hit("alice")) == [True]
    assert begin(one, hit("alice"), outcome=outcome) == [False]
    assert begin(one, hit("alice")) == [True]


def test_what_is_in_flight_when_all_ends_is_not_known() -> None:
    one = site()
    begin(one, hit("alice"))
    one.leaving([hit("alice")], sees_ip=True)
    assert begin(one, hit("alice")) == [True]


def test_those_longest_not_seen_are_forgotten() -> None:
    one = site(most=2)
    for number in range(3):
        begin(one, hit("alice", ip=f"192.0.2.{number}"))
    assert [begin(one, hit("alice", ip=f"192.0.2.{number}")) for number in (2, 1, 0)] == [[False], [False], [True]]
