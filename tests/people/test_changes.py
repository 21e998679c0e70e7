"""Which keys changed since somebody looked."""

from gateway.people.changes import Changes


def test_what_changed_after_a_look_is_told_to_those_who_looked_before() -> None:
    changes = Changes()
    before = changes.moment
    changes.note("shop", [b"a", b"b"])
    after = changes.moment
    assert changes.since(before, "shop", [b"x", b"b"])
    assert not changes.since(after, "shop", [b"a", b"b"])
    for container, keys in (("shop", [b"c"]), ("shop", []), ("blog", [b"a"])):
        assert not changes.since(before, container, keys)
    changes.note("shop", [b"a"])
    assert changes.since(after, "shop", [b"a"])
    assert not changes.since(after, "shop", [b"b"])


def test_who_looked_too_long_ago_looks_again() -> None:
    changes = Changes(most=2)
    for key in (b"a", b"b"):
        changes.note("shop", [key])
    moment = changes.moment
    assert not changes.since(moment, "shop", [b"c"])
    for key in (b"a", b"c"):
        changes.note("shop", [key])
    # b was forgotten for c: it changed before the moment, so that one may still say what came since.
    assert changes.since(moment, "shop", [b"a"])
    assert not changes.since(moment, "shop", [b"b"])
    changes.note("shop", [b"d"])
    assert changes.since(moment, "shop", [b"never seen"])
    assert not changes.since(changes.moment, "shop", [b"never seen"])
