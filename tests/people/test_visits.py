"""Which visitor a receiver saw last."""

from gateway.people.visits import VISIT_MS, Visits


def test_within_one_visit_the_last_visitor_is_known() -> None:
    visits = Visits()
    assert visits.last("shop", "matomo", b"chain", 0) is None
    visits.saw("shop", "matomo", b"chain", "v1", 0)
    assert visits.last("shop", "matomo", b"chain", VISIT_MS) == "v1"
    assert visits.last("shop", "matomo", b"chain", VISIT_MS + 1) is None
    for other in (("blog", "matomo", b"chain"), ("shop", "crm", b"chain"), ("shop", "matomo", b"other")):
        assert visits.last(*other, 0) is None


def test_those_longest_not_seen_go_first() -> None:
    visits = Visits(most=2)
    for chain in (b"a", b"b", b"a", b"c"):
        visits.saw("shop", "t", chain, "v", 0)
    assert [visits.last("shop", "t", chain, 0) for chain in (b"a", b"b", b"c")] == ["v", None, "v"]


def test_what_could_not_be_stored_was_not_seen() -> None:
    visits = Visits()
    visits.saw("shop", "t", b"a", "old", 0)
    visits.noted()
    visits.saw("shop", "t", b"a", "new", 1)
    visits.saw("shop", "t", b"a", "newer", 2)
    visits.saw("shop", "t", b"b", "new", 1)
    visits.undo(visits.noted())
    assert visits.last("shop", "t", b"a", 0) == "old"
    assert visits.last("shop", "t", b"b", 0) is None
    assert visits.noted() == []


def test_a_fingerprint_is_of_address_and_browser() -> None:
    visits = Visits()
    found = {visits.fingerprint(ip, agent) for ip in ("1", None) for agent in ("x", None, "\ud800")}
    assert len(found) == 6
    assert visits.fingerprint("1", "x") == visits.fingerprint("1", "x") != Visits().fingerprint("1", "x")
    assert b"a browser" not in visits.fingerprint("1", "a browser")
