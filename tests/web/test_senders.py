"""What a request's headers say of who sends: the same, whether it was read before or not."""

import pytest

from gateway.decide.cookie import VISITOR_BYTES, CookieKey
from gateway.intake.sender import Sender
from gateway.model import Cookie
from gateway.web.senders import DAY_MS, LONGEST, Senders

KEY = CookieKey(b"s" * 32, "shop")
ISSUED = 1_780_000_000_000
COOKIE = Cookie(bytes(range(VISITOR_BYTES)), ISSUED)
OURS = f"tg_shop={KEY.write(COOKIE)}"
SAID = {
    "user-agent": "Firefox",
    "accept-language": "de-AT,de;q=0.5",
    "cookie": f'a=1; a=2; b="3"; c=4; tg_shop=junk; {OURS}',
    "sec-gpc": "1",
    "x-plan": "gold",
}
WANTED = Sender(
    arrived=ISSUED + 1,
    ip="192.0.2.1",
    user_agent="Firefox",
    language="de-AT",
    headers={"x-plan": "gold"},
    cookies={"a": "1", "b": "3"},
    gpc=True,
    cookie=COOKIE,
    named=True,
)


@pytest.fixture
def senders() -> Senders:
    return Senders(KEY, 30, ("x-plan", "x-other"), frozenset({"a", "b"}))


def of(
    senders: Senders, arrived: int = ISSUED + 1, ip: str = "192.0.2.1", trusted: bool = False, **more: str
) -> Sender:
    said = {**SAID, **more}
    told = tuple([said[name.decode()].encode() if name.decode() in said else None for name in senders.wanted])
    return senders.of(told, arrived, ip, trusted=trusted, country=None)


def test_what_is_said_again_is_the_same(senders: Senders) -> None:
    assert of(senders) == of(senders) == WANTED
    assert senders._known.cache_info().hits == 1


def test_what_differs_is_read_anew(senders: Senders) -> None:
    of(senders)
    assert of(senders, arrived=ISSUED + 2).arrived == ISSUED + 2
    assert of(senders, ip="192.0.2.2").ip == "192.0.2.2"
    assert of(senders, cookie="b=5").cookie is None
    assert of(senders, cookie="b=5").cookies == {"b": "5"}
    assert not of(senders, **{"sec-gpc": "0"}).gpc
    assert of(senders, **{"x-plan": "tin"}).headers == {"x-plan": "tin"}
    assert of(senders, **{"user-agent": "Lynx"}).user_agent == "Lynx"


def test_a_server_shows_no_cookie_and_asks_for_no_language(senders: Senders) -> None:
    of(senders)
    server = of(senders, trusted=True)
    assert (server.trusted, server.cookie, server.language) == (True, None, None)


def test_a_remembered_cookie_ends_after_its_days(senders: Senders) -> None:
    last = ISSUED + 30 * DAY_MS
    assert of(senders, arrived=last - 1).cookie == COOKIE
    lapsed = of(senders, arrived=last)
    assert (lapsed.cookie, lapsed.lapsed, lapsed.named) == (None, COOKIE, True)


def test_long_headers_are_not_remembered(senders: Senders) -> None:
    long = "x" * LONGEST
    assert of(senders, **{"user-agent": long}).user_agent == long
    assert senders._known.cache_info().currsize == 0
