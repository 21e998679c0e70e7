"""Events of the page: the command queue before, during and after loading, and the data layers."""

from typing import Any

from playwright.async_api import Page
from snippet.tiny import container, known_person, variable

from .conftest import Install
from .stub import Stub

CALLS = "<script>window.taggate=window.taggate||function(){(taggate.q=taggate.q||[]).push(arguments)}</script>"
ORDER = variable("total", "data_layer", "order.total")
EVENTS = ("page_view", "purchase")


async def opened(page: Page, stub: Stub, head: str = "") -> None:
    """The page is there and its first page view arrived."""
    await page.goto(stub.page("/a", head))
    await stub.hit("page_view")


async def sent(page: Page, stub: Stub, script: str) -> list[dict[str, Any]]:
    """The hits that this script causes."""
    before = len(stub.hits)
    await page.evaluate(script + "; taggate('event', 'end')")
    await stub.hit("end")
    return stub.hits[before:-1]


async def test_calls_before_the_snippet_keep_their_order(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=None, may_leave={"user_id": frozenset({""})}))
    calls = "<script>taggate('event','one',{n:1}); taggate('identify','alice'); taggate('event','two')</script>"
    await opened(page, stub, CALLS + calls)
    await stub.hit("two")
    await page.evaluate("taggate('event', 'three')")
    await stub.hit("three")
    assert stub.events == ["page_view", "one", "two", "three"]
    assert stub.hits[1]["fields"] == {"n": 1}
    assert [hit.get("user_id", "unsaid") for hit in stub.hits] == ["unsaid", "unsaid", "alice", "alice"]


async def test_who_is_known_before_the_snippet_is_on_the_first_page_view(
    page: Page, stub: Stub, install: Install
) -> None:
    install(known_person(consent=None, may_leave={"user_id": frozenset({""})}))
    await opened(page, stub, CALLS + "<script>taggate('identify','alice'); taggate('event','one')</script>")
    await stub.hit("one")
    assert stub.events == ["page_view", "one"]
    assert [hit["user_id"] for hit in stub.hits] == ["alice", "alice"]


async def test_what_was_pushed_before_the_snippet_is_not_older_than_its_page_view(
    page: Page, stub: Stub, install: Install
) -> None:
    install(container(ORDER, events=EVENTS))
    slow = "<script>let now = Date.now(); Date.now = () => (now += 10); dataLayer = [{event: 'purchase'}]</script>"
    await opened(page, stub, slow)
    await stub.hit("purchase")
    assert stub.events == ["page_view", "purchase"]
    assert stub.hits[0]["at"] <= stub.hits[1]["at"]


