"""Which visitor a receiver saw last."""

from typing import Any

from gateway.model import Form
from gateway.people.visits import COUNTED, OWN, VISIT_MS, Track, Visits, exact


def track(chain: bytes | None = b"chain", arrived: int = 0, browser: bytes = b"browser", **more: Any) -> Track:
    told = {"container": "shop", "late": False, "changed": False, "named": True, **more}
    return Track(chain=chain, browser=browser, arrived=arrived, **told)


def begins(visits: Visits, at: Track, visitor: str, form: Form = Form.NONE, tag: str = "matomo") -> bool:
    return visits.walk().trail(at).begins(tag, visitor, form)


def test_a_new_visit_begins_with_another_visitor() -> None:
    visits = Visits()
    assert not begins(visits, track(), "v1")
    assert not begins(visits, track(), "v1")
    assert begins(visits, track(), "v2")
    assert not begins(visits, track(container="blog"), "v1")
    assert not begins(visits, track(), "v1", tag="crm")
    assert not begins(visits, track(b"other"), "v1")


def test_what_is_longer_ago_than_a_visit_is_forgotten() -> None:
    visits = Visits()
    begins(visits, track(), "v1")
    assert begins(visits, track(arrived=VISIT_MS), "v2")
    assert not begins(visits, track(arrived=2 * VISIT_MS + 1), "v3")
    assert begins(visits, track(b"more", changed=True), "v1")


def test_the_first_hit_with_an_id_begins_one_where_it_is_to() -> None:
    visits = Visits()
    assert begins(visits, track(), "v1", Form.RAW)
    assert not begins(visits, track(b"x", named=False), "v1", Form.PSEUDONYM)
    # Without an ID, after one with ID from the same browser.
    assert begins(visits, track(None), "v2")
    assert not begins(visits, track(None), "v2")
    assert begins(visits, track(None, late=True), "v2")
    assert not begins(visits, track(None, browser=b"another"), "v2")


def test_those_longest_not_seen_go_first() -> None:
    visits = Visits(most=4)
    for chain in (b"a", b"b", b"a", b"c"):
        begins(visits, track(chain, browser=chain * 2), "v")
    assert [begins(visits, track(chain, browser=chain * 2), "w") for chain in (b"c", b"a", b"b")] == [True, True, False]


def test_what_could_not_be_stored_was_not_seen() -> None:
    visits = Visits()
    begins(visits, track(b"a"), "old")
    walk = visits.walk()
    for chain, visitor in ((b"a", "new"), (b"a", "newer"), (b"b", "new")):
        walk.trail(track(chain)).begins("matomo", visitor, Form.NONE)
    walk.undo()
    walk.undo()
    assert not begins(visits, track(b"a"), "old")
    assert not begins(visits, track(b"b"), "now")


def test_a_fingerprint_is_of_address_and_browser() -> None:
    visits = Visits()
    found = {visits.fingerprint(ip, agent) for ip in ("1", None) for agent in ("x", None, "\ud800")}
    assert len(found) == 6
    assert visits.fingerprint("1", "x") == visits.fingerprint("1", "x") != Visits().fingerprint("1", "x")
    assert b"a browser" not in visits.fingerprint("1", "a browser")


def test_what_another_process_saw_counts_like_what_was_seen_here() -> None:
    visits = Visits()
    walk = visits.walk()
    assert visits.last("shop", b"chain", 0) == {}
    walk.saw("shop", b"chain", "matomo", "v1", 0)
    walk.saw("shop", b"chain", "crm", "v2", 1)
    assert visits.last("shop", b"chain", VISIT_MS) == {"matomo": "v1", "crm": "v2"}
    assert visits.last("shop", b"chain", VISIT_MS + 1) == {"crm": "v2"}
    assert visits.last("blog", b"chain", 0) == visits.last("shop", b"other", 0) == {}
    other = visits.walk()
    other.saw("shop", b"chain", "matomo", "v3", 2)
    other.undo()
    assert visits.last("shop", b"chain", 2) == {"matomo": "v1", "crm": "v2"}
    walk.undo()
    assert visits.last("shop", b"chain", 2) == {}


def test_the_number_of_a_visit_is_that_of_the_first_key_that_is_within_one() -> None:
    visits = Visits().walk()
    number = visits.number("shop", [b"cookie", b"page"], 0)
    assert visits.number("shop", [b"new", b"page"], 1) == number
    assert visits.number("shop", [b"new"], VISIT_MS + 1) == number
    assert visits.number("shop", [b"new"], 2 * VISIT_MS + 2) != number
    assert visits.number("blog", [b"page"], 1) != number
    assert visits.number("shop", [], 1) != visits.number("shop", [], 1)


def test_a_visit_that_could_not_be_stored_has_not_begun() -> None:
    visits = Visits().walk()
    number = visits.number("shop", [b"cookie"], 0)
    visits.undo()
    assert visits.number("shop", [b"cookie"], 1) != number


def test_an_event_counts_once_in_a_visit_however_long_it_is() -> None:
    kept, keys, now = Visits(), [b"cookie", b"page"], 0
    visits = kept.walk()
    first = visits.number("shop", keys, now)
    assert visits.first("shop", keys, "read", first, now)
    for _ in range(4):
        now += VISIT_MS - 1
        assert visits.number("shop", keys, now) == first
        assert not visits.first("shop", [b"page"], "read", first, now)
        assert kept.last("shop", b"cookie", now).keys() == {OWN, f"{COUNTED}read"}
    now += VISIT_MS + 1
    second = visits.number("shop", keys, now)
    assert second != first
    assert visits.first("shop", keys, "read", second, now)
    assert visits.first("shop", keys, "other", second, now)


def test_an_event_that_could_not_be_stored_did_not_count() -> None:
    kept = Visits()
    number = kept.walk().number("shop", [b"cookie"], 0)
    visits = kept.walk()
    assert visits.first("shop", [b"cookie"], "read", number, 0)
    visits.undo()
    assert visits.first("shop", [b"cookie"], "read", number, 0)


def test_of_receivers_not_every_change_matters() -> None:
    assert exact(OWN)
    assert exact(COUNTED + "purchase")
    assert not exact("matomo")
