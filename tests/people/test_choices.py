"""What is kept of a choice, and for whom."""

from typing import Any

import pytest
from msgspec import structs

from gateway.model import Choice, Consent, Cookie, Hit
from gateway.people.choices import chosen, refused
from gateway.people.life import Shown

YES, NO = Consent.GRANTED, Consent.REFUSED
DEVICE, HEIR = b"device", b"heir"
HIT = Hit(container="shop", event="page_view", at=9, arrived=9, cookie=Cookie(b"v" * 16, 1))
SHOWN = Shown(cookie=DEVICE, keys=(DEVICE,))


@pytest.mark.parametrize(
    ("had", "has", "then"),
    [
        ((NO, 5), None, (NO, 5)),
        ((NO, 5), (YES, 4), (NO, 5)),
        ((YES, 5), (NO, 4), (YES, 5)),
        ((YES, 4), (NO, 5), None),
        ((NO, 5), (YES, 5), (NO, 5)),
        ((YES, 5), (NO, 5), None),
        ((NO, 5), (NO, 5), None),
    ],
)
def test_what_a_device_chose_goes_over_unless_who_took_over_chose_later(
    had: tuple[Consent, int], has: tuple[Consent, int] | None, then: tuple[Consent, int] | None
) -> None:
    """Of two at one time the refusal holds."""
    kept = {DEVICE: {"ads": Choice(*had)}} | ({HEIR: {"ads": Choice(*has)}} if has else {})
    found = chosen(HIT, SHOWN, [HEIR], {}, kept)
    assert found == ({HEIR: {"ads": Choice(*then)}} if then else {})


def test_who_takes_over_goes_on_choosing_what_all_before_chose() -> None:
    """Also what the one in between refused, which the cookie that is shown knows nothing of."""
    refusal = {"ads": Choice(NO, 5)}
    assert chosen(HIT, SHOWN, [HEIR, b"new"], {}, {HEIR: refusal}) == {b"new": refusal}
    first_hits_of_a_page = structs.replace(HIT, cookie=None, page="p" * 32)
    assert chosen(first_hits_of_a_page, SHOWN, [HEIR], {}, {DEVICE: refusal}) == {HEIR: refusal}
    later = {"ads": Choice(YES, 6)}
    assert chosen(HIT, SHOWN, [HEIR, b"new"], {}, {DEVICE: refusal, HEIR: later}) == {b"new": later}


@pytest.mark.parametrize(
    ("hit", "shown", "whose"),
    [
        ({"cookie": Cookie(b"v" * 16, 1)}, Shown(cookie=DEVICE, page=b"page", person=b"person"), [DEVICE]),
        ({"visitor": "matomo:1"}, Shown(cookie=DEVICE, page=b"page", person=b"person"), [DEVICE]),
        ({"visitor": "v1", "trusted": True}, Shown(server=b"server", person=b"person"), [b"server"]),
        ({"trusted": True}, Shown(person=b"person"), [b"person"]),
        ({"trusted": True, "consent_at": 5}, Shown(server=b"server", person=b"person"), [b"person"]),
        ({"page": "p"}, Shown(cookie=DEVICE, page=b"page", person=b"person"), []),
        ({"page": "p", "consent_at": 5}, Shown(cookie=DEVICE, page=b"page", person=b"person"), [b"person"]),
        ({}, Shown(), []),
    ],
)
def test_whose_refusal_it_is(hit: dict[str, Any], shown: Shown, whose: list[bytes]) -> None:
    """A page's number alone is forgotten with it: the snippet tells POST /consent."""
    said = Hit(container="shop", event="page_view", at=9, arrived=9, **hit)
    at = 9 if said.consent_at is None else said.consent_at
    assert chosen(said, shown, [], {"ads": False}, {}) == {key: {"ads": Choice(NO, at)} for key in whose}
    assert chosen(said, shown, [], {"ads": True}, {}) == {}, "a grant is kept only where it takes a refusal back"


def test_only_what_was_refused_is_named() -> None:
    assert refused({"ads": Choice(NO, 5), "analytics": Choice(YES, 5), "video": Choice(Consent.UNKNOWN, 5)}) == {"ads"}
