"""Where the visitor's choice is kept: each source with grant, refusal, change of mind, and a banner that comes late.

TCF, Klaro and tarteaucitron are the real ones from npm; the others speak as their makers document.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from node import MODULES, npm, run
from playwright.async_api import Page
from snippet.tiny import PURPOSES, container

from gateway.language.choices import BANNERS, KINDS
from gateway.language.container import ConsentSource, Container, WhileUnknown

from .conftest import Install
from .stub import Stub

LOADED = "!!(window.taggate && taggate.containers && taggate.containers.shop)"
MISSED = "the banners that npm has were not tried"


def source(kind: str, where: str = "", analytics: str = "", marketing: str = "", **more: Any) -> Container:
    """A container that holds hits until this source says something."""
    words = {"analytics": analytics, "marketing": marketing} if analytics else PURPOSES
    return container(consent=ConsentSource(kind=kind, where=where, purposes=words, **more))


ACCEPT = "tarteaucitronPersonalize2"


class Banner:
    """Steps on a page whose banner is asked; every step says what is to be in force after it."""

    def __init__(self, page: Page, stub: Stub) -> None:
        self.page, self.stub, self.steps = page, stub, 0

    async def open(self, head: str = "") -> None:
        """The page, with the snippet before the banner, and somebody there who may choose."""
        await self.page.goto(self.stub.page("/a", f'{head}<link rel="icon" href="data:,">'))
        await self.page.wait_for_function(LOADED)
        await self.page.click("html")

    async def held(self, script: str = "") -> None:
        """Nothing is sent after this."""
        await self.page.evaluate(script + "; taggate('event', 'held')")
        assert self.stub.posts("/collect/") == []

    async def says(self, script: str, analytics: bool, marketing: bool) -> dict[str, Any]:
        """What hits say after this, and that nobody had to wait for a hit to be told."""
        self.steps += 1
        wanted = {"analytics": analytics, "marketing": marketing}
        await self.page.evaluate(script)
        if any(wanted.values()) or self.stub.posts("/collect/"):
            await self.stub.until(lambda: self.stub.choices and self.stub.choices[-1]["consent"] == wanted, script)
        await self.page.evaluate(f"taggate('event', 'step{self.steps}')")
        hit = await self.stub.hit(f"step{self.steps}")
        assert hit["consent"] == wanted
        return hit


@pytest.fixture
def banner(page: Page, stub: Stub) -> Banner:
    return Banner(page, stub)


def script(stub: Stub, path: str, text: str) -> str:
    """Serves it; its tag."""
    stub.html(path, text, "text/javascript; charset=utf-8")
    return f'<script src="{path}"></script>'


@cache
def tcf() -> str:
    """The IAB's reference implementation of a consent platform."""
    npm(MISSED)
    return run("node_modules/.bin/esbuild", "--bundle", "--format=iife", "tcf.mjs")


async def test_tcf(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("tcf", "", "8", "4", needs=("1",)))
    await banner.open(script(stub, "/tcf.js", tcf()))
    await banner.held("cmp.open()")
    await banner.says("cmp.save([1, 8])", True, False)
    await banner.says("cmp.open(); cmp.save([1, 4, 8])", True, True)
    await banner.says("cmp.save([4, 8])", False, False)


async def test_a_tcf_platform_that_comes_late_and_knows_the_visitor(
    banner: Banner, stub: Stub, install: Install
) -> None:
    install(source("tcf", "", "8", "4"))
    await banner.open()
    await banner.held()
    stub.html("/tcf.js", tcf(), "text/javascript; charset=utf-8")
    await banner.page.add_script_tag(url="/tcf.js")
    await banner.says("cmp.load([8])", True, False)


