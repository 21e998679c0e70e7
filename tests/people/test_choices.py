"""What is kept of a choice, and for whom."""

import pytest

from gateway.model import Choice, Consent, Cookie, Hit
from gateway.people.choices import chosen
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
