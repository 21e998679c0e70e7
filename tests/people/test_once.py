"""What a life remembers of events that count once for a visitor."""

from msgspec import structs

from gateway.model import Cookie, Life
from gateway.people.life import FIRST_SESSION, Attendance
from gateway.people.once import counted

CAME = Attendance(session=FIRST_SESSION, chain=b"chain", cookie=Cookie(b"v" * 16, 5))
CAME_BEFORE = Life(session=FIRST_SESSION, since=1)


def test_the_first_time_makes_a_life_that_changes_nothing_else() -> None:
    kept = counted("newsletter", CAME, {})
    assert kept
    assert kept.lives == {b"chain": Life(session=FIRST_SESSION, since=5, counted=("newsletter",))}
    assert counted("newsletter", CAME, kept.lives) is None
    again = counted("order", CAME, kept.lives)
    assert again
    assert again.lives[b"chain"].counted == ("newsletter", "order")


def test_a_visitor_without_cookie_is_of_no_time() -> None:
    kept = counted("newsletter", structs.replace(CAME, cookie=None), {})
    assert kept
    assert kept.lives[b"chain"].since == 0


def test_what_the_hit_itself_changed_is_kept() -> None:
    new = Life(session=b"s" * 16, since=9, person=b"p")
    kept = counted("order", structs.replace(CAME, lives={b"chain": new, b"other": new}), {b"chain": CAME_BEFORE})
    assert kept
    assert kept.lives == {b"chain": structs.replace(new, counted=("order",)), b"other": new}
