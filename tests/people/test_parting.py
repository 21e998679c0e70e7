"""What a page knows after the cookie ended."""

from gateway.model import Life
from gateway.people.parting import parted

ALICE, BOB = ((5, b"a"),), ((3, b"b"),)
NEW = b"new"
NOBODY = Life(session=b"s", since=1)
OF_ALICE = Life(session=b"s", since=5, person=b"alice", traces=ALICE)
OF_BOB = Life(session=b"t", since=9, person=b"bob", traces=BOB)


def test_a_cookie_that_nobody_was_signed_in_by_leaves_nothing() -> None:
    assert parted([], None, NEW) is None
    assert parted([NOBODY], OF_ALICE, NEW) is None


def test_who_is_signed_in_goes_on_under_another_session() -> None:
    life = Life(session=b"s", since=5, person=b"alice", traces=ALICE, successor=b"v", counted=("x",))
    assert parted([life], None, NEW) == Life(session=NEW, since=5, person=b"alice", traces=ALICE)


def test_everybody_on_the_way_to_the_last_cookie_was_before() -> None:
    first = Life(session=b"s", since=9, person=b"alice", traces=ALICE, successor=b"v")
    assert parted([first, OF_BOB], None, NEW) == Life(session=NEW, since=9, person=b"bob", traces=BOB, before=ALICE)
    left = Life(session=b"t", since=9, before=ALICE)
    assert parted([first, left], None, NEW) == Life(session=NEW, since=9, before=ALICE)


def test_of_cookie_and_page_the_later_one_goes_on() -> None:
    found = parted([OF_BOB], OF_ALICE, NEW)
    assert found == Life(session=NEW, since=9, person=b"bob", traces=BOB, before=ALICE)
    later = Life(session=b"p", since=12)
    assert parted([OF_BOB], later, NEW) == Life(session=b"p", since=12, before=BOB)


def test_who_came_back_is_not_the_one_before() -> None:
    back = Life(session=b"p", since=12, person=b"alice", traces=ALICE)
    assert parted([OF_ALICE, OF_BOB], back, NEW) == Life(
        session=b"p", since=12, person=b"alice", traces=ALICE, before=BOB
    )


def test_told_twice_it_is_once() -> None:
    once = parted([OF_ALICE], None, NEW)
    assert once is not None
    assert parted([OF_ALICE], once, b"other") is None