async def test_klaro(banner: Banner, stub: Stub, install: Install) -> None:
    npm(MISSED)
    klaro = (MODULES / "klaro/dist/klaro.js").read_text("utf-8")
    services = [{"name": name, "title": name, "purposes": ["x"]} for name in ("stats", "ads")]
    config = f"<script>klaroConfig = {json.dumps({'services': services, 'noAutoLoad': True})}</script>"
    install(source("banner", "klaro", "stats", "ads"))
    await banner.open(config)
    await banner.held()
    stub.html("/klaro.js", klaro, "text/javascript; charset=utf-8")
    await banner.page.add_script_tag(url="/klaro.js")
    await banner.held("const m = klaro.getManager(klaroConfig); m.updateConsent('stats', true)")
    save = "m.saveAndApplyConsents()"
    await banner.says(f"klaro.getManager(klaroConfig).{save[2:]}", True, False)
    await banner.says(f"{{ const m = klaro.getManager(klaroConfig); m.changeAll(true); {save} }}", True, True)
    await banner.says(f"{{ const m = klaro.getManager(klaroConfig); m.changeAll(false); {save} }}", False, False)


def tarteaucitron(stub: Stub, analytics: str, marketing: str) -> str:
    """Serves it with two services of these keys; what starts it."""
    npm(MISSED)
    folder = MODULES / "tarteaucitronjs"
    for name in ("tarteaucitron.min.js", "tarteaucitron.services.min.js", "lang/tarteaucitron.en.min.js"):
        stub.html(f"/tac/{name}", (folder / name).read_text("utf-8"), "text/javascript; charset=utf-8")
    stub.html("/tac/css/tarteaucitron.min.css", "", "text/css; charset=utf-8")
    setup = (
        f"for (const key of ['{analytics}', '{marketing}']) tarteaucitron.services[key] ="
        "{key, type: 'analytic', name: key, uri: '', needConsent: true, cookies: [], js() {}};"
    )
    return (
        "<script src=/tac/tarteaucitron.min.js></script><script>tarteaucitronForceLanguage = 'en';"
        "tarteaucitron.init({hashtag: '#tac', cookieName: 'tac', orientation: 'bottom', removeCredit: true,"
        "handleBrowserDNTRequest: false, highPrivacy: true, showAlertSmall: false, DenyAllCta: true,"
        "AcceptAllCta: true, useExternalCss: true, googleConsentMode: true});"
        f"{setup} (tarteaucitron.job = tarteaucitron.job || []).push('{analytics}', '{marketing}')</script>"
    )


async def accepted(page: Page, marketing: str) -> None:
    """Its buttons are there some time before they do something."""
    await page.wait_for_function(
        f"(document.getElementById('{ACCEPT}').click(), tarteaucitron.state.{marketing} === true)"
    )


async def test_tarteaucitron(banner: Banner, stub: Stub, install: Install) -> None:
    start = tarteaucitron(stub, "stats", "ads")
    install(source("banner", "tarteaucitron", "stats", "ads"))
    await banner.open(start)
    await banner.page.wait_for_selector(f"#{ACCEPT}", state="attached")
    await banner.held()
    await accepted(banner.page, "ads")
    await banner.says("", True, True)
    await banner.says("tarteaucitron.userInterface.openAlert()", True, True)
    # Not by its button: it loads the page anew when a service that ran is refused.
    await banner.says("tarteaucitron.userInterface.respondAll(false)", False, False)


async def test_google_consent_mode_as_a_banner_speaks_it(banner: Banner, stub: Stub, install: Install) -> None:
    start = tarteaucitron(stub, "gtag", "googleads")
    install(source("google_consent_mode", "", "analytics_storage", "ad_storage"))
    await banner.open(start)
    await banner.page.wait_for_selector(f"#{ACCEPT}", state="attached")
    await banner.held()
    await accepted(banner.page, "googleads")
    await banner.says("", True, True)
    await banner.says("tarteaucitron.userInterface.respondAll(false)", False, False)


GCM = "window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) }"


async def test_google_consent_mode(banner: Banner, install: Install) -> None:
    install(source("google_consent_mode", "", "analytics_storage", "ad_user_data", needs=("functionality_storage",)))
    first = "gtag('consent', 'default', {analytics_storage: 'granted', ad_user_data: 'denied', wait_for_update: 500});"
    await banner.open(f"<script>{GCM}; {first}</script>")
    await banner.held("gtag('consent', 'update', {analytics_storage: 'granted', functionality_storage: 'granted'})")
    await banner.says("gtag('consent', 'update', {ad_user_data: 'denied'})", True, False)
    await banner.says("gtag('consent', 'update', {ad_user_data: 'granted'})", True, True)
    await banner.says("gtag('consent', 'update', {functionality_storage: 'denied'})", False, False)


