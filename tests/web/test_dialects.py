"""Which container a sender means."""

import gzip
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.intake.snippet import BadHit
from gateway.language.container import Dialects
from gateway.web.asked import BodyTooLarge
from gateway.web.dialects import Directory, clashes, inflated

from .gate import DIALECTS, Gate


def running(**told: Dialects) -> Any:
    """Containers by name, with nothing but who may speak to them."""
    return {
        name: SimpleNamespace(container=SimpleNamespace(dialects=dialects), keys=SimpleNamespace(segment=None))
        for name, dialects in told.items()
    }


def test_what_two_containers_claim_is_told_and_nobodys() -> None:
    found = running(
        shop=Dialects(site_ids=(1, 2), browser_key="web"),
        blog=Dialects(site_ids=(2, 3), browser_key="web"),
        news=Dialects(site_ids=(2,), browser_key="news"),
        own=Dialects(),
    )
    assert clashes(found) == [
        "site 2 of Matomo's clients is claimed by blog, news, shop: what comes for it is refused",
        "Segment's write key web is claimed by blog, shop: what comes for it is refused",
    ]
    directory = Directory(lambda: found)
    assert [directory.site(number) for number in ("1", "2", "3", "4", "", "01", None)] == [
        *("shop", None, "blog", None, None, None, None)
    ]
    assert (directory.key("web"), directory.key("news"), directory.key("")) == (None, ("news", False), None)
    assert clashes(running(shop=Dialects(site_ids=(1,)), blog=Dialects(site_ids=(2,)))) == []


def test_containers_that_change_are_looked_up_anew() -> None:
    found = [running(shop=Dialects(site_ids=(1,)))]
    directory = Directory(lambda: found[0])
    assert directory.site("1") == "shop"
    found[0] = running(blog=Dialects(site_ids=(1,), browser_key="web"))
    assert directory.site("1") == "blog"
    assert directory.key("web") == ("blog", False)


async def test_a_reload_changes_who_may_send(gate: Gate) -> None:
    ask = {"headers": {"origin": "https://shop.example.com"}}
    path = "/matomo.php?idsite=1&rec=1&send_image=0"
    assert (await gate.web.ask("GET", path, **ask)).status == 400
    await gate.load(accept=DIALECTS)
    assert (await gate.web.ask("GET", path, **ask)).status == 204
    await gate.load(accept=DIALECTS.replace("[1, 5]", "[5]"))
    assert (await gate.web.ask("GET", path, **ask)).status == 400


def test_a_body_that_was_made_smaller() -> None:
    assert inflated(gzip.compress(b"hit"), " GZIP ", 3) == b"hit"
    with pytest.raises(BodyTooLarge):
        inflated(gzip.compress(b"hits"), "gzip", 3)
    for body, coding in ((b"", "gzip"), (gzip.compress(b"a") * 2, "gzip"), (b"x", "deflate")):
        with pytest.raises(BadHit):
            inflated(body, coding, 100)
