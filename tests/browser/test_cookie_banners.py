"""Banners that keep the choice in a cookie of their own or call the page: the real ones from npm."""

from node import MODULES, npm
from playwright.async_api import Page
from snippet.tiny import container

from gateway.language.container import ConsentSource

from .conftest import Install
from .stub import Stub
from .test_banners import LOADED, MISSED, script, source

# Of Osano's banner before it was a service: one question for all, its answer is a word in a cookie.
COOKIE_CONSENT = """<script>
cookieconsent.initialise({type: 'opt-in', law: {regionalLaw: false}, location: false, animateRevokable: false});
</script>"""
VANILLA = """<script>
const tell = () => taggate('consent', {analytics: CookieConsent.acceptedCategory('statistics'),
  marketing: CookieConsent.acceptedCategory('ads')});
window.taggate = window.taggate || function () { (taggate.q = taggate.q || []).push(arguments) };
CookieConsent.run({
  onConsent: tell, onChange: tell, hideFromBots: false,
  categories: {necessary: {readOnly: true}, statistics: {}, ads: {}},
  language: {default: 'en', translations: {en: {
    consentModal: {title: 'Cookies', acceptAllBtn: 'All', acceptNecessaryBtn: 'None'},
    preferencesModal: {sections: []}}}},
});
</script>"""

OREJIME = """<script>
orejimeConfig = {privacyPolicyUrl: '/privacy', purposes: [{id: 'statistics', title: 'Numbers', cookies: []},
  {id: 'ads', title: 'Ads', cookies: []}]};
</script>"""


async def opened(page: Page, stub: Stub, head: str) -> None:
    await page.goto(stub.page("/a", "<body>" + head))
    await page.wait_for_function(LOADED)


async def test_cookieconsent(page: Page, stub: Stub, install: Install) -> None:
    npm(MISSED)
    text = (MODULES / "cookieconsent/build/cookieconsent.min.js").read_text("utf-8")
    words = {"analytics": "allow"}
    install(container(consent=ConsentSource(kind="cookie", where="cookieconsent_status", purposes=words)))
    head = script(stub, "/banner.js", text) + COOKIE_CONSENT
    await opened(page, stub, head)
    await page.evaluate("taggate('event', 'held')")
    assert stub.hits == []
    await page.click(".cc-allow")
    assert (await stub.hit("held"))["consent"] == {"analytics": True}
    await page.click(".cc-revoke")
    await page.click(".cc-deny")
    await stub.until(lambda: stub.choices and stub.choices[-1]["consent"] == {"analytics": False})
    await page.goto(stub.page("/b", "<body>" + head))
    await stub.until(lambda: len(stub.hits) >= 2 and stub.hits[-1]["url"].endswith("/b"))
    assert stub.hits[-1]["consent"] == {"analytics": False}


async def test_vanilla_cookieconsent(page: Page, stub: Stub, install: Install) -> None:
    npm(MISSED)
    text = (MODULES / "vanilla-cookieconsent/dist/cookieconsent.umd.js").read_text("utf-8")
    install(source("api"))
    head = script(stub, "/banner.js", text) + VANILLA
    await opened(page, stub, head)
    await page.evaluate("taggate('event', 'held')")
    assert stub.hits == []
    await page.wait_for_function("document.querySelector('#cc-main .cm__btn')")
    await page.evaluate("CookieConsent.acceptCategory('statistics')")
    assert (await stub.hit("held"))["consent"] == {"analytics": True, "marketing": False}
    await page.evaluate("CookieConsent.acceptCategory('all')")
    await stub.until(lambda: stub.choices[-1]["consent"] == {"analytics": True, "marketing": True})
    await page.evaluate("CookieConsent.acceptCategory([])")
    await stub.until(lambda: stub.choices[-1]["consent"] == {"analytics": False, "marketing": False})
    await page.goto(stub.page("/b", "<body>" + head))
    await stub.until(lambda: stub.hits[-1]["url"].endswith("/b"))
    assert stub.hits[-1]["consent"] == {"analytics": False, "marketing": False}


async def test_orejime(page: Page, stub: Stub, install: Install) -> None:
    npm(MISSED)
    text = (MODULES / "orejime/dist/orejime-standard-en.js").read_text("utf-8")
    install(source("cookie", "eu-consent"))
    head = OREJIME + script(stub, "/banner.js", text)
    await opened(page, stub, head)
    await page.evaluate("taggate('event', 'held')")
    assert stub.hits == []
    await page.click(".orejime-Banner-saveButton")
    assert (await stub.hit("held"))["consent"] == {"analytics": True, "marketing": True}
    await page.evaluate("orejime.prompt()")
    await page.click("#orejime-purpose-ads")
    await page.click(".orejime-Modal-saveButton")
    await stub.until(lambda: stub.choices and stub.choices[-1]["consent"] == {"analytics": True, "marketing": False})
    await page.goto(stub.page("/b", "<body>" + head))
    await stub.until(lambda: stub.hits[-1]["url"].endswith("/b"))
    assert stub.hits[-1]["consent"] == {"analytics": True, "marketing": False}