async def test_google_consent_mode_before_the_snippet(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("google_consent_mode", "", "analytics_storage", "ad_storage"))
    said = "gtag('consent', 'update', {analytics_storage: 'granted', ad_storage: 'denied'})"
    await banner.open(f"<script>{GCM}; {said}</script>")
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": True, "marketing": False}
    assert "consent_at" not in hit


async def test_local_storage(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("local_storage", "choice"))
    await banner.open()
    await banner.held()
    await banner.says("localStorage.choice = 'statistics'; document.body.click()", True, False)
    await banner.says('localStorage.choice = \'["statistics", "ads"]\'; document.body.click()', True, True)
    await banner.says("localStorage.choice = 'none'; document.body.click()", False, False)


def says(**granted: bool) -> str:
    """A choice as JavaScript."""
    return json.dumps(granted)


def cookiebot(analytics: bool, marketing: bool) -> str:
    event = "CookiebotOnAccept" if analytics else "CookiebotOnDecline"
    consent = says(necessary=True, statistics=analytics, marketing=marketing)
    return f"Cookiebot = {{hasResponse: true, consent: {consent}}}; dispatchEvent(new Event('{event}'))"


def onetrust(analytics: bool, marketing: bool) -> str:
    groups = ",C0001," + "C0002," * analytics + "C0004," * marketing
    event = "dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', {detail: []}))"
    return f"OnetrustActiveGroups = '{groups}'; OneTrust = {{IsAlertBoxClosed: () => true}}; {event}"


def usercentrics(analytics: bool, marketing: bool) -> str:
    services = [
        {"name": name, "categorySlug": slug, "consent": {"status": status, "history": [{"type": "explicit"}]}}
        for name, slug, status in (("Stats", "statistics", analytics), ("Ads", "marketing", marketing))
    ]
    ui = f"UC_UI = {{isInitialized: () => true, getServicesBaseInfo: () => ({json.dumps(services)})}}"
    return f"{ui}; dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', {{detail: {{type: 'SAVE'}}}}))"


def usercentrics_3(analytics: bool, marketing: bool) -> str:
    details = {
        "consent": {"type": "EXPLICIT"},
        "categories": {"statistics": {"state": "ALL_ACCEPTED" if analytics else "ALL_DENIED"}},
        "services": {"x1": {"name": "Ads", "consent": {"given": marketing}}},
    }
    made = f"__ucCmp = {{getConsentDetails: async () => ({json.dumps(details)})}}"
    return f"{made}; dispatchEvent(new Event('UC_UI_CMP_EVENT'))"


def cookieyes(analytics: bool, marketing: bool) -> str:
    categories = says(necessary=True, analytics=analytics, advertisement=marketing)
    told = "document.dispatchEvent(new CustomEvent('cookieyes_consent_update', {detail: {}}))"
    return f"getCkyConsent = () => ({{isUserActionCompleted: true, categories: {categories}}}); {told}"


def didomi(analytics: bool, marketing: bool) -> str:
    status = {
        "regulation": "gdpr",
        "purposes": {"stats": {"enabled": analytics}},
        "vendors": {"ads": {"enabled": marketing}},
    }
    made = f"Didomi = {{shouldUserStatusBeCollected: () => false, getCurrentUserStatus: () => ({json.dumps(status)})}}"
    return f"{made}; didomiEventListeners.forEach(l => l.event == 'consent.changed' && l.listener())"


def axeptio(analytics: bool, marketing: bool) -> str:
    choices = says(stats=analytics, ads=marketing)
    return (
        "window.sdk = window.sdk || {all: [], on(e, f) { e == 'cookies:complete' && this.all.push(f) }};"
        f"_axcb.splice(0).forEach(f => f(sdk)); sdk.all.forEach(f => f({choices}))"
    )


def osano(analytics: bool, marketing: bool) -> str:
    consent = json.dumps(
        {"ANALYTICS": "ACCEPT" if analytics else "DENY", "MARKETING": "ACCEPT" if marketing else "DENY"}
    )
    made = (
        "window.Osano = window.Osano || {cm: {all: {}, addEventListener(e, f) { this.all[e] = f;"
        "e == 'osano-cm-initialized' && f(undefined) }}};"
    )
    saved = "Osano.cm.all['osano-cm-consent-saved']"
    there = f"new Promise(done => {{ const look = () => {saved} ? done() : setTimeout(look, 5); look() }})"
    return f"(async () => {{ {made} await {there}; {saved}({consent}) }})()"


