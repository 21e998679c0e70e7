"""Segment's calls on a page with Segment's own inline snippet, whose one address was changed."""

from typing import Any

from playwright.async_api import Page
from snippet.tiny import ACCOUNT, USER, container, variable

from gateway.language.container import Calls, Container

from .conftest import Install
from .matomo_page import commands
from .stub import Stub

INLINE = """<script>
  !function(){var i="analytics",analytics=window[i]=window[i]||[];if(!analytics.initialize)if(analytics.invoked)
  window.console&&console.error&&console.error("Segment snippet included twice.");else{analytics.invoked=!0;
  analytics.methods=["trackSubmit","trackClick","trackLink","trackForm","pageview","identify","reset","group","track",
  "ready","alias","debug","page","screen","once","off","on","addSourceMiddleware","addIntegrationMiddleware",
  "setAnonymousId","addDestinationMiddleware","register"];analytics.factory=function(e){return function(){
  if(window[i].initialized)return window[i][e].apply(window[i],arguments);
  var n=Array.prototype.slice.call(arguments);if(["track","screen","alias","group","page","identify"].indexOf(e)>-1){
  var c=document.querySelector("link[rel='canonical']");n.push({__t:"bpc",c:c&&c.getAttribute("href")||void 0,
  p:location.pathname,u:location.href,s:location.search,t:document.title,r:document.referrer})}n.unshift(e);
  analytics.push(n);return analytics}};for(var n=0;n<analytics.methods.length;n++){var key=analytics.methods[n];
  analytics[key]=analytics.factory(key)}analytics.load=function(key,n){var t=document.createElement("script");
  t.type="text/javascript";t.async=!0;t.src="ADDRESS";var r=document.getElementsByTagName("script")[0];
  r.parentNode.insertBefore(t,r);analytics._loadOptions=n};analytics._writeKey="KEY";analytics.SNIPPET_VERSION="5.2.1";
  analytics.load("KEY");
  BEFORE
  analytics.page();
  }}();
</script>"""


def shop(name: str = "shop") -> Container:
    """A container that takes Segment's calls, of a site with sign-in."""
    email = variable("email", "trait", "email", personal=True)
    anywhere = frozenset({""})
    leave = {"user_id": anywhere, "email": anywhere}
    more = {"user_id": USER, "may_leave": leave, "name": name}
    return container(ACCOUNT, email, calls=Calls(segment=True), events=("page_view", "all"), **more)


async def opened(page: Page, stub: Stub, install: Install, before: str = "") -> dict[str, Any]:
    """The first page view."""
    install(shop())
    inline = INLINE.replace("ADDRESS", f"{stub.origin}/t/shop.js").replace("BEFORE", before)
    await page.goto(stub.page("/a", inline, container=None))
    return await stub.hit("page_view")


async def sent(page: Page, stub: Stub, script: str) -> list[dict[str, Any]]:
    """The hits that this script causes."""
    before = len(stub.hits)
    await page.evaluate(f"() => {{ {script} ; analytics.track('end') }}")
    await stub.until(lambda: "end" in [hit["event"] for hit in stub.hits[before:]], "no end")
    return stub.hits[before:-1]


async def test_calls_before_the_script_are_heard_once_in_order(page: Page, stub: Stub, install: Install) -> None:
    before = "analytics.identify('u1', {email: 'a@x.org', plan: 'pro'}); analytics.track('Öffnen', {n: 1});"
    await opened(page, stub, install, before + "window.early = analytics;")
    await stub.count(3)
    assert [(hit["event"], hit["user_id"], hit["traits"]) for hit in stub.hits] == [
        (event, "u1", {"email": "a@x.org"}) for event in ("identify", "Öffnen", "page_view")
    ]
    assert stub.hits[1]["fields"] == {"n": 1}
    assert [hit["event"] for hit in await sent(page, stub, "early.track('late')")] == ["late"]
    assert "page_view" not in [hit["event"] for hit in await sent(page, stub, "history.pushState({}, '', '/b')")]


CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("page()", "page_view", None),
    ("page('Home')", "page_view", {"name": "Home"}),
    ("page('Docs', 'Home', {title: 'T'})", "page_view", {"category": "Docs", "name": "Home"}),
    ("screen('Start')", "page_view", {"name": "Start"}),
    ("track('Products Searched', {query: 'shoes'})", "search", {"term": "shoes"}),
    (
        "track('Product Viewed', {product_id: 's1', name: 'Shoe', price: 5, quantity: 1, currency: 'EUR'})",
        "product_view",
        {"currency": "EUR", "sku": "s1", "name": "Shoe", "price": 5, "quantity": 1},
    ),
    (
        "track('Cart Viewed', {cart_id: 'c1', currency: 'EUR', products: [{sku: 's1', price: 9}]})",
        "cart_update",
        {"currency": "EUR", "items": [{"sku": "s1", "price": 9}]},
    ),
    ("track('page_view', {a: 1})", "event.page_view", {"a": 1}),
    (
        "track('Order Completed', {order_id: 'o1', total: 9, currency: 'EUR', products: [{sku: 's1', price: 9}]})",
        "purchase",
        {"order_id": "o1", "value": 9, "currency": "EUR", "items": [{"sku": "s1", "price": 9}]},
    ),
    ("push(['track', 'pushed'])", "pushed", None),
]
"""A call; the event and the fields that it becomes."""


