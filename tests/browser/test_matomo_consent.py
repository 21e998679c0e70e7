"""The consent calls of Matomo: what they hold back, grant and refuse."""

from msgspec import structs
from playwright.async_api import Page
from snippet.tiny import GRANTED, HOLD, SEND, consent

from gateway.language.container import Calls

from .conftest import Install
from .matomo_page import commands, sent, serve, shop
from .stub import Stub


async def test_consent_calls_hold_grant_and_refuse(page: Page, stub: Stub, install: Install) -> None:
    states = frozenset({"gg", "gr", "gu"})
    of = shop("analytics", consent=consent("api", ""), may_leave={"user_id": states})
    await page.goto(serve(stub, install, of, "_paq.push(['requireConsent'], ['setUserId', 'alice']);"))
    await page.evaluate("_paq.push(['trackEvent', 'a', 'held'])")
    assert stub.posts("/") == []
    assert await page.evaluate("document.cookie") == ""
    await page.evaluate("taggate('consent', {marketing: false}); _paq.push(['rememberConsentGiven', 5])")
    await stub.hit("held")
    assert (stub.hits[0]["event"], stub.hits[0]["user_id"]) == ("page_view", "alice")
    assert stub.hits[0]["consent"] == {"analytics": True, "marketing": False}
    assert "mtm_consent=" in await page.evaluate("document.cookie")
    await page.evaluate("_paq.push(['forgetConsentGiven'], ['trackEvent', 'a', 'lost'])")
    await stub.until(lambda: any(c["consent"].get("analytics") is False for c in stub.choices), "not told")
    assert await page.evaluate("document.cookie") == "mtm_consent_removed=1"
    await page.reload()
    await page.evaluate("taggate('event', 'lost')")
    await page.evaluate("_paq.push(['setConsentGiven'], ['trackEvent', 'a', 'again'])")
    await page.evaluate("taggate('consent', {marketing: false})")
    await stub.hit("again")
    assert "lost" not in stub.events
    assert await page.evaluate("document.cookie") == ""


async def test_who_agreed_when_it_was_matomo_still_does(page: Page, stub: Stub, install: Install) -> None:
    before = "document.cookie = 'mtm_consent=1700000000000'; _paq.push(['requireConsent']);"
    await page.goto(serve(stub, install, shop("analytics", consent=SEND), before))
    assert (await stub.hit("page_view"))["consent"] == {"analytics": True}


async def test_consent_is_kept_where_matomo_kept_it(page: Page, stub: Stub, install: Install) -> None:
    """Else what Matomo remembered for all subdomains could not be forgotten."""
    before = "document.cookie = 'mtm_consent=17;domain=.shop.localhost;path=/';"
    of, there = shop("analytics", consent=SEND), "['setCookieDomain', '*.shop.localhost']"
    address = serve(stub, install, of, before).replace("127.0.0.1", "www.shop.localhost")
    await page.goto(address)
    await stub.hit("page_view")
    assert await page.evaluate("document.cookie") == "mtm_consent=17"
    await page.evaluate(f"_paq.push({there}, ['forgetConsentGiven'])")
    assert await page.evaluate("document.cookie") == "mtm_consent_removed=1"
    await page.evaluate("_paq.push(['rememberConsentGiven'])")
    assert (await page.evaluate("document.cookie")).startswith("mtm_consent=")


async def test_who_objected_when_it_was_matomo_still_does(page: Page, stub: Stub, install: Install) -> None:
    of = shop()
    address = serve(stub, install, of, "document.cookie = 'mtm_consent_removed=1';")
    await page.goto(address)
    await page.evaluate("_paq.push(['trackEvent', 'a', 'b'])")
    await page.evaluate("_paq.push([function () { window.out = this.isUserOptedOut() }])")
    assert await page.evaluate("out") is True
    await page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert (stub.posts("/"), await page.evaluate("localStorage.length")) == ([], 0)


