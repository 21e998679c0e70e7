"""Consent: what is held back, what is told, and what a withdrawal ends."""

from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page
from snippet.tiny import HOLD, SEND, consent, container, known_person

from .conftest import Install
from .stub import COUNTED, FAILS, Stub

LOADED = "!!(window.taggate && taggate.containers && taggate.containers.shop)"
BOTH = "{analytics: true, marketing: true}"
NONE = "{analytics: false, marketing: false}"
API = consent("api", "")


async def opened(page: Page, stub: Stub, head: str = "") -> None:
    """The snippet runs; a cookie says what the head makes it say."""
    await page.goto(stub.page("/a", head))
    await page.wait_for_function(LOADED)


async def kept(context: BrowserContext, page: Page) -> Any:
    """Everything a browser can keep for a page."""
    elsewhere = "(await indexedDB.databases()).length, (await caches.keys()).length"
    script = f"async () => [localStorage.length, sessionStorage.length, {elsewhere}]"
    return [await context.cookies(), await page.evaluate(script)]


async def test_hold(context: BrowserContext, page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.clock.install()
    await opened(page, stub, "<script>dataLayer = [{user: {id: 'alice'}}, {event: 'early'}]</script>")
    script = (
        "taggate('event', 'one'); taggate('identify', 'alice'); history.pushState({}, '', '/b'); document.body.click()"
    )
    await page.evaluate(script)
    await page.clock.run_for(600_000)
    await page.evaluate("dispatchEvent(new Event('online')); document.dispatchEvent(new Event('visibilitychange'))")
    await page.clock.run_for(600_000)
    assert [c.path for c in stub.calls if c.path not in ("/a", "/favicon.ico")] == ["/t/shop.js"]
    assert await kept(context, page) == [[], [0, 0, 0, 0]]
    before = await page.evaluate("Date.now()")
    await page.evaluate("document.cookie = 'choice=' + encodeURIComponent('[\"statistics\"]'); taggate('event', 'end')")
    await stub.hit("end")
    assert stub.events == ["page_view", "early", "one", "page_view", "end"]
    assert all(hit["consent"] == {"analytics": True, "marketing": False} for hit in stub.hits)
    assert all(abs(hit["consent_at"] - before) < 5000 for hit in stub.hits)
    assert all(before - hit["at"] > 1_000_000 for hit in stub.hits[:4])
    call = stub.posts("/collect/")[0]
    assert abs(call.json["sent_at"] - before) < 5000


async def test_one_purpose_unknown_holds(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    await opened(page, stub)
    await page.evaluate("taggate('consent', {analytics: true}); taggate('event', 'one')")
    await page.evaluate("taggate('consent', {marketing: false, other: true})")
    await stub.hit("one")
    await stub.until(lambda: len(stub.choices) == 2)
    assert [choice["consent"] for choice in stub.choices] == [
        {"analytics": True},
        {"analytics": True, "marketing": False},
    ]
    assert stub.hits[0]["consent"] == {"analytics": True, "marketing": False}


COOKIES = {
    "statistics": [True, False],
    "ads,statistics": [True, True],
    "ads|x": [False, True],
    "none": [False, False],
    '{"statistics":true,"ads":false}': [True, False],
    '{"statistics":true}': [True, False],
    '{"statistics":"true","ads":1}': [False, False],
    '["ads"]': [False, True],
    "[]": [False, False],
    '"ads"': [False, True],
    "not_statistics": [False, False],
    "": None,
    " , ": None,
    "{}": None,
    "{stamp:1,statistics:false,ads:true}": None,
}


async def test_how_a_cookie_is_read(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=SEND))
    await opened(page, stub)
    for number, (text, found) in enumerate(COOKIES.items()):
        script = (
            "([text, event]) => { document.cookie = 'choice=' + encodeURIComponent(text); taggate('event', event) }"
        )
        await page.evaluate(script, [text, f"e{number}"])
        hit = await stub.hit(f"e{number}")
        assert hit["consent"] == (dict(zip(("analytics", "marketing"), found, strict=True)) if found else {}), text


async def test_what_is_found_at_load_carries_no_time(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await opened(page, stub, "<script>document.cookie = 'choice=ads'</script>")
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": False, "marketing": True}
    assert "consent_at" not in hit
    assert stub.choices == []


async def test_send_lets_hits_go_without_what_is_personal(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=SEND))
    await opened(page, stub, "<script>dataLayer = [{user: {id: 'alice'}}]</script>")
    hit = await stub.hit("page_view")
    assert hit["consent"] == {}
    assert hit["values"] == {"plan": None}
    await page.evaluate("document.cookie = 'choice=statistics'; taggate('event', 'one')")
    assert (await stub.hit("one"))["values"]["account_id"] == "alice"


@pytest.mark.parametrize("store", [True, False])
async def test_a_banner_is_noticed_without_a_hit(page: Page, stub: Stub, install: Install, store: bool) -> None:
    script = "document.cookie = 'choice=statistics'" + ("" if store else "; document.body.click()")
    install(known_person())
    if not store:
        await page.add_init_script("delete window.cookieStore")
    await opened(page, stub)
    await page.evaluate(script)
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": True, "marketing": False}
    await stub.until(lambda: len(stub.choices) == 1)
    (choice,) = stub.choices
    assert set(choice) == {"consent", "at", "page"}
    assert (choice["consent"], choice["at"], choice["page"]) == (hit["consent"], hit["consent_at"], hit["page"])


async def test_the_data_layer_as_source(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=consent("data_layer", "privacy.choice")))
    await opened(page, stub)
    await page.evaluate(
        "(window.dataLayer = []).push({privacy: {choice: ['statistics', 'ads']}}); taggate('event', 'one')"
    )
    assert (await stub.hit("one"))["consent"] == {"analytics": True, "marketing": True}
    await page.evaluate("dataLayer.push({privacy: {choice: ['ads']}})")
    await stub.until(lambda: len(stub.choices) == 2)
    assert stub.choices[1]["consent"] == {"analytics": False, "marketing": True}