def complianz(analytics: bool, marketing: bool) -> str:
    cookies = {
        "banner-status": "dismissed",
        "statistics": "allow" if analytics else "deny",
        "marketing": "allow" if marketing else "deny",
    }
    told = "document.dispatchEvent(new CustomEvent('cmplz_fire_categories', {detail: {}}))"
    return f"cmplz_get_cookie = name => ({json.dumps(cookies)})[name] || ''; {told}"


OPEN = {
    "cookiebot": [
        "Cookiebot = {hasResponse: false, consent: {necessary: true, statistics: true, marketing: true}}",
        "Cookiebot = {hasResponse: true, consent: {method: 'implied', statistics: true, marketing: true}}",
    ],
    "onetrust": [
        "OnetrustActiveGroups = ',C0001,C0002,C0004,'; OneTrust = {IsAlertBoxClosed: () => false}",
        "OneTrust = {IsAlertBoxClosed: () => true, IsAlertBoxClosedAndValid: () => false}",
    ],
    "usercentrics": [
        "UC_UI = {isInitialized: () => true, getServicesBaseInfo: () => [{name: 'Stats', categorySlug:"
        "'statistics', consent: {status: true, history: [{type: 'implicit'}]}}]}"
    ],
    "usercentrics_3": [
        "__ucCmp = {getConsentDetails: async () => ({consent: {type: 'IMPLICIT'},"
        "categories: {statistics: {state: 'ALL_ACCEPTED'}}})}"
    ],
    "cookieyes": ["getCkyConsent = () => ({isUserActionCompleted: false, categories: {analytics: true}})"],
    "didomi": [
        "Didomi = {shouldUserStatusBeCollected: () => true, getCurrentUserStatus: () => ({purposes: {}})}",
        "Didomi = {shouldUserStatusBeCollected: () => false, getCurrentUserStatus: () => ({regulation: 'none',"
        "purposes: {stats: {enabled: true}}, vendors: {ads: {enabled: true}}})}",
    ],
    "complianz": ["cmplz_get_cookie = name => ({statistics: 'allow'})[name] || ''; cmplz_has_consent = () => true"],
}
"""A banner that is there and was not answered, whatever it says meanwhile; or whose answer is too old; or that asks
nobody here."""
WORDS = {
    "cookiebot": ("statistics", "marketing"),
    "onetrust": ("C0002", "C0004"),
    "usercentrics": ("statistics", "Ads"),
    "usercentrics_3": ("statistics", "Ads"),
    "cookieyes": ("analytics", "advertisement"),
    "didomi": ("stats", "ads"),
    "axeptio": ("stats", "ads"),
    "osano": ("ANALYTICS", "MARKETING"),
    "complianz": ("statistics", "marketing"),
}
MADE: tuple[Callable[[bool, bool], str], ...] = (
    cookiebot,
    onetrust,
    usercentrics,
    usercentrics_3,
    cookieyes,
    didomi,
    axeptio,
    osano,
    complianz,
)


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
async def test_a_banner_as_its_makers_document_it(
    banner: Banner, stub: Stub, install: Install, make: Callable[[bool, bool], str]
) -> None:
    name = make.__name__
    install(source("banner", name.removesuffix("_3"), *WORDS[name]))
    await banner.open()
    for state in OPEN.get(name, [""]):
        await banner.held(state)
    await banner.says(make(True, False), True, False)
    await banner.says(make(True, True), True, True)
    last = await banner.says(make(False, False), False, False)
    assert last["page"] != stub.hits[0]["page"], "a withdrawal ends what was known of the page"


KNOWN = {
    "cookiebot": "Cookiebot = {hasResponse: true, consent: {method: 'explicit', statistics: true, marketing: false}};"
    "dispatchEvent(new Event('CookiebotOnConsentReady'))",
    "onetrust": "OnetrustActiveGroups = ',C0001,C0002,';"
    "OneTrust = {IsAlertBoxClosed: () => true, IsAlertBoxClosedAndValid: () => true};"
    "dispatchEvent(new Event('OTConsentApplied'))",
}
"""Of a visitor who comes again, and of a newer version."""


