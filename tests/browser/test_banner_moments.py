"""What banners do in between: one purpose after the other, closed without an answer, told before it is kept."""

from .conftest import Install
from .stub import Stub
from .test_banners import ACCEPT, GCM, WORDS, Banner, accepted, banner, cookiebot, source, tarteaucitron, usercentrics_3

__all__ = ["banner"]
NONE = {"analytics": False, "marketing": False}
BOTH = {"analytics": True, "marketing": True}


async def told(stub: Stub, number: int) -> list[dict[str, bool]]:
    """The choices that the gateway heard of, once there are so many; with a time each, later than the one before."""
    await stub.until(lambda: len(stub.choices) >= number, f"not {number} choices")
    times = [choice["at"] for choice in stub.choices]
    assert times == sorted({*times}), "of two at one time the refusal counts"
    return [choice["consent"] for choice in stub.choices]


async def test_one_change_of_mind_is_one_choice(banner: Banner, stub: Stub, install: Install) -> None:
    start = tarteaucitron(stub, "stats", "ads")
    install(source("banner", "tarteaucitron", "stats", "ads"))
    await banner.open(start)
    await banner.page.wait_for_selector(f"#{ACCEPT}", state="attached")
    await accepted(banner.page, "ads")
    await banner.says("", True, True)
    await banner.says("tarteaucitron.userInterface.respondAll(false)", False, False)
    await banner.says("tarteaucitron.userInterface.respondAll(true)", True, True)
    assert await told(stub, 3) == [BOTH, NONE, BOTH]


async def test_a_call_for_each_purpose_is_one_choice(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("google_consent_mode", "", "analytics_storage", "ad_storage"))
    await banner.open(f"<script>{GCM}</script>")

    def each(word: str) -> str:
        calls = (f"gtag('consent', 'update', {{{name}: '{word}'}})" for name in ("analytics_storage", "ad_storage"))
        return "; ".join(calls)

    await banner.says(each("granted"), True, True)
    await banner.says(each("denied"), False, False)
    await banner.says(each("granted"), True, True)
    assert await told(stub, 3) == [BOTH, NONE, BOTH]


# As its complianz.js does where all may run until somebody refuses: the banner's state comes before the categories.
OPT_OUT = """<script>
kept = {};
cmplz_get_cookie = name => kept[name] || '';
cmplz_has_consent = word => !kept[word] || kept[word] === 'allow';
const tell = name => document.dispatchEvent(new CustomEvent('cmplz_' + name, {detail: {}}));
const set = value => ['statistics', 'marketing'].map(word => { kept[word] = value; tell('status_change') });
const close = () => { kept['banner-status'] = 'dismissed'; tell('banner_status') };
const open = () => { kept['banner-status'] = 'show'; tell('banner_status') };
const timeout = () => { close(); tell('fire_categories') };
const deny = () => { close(); set('deny'); tell('fire_categories'); tell('revoke') };
const accept = () => { set('allow'); close(); tell('fire_categories') };
tell('fire_categories');
</script>"""


async def test_who_closes_a_banner_where_all_may_run_grants_nothing(
    banner: Banner, stub: Stub, install: Install
) -> None:
    install(source("banner", "complianz", *WORDS["complianz"]))
    await banner.open(OPT_OUT)
    await banner.held("tell('banner_status')")
    await banner.page.evaluate("timeout()")
    assert (await stub.hit("held"))["consent"] == NONE
    await banner.says("accept()", True, True)
    await banner.says("open()", True, True)
    await banner.says("close()", True, True)
    assert await told(stub, 1) == [BOTH], "to open it again takes nothing back"


async def test_who_refuses_where_all_may_run_grants_nothing_before(
    banner: Banner, stub: Stub, install: Install
) -> None:
    install(source("banner", "complianz", *WORDS["complianz"]))
    await banner.open(OPT_OUT)
    await banner.held()
    await banner.page.evaluate("deny()")
    assert (await stub.hit("held"))["consent"] == NONE
    await banner.page.evaluate("taggate('event', 'end')")
    await stub.hit("end")
    assert all(hit["consent"] == NONE for hit in stub.hits)
    assert stub.choices == []


def details(analytics: bool, marketing: bool) -> str:
    """What Usercentrics 3 says from now on, without telling that it does."""
    return usercentrics_3(analytics, marketing).partition("; dispatchEvent")[0]


async def test_usercentrics_tells_by_its_own_event(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("banner", "usercentrics", *WORDS["usercentrics_3"]))
    await banner.open(f"<script>{details(True, True)}</script>")
    await stub.hit("page_view")
    await banner.page.evaluate(f"{details(False, False)}; dispatchEvent(new CustomEvent('UC_CONSENT', {{}}))")
    assert await told(stub, 1) == [NONE]


async def test_what_usercentrics_keeps_late_holds_for_the_next_hit(
    banner: Banner, stub: Stub, install: Install
) -> None:
    install(source("banner", "usercentrics", *WORDS["usercentrics_3"]))
    await banner.open(f"<script>{details(True, True)}</script>")
    await stub.hit("page_view")
    await banner.page.evaluate("dispatchEvent(new Event('UC_UI_CMP_EVENT')); 0")
    await banner.page.evaluate(f"{details(False, False)}; taggate('event', 'after'); taggate('event', 'last')")
    await stub.until(lambda: stub.choices and stub.choices[-1]["consent"] == NONE)
    await banner.page.evaluate("taggate('event', 'end')")
    assert (await stub.hit("end"))["consent"] == NONE
    assert all(hit["consent"] == NONE for hit in stub.hits[1:])


def late(script: str) -> str:
    """Runs in the page once the snippet does, without anybody."""
    come = f"const come = () => {{ {script} }}"
    look = "const look = () => setTimeout(window.taggate && taggate.containers ? come : look, 5)"
    return f"<script>{come}; {look}; look()</script>"


async def test_what_a_late_banner_remembers_is_no_new_choice(banner: Banner, stub: Stub, install: Install) -> None:
    """Of the same person refused elsewhere meanwhile that would be a grant."""
    install(source("banner", "cookiebot", *WORDS["cookiebot"]))
    await banner.page.goto(stub.page("/a", late(cookiebot(True, True))))
    hit = await stub.hit("page_view")
    assert (hit["consent"], "consent_at" in hit) == (BOTH, False)
    await banner.page.click("html")
    assert stub.choices == []
    await banner.says(cookiebot(False, False), False, False)
    await banner.says(cookiebot(True, True), True, True)
    assert await told(stub, 2) == [NONE, BOTH]


async def test_a_late_banner_that_says_less_than_the_page_is_told(banner: Banner, stub: Stub, install: Install) -> None:
    install(source("banner", "cookiebot", *WORDS["cookiebot"]))
    page_says = "taggate('consent', {analytics: true, marketing: true})"
    await banner.page.goto(stub.page("/a", late(f"{page_says}; setTimeout(() => {{ {cookiebot(False, True)} }}, 20)")))
    await stub.until(lambda: len(stub.choices) == 2)
    assert stub.choices[1]["consent"] == {"analytics": False, "marketing": True}