async def test_a_banner_answered_while_the_page_is_left(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub)
    stub.page("/z", container=None)
    await page.evaluate("document.cookie = 'choice=statistics'; location.href = '/z'")
    assert (await stub.hit("page_view"))["consent"] == {"analytics": True, "marketing": False}


async def test_a_refusal_of_everything_by_somebody_unknown_is_not_told(
    page: Page, stub: Stub, install: Install
) -> None:
    install(known_person(consent=API))
    await opened(page, stub)
    await page.evaluate(f"taggate('consent', {NONE})")
    await page.evaluate("taggate('event', 'end')")
    await stub.hit("end")
    assert stub.choices == []
    assert stub.hits[0]["consent"] == {"analytics": False, "marketing": False}
    assert stub.hits[0]["values"] == {"plan": None}


async def test_a_refusal_is_told_where_hits_went_before(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=consent("api", "", while_unknown=SEND.while_unknown)))
    await opened(page, stub)
    hit = await stub.hit("page_view")
    await page.evaluate(f"taggate('consent', {NONE})")
    await stub.until(lambda: stub.choices)
    assert stub.choices[0]["consent"] == {"analytics": False, "marketing": False}
    assert stub.choices[0]["page"] == hit["page"]


async def test_withdrawal(context: BrowserContext, page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    await opened(page, stub)
    await page.evaluate(
        f"taggate('consent', {BOTH});"
        "taggate('identify', 'alice', {proof: 'jwt', traits: {email: 'a@x.org', level: 'x'}})"
    )
    await page.evaluate("taggate('event', 'one')")
    one = await stub.hit("one")
    assert one["user_id"] == "alice"
    before = len(stub.hits)
    stub.answers.extend([(503, {})] * 2)
    await page.evaluate("taggate('event', 'failing')")
    await stub.until(lambda: "failing" in stub.events)
    await page.wait_for_function("(dispatchEvent(new Event('pagehide')), localStorage.length === 1)")
    await page.evaluate(f"taggate('event', 'queued'); taggate('consent', {NONE}); taggate('event', 'after')")
    after = await stub.hit("after")
    await stub.until(lambda: len(stub.choices) == 3, "the withdrawal was not sent again")
    assert stub.choices[1] == stub.choices[2]
    assert stub.choices[1]["consent"] == {"analytics": False, "marketing": False}
    assert (stub.choices[1]["page"], stub.choices[1]["user_id"], stub.choices[1]["proof"]) == (
        one["page"],
        "alice",
        "jwt",
    )
    assert after["page"] != one["page"]
    assert after["consent"] == {"analytics": False, "marketing": False}
    assert "user_id" not in after
    assert after["traits"] == {"level": None}
    assert stub.events[before:] == ["failing", "after"]
    assert await kept(context, page) == [[], [0, 0, 0, 0]]


async def test_what_fails_at_a_withdrawal_is_not_tried_in_another_way(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    stub.page("/a")
    await page.goto(stub.elsewhere + "/a")
    await page.wait_for_function(LOADED)
    stub.gate.clear()
    stub.answers.extend([FAILS] * 2)
    await page.evaluate(f"taggate('identify', 'alice'); taggate('event', 'one'); taggate('consent', {BOTH})")
    await stub.until(lambda: "one" in stub.events and stub.choices, "the hits and the choice")
    await page.evaluate(f"taggate('consent', {NONE}); taggate('event', 'after')")
    stub.gate.set()
    await stub.hit("after")
    first, *later = [call.body for call in stub.posts("/collect/")]
    assert b"alice" in first
    assert not any(b"alice" in body or b'"one"' in body for body in later)


async def test_two_withdrawals_of_which_one_is_answered(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    late = (
        "<script>answers = []; heard = 0; const late = fetch; const hear = () => setTimeout(() => heard++);"
        "fetch = (url, given) => /consent/.test(url) ? new Promise(done => answers.push(() => "
        "done(late(url, given).finally(hear)))) : late(url, given)</script>"
    )
    await opened(page, stub, late)
    await page.evaluate(f"taggate('consent', {BOTH}); taggate('event', 'one')")
    await stub.hit("one")
    await page.evaluate("taggate('consent', {analytics: false}); taggate('consent', {marketing: false})")
    await page.evaluate("taggate('event', 'after'); answers[0](); answers[1](); 0")
    await page.wait_for_function("heard === 2")
    await page.evaluate("dispatchEvent(new Event('online')); answers[2](); 0")
    await stub.hit("after")
    paths = [call.path for call in stub.calls if call.method == "POST"]
    assert paths[-4:] == ["/consent/shop"] * 3 + ["/collect/shop"], "the cookie may still be there"


async def test_what_waits_to_be_sent_again_asks_once_more(
    context: BrowserContext, page: Page, stub: Stub, install: Install
) -> None:
    install(known_person(consent=consent("local_storage", "choice")))
    await page.clock.install()
    yes = "<script>localStorage.choice = 'statistics'; dataLayer = [{user: {id: 'alice'}}]</script>"
    stub.answers.append((503, {"Retry-After": "20"}))
    await opened(page, stub, yes + COUNTED)
    await page.wait_for_function("answered === 1")
    other = await context.new_page()
    await other.goto(stub.page("/b", container=None))
    await other.evaluate("localStorage.choice = 'none'")
    await page.wait_for_function("localStorage.choice === 'none'")
    await page.clock.run_for(30_000)
    await stub.until(lambda: stub.choices, "the withdrawal is told")
    await page.evaluate("taggate('event', 'end')")
    await page.clock.run_for(1_000)
    await stub.hit("end")
    assert [b"alice" in call.body for call in stub.posts("/collect/")] == [True, False]


async def test_a_withdrawal_does_not_tell_who_it_never_told(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(frozenset(), consent=API))
    await opened(page, stub)
    await page.evaluate(f"taggate('identify', 'alice'); taggate('consent', {BOTH}); taggate('event', 'one')")
    await stub.hit("one")
    await page.evaluate(f"taggate('consent', {NONE})")
    await stub.until(lambda: len(stub.choices) == 2)
    assert not any(b"alice" in call.body for call in stub.calls)


async def test_the_choice_taken_back_is_held_again(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub, "<script>document.cookie = 'choice=statistics'</script>")
    await stub.hit("page_view")
    await page.evaluate("document.cookie = 'choice=;max-age=0'; taggate('event', 'one')")
    await page.evaluate("document.cookie = 'choice=ads'; taggate('event', 'two')")
    await stub.hit("two")
    assert [hit["consent"] for hit in stub.hits[1:]] == [{"analytics": False, "marketing": True}] * 2
    assert stub.hits[1]["page"] != stub.hits[0]["page"]


async def test_global_privacy_control(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    head = "<script>document.cookie = 'choice=statistics,ads'; dataLayer = [{user: {id: 'alice'}}]</script>"
    await opened(page, stub, head)
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": True, "marketing": True}
    assert hit["values"] == {"plan": None}
    assert hit["gpc"] is True, "an extension may tell the page alone"


async def test_only_true_is_a_grant(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    await opened(page, stub)
    for number, said in enumerate(("'denied'", "0", "''", "'true'", "1", "{}", "null", "undefined")):
        await page.evaluate(
            f"taggate('consent', {BOTH}); taggate('event', 'before'); taggate('consent', {{analytics: {said}}})"
        )
        await page.evaluate(f"taggate('event', 'after{number}')")
        after = await stub.hit(f"after{number}")
        assert after["consent"] == {"analytics": number > 5, "marketing": True}, said


async def test_held_hits_are_capped_and_the_first_stays(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    await opened(page, stub)
    await page.evaluate("taggate('identify', 'alice'); taggate('event', 'as_alice'); taggate('reset')")
    await page.evaluate("for (let n = 0; n < 150; n++) taggate('event', 'e' + n)")
    await page.evaluate(f"taggate('consent', {BOTH})")
    hits = await stub.count(100)
    assert [hit["event"] for hit in hits] == ["page_view", *(f"e{n}" for n in range(51, 150))]
    assert [n for n, hit in enumerate(hits) if hit.get("reset")] == [1], "the logout is not lost with its hit"


async def test_consent_known_before_is_found_not_seen(page: Page, stub: Stub, install: Install) -> None:
    install(known_person(consent=API))
    stand_in = "window.taggate=function(){(taggate.q=taggate.q||[]).push(arguments)}"
    await opened(page, stub, f"<script>{stand_in};taggate('consent', {BOTH})</script>")
    hit = await stub.hit("page_view")
    assert hit["consent"] == {"analytics": True, "marketing": True}
    assert "consent_at" not in hit
    assert stub.choices == []
