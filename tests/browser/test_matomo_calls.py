"""Matomo's calls on a page with Matomo's own inline snippet, whose one address was changed."""

import pytest
from playwright.async_api import Page

from .conftest import Install
from .matomo_page import SAID, Hit, commands, opened, sent, serve, shop
from .stub import Stub

TOLD: dict[str, tuple[str, Hit]] = {
    "['trackEvent', 'Film', 'Öffnen / play', 'Title', 2.5, {dimension3: 'x', other: 1}]": (
        "Öffnen / play",
        {"category": "Film", "name": "Title", "value": 2.5, "dimensions": {"3": "x"}},
    ),
    "['trackEvent', 'Film', 'page_view']": ("event.page_view", {"category": "Film"}),
    "['trackSiteSearch', 'shoes', false, 3]": ("search", {"term": "shoes", "results": 3}),
    "['trackGoal', 4, 9.5]": ("goal", {"goal": 4, "value": 9.5}),
    "['trackLink', 'https://x.example/?gclid=1&a=2', 'link']": ("outlink", {"href": "https://x.example/?a=2"}),
    "['trackLink', 'https://x.example/f.pdf', 'download']": ("download", {"href": "https://x.example/f.pdf"}),
    "['trackContentImpression', 'Ad', 'a.jpg', '/to']": (
        "content_impression",
        {"content": "Ad", "piece": "a.jpg", "target": "/to"},
    ),
    "['trackContentInteraction', 'click', 'Ad']": (
        "content_interaction",
        {"interaction": "click", "content": "Ad", "piece": "Unknown"},
    ),
    "['trackEcommerceCartUpdate', 10]": ("cart_update", {"value": 10, "items": []}),
    "['ping']": ("heartbeat", {}),
}


@pytest.mark.parametrize("path", ["queue", "pushed", "tracker"])
async def test_what_each_command_tells(page: Page, stub: Stub, install: Install, path: str) -> None:
    """Before the script, after it, and through a tracker object."""
    pushes = [f"_paq.push({call})" for call in TOLD]
    before = "; ".join(pushes) if path == "queue" else ""
    await page.goto(serve(stub, install, shop(), before))
    await stub.hit("page_view")
    if path == "queue":
        hits = await sent(page, stub, "")
        hits = [hit for hit in stub.hits if hit["event"] not in ("page_view", "end")]
    elif path == "pushed":
        hits = await sent(page, stub, "; ".join(pushes))
    else:
        tracker = "const t = Matomo.getAsyncTracker();"
        hits = await sent(page, stub, tracker + "; ".join(f"{{const [n, ...a] = {c}; t[n](...a)}}" for c in TOLD))
    assert [(hit["event"], hit.get("fields", {})) for hit in hits] == list(TOLD.values())


async def test_the_inline_snippet_counts_one_page_view(page: Page, stub: Stub, install: Install) -> None:
    first = await opened(page, stub, install)
    assert first["title"] == "Page /a"
    await sent(page, stub, "history.pushState({}, '', '/b')")
    assert stub.events == ["page_view", "end"], "an application counts its own views, as it did"
    await sent(page, stub, "_paq.push(['setCustomUrl', '/c?gclid=x'], ['trackPageView', 'Third'])")
    assert [hit["event"] for hit in stub.hits[-2:]] == ["page_view", "end"]
    assert (stub.hits[-2]["title"], stub.hits[-2]["url"]) == ("Third", stub.origin + "/c")
    assert stub.hits[-1]["title"] == "Page /a"
    assert {call.path for call in stub.posts("/")} == {"/collect/shop"}


