"""One hit in the life of an identity, without requests: the corners (identity.md)."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from gateway.decide.pseudonym import LookupKey
from gateway.decide.traces import traces_of
from gateway.model import Cookie, Decision, Hit, Identity, Life, Signed
from gateway.people.life import MOST_HEIRS, Attendance, Attendant, Shown

from .shops import container, with_user

LOOKUP = LookupKey(b"o" * 32, "shop")
YES = Decision((), True, frozenset({"analytics"}))
NO = Decision((), False, frozenset())
NOBODY, UNSAID = Identity(Signed.NOBODY), Identity(Signed.UNSAID)
ALICE, BOB = Identity(Signed.VERIFIED, "alice"), Identity(Signed.VERIFIED, "bob")
PAGE = "p" * 32


class Someone:
    """One visitor's hits, one after the other."""

    def __init__(self, shop: Any = None) -> None:
        numbers = count(1)
        self.attendant = Attendant(
            shop or with_user(), b"o" * 32, LOOKUP, lambda size: next(numbers).to_bytes(size, "big")
        )
        self.lives: dict[bytes, Life] = {}
        self.at = 1000

    def come(
        self, who: Identity = UNSAID, decision: Decision = YES, day: bytes | None = None, **told: Any
    ) -> Attendance:
        self.at += 1
        hit = Hit(**{"container": "shop", "event": "x", "at": self.at, "arrived": self.at, "page": PAGE, **told})
        found = self.attendant.attend(self.attendant.caller(hit, who), decision, self.lives, lambda: day)
        self.lives |= found.lives
        return found


def of_person(id: str) -> bytes:
    return LOOKUP.person(id)


def test_everything_a_visitor_is_known_by() -> None:
    one = Someone()
    cookie = Cookie(b"c" * 16, 0)
    found = one.come(ALICE, cookie=cookie)
    assert set(found.known_by) == {LOOKUP.cookie(cookie.visitor), LOOKUP.page(PAGE), of_person("alice")}
    bare = Hit(container="shop", event="x", at=0, arrived=0)
    assert one.attendant.caller(bare, UNSAID).shown.keys == ()
    fresh = one.come(ALICE)
    assert fresh.cookie is not None
    assert LOOKUP.cookie(fresh.cookie.visitor) in fresh.known_by
    server = Hit(container="shop", event="x", at=0, arrived=0, trusted=True, visitor="v", page=PAGE)
    assert len(one.attendant.caller(server, UNSAID).shown.keys) == 2


def test_a_page_number_that_is_too_short_to_be_random_makes_no_visitor() -> None:
    one = Someone()
    first, second = one.come(page="1"), one.come(page="1")
    assert first.visitor != second.visitor
    assert one.come(page=None).visitor != one.come(page=None).visitor
    assert one.come().visitor == one.come().visitor


def test_without_leave_to_remember_neither_cookie_nor_servers_visitor_count() -> None:
    one = Someone()
    shown = one.come(decision=NO, cookie=Cookie(b"c" * 16, 0))
    assert (shown.cookie, shown.visitor) == (None, LOOKUP.page(PAGE))
    server = one.come(decision=NO, trusted=True, visitor="v", page=None)
    assert (server.chain, len(server.visitor)) == (None, 16)
    assert one.come(decision=NO, day=b"d" * 16).visitor == b"d" * 16
    assert one.come(ALICE, decision=NO, day=b"d" * 16).visitor == LOOKUP.page(PAGE)
    assert one.come(Identity(Signed.UNVERIFIED), decision=NO, day=b"d" * 16).visitor == LOOKUP.page(PAGE)


def test_without_leave_to_remember_a_claim_still_tells_who_was_signed_in() -> None:
    """It takes texts away, and that alone: also of those who took over from the visitor it names."""
    one = Someone()
    for who in (ALICE, NOBODY, BOB, NOBODY):
        one.come(who, page=None, visitor="segment:a1")
    after = one.come(NOBODY, decision=NO, page=None, visitor="segment:a1")
    assert set(after.before) == {
        *traces_of("alice", one.attendant.trace_key),
        *traces_of("bob", one.attendant.trace_key),
    }
    assert (after.chain, after.cookie) == (None, None)
    for who in (ALICE, BOB):
        one.come(who, page=None, visitor="v1", trusted=True)
    server = one.come(BOB, decision=NO, page=None, visitor="v1", trusted=True)
    assert server.before == traces_of("alice", one.attendant.trace_key)


