"""Clients of other projects for pages, unchanged: they load the snippet where they loaded their tracker's script."""

from functools import cache
from typing import Any

import pytest
from msgspec import structs
from node import TOOLS, npm, run
from playwright.async_api import Page

from gateway.language.container import Calls

from .conftest import Install
from .matomo_page import SAID, Hit, shop
from .stub import Stub
from .test_senders import PEERS

DIMENSIONS = {"2": "gold"}
LATER = {"dimensions": {"2": "gold", "3": "late"}}
ITEM = {"sku": "s1", "name": "Shoe", "category": "Men", "price": 50, "quantity": 2}
ORDER = {"order_id": "o1", "value": 110, "subtotal": 100, "tax": 8, "shipping": 2, "items": [ITEM]}
FILM: Hit = {"category": "Film", "name": "Title", "value": 2}
TRACKER: list[tuple[Any, ...]] = [
    ("page_view", "/a", "First", "ada", {"dimensions": DIMENSIONS}),
    ("play", "/a", "Page /a", "ada", {**FILM, **LATER}),
    ("search", "/a", "Page /a", "ada", {"term": "shoes", "category": "men", "results": 3, **LATER}),
    ("outlink", "/a", "Page /a", "ada", {"href": "https://x.example/", **LATER}),
    ("purchase", "/a", "Page /a", "ada", {**ORDER, **LATER}),
    ("page_view", "/second", "Second", "ada", LATER),
]
TOLD: dict[str, list[tuple[Any, ...]]] = {
    "jonkoops": TRACKER,
    "datapunt": TRACKER,
    "vue": [
        ("page_view", "/", "Home", "ada", {"dimensions": DIMENSIONS}),
        ("page_view", "/next", "Next", "ada", {"dimensions": DIMENSIONS}),
        ("play", "/next", "Page /a", "ada", {**FILM, "dimensions": DIMENSIONS}),
    ],
    "certible": [
        ("play", "/a", "Page /a", "ada", FILM),
        ("page_view", "/a", "Page /a", "ada", {}),
        ("page_view", "/next", "Page /a", "ada", {}),
        ("stop", "/next", "Page /a", None, {"category": "Film"}),
    ],
    "ga": [
        ("page_view", "/a", "Page /a", "ada", {"title": "First"}),
        ("Play", "/a", "Page /a", "ada", {"event_category": "Film", "event_label": "Title", "value": 2}),
        ("sign_up", "/a", "Page /a", "ada", {"method": "mail"}),
        ("after", "/a", "Page /a", None, {}),
    ],
}
"""Of each client: its hits by name, path, title, who is here, and fields."""


@cache
def bundle() -> str:
    """All of them, as a website would ship them."""
    npm("clients of other projects for pages were not tried", PEERS)
    npm("clients of other projects for pages were not tried")
    named = tuple(f"--alias:{name}={TOOLS / 'node_modules' / name}" for name in ("vue", "vue-router"))
    flags = ("OPTIONS_API", "PROD_DEVTOOLS", "PROD_HYDRATION_MISMATCH_DETAILS")
    defined = (f"--define:__VUE_{flag}__=false" for flag in flags)
    options = ("--bundle", "--format=iife", '--define:process.env.NODE_ENV="production"', *named, *defined)
    return run("node_modules/.bin/esbuild", *options, str(PEERS / "page_clients.mjs"))


@pytest.mark.parametrize("client", TOLD)
async def test_a_client(page: Page, stub: Stub, install: Install, client: str) -> None:
    of = shop()
    install(structs.replace(of, calls=Calls(gtag=True)) if client == "ga" else of)
    stub.pages["/matomo.js"] = stub.pages["/t/shop.js"]
    stub.html("/clients.js", bundle(), "text/javascript; charset=utf-8")
    head = f"<script>{SAID}</script><script src=/clients.js></script>"
    await page.goto(stub.page("/a", head, container=None))
    await page.evaluate(f"clients.{client}()")
    hits = await stub.count(len(TOLD[client]))
    found = [
        (hit["event"], hit["url"].removeprefix(stub.origin), hit["title"], hit["user_id"], hit["fields"])
        for hit in hits
    ]
    assert found == TOLD[client]
    assert await page.evaluate("said") == []
