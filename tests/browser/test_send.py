"""Sending: batches, failures, retries that survive a page change."""

import asyncio
import json
from typing import Any

from playwright.async_api import BrowserContext, Page
from snippet.tiny import HOLD, container, known_person

from .conftest import Install, standing
from .stub import COUNTED, FAILS, Stub

YES = "<script>document.cookie = 'choice=statistics'</script>"
NO = "<script>document.cookie = 'choice=none'</script>"
ALICE = "<script>dataLayer = [{user: {id: 'alice', company: 'acme', proof: 'jwt-text'}}]</script>"


async def opened(page: Page, stub: Stub, head: str = YES) -> None:
    """The first page view arrived."""
    await page.goto(stub.page("/a", head))
    await stub.hit("page_view")


async def test_batches_are_limited(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await opened(page, stub)
    await page.evaluate("for (let n = 0; n < 60; n++) taggate('event', 'e' + n, {text: 'ü'.repeat(500)})")
    hits = await stub.count(61)
    assert [hit["event"] for hit in hits[1:]] == [f"e{n}" for n in range(60)]
    calls = stub.posts("/collect/")
    assert 1 < len(calls) < 10
    assert all(len(call.body) <= 32_768 for call in calls)
    assert all(set(call.json) == {"hits", "sent_at"} for call in calls[1:])


async def test_one_at_a_time_in_order(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await page.clock.install()
    await opened(page, stub, COUNTED)
    await page.wait_for_function("answered === 1")
    stub.gate.clear()
    await page.evaluate("taggate('event', 'one')")
    await stub.hit("one")
    await page.evaluate("taggate('event', 'two')")
    await page.clock.run_for(10_000)
    assert await page.evaluate("asked") == 2
    await page.evaluate("taggate('event', 'three')")
    stub.gate.set()
    await stub.hit("three")
    assert [len(call.hits) for call in stub.posts("/collect/")] == [1, 1, 2]


async def test_what_happens_as_the_page_is_left(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await opened(page, stub)
    stub.page("/z", container=None)
    await page.evaluate("taggate('event', 'last'); location.href = '/z'")
    await stub.hit("last")
    assert stub.events == ["page_view", "last"]


async def test_many_hits_as_the_page_is_left(page: Page, stub: Stub, install: Install) -> None:
    """One of the last requests may be refused by the browser, before the others are answered."""
    install(known_person())
    await opened(page, stub)
    stub.page("/z", YES)
    await page.evaluate(
        "for (let n = 0; n < 99; n++) taggate('event', 'e' + n, {text: 'x'.repeat(800)}); location.href = '/z'"
    )
    await stub.until(lambda: {f"e{n}" for n in range(60)} <= set(stub.events))


async def test_a_large_hit(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    await opened(page, stub)
    await page.evaluate("taggate('event', 'large', {list: Array.from({length: 20}, () => 'x'.repeat(5000))})")
    assert len((await stub.hit("large"))["fields"]["list"]) == 20


async def test_again_after_503_with_the_same_id(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    stub.answers.append((503, {}))
    await opened(page, stub)
    hits = await stub.count(2)
    assert hits[0] == hits[1]


async def test_retry_after(page: Page, stub: Stub, install: Install) -> None:
    install(container())
    # Time stands: what the browser itself takes is not counted.
    await standing(page)
    stub.answers.append((429, {"Retry-After": "120"}))
    await opened(page, stub, COUNTED)
    await page.wait_for_function("answered === 1")
    await page.clock.run_for(115_000)
    await page.evaluate("taggate('event', 'one')")
    await page.clock.run_for(4_900)
    assert await page.evaluate("asked") == 1
    await page.clock.run_for(200)
    assert [hit["event"] for hit in await stub.count(3)] == ["page_view", "page_view", "one"]


async def test_400_is_dropped(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await page.clock.install()
    stub.answers.append((400, {}))
    await opened(page, stub, YES + COUNTED)
    await page.wait_for_function("answered === 1")
    await page.clock.run_for(600_000)
    assert await page.evaluate("asked") == 1
    await page.evaluate("taggate('event', 'one')")
    await page.clock.run_for(1_000)
    await stub.hit("one")
    assert stub.events == ["page_view", "one"]
    assert await page.evaluate("localStorage.length") == 0


async def test_offline_across_a_page_change(page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    stub.page("/a", YES + ALICE)
    await page.goto(stub.elsewhere + "/a")
    await stub.hit("page_view")
    # Not `set_offline`: a page that is left is let online again.
    stub.answers.extend([FAILS] * 9)
    await page.evaluate(
        "history.pushState({}, '', '/users/alice'); taggate('event', 'lost', {n: 1}); taggate('reset');"
        "taggate('event', 'out')"
    )
    await page.wait_for_function("localStorage.length")
    stub.page("/z", container=None)
    await page.goto(stub.elsewhere + "/z")
    assert await page.evaluate("Object.keys(localStorage)") == ["taggate.shop"]
    assert "alice" not in await page.evaluate("localStorage['taggate.shop']")
    stub.answers.clear()
    stub.calls.clear()
    stub.page("/b", YES)
    await page.goto(stub.elsewhere + "/b")
    stored = await stub.hit("lost")
    assert stored["fields"] == {"n": 1}
    assert stored["url"] == stub.elsewhere + "/users/(removed)"
    assert stored["consent"] == {"analytics": True, "marketing": False}
    assert not {"user_id", "page", "proof", "account"} & set(stored)
    assert stored["values"] == {"plan": None}
    out = await stub.hit("out")
    assert out["reset"] is True
    assert "user_id" not in out
    assert await page.evaluate("localStorage.length") == 0


async def test_offline_and_back_on_one_page(context: BrowserContext, page: Page, stub: Stub, install: Install) -> None:
    install(known_person())
    await opened(page, stub, YES + ALICE)
    await context.set_offline(True)
    await page.evaluate("taggate('event', 'one')")
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, value: %s});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    await page.evaluate(hide % "true")
    text = await page.evaluate("localStorage['taggate.shop']")
    assert '"event' in text
    assert not any(secret in text for secret in ("alice", "acme", "jwt-text"))
    await page.evaluate(hide % "false")
    await context.set_offline(False)
    assert (await stub.hit("one"))["values"]["account_id"] == "alice", "memory keeps what storage may not"
    await page.evaluate("taggate('event', 'end')")
    await stub.hit("end")
    assert stub.events == ["page_view", "one", "end"]
    await page.wait_for_function("localStorage.length === 0")


async def test_nothing_is_stored_when_everything_is_refused(
    context: BrowserContext, page: Page, stub: Stub, install: Install
) -> None:
    install(known_person())
    stub.answers.extend([(503, {})] * 3)
    await opened(page, stub, NO)
    await page.evaluate("dispatchEvent(new Event('pagehide'))")
    await stub.count(2)
    assert await page.evaluate("localStorage.length") == 0


async def test_a_tab_that_dies_while_it_is_looked_at(
    context: BrowserContext, page: Page, stub: Stub, install: Install
) -> None:
    install(container(consent=HOLD))
    await opened(page, stub)
    stub.answers.append((503, {"Retry-After": "200"}))
    await page.evaluate("taggate('event', 'refused')")
    first = await stub.hit("refused")
    await page.wait_for_function("localStorage['taggate.shop']")
    session = await context.new_cdp_session(page)
    async with page.expect_event("crash"):
        dying = asyncio.ensure_future(session.send("Page.crash"))
    dying.cancel()
    other = await context.new_page()
    await other.goto(stub.page("/b", YES))
    await stub.until(lambda: stub.events.count("refused") == 2)
    assert [hit["id"] for hit in stub.hits if hit["event"] == "refused"] == [first["id"]] * 2


async def test_what_arrived_in_the_end_is_no_longer_kept(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await opened(page, stub)
    stub.answers.append((503, {}))
    await page.evaluate("taggate('event', 'one')")
    await stub.until(lambda: stub.events.count("one") == 2)
    await page.wait_for_function("localStorage.length === 0")


async def test_a_page_left_while_a_hit_is_on_its_way(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await opened(page, stub)
    stub.gate.clear()
    await page.evaluate("taggate('event', 'slow')")
    await stub.hit("slow")
    await page.evaluate("new Promise(done => setTimeout(done, 1100))")
    await page.goto(stub.page("/b", YES))
    stub.gate.set()
    await stub.until(lambda: stub.events.count("slow") == 2, "nobody knows whether it arrived")
    assert len({hit["id"] for hit in stub.hits if hit["event"] == "slow"}) == 1


async def test_a_page_left_while_a_hit_is_sent_again(page: Page, stub: Stub, install: Install) -> None:
    """What is tried again breaks off with the page."""
    install(container(consent=HOLD))
    await page.clock.install()
    stub.answers.append((503, {}))
    await opened(page, stub, YES + COUNTED)
    await page.wait_for_function("answered === 1")
    stub.gate.clear()
    await page.evaluate("taggate('event', 'new')")
    await page.clock.run_for(1_000)
    await stub.hit("new")
    await page.goto(stub.page("/b", YES))
    stub.gate.set()
    await page.clock.run_for(1_000)
    await stub.until(lambda: stub.events.count("new") == 2)
    assert len({hit["id"] for hit in stub.hits if hit["event"] == "new"}) == 1


async def stored(page: Page, *ages: int) -> None:
    """Puts hits into storage, in the words of a page that is gone; each is so many milliseconds old."""
    now: Any = await page.evaluate("Date.now()")
    hits = [
        json.dumps({"event": f"old{n}", "id": f"00000000-0000-4000-8000-00000000000{n}", "at": now - ago})
        for n, ago in enumerate(ages)
    ]
    await page.evaluate("text => localStorage.setItem('taggate.shop', text)", "\t".join(hits))


async def test_what_pages_before_left(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await page.goto(stub.page("/b", NO, container=None))
    await stored(page, 61_000, 86_500_000, 5_000)
    await page.evaluate("localStorage.setItem('taggate.blog', 'z')")
    await page.goto(stub.page("/a", YES))
    await stub.hit("old2")
    assert sorted(stub.events) == ["old0", "old2", "page_view"]
    assert await page.evaluate("Object.keys(localStorage)") == ["taggate.blog"]


FRAME = """href => {
  const made = document.createElement('iframe');
  made.src = href;
  made.onload = () => (window.frame = made.contentWindow);
  document.body.append(made);
}"""


async def test_what_a_page_leaves_while_this_one_runs(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await opened(page, stub)
    # A frame: another tab would hide this one, and what is hidden may be gone in a moment and takes nothing.
    await page.evaluate(FRAME, stub.page("/b", YES, container=None))
    await page.wait_for_function("window.frame")
    kept = "JSON.stringify({event: 'old0', id: 'o', at: Date.now()})"
    await page.evaluate(f"frame.localStorage.setItem('taggate.shop', {kept})")
    await stub.hit("old0")


async def test_odd_storage_harms_nothing(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await page.goto(stub.page("/b", NO, container=None))
    for text in ("{", "7", '["{"]', "[7]", "null\t\t7"):
        await page.evaluate("text => localStorage.setItem('taggate.shop', text)", text)
        await page.goto(stub.page("/a", YES))
        await page.evaluate("event => taggate('event', event)", f"end{len(text)}")
        await stub.hit(f"end{len(text)}")


async def test_what_is_stored_is_purged_where_consent_is_refused(page: Page, stub: Stub, install: Install) -> None:
    install(container(consent=HOLD))
    await page.goto(stub.page("/b", NO, container=None))
    await stored(page, 5_000)
    await page.goto(stub.page("/a", NO))
    await page.wait_for_function("localStorage.length === 0")
    await page.evaluate("taggate('event', 'end')")
    await stub.hit("end")
    assert "old0" not in stub.events