async def test_who_objects_takes_back_consent_to_cookies_too(page: Page, stub: Stub, install: Install) -> None:
    of = shop("analytics", consent=SEND)
    await page.goto(serve(stub, install, of, "_paq.push(['requireCookieConsent'], ['rememberCookieConsentGiven', 5]);"))
    await stub.hit("page_view")
    asked = "['isUserOptedOut', 'areCookiesEnabled', 'hasCookies'].map(name => Matomo.getAsyncTracker()[name]())"
    assert await page.evaluate(asked) == [False, True, True]
    await page.evaluate("_paq.push(['optUserOut'])")
    assert await page.evaluate(asked) == [True, False, True]
    assert await page.evaluate("document.cookie") == "mtm_consent_removed=1"
    await page.evaluate("_paq.push(['forgetUserOptOut'])")
    assert await page.evaluate(asked) == [False, False, True]
    assert await page.evaluate("document.cookie") == ""


async def test_without_consent_to_cookies_none_is_taken(page: Page, stub: Stub, install: Install) -> None:
    """Matomo sends the User ID all the same; here the purpose is not granted."""
    states = frozenset({"gg", "gr", "gu"})
    of = shop("analytics", consent=SEND, may_leave={"user_id": states, "account_id": GRANTED})
    before = "document.cookie = 'first=1'; _paq.push(['requireCookieConsent'], ['setUserId', 'alice']);"
    await page.goto(serve(stub, install, of, before))
    await stub.hit("page_view")
    await page.evaluate("_paq.push(['setConsentGiven'])")
    await sent(page, stub, "")
    assert not any("cookie" in call.headers or b"alice" in call.body for call in stub.posts("/collect"))
    await page.evaluate("_paq.push(['setCookieConsentGiven'])")
    await sent(page, stub, "")
    last = stub.posts("/collect")[-1]
    assert (last.hits[-1]["user_id"], "first=1" in last.headers["cookie"]) == ("alice", True)


async def test_before_consent_no_call_of_any_tool_sends_or_stores(page: Page, stub: Stub, install: Install) -> None:
    every = shop(consent=HOLD, may_leave={})
    install(structs.replace(every, calls=Calls(matomo=True, segment=True, gtag=True)))
    stubs = "<script>analytics = []; dataLayer = []; function gtag() { dataLayer.push(arguments) }</script>"
    await page.goto(stub.page("/a", stubs))
    await page.wait_for_function("window.taggate && taggate.containers && analytics.initialized")
    # But for the browser's own request for an icon, which comes when it likes.
    requests = "performance.getEntriesByType('resource').filter(({name}) => !name.endsWith('.ico')).length"

    async def made() -> tuple[int, int]:
        return len([call for call in stub.calls if not call.path.endswith(".ico")]), await page.evaluate(requests)

    asked = await made()
    # An answer is kept in a cookie, so that the next page knows.
    answers = {"optUserOut", "forgetConsentGiven", "rememberConsentGiven", "rememberCookieConsentGiven"}
    pushes = [f"_paq.push(['{name}', 'alice'])" for name in commands() if name not in answers]
    more = (
        "Object.keys(analytics).forEach(name => { try { analytics[name]('alice', {email: 'a@x.org'}) } catch {} });"
        "gtag('config', 'G', {user_id: 'alice'}); gtag('set', {user_id: 'bob'}); gtag('event', 'purchase', {value: 1});"
        "dispatchEvent(new Event('pagehide'))"
    )
    await page.evaluate("; ".join([*pushes, more]))
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert await made() == asked
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await page.evaluate("document.cookie") == ""


async def test_a_sign_out_leaves_consent_alone(page: Page, stub: Stub, install: Install) -> None:
    states = frozenset({"gg", "gr", "gu"})
    of = shop("analytics", consent=SEND, may_leave={"user_id": states, "account_id": GRANTED})
    await page.goto(serve(stub, install, of, "_paq.push(['setUserId', 'alice'], ['setConsentGiven']);"))
    assert (await stub.hit("page_view"))["user_id"] == "alice"
    await sent(page, stub, "_paq.push(['resetUserId'])")
    last = stub.hits[-1]
    assert (last["user_id"], last["reset"], last["consent"]) == (None, True, {"analytics": True})
    assert stub.choices == []


async def test_without_a_purpose_a_no_refuses_all_and_a_yes_nothing(page: Page, stub: Stub, install: Install) -> None:
    await page.goto(serve(stub, install, shop(consent=HOLD), "document.cookie = 'choice=statistics';"))
    await stub.hit("page_view")
    await page.evaluate("_paq.push(['optUserOut'])")
    await stub.until(lambda: stub.choices, "not told")
    assert stub.choices[-1]["consent"] == {"analytics": False, "marketing": False}
