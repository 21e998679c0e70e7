"""Google's calls on a page with Google's own inline snippet, whose one address was changed."""

from typing import Any

from playwright.async_api import Page
from snippet.tiny import ACCOUNT, USER, container

from gateway.language.container import Calls, Container

from .conftest import Install
from .stub import Stub

INLINE = """<script async src="%s/t/shop.js?id=G-ABC"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag(){dataLayer.push(arguments);}
  gtag('js', new Date());
  %s
</script>"""
CONFIG = "gtag('config', 'G-ABC');"


def shop() -> Container:
    """A container that takes Google's calls, of a site with sign-in."""
    leave = {"user_id": frozenset({""})}
    return container(ACCOUNT, calls=Calls(gtag=True), events=("page_view", "all"), user_id=USER, may_leave=leave)


async def opened(page: Page, stub: Stub, install: Install, calls: str = CONFIG) -> None:
    """The page is there."""
    install(shop())
    await page.goto(stub.page("/a", INLINE % (stub.origin, calls), container=None))
    await page.wait_for_function("window.taggate && taggate.containers")


async def sent(page: Page, stub: Stub, script: str) -> list[dict[str, Any]]:
    """The hits that this script causes, and the first page view."""
    await page.evaluate(f"() => {{ {script} ; gtag('event', 'end') }}")
    await stub.hit("end")
    return stub.hits[:-1]


SHOE = "{item_id: 's1', item_name: 'Shoe', item_category: 'Men', price: 5, quantity: 2}"
TOLD = {"sku": "s1", "name": "Shoe", "category": "Men", "price": 5, "quantity": 2}


EVENTS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "purchase",
        f"{{transaction_id: 'o1', value: 10, tax: 1, shipping: 2, currency: 'EUR', items: [{SHOE}]}}",
        "purchase",
        {"order_id": "o1", "value": 10, "tax": 1, "shipping": 2, "currency": "EUR", "items": [TOLD]},
    ),
    ("add_to_cart", f"{{value: 10, items: [{SHOE}]}}", "cart_update", {"action": "add", "value": 10, "items": [TOLD]}),
    ("remove_from_cart", f"{{items: [{SHOE}]}}", "cart_update", {"action": "remove", "items": [TOLD]}),
    ("view_cart", f"{{items: [{SHOE}]}}", "cart_update", {"action": "view", "items": [TOLD]}),
    ("view_item", f"{{items: [{SHOE}]}}", "product_view", TOLD),
    ("search", "{search_term: 'shoes'}", "search", {"term": "shoes"}),
    ("click", "{link_url: 'https://x.example/', outbound: true}", "outlink", {"href": "https://x.example/"}),
    ("file_download", "{link_url: '/f.pdf'}", "download", {"href": "/f.pdf"}),
    ("click", "{a: 1}", "click", {"a": 1}),
    ("login", "{method: 'mail', send_to: 'G-X', user_data: {email: 'a@x.org'}}", "login", {"method": "mail"}),
]
"""A name and what is said with it; the event and the fields that it becomes."""


async def test_what_each_event_becomes(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    first, *hits = await sent(page, stub, "; ".join(f"gtag('event', '{name}', {said})" for name, said, *_ in EVENTS))
    assert first["event"] == "page_view"
    assert [(hit["event"], hit["fields"]) for hit in hits] == [(event, fields) for *_, event, fields in EVENTS]


async def test_the_ecommerce_of_a_data_layer(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    pushed = f"dataLayer.push({{event: 'purchase', ecommerce: {{transaction_id: 'o1', value: 3, items: [{SHOE}]}}}})"
    _, hit = await sent(page, stub, pushed)
    assert (hit["event"], hit["fields"]) == ("purchase", {"order_id": "o1", "value": 3, "items": [TOLD]})


async def test_signing_in_and_out(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, "gtag('config', 'G-ABC', {user_id: 'u1'});")
    script = (
        "gtag('event', 'one'); gtag('set', {user_id: 'u2'}); gtag('event', 'two'); gtag('set', 'user_id', null);"
        "gtag('event', 'out'); gtag('set', {user_id: 'undefined'}); gtag('event', 'junk')"
    )
    hits = await sent(page, stub, script)
    assert [(hit["event"], hit["user_id"], hit.get("reset")) for hit in hits] == [
        ("page_view", "u1", None),
        ("one", "u1", None),
        ("two", "u2", True),
        ("out", None, True),
        ("junk", None, None),
    ]


async def test_page_views_of_a_page_that_counts_them(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, "gtag('config', 'G-ABC', {send_page_view: false});")
    script = "history.pushState({}, '', '/b'); gtag('event', 'page_view', {page_title: 'B', send_to: 'G-ABC'})"
    (hit,) = await sent(page, stub, script)
    assert (hit["event"], hit["fields"], hit["url"]) == ("page_view", {"title": "B"}, stub.origin + "/b")


async def test_page_views_of_a_page_that_leaves_them_to_the_tag(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    assert [hit["event"] for hit in await sent(page, stub, "gtag('event', 'page_view')")] == ["page_view"]


async def test_callbacks_are_called(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    await page.evaluate("new Promise(done => gtag('event', 'x', {event_callback: done}))")
    await page.evaluate("new Promise(done => dataLayer.push({event: 'x', eventCallback: done}))")
    assert await page.evaluate("new Promise(done => gtag('get', 'G-ABC', 'client_id', id => done([id])))") == [None]