def test_who_comes_back_by_a_number_that_stays_was_not_before() -> None:
    one = Someone()
    for who in (ALICE, NOBODY, BOB, NOBODY):
        one.come(who, page=None, visitor="segment:a1")
    assert one.come(ALICE, page=None, visitor="segment:a1").before == traces_of("bob", one.attendant.trace_key)


def test_a_page_whose_cookie_ended_knows_who_was_signed_in() -> None:
    one = Someone()
    cookie = one.come(ALICE).cookie
    assert cookie is not None
    lives = one.attendant.parted(cookie.visitor, "q" * 32, one.lives)
    assert list(lives) == [LOOKUP.page("q" * 32)]
    one.lives |= lives
    out = one.come(NOBODY, decision=NO, page="q" * 32)
    assert out.before == traces_of("alice", one.attendant.trace_key)
    assert one.attendant.parted(b"x" * 16, "q" * 32, one.lives) == {}


def test_an_unverified_claim_signs_nobody_out_unless_it_resets() -> None:
    one = Someone()
    first = one.come(ALICE)
    for who in (UNSAID, Identity(Signed.UNVERIFIED)):
        same = one.come(who)
        assert (same.session, same.visitor, same.lives) == (first.session, first.visitor, {})
        assert same.before == traces_of("alice", one.attendant.trace_key)
    left = one.come(Identity(Signed.UNVERIFIED), reset=True)
    assert left.session != first.session
    assert left.visitor != first.visitor


def test_a_reset_of_nobody_is_a_new_visit_and_visitor_too() -> None:
    one = Someone()
    first, left = one.come(), one.come(reset=True)
    assert first.visitor != left.visitor
    assert left.session
    assert left.before == ()


def test_without_people_a_reset_is_a_new_visit_of_the_same_visitor() -> None:
    one = Someone(container(triggers="  gold: { plan: gold }"))
    first, left = one.come(), one.come(reset=True)
    assert (first.visitor, first.session) == (left.visitor, b"")
    assert left.session


def test_a_switch_remembers_one_identity_before() -> None:
    one = Someone()
    one.come(ALICE)
    switched = one.come(BOB)
    key = one.attendant.trace_key
    assert set(traces_of("alice", key)) <= set(switched.before)
    assert not set(traces_of("bob", key)) & set(switched.before)
    left = one.come(NOBODY)
    assert set(traces_of("bob", key)) <= set(left.before)


def test_a_late_hit_has_a_session_of_its_own_page_or_its_own() -> None:
    one = Someone()
    one.come(ALICE)
    early = {"at": 5}
    late, same = one.come(NOBODY, **early), one.come(NOBODY, **early)
    assert (late.late, late.chain, late.lives) == (True, None, {})
    assert late.session == same.session
    assert late.session != one.come(BOB, **early).session
    cookie = Cookie(b"c" * 16, 900)
    first = one.come(UNSAID, cookie=cookie, page=None, id="a" * 32, **early)
    second = one.come(UNSAID, cookie=cookie, page=None, id="b" * 32, **early)
    third, fourth = (one.come(UNSAID, cookie=cookie, page=None, **early) for _ in range(2))
    assert len({late.session, first.session, second.session, third.session, fourth.session}) == 5
    assert {first.visitor, second.visitor, third.visitor} == {cookie.visitor}


def test_the_time_of_the_change_itself_is_not_late() -> None:
    one = Someone()
    first = one.come(ALICE)
    again = one.come(ALICE, at=1001)
    assert (again.late, again.session) == (False, first.session)


def test_a_chain_of_successors_is_followed_to_its_end() -> None:
    one = Someone()
    old = Cookie(b"c" * 16, 0)
    one.come(ALICE, cookie=old)
    second = one.come(NOBODY, cookie=old)
    third = one.come(NOBODY, cookie=second.cookie, reset=True)
    found = one.come(NOBODY, cookie=old)
    assert found.cookie == third.cookie
    assert found.visitor == third.visitor
    assert one.attendant.successor(one.lives[LOOKUP.cookie(old.visitor)]) == second.chain
    assert one.attendant.successor(Life(session=b"", since=0)) is None
    before = one.come(NOBODY, cookie=old, at=1001)
    assert before.visitor == old.visitor


