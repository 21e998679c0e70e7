"""What is taken out of addresses and titles before they leave."""

from playwright.async_api import Page
from snippet.tiny import container, known_person

from .conftest import Install
from .stub import Stub

KNOWN = "<script>document.cookie = 'choice=ads'; dataLayer = [{user: {id: '%s', company: 'Müller & Co'}}]</script>"


DROPPED = {
    "/a?gclid=1&x=2": "/a?x=2",
    "/b?x=2&GCLID=1": "/b?x=2",
    "/c?gclid=1": "/c",
    "/d?gclid[]=1;y=2#gclid=3": "/d?y=2",
    "/e?%67clid=1&z": "/e?z",
    "/f?x=%zz&%zz=1#/p?reset_token=abc&q=1": "/f?x=%zz&%zz=1#/p?q=1",
    "/g?not_gclid=1": "/g?not_gclid=1",
    "/h?": "/h?",
}


async def test_dropped_parameters(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.goto(stub.page("/"))
    await stub.hit("page_view")
    await page.evaluate(
        "paths => paths.forEach(path => { history.pushState({}, '', path); taggate('page') })", list(DROPPED)
    )
    hits = await stub.count(1 + len(DROPPED))
    assert [hit["url"].removeprefix(stub.origin) for hit in hits[1:]] == list(DROPPED.values())
    assert hits[2]["referrer"] == stub.origin + "/a?x=2"


async def test_the_referrer_too_and_an_empty_one_stays_empty(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    stub.page("/b")
    link = "<script>onload = () => { location.href = '/b' }</script>"
    stub.page("/from", '<meta name="referrer" content="unsafe-url">' + link, container=None)
    await page.goto(stub.origin + "/from?gclid=1&x=2")
    assert (await stub.hit("page_view"))["referrer"] == stub.origin + "/from?x=2"
    await page.goto(stub.page("/c"))
    assert (await stub.count(2))[1]["referrer"] == ""


SCRUBBED = (
    ("alice", "/users/alice/orders?u=Alice&alicelike=1", "/users/(removed)/orders?u=(removed)&alicelike=1"),
    ("Zoë B", "/Zo%C3%AB%20B?u=zo%c3%ab+b", "/(removed)?u=(removed)"),
    ("a@x.org", "/?m=a@x.org&n=a%40x.org&o=a%2540x.org", "/?m=(removed)&n=(removed)&o=(removed)"),
    ("Zoë B", "/?a=Wm/DqyBC&b=Wm_DqyBC&c=Wm%2FDqyBC==", "/?a=(removed)&b=(removed)&c=(removed)=="),
    ("o'b@x.org", "/?m=o'b@x.org&n=o%27b%40x.org&o=o%2527b%2540x.org", "/?m=(removed)&n=(removed)&o=(removed)"),
    ("a+b c/7", "/a%2bb+c/7?x=a%2Bb%20c%2F7", "/(removed)?x=(removed)"),
    ("bob", "/bob", "/bob"),
    ("a.*b", "/a.*b/aXXb", "/(removed)/aXXb"),
    ("4711", "/o/4711/94711?x=%204711#4711", "/o/(removed)/94711?x=%20(removed)#(removed)"),
    ("x", "/M%C3%BCller%20%26%20Co", "/(removed)"),
)


async def test_what_may_not_leave(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a", KNOWN % "nobody"))
    await stub.hit("page_view")
    for number, (user, path, kept) in enumerate(SCRUBBED, 1):
        script = (
            "([id, path]) => { dataLayer.push({user: {id}}); history.pushState({}, '', path);"
            "document.title = 'Hello ' + id; taggate('page') }"
        )
        await page.evaluate(script, [user, path])
        hit = (await stub.count(number + 1))[number]
        assert hit["url"] == stub.origin + kept
        assert hit["title"] == ("Hello (removed)" if len(user) > 3 else f"Hello {user}")
        assert hit["values"] == {"plan": None}


async def test_half_a_character_holds_nothing_up(page: Page, stub: Stub, install: Install) -> None:
    """A page that cuts texts may cut through one; it cannot be encoded."""
    install(known_person())
    await page.goto(stub.page("/a", KNOWN % "alice\\ud83d"))
    await page.evaluate("document.title = 'Hello alice\\ud83d'; taggate('event', 'end')")
    assert (await stub.hit("end"))["title"] == "Hello (removed)\ufffd"


async def test_the_fields_of_events_too(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a", KNOWN % "alice"))
    await stub.hit("page_view")
    await page.evaluate("dataLayer.push({user: {id: 471100}})")
    fields = "{name: 'of alice', id: 471100, total: 4711001, deep: [{a: 'YWxpY2U='}], ok: true, malice: 'alices'}"
    await page.evaluate(f"taggate('event', 'spilt', {fields})")
    assert (await stub.hit("spilt"))["fields"] == {
        "name": "of (removed)",
        "id": "(removed)",
        "total": 4711001,
        "deep": [{"a": "(removed)="}],
        "ok": True,
        "malice": "alices",
    }


async def test_what_may_leave_stays(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a?u=alice", (KNOWN % "alice").replace("ads", "statistics")))
    hit = await stub.hit("page_view")
    assert hit["url"].endswith("?u=alice")
    assert hit["values"]["account_id"] == "alice"


async def test_the_person_before_is_taken_out_after_logout(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.goto(stub.page("/a", (KNOWN % "alice").replace("ads", "statistics")))
    await stub.hit("page_view")
    await page.evaluate("history.pushState({}, '', '/users/alice'); taggate('page'); taggate('reset')")
    await page.evaluate("history.pushState({}, '', '/bye'); taggate('page')")
    hits = await stub.count(3)
    assert hits[1]["url"].endswith("/users/alice")
    assert hits[2]["referrer"] == stub.origin + "/users/(removed)"