async def test_what_is_no_title_address_or_referrer_takes_it_back(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    steps = (
        "_paq.push(['setDocumentTitle', {0}], ['setCustomUrl', {1}], ['setReferrerUrl', {2}], ['trackPageView']);"
        "_paq.push(['setDocumentTitle', {3}], ['setCustomUrl', {3}], ['setReferrerUrl', {3}], ['trackPageView'])"
    )
    for nothing in ("undefined", "null"):
        hits = await sent(page, stub, steps.format("7", "'/c'", "'/r'", nothing))
        found = [(hit["title"], hit["url"], hit.get("referrer")) for hit in hits]
        assert found == [("7", stub.origin + "/c", "/r"), ("Page /a", stub.origin + "/a", "")]


async def test_a_queue_that_comes_late_does_not_count_again(page: Page, stub: Stub, install: Install) -> None:
    install(shop())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    await sent(page, stub, "window._paq = window._paq || []; _paq.push(['trackPageView', 'again'])")
    assert stub.events == ["page_view", "end"]
    await sent(page, stub, "_paq.push(['trackPageView', 'next'])")
    assert stub.events == ["page_view", "end", "page_view", "end"]


async def test_a_page_without_the_queue_is_counted_as_ever(page: Page, stub: Stub, install: Install) -> None:
    install(shop())
    await page.goto(stub.page("/a"))
    await stub.hit("page_view")
    await page.evaluate("history.pushState({}, '', '/b')")
    await stub.count(2)
    assert stub.events == ["page_view", "page_view"]


async def test_setting_up_comes_before_counting(page: Page, stub: Stub, install: Install) -> None:
    later = "_paq.push(['trackPageView', 'one'], ['setUserId', 'u7'], ['setExcludedQueryParams', ['sid']]);"
    install(shop())
    await page.goto(serve(stub, install, shop(), later) + "?sid=1&a=2")
    first = await stub.hit("page_view")
    assert (first["user_id"], first["url"]) == ("u7", stub.origin + "/a?a=2")


async def test_who_signed_out_first_is_not_signed_in_by_what_comes_later(
    page: Page, stub: Stub, install: Install
) -> None:
    calls = (
        "_paq.push(['setUserId', 'a1'], ['trackEvent', 'c', 'one'], ['resetUserId'], ['trackEvent', 'c', 'two'],"
        "['setUserId', 'b2'], ['trackEvent', 'c', 'three']);"
    )
    await opened(page, stub, install, calls)
    await stub.hit("three")
    found = {hit["event"]: (hit.get("user_id"), hit.get("reset")) for hit in stub.hits if hit["event"] != "page_view"}
    assert found == {"one": ("a1", None), "two": (None, True), "three": ("b2", None)}


async def test_who_signed_out_later_was_signed_in_before(page: Page, stub: Stub, install: Install) -> None:
    first = await opened(page, stub, install, "_paq.push(['setUserId', 'a1'], ['trackPageView'], ['setUserId', '']);")
    assert first["user_id"] == "a1"


async def test_junk_signs_out_and_nobody_in(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    junk = ("''", "null", "undefined", "false", "'undefined'", "'{{UserId}}'")
    steps = (
        f"_paq.push(['setUserId', {text}], ['trackEvent', 'c', 'one'], ['setUserId', 'a1'], ['trackEvent', 'c', 'two'],"
        f"['setUserId', {text}], ['trackEvent', 'c', 'three'])"
        for text in junk
    )
    hits = await sent(page, stub, "; ".join(steps))
    one = [(None, None), ("a1", None), (None, True)]
    assert [(hit["user_id"], hit.get("reset")) for hit in hits] == one * len(junk)


async def test_a_reset_of_nobody_ends_no_visit(page: Page, stub: Stub, install: Install) -> None:
    first = await opened(page, stub, install, "_paq.push(['resetUserId']);")
    assert (first["user_id"], "reset" in first) == (None, False)


async def test_shopping(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    script = (
        "_paq.push(['setEcommerceView', 's1', 'Shoe', ['Men', 'Shoes'], 50], ['trackPageView', 'A shoe'],"
        "['trackPageView'], ['addEcommerceItem', 's1', 'Shoe', 'Men', 50, 2], ['addEcommerceItem', 's2'],"
        "['removeEcommerceItem', 's2'], ['trackEcommerceCartUpdate', 100],"
        "['trackEcommerceOrder', 'o1', 110, 100, 8, 2, false], ['trackEcommerceOrder', '', 1],"
        "['trackEcommerceCartUpdate', 0])"
    )
    item = {"sku": "s1", "name": "Shoe", "category": "Men", "price": 50, "quantity": 2}
    hits = await sent(page, stub, script)
    assert [(hit["event"], hit.get("fields") or None) for hit in hits] == [
        ("product_view", {"sku": "s1", "name": "Shoe", "category": ["Men", "Shoes"], "price": 50}),
        ("page_view", None),
        ("cart_update", {"value": 100, "items": [item]}),
        ("purchase", {"order_id": "o1", "value": 110, "subtotal": 100, "tax": 8, "shipping": 2, "items": [item]}),
        ("cart_update", {"value": 0, "items": []}),
    ]
    assert hits[0]["title"] == "A shoe"


async def test_the_cart_is_told_as_matomo_tells_it(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, "_paq.push(['addEcommerceItem', 's1', 'Shoe', ['a', 'b'], '5']);")
    await page.evaluate("cart = Matomo.getAsyncTracker().getEcommerceItems(); kept = JSON.stringify(cart)")
    assert await page.evaluate("kept") == '{"s1":["s1","Shoe",["a","b"],"5"]}'
    (hit,) = await sent(page, stub, "cart.s1[0] = 'other'; _paq.push(['trackEcommerceCartUpdate', 5])")
    item = {"sku": "s1", "name": "Shoe", "category": ["a", "b"], "price": "5", "quantity": 1}
    assert hit["fields"] == {"value": 5, "items": [item]}


async def test_dimensions_and_variables(page: Page, stub: Stub, install: Install) -> None:
    before = "_paq.push(['setCustomDimension', 1, 'gold'], ['setCustomVariable', 1, 'plan', 'pro', 'visit']);"
    before += "_paq.push(['appendToTrackingUrl', 'dimension2=two&uid=alice&token_auth=x']);"
    before += "_paq.push(['setPagePerformanceTiming', 1, 2.4, 3]);"
    first = await opened(page, stub, install, before)
    base = {"dimensions": {"1": "gold", "2": "two"}, "_cvar": {"1": ["plan", "pro"]}}
    assert first["fields"] == {**base, "pf_net": 1, "pf_srv": 2, "pf_tfr": 3}
    script = (
        "_paq.push(['setCustomVariable', 2, 'a', 'b', 'page'], ['setCustomDimension', 4, 'x'],"
        "['deleteCustomDimension', 4], ['appendToTrackingUrl', ''],"
        "['deleteCustomVariable', 1, 'visit'], ['trackGoal', 1], [function () { "
        "window.got = [this.getCustomDimension(1), this.getCustomVariable(2, 'page'), this.getUserId(),"
        "this.getVisitorId(), this.getSiteId()] }])"
    )
    (hit,) = await sent(page, stub, script)
    assert hit["fields"] == {"goal": 1, "dimensions": {"1": "gold"}, "cvar": {"2": ["a", "b"]}}
    assert await page.evaluate("got") == ["gold", ["a", "b"], "", "", "1"]
    hits = await sent(
        page,
        stub,
        "_paq.push(['setCustomVariable', 1, 'c', 'd', 'event'], ['setCustomDimension', 1, undefined],"
        "['appendToTrackingUrl', 'dimension3=x'], ['trackEvent', 'c', 'one', 'n', 1, {dimension3: 'y'}],"
        "['appendToTrackingUrl', ''], ['trackGoal', 2, 0])",
    )
    both, page_only = {"1": ["c", "d"], "2": ["a", "b"]}, {"2": ["a", "b"]}
    assert [hit["fields"] for hit in hits] == [
        {"category": "c", "name": "n", "value": 1, "dimensions": {"1": "", "3": "y"}, "cvar": both},
        {"goal": 2, "dimensions": {"1": ""}, "cvar": page_only},
    ]


async def test_links(page: Page, stub: Stub, install: Install) -> None:
    before = "_paq.push(['setDomains', ['*.ours.example']], ['addDownloadExtensions', 'x1|x2']);"
    await opened(page, stub, install, before + "_paq.push(['removeDownloadExtensions', ['zip']]);")
    links = (
        "https://other.example/x", "https://www.ours.example/", "/f.PDF", "/f.x2", "/f.zip", "/page",
        "mailto:a@x.org", "javascript:0",
    )  # fmt: skip
    script = (
        f"for (const href of {list(links)}) document.body.innerHTML += `<a href='${{href}}'>x</a>`;"
        "document.body.innerHTML += `<a class='piwik_ignore' href='https://no.example/'></a>"
        "<a class=matomo_link href='/in'></a><a download href='/data'></a>`;"
        "document.body.addEventListener('click', event => event.preventDefault());"
        "document.querySelectorAll('a').forEach(link => link.click())"
    )
    hits = await sent(page, stub, script)
    assert [(hit["event"], hit["fields"]["href"].removeprefix(stub.origin)) for hit in hits] == [
        ("outlink", "https://other.example/x"),
        ("download", "/f.PDF"),
        ("download", "/f.x2"),
        ("outlink", "/in"),
        ("download", "/data"),
    ]


async def test_content_blocks(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    script = (
        "document.body.innerHTML = `<div data-track-content data-content-name=Ad data-content-piece=p1>"
        "<a id=go data-content-target=/t href='/x'>go</a><b id=no>no</b></div>"
        "<div class=matomoTrackContent><img src='/i.png'><a href='/y'></a></div>`;"
        "_paq.push(['trackAllContentImpressions'], ['trackAllContentImpressions']);"
        "document.body.addEventListener('click', event => event.preventDefault());"
        "go.click(); no.click(); _paq.push(['trackContentInteractionNode', no, 'hover'])"
    )
    hits = await sent(page, stub, script)
    ad = {"content": "Ad", "piece": "p1", "target": "/t"}
    image = {"content": "/i.png", "piece": f"{stub.origin}/i.png", "target": f"{stub.origin}/y"}
    assert [(hit["event"], hit["fields"]) for hit in hits] == [
        ("content_impression", ad),
        ("content_impression", image),
        ("content_interaction", {**ad, "interaction": "click"}),
        ("content_interaction", {**ad, "interaction": "hover"}),
    ]


async def test_content_that_comes_into_view(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    await page.evaluate(
        'document.body.innerHTML = \'<p data-track-content data-content-name=top>a</p><p style="height:9000px"></p>'
        "<p id=low data-track-content data-content-name=low>b</p>'; _paq.push(['trackVisibleContentImpressions'])"
    )
    await stub.hit("content_impression")
    await page.evaluate("low.scrollIntoView()")
    await stub.count(3)
    assert [hit["fields"]["content"] for hit in stub.hits[1:]] == ["top", "low"]


async def test_who_looked_long_beats_when_leaving(page: Page, stub: Stub, install: Install) -> None:
    await page.clock.install()
    await opened(page, stub, install, "_paq.push(['enableHeartBeatTimer', 30]);")
    await page.clock.fast_forward(31_000)
    await page.evaluate("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pagehide'))")
    await stub.hit("heartbeat")
    assert stub.events.count("heartbeat") == 1


async def test_errors_of_the_page(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, "_paq.push(['enableJSErrorTracking']);")
    event = "new ErrorEvent('error', {message: 'broke', filename: location.origin + '/x.js', lineno: 3})"
    hits = await sent(page, stub, f"dispatchEvent({event}); dispatchEvent({event})")
    assert [(hit["event"], hit["fields"]["name"]) for hit in hits] == [(f"{stub.origin}/x.js:3", "broke")]


async def test_what_is_unknown_is_said_once(page: Page, stub: Stub, install: Install) -> None:
    broken = SAID + "_paq.push(['noSuch'], ['noSuch'], null, 5, {}, [], [function () { throw 1 }], ['Form::enable']);"
    await opened(page, stub, install, broken)
    await sent(page, stub, "_paq.push(['noSuch'])")
    wanted = [["warn", f'taggate: _paq has no "{name}" here.'] for name in ("noSuch", "Form::enable")]
    assert await page.evaluate("said") == wanted
    assert stub.events == ["page_view", "end"]


async def test_callbacks_are_called(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    answer = await page.evaluate("new Promise(done => _paq.push(['trackEvent', 'a', 'b', 'c', 1, {}, done]))")
    assert answer["success"] is True, "forms are sent off by those who ask for it"


async def test_the_reference_names_every_command(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install)
    there = await page.evaluate("Object.keys(Matomo.getAsyncTracker())")
    assert sorted(commands()) == sorted(there)


async def test_no_known_command_does_harm(page: Page, stub: Stub, install: Install) -> None:
    await opened(page, stub, install, SAID)
    harmful = {"optUserOut", "forgetConsentGiven", "requireConsent", "setDoNotTrack", "trackPageView"}
    harmful |= {"trackRequest", "queueRequest"}
    pushes = "; ".join(f"_paq.push(['{name}'])" for name in commands() if name not in harmful)
    await sent(page, stub, pushes)
    assert await page.evaluate("said") == []