@pytest.mark.parametrize("name", KNOWN)
async def test_a_banner_that_comes_late_and_knows_the_visitor(
    banner: Banner, stub: Stub, install: Install, name: str
) -> None:
    install(source("banner", name, *WORDS[name]))
    await banner.open()
    await banner.held()
    await banner.says(KNOWN[name], True, False)


async def test_an_answer_that_was_overtaken_says_nothing(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("banner", "usercentrics", *WORDS["usercentrics"]))
    await banner.open()
    slow = f"{usercentrics_3(True, True).partition(';')[0]}; const {{getConsentDetails: say}} = __ucCmp;"
    slow += "__ucCmp.getConsentDetails = () => new Promise(done => { tell = () => done(say()) });"
    await banner.page.evaluate(f"let tell; {slow} dispatchEvent(new Event('ucEvent')); window.tell = tell; 0")
    await banner.says(usercentrics_3(False, True), False, True)
    await banner.says("tell()", False, True)


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
async def test_a_banner_that_was_answered_before(
    banner: Banner, stub: Stub, install: Install, make: Callable[[bool, bool], str]
) -> None:
    name = make.__name__
    install(source("banner", name.removesuffix("_3"), *WORDS[name]))
    prepared = "window.didomiEventListeners = []; window._axcb = [];"
    if name == "axeptio":
        # Its queue is emptied by itself: what comes later is called at once.
        ready = f"_axcb = {{push: f => f({{on: (e, g) => g({says(stats=False, ads=True)})}})}}"
    elif name == "osano":
        known = json.dumps({"ANALYTICS": "DENY", "MARKETING": "ACCEPT"})
        ready = f"Osano = {{cm: {{addEventListener: (e, f) => e == 'osano-cm-initialized' && f({known})}}}}"
    else:
        ready = make(False, True)
    await banner.open(f"<script>{prepared}{ready}</script>")
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": False, "marketing": True}


async def test_matomos_own_cookies(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("banner", "matomo", "a", "b"))
    await banner.open()
    await banner.held()
    await banner.says("document.cookie = 'mtm_consent=1'; document.body.click()", True, True)
    await banner.says("document.cookie = 'mtm_consent_removed=1'; document.body.click()", False, False)


async def test_every_source_is_tried() -> None:
    tried = {make.__name__ for make in MADE} | {"klaro", "tarteaucitron", "matomo"}
    assert set(BANNERS) <= tried
    assert set(KINDS) == {"cookie", "data_layer", "local_storage", "tcf", "google_consent_mode", "banner", "api"}


async def test_the_pages_own_word_stands_until_the_banner_changes(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("banner", "cookiebot", "statistics", "marketing"))
    await banner.open()
    await banner.says(cookiebot(True, False), True, False)
    await banner.says("taggate('consent', {marketing: true})", True, True)
    await banner.says("dispatchEvent(new Event('CookiebotOnConsentReady')); document.body.click()", True, True)
    await banner.says(cookiebot(False, False), False, False)


async def test_a_banner_that_never_comes_holds_everything(page: Page, stub: Stub, install: Install) -> None:
    await page.clock.install()
    for number, name in enumerate(BANNERS):
        install(source("banner", name, "statistics", "marketing"))
        await page.goto(stub.page(f"/{number}"))
        await page.wait_for_function(LOADED)
        await page.evaluate("document.body.click()")
        await page.clock.run_for(60_000)
    assert stub.posts("/") == []
    install(source("banner", "cookiebot", "statistics", "marketing", while_unknown=WhileUnknown.SEND))
    await page.goto(stub.page("/send"))
    assert (await stub.hit("page_view"))["consent"] == {}


async def test_a_banner_that_breaks_takes_back_what_it_granted(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("banner", "cookiebot", "statistics", "marketing", while_unknown=WhileUnknown.SEND))
    await banner.open()
    await banner.says(cookiebot(True, True), True, True)
    await banner.page.evaluate("Object.defineProperty(Cookiebot, 'hasResponse', { get() { throw 1 } }); 0")
    await banner.page.evaluate("taggate('event', 'broken')")
    assert (await stub.hit("broken"))["consent"] == {}