async def test_what_an_event_may_be_called(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await opened(page, stub)
    names = "['ok', 'A b.c:d-e_1', 'é/?', 5, null, undefined, {}, Symbol()]"
    hits = await sent(page, stub, f"{names}.forEach(name => taggate('event', name))")
    assert [hit["event"] for hit in hits] == ["ok", "A b.c:d-e_1", "é/?"]


async def test_fields_are_plain_json(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await opened(page, stub)
    fields = (
        "{text: 'a\\u0000b\\ud800c\\u2028é', n: 1.5, no: NaN, f() {}, el: document.body, when: new Date(), yes: true, "
        "nothing: null, list: [1, undefined, {a: 1}], deep: {er: {x: 1}}, loop: null, 'a\"b': 1}"
    )
    script = f"const f = {fields}; f.loop = f; taggate('event', 'odd', f); f.text = 'later'; f.list.push(9)"
    (hit,) = await sent(page, stub, script)
    fields = hit["fields"]
    loop = fields.pop("loop")
    assert fields == {
        "text": "ab\ufffdc\u2028é",
        "n": 1.5,
        "yes": True,
        "nothing": None,
        "list": [1, None, {"a": 1}],
        "deep": {"er": {"x": 1}},
        'a"b': 1,
    }
    depth = 0
    while "loop" in loop:
        loop, depth = loop["loop"], depth + 1
    assert depth < 16


async def test_data_layers_before_and_after_loading(page: Page, stub: Stub, install: Install) -> None:
    install(container(ORDER, events=EVENTS))
    before = (
        "<script>window.dataLayer = [{order: {total: 1}}, {event: 'gtm.js', 'gtm.start': 1},"
        "{event: 'view', item: {sku: 'a'}, 'gtm.uniqueEventId': 3}, {'order.total': 2}, {event: 'page_view'}]</script>"
    )
    await opened(page, stub, before)
    await stub.hit("view")
    assert stub.events == ["page_view", "view"]
    assert [hit["values"] for hit in stub.hits] == [{"total": 2}, {"total": 1}]
    assert stub.hits[1]["fields"] == {"item": {"sku": "a"}}
    hits = await sent(
        page, stub, "dataLayer.push({event: 'purchase', order: {total: 5, id: 'x'}}, {order: {total: 6}})"
    )
    assert [(hit["event"], hit["values"], hit["fields"]) for hit in hits] == [
        ("purchase", {"total": 5}, {"order": {"total": 5, "id": "x"}})
    ]
    assert stub.hits[-1]["values"] == {"total": 6}


async def test_every_data_layer_is_read(page: Page, stub: Stub, install: Install) -> None:
    paths = {"ours": "a.one", "google": "b.one", "matomo": "c.one", "object": "d.one", "none": "e.one"}
    install(container(*(variable(name, "data_layer", path) for name, path in paths.items()), events=EVENTS))
    layers = (
        "<script>taggateData = [{a: {one: 1}}]; dataLayer = [{b: {one: '2'}}]; _mtm = [{c: {one: [3]}}];"
        "digitalData = {d: {one: {x: 4}}}</script>"
    )
    await opened(page, stub, layers)
    assert stub.hits[0]["values"] == {"ours": 1, "google": "2", "matomo": [3], "object": {"x": 4}, "none": None}


async def test_events_of_matomos_and_our_own_layer(page: Page, stub: Stub, install: Install) -> None:
    install(container(events=EVENTS))
    await opened(
        page, stub, "<script>window._mtm = [{event: 'mtm.Start', 'mtm.startTime': 1}]; taggateData = []</script>"
    )
    script = "_mtm.push({event: 'signup', plan: 'pro', 'mtm.x': 1}); taggateData.push({event: 'own'})"
    hits = await sent(page, stub, script)
    assert [(hit["event"], hit.get("fields") or None) for hit in hits] == [("signup", {"plan": "pro"}), ("own", None)]


async def test_gtag(page: Page, stub: Stub, install: Install) -> None:
    install(container(ORDER, events=EVENTS))
    gtag = (
        "<script>window.dataLayer = []; function gtag() { dataLayer.push(arguments) } gtag('js', new Date())</script>"
    )
    await opened(page, stub, gtag)
    calls = (
        "gtag('set', {order: {total: 7}}); gtag('event', 'purchase', {value: 3});"
        "gtag('event', 'page_view'); gtag('config', 'G-1')"
    )
    hits = await sent(page, stub, calls)
    assert [(hit["event"], hit["fields"], hit["values"]) for hit in hits] == [("purchase", {"value": 3}, {"total": 7})]


async def test_push_stays_what_it_was(page: Page, stub: Stub, install: Install) -> None:
    install(container(events=EVENTS))
    own = "<script>window.dataLayer = [1]; dataLayer.push = function (x) { this.got = x; return 'mine' }</script>"
    await opened(page, stub, own)
    assert await page.evaluate("dataLayer.push({event: 'one'})") == "mine"
    assert await page.evaluate("dataLayer.got") == {"event": "one"}
    assert (
        await page.evaluate("Object.keys(dataLayer)") == ["0", "push", "got"]
        or await page.evaluate("dataLayer.length") == 1
    )
    await stub.hit("one")
    assert await page.evaluate("(window._mtm = []).push({event: 'two'}, 2)") == 2
    await sent(page, stub, "")
    assert stub.events.count("two") == 1
    assert await page.evaluate("_mtm.push({event: 'three'})") == 3
    await stub.hit("three")


async def test_a_replaced_data_layer_counts_nothing_twice(page: Page, stub: Stub, install: Install) -> None:
    install(container(ORDER, events=EVENTS))
    await opened(page, stub, "<script>window.dataLayer = [{event: 'one', order: {total: 1}}]</script>")
    await stub.hit("one")
    script = (
        "dataLayer = dataLayer.concat([{event: 'two'}]); taggate('event', 'look'); dataLayer.push({event: 'three'})"
    )
    hits = await sent(page, stub, script)
    assert [hit["event"] for hit in hits] == ["two", "look", "three"]
    assert all(hit["values"] == {"total": 1} for hit in hits)


async def test_how_pushed_objects_are_put_together(page: Page, stub: Stub, install: Install) -> None:
    paths = ("a.b", "a.c", "list", "gone.x", "gone", "__proto__.x", "length")
    install(container(*(variable(f"v{n}", "data_layer", path) for n, path in enumerate(paths)), events=EVENTS))
    await opened(page, stub)
    pushed = (
        "window.dataLayer = [{a: {b: 1, c: 1}}, {'a.b': 2}, {list: [1, 2, 3]}, {list: [4]}, {gone: {x: 1}},"
        "{gone: undefined},JSON.parse('{\"__proto__\": {\"x\": 1}}'), 'text', null, function () {}, ['set', 'a.b', 9]]"
    )
    await sent(page, stub, pushed)
    values = stub.hits[-1]["values"]
    assert values["v0"] == 2
    assert values["v1"] == 1
    assert values["v2"] == [4]
    assert (values["v3"], values["v4"], values["v6"]) == (None, None, None)
    assert await page.evaluate("({}).x") is None


async def test_cookies_are_read(page: Page, stub: Stub, install: Install) -> None:
    install(container(variable("plan", "cookie", "plan"), variable("none", "cookie", "lan")))
    await opened(page, stub, "<script>document.cookie = 'plan=' + encodeURIComponent('für alle; 100%')</script>")
    assert stub.hits[0]["values"] == {"plan": "für alle; 100%", "none": None}