def test_a_browser_that_shows_the_same_cookie_for_ever_makes_no_longer_chain() -> None:
    """As one does that begins each time with what it once saved."""
    one = Someone()
    old = Cookie(b"c" * 16, 0)
    found = [one.come(who, cookie=old) for _ in range(20) for who in (ALICE, BOB, NOBODY)]
    assert len({attendance.visitor for attendance in found}) == 41, "each switch and each logout is another visitor"
    assert len(one.attendant.heirs(Shown(cookie=LOOKUP.cookie(old.visitor)), one.lives)) == 1
    before = one.come(NOBODY, cookie=old, at=found[0].lives[LOOKUP.cookie(old.visitor)].since)
    assert before.late


def test_a_cookie_of_long_ago_leads_to_the_end_step_by_step() -> None:
    """Until it is there nothing is changed, and nobody has the session of somebody who left."""
    one = Someone()
    old = last = Cookie(b"c" * 16, 0)
    for _ in range(2 * MOST_HEIRS):
        one.come(ALICE, cookie=last)
        left = one.come(NOBODY, cookie=last)
        assert left.cookie
        last = left.cookie
    shown = Shown(cookie=LOOKUP.cookie(old.visitor))
    assert len(one.attendant.heirs(shown, one.lives)) == MOST_HEIRS
    sessions = {life.session for life in one.lives.values()}
    for who in (UNSAID, BOB):
        found = one.come(who, cookie=old)
        assert (found.late, found.lives, found.session in sessions) == (True, {}, False)
    assert found.cookie not in (old, last)
    there = one.come(BOB, cookie=found.cookie)
    assert (there.late, there.cookie) == (False, last)


def test_nothing_personal_is_in_what_is_kept() -> None:
    one = Someone()
    lives: Mapping[bytes, Life] = one.come(Identity(Signed.VERIFIED, "alice-4711")).lives
    assert b"alice-4711" not in repr(lives).encode()
    assert all(life.person != b"alice-4711" for life in lives.values())


def test_the_number_that_another_tool_gave_a_visitor_makes_its_visitor_id() -> None:
    one = Someone()
    first = one.come(visitor="matomo:1", page=None)
    assert first.cookie is not None
    assert one.come(visitor="matomo:1", page="q" * 32).visitor == first.visitor == first.cookie.visitor
    assert one.come(visitor="matomo:2", page=None).visitor != first.visitor
    cookie = Cookie(b"c" * 16, 0)
    assert one.come(visitor="matomo:1", cookie=cookie).visitor == cookie.visitor
    assert Someone().come(visitor="matomo:1", page=None, trusted=True).cookie is None


def test_with_a_number_that_is_the_user_id_the_page_makes_the_visitor() -> None:
    one = Someone()
    first, second = (one.come(ALICE, visitor="matomo:alice") for _ in range(2))
    assert first.session == second.session != b""
    assert first.visitor == second.visitor == Someone().come(ALICE).visitor


def test_without_leave_to_remember_the_number_of_another_tool_does_not_count() -> None:
    one = Someone()
    shown = one.come(ALICE, decision=NO, visitor="matomo:1")
    assert (shown.cookie, shown.visitor) == (None, LOOKUP.page(PAGE))
    assert set(shown.known_by) == {LOOKUP.page(PAGE), of_person("alice")}
    cookie = Cookie(b"c" * 16, 0)
    assert LOOKUP.cookie(cookie.visitor) in one.come(decision=NO, visitor="matomo:1", cookie=cookie).known_by


def test_who_signs_out_is_another_visitor_also_where_no_cookie_is_kept() -> None:
    one = Someone()
    first = one.come(ALICE, visitor="matomo:1", page=None)
    left = one.come(NOBODY, visitor="matomo:1", page=None)
    assert left.visitor != first.visitor
    assert one.come(NOBODY, visitor="matomo:1", page=None).visitor == left.visitor