async def test_what_each_call_tells(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    hits = await sent(page, stub, "; ".join(f"analytics.{call}" for call, *_ in CALLS))
    assert [(hit["event"], hit.get("fields") or None) for hit in hits] == [
        (event, fields) for _, event, fields in CALLS
    ]
    assert [hit["title"] for hit in hits].count("T") == 1


async def test_signing_in_and_out(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    script = (
        "analytics.reset(); analytics.track('nobody'); analytics.identify('u1', {email: 'a@x.org'});"
        "analytics.identify({plan: 'x'}); analytics.group('acme', {name: 'Acme'}); analytics.alias('u2');"
        "analytics.reset(); analytics.track('out'); analytics.identify('undefined'); analytics.track('junk')"
    )
    hits = await sent(page, stub, script)
    found = [(hit["event"], hit["user_id"], hit.get("account"), hit.get("reset")) for hit in hits]
    assert found == [
        ("nobody", None, None, None),
        ("identify", "u1", None, None),
        ("identify", "u1", None, None),
        ("group", "u1", "acme", None),
        ("identify", "u2", "acme", True),
        ("alias", "u2", "acme", None),
        ("out", None, None, True),
        ("identify", None, None, None),
        ("junk", None, None, None),
    ]
    assert not hits[5].get("fields")
    assert hits[2]["traits"] == {"email": "a@x.org"}


async def test_no_id_signs_out_and_its_traits_are_nobodys(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    junk = ("undefined", "null", "''", "0", "undefined, {email: 'b@x.org'}")
    steps = (
        f"analytics.identify('u1', {{email: 'a@x.org'}}); analytics.identify({nothing}); analytics.track('out')"
        for nothing in junk
    )
    hits = await sent(page, stub, "; ".join(steps))
    found = [(hit["event"], hit["user_id"], hit.get("reset"), hit.get("traits")) for hit in hits]
    someone, nobody = ("identify", "u1", None, {"email": "a@x.org"}), ("out", None, True, {"email": None})
    assert found == [someone, nobody] * len(junk)


async def test_what_the_page_is_told(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, "analytics.ready(() => window.ready = 1); analytics.identify('u1', {a: 1});")
    await page.wait_for_function("window.ready")
    script = (
        "window.got = []; analytics.on('track', (name, told) => got.push(name, told.n));"
        "analytics.once('track', () => got.push('once')); analytics.on('reset', () => got.push('reset'));"
        "analytics.track('one', {n: 1}); analytics.off('track'); analytics.track('two');"
        "const user = analytics.user(); got.push(user.id(), user.anonymousId(), user.traits().a); analytics.reset();"
        "got.push(analytics.user().id(), Array.isArray(analytics), analytics.initialized)"
    )
    await sent(page, stub, script)
    assert await page.evaluate("got") == ["one", 1, "once", "u1", None, 1, "reset", None, False, True]
    assert await page.evaluate("new Promise(done => analytics.track('x', {}, {}, done))") is None
    assert await page.evaluate("analytics.track('x').then(() => 'then')") == "then"


async def test_links_and_forms(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    script = (
        "document.body.innerHTML = '<a href=#x>x</a><form></form>';"
        "analytics.trackLink(document.querySelectorAll('a'), 'clicked', node => ({to: node.hash}));"
        "analytics.trackForm(document.querySelector('form'), 'submitted');"
        "document.querySelector('a').click(); document.querySelector('form').dispatchEvent(new Event('submit'))"
    )
    hits = await sent(page, stub, script)
    assert [(hit["event"], hit.get("fields") or None) for hit in hits] == [
        ("clicked", {"to": "#x"}),
        ("submitted", None),
    ]


async def test_the_reference_names_every_call(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    there = await page.evaluate("Object.keys(analytics).filter(name => typeof analytics[name] == 'function')")
    assert sorted(commands("Segment")) == sorted(there)


async def test_two_containers_hear_every_call_once_each(page: Page, stub: Stub, install: Install) -> None:
    install(shop("blog"))
    await opened(page, stub, install, "analytics.identify('u1'); window.early = analytics;")
    script = "const s = document.createElement('script'); s.src = '/t/blog.js'; document.head.append(s)"
    await page.evaluate(f"analytics.track('one'); {script}")
    await page.wait_for_function("Object.keys(taggate.containers).length == 2")
    await page.evaluate(
        "window.got = []; analytics.on('track', name => got.push(name)); analytics.ready(() => got.push(1))"
    )
    await page.evaluate("analytics.track('two'); early.track('three'); analytics.push(['track', 'four'])")
    await stub.until(lambda: stub.events.count("four") == 2, "not both")
    await page.wait_for_function("got.includes(1)")
    assert sorted(map(str, await page.evaluate("got"))) == ["1", "four", "three", "two"]
    for name in ("shop", "blog"):
        hits = [(hit["event"], hit["user_id"]) for call in stub.posts(f"/collect/{name}") for hit in call.hits]
        assert hits == [(event, "u1") for event in ("identify", "page_view", "one", "two", "three", "four")]


async def test_nobody_elses_analytics_is_touched(page: Page, stub: Stub, install: Install) -> None:
    install(shop())
    await page.goto(stub.page("/a", "<script>window.analytics = {mine: 1}</script>"))
    await stub.hit("page_view")
    assert await page.evaluate("JSON.stringify(analytics)") == '{"mine":1}'
