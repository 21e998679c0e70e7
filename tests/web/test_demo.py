"""The demo's page in a real browser, with messages published as the gateway would; its files; its container."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.language.load import Loader
from gateway.problems import errors
from gateway.snippet.build import build
from gateway.web.demo import POLICY, routes
from gateway.web.listening import listening
from gateway.web.live import Live

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
CONTAINER = ROOT / "tags" / "demo.yaml"
LOADER = Loader(TYPES, judge)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WIDE, NARROW = ViewportSize(width=1400, height=900), ViewportSize(width=390, height=844)
EVIL = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>'
VIOLATIONS = (
    "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective))"
)

module_loop = pytest.mark.asyncio(loop_scope="module")
in_both_sizes = pytest.mark.parametrize("page", [WIDE, NARROW], ids=["wide", "narrow"], indirect=True)


@cache
def snippet() -> bytes:
    """What the gateway serves for the demo's container."""
    container = LOADER.load(CONTAINER).container
    assert container
    return build(container, STATIC / "snippet").body


class Shop:
    """The page's server with the real snippet and a collector that takes everything."""

    def __init__(self) -> None:
        self.live = Live()
        self.origin = ""
        self.hits: list[dict[str, Any]] = []
        self._came = asyncio.Condition()

    @property
    def app(self) -> Starlette:
        """All of it."""
        more = [
            Route("/t/demo.js", self._script),
            Route("/collect/demo", self._collect, methods=["POST"]),
            Route("/consent/demo", self._collect, methods=["POST"]),
        ]
        return Starlette(routes=[*routes(STATIC, self.live), *more])

    async def hit(self, event: str, path: str) -> dict[str, Any]:
        """The last hit of that event on that path, waited for."""

        def fits(hit: Mapping[str, Any]) -> bool:
            return hit["event"] == event and hit["url"].removeprefix(self.origin).partition("?")[0] == path

        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(lambda: any(map(fits, self.hits)))
        return next(hit for hit in reversed(self.hits) if fits(hit))

    async def _script(self, _: Request) -> Response:
        return Response(snippet(), media_type="text/javascript")

    async def _collect(self, request: Request) -> Response:
        said = json.loads(await request.body())
        async with self._came:
            self.hits += [hit for hit in said.get("hits", [said]) if "event" in hit]
            self._came.notify_all()
        return Response(status_code=204)


@pytest_asyncio.fixture(loop_scope="module")
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    async with listening(shop.app, "127.0.0.1", 0) as port:
        shop.origin = f"http://127.0.0.1:{port}"
        yield shop
        shop.live.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, shop: Shop, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """The demo, opened and connected. Afterwards: nothing was blocked, nothing complained, nothing sticks out."""
    context = await browser.new_context(viewport=getattr(request, "param", WIDE), reduced_motion="reduce")
    context.set_default_timeout(10_000)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.add_init_script(VIOLATIONS)
    await page.goto(shop.origin + "/")
    await expect(page.locator("#link")).to_have_text("live")
    yield page
    assert await page.evaluate("window.violations") == []
    assert complaints == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), "something sticks out"
    await context.close()


def decided(tag: str, decision: str, **more: Any) -> dict[str, Any]:
    return {"tag": tag, "type": "webhook", "decision": decision, "rule": None, "scrubbed": 0, "because": [], **more}


def hit(event: str = "page_view", **more: Any) -> dict[str, Any]:
    lines = [{"variable": "account_id", "wanted": "present: true", "seen": "(personal, 3f9a)", "answer": "yes"}]
    because = [{"trigger": "known_reader", "answer": "yes", "lines": lines, "of": ["signed_in"]}]
    because += [{"trigger": "purchase", "answer": "cannot tell", "lines": []}]
    return {
        "kind": "hit",
        "at": 1_780_000_000_000,
        "event": event,
        "title": "Sumatra – Acme Coffee",
        "path": "/product/sumatra",
        "signed": "verified",
        "consent": {"analytics": "granted", "marketing": "refused"},
        "cookie": True,
        "new_session": True,
        "tags": [
            decided("matomo", "attach", rule="rule in line 61", scrubbed=2, because=because),
            decided("crm", "none"),
            decided("partner", "hash", rule="line 62"),
            decided("other", "drop"),
        ],
        **more,
    }


def received(receiver: str, body: Any, **more: Any) -> dict[str, Any]:
    return {
        "kind": "received",
        "at": 1_780_000_000_000,
        "receiver": receiver,
        "method": "POST",
        "path": f"/{receiver}",
        "headers": {"content-type": "application/json", "webhook-id": "msg_1", "accept": "*/*"},
        "body": body if isinstance(body, str) else json.dumps(body),
        "status": 200,
        **more,
    }


def container(state: str, *report: str) -> dict[str, Any]:
    return {
        "kind": "container",
        "state": state,
        "revision": "0123456789abcdef",
        "file": "/a/tags/demo.yaml",
        "report": report,
    }


@module_loop
@in_both_sizes
async def test_each_tags_decision_and_the_reasons_one_click_away(page: Page, shop: Shop) -> None:
    shop.live.publish(hit())
    card = page.locator("#hits > li")
    await expect(card.locator(".badge")).to_have_text(["attach", "not sent", "hash", "drop"])
    await expect(card.locator(".chip")).to_have_text(
        ["signed in", "analytics granted", "marketing refused", "cookie", "new visit"]
    )
    await expect(card.locator(".reasons").first).to_be_hidden()
    await card.get_by_text("attach").click()
    reasons = card.locator(".reasons").first
    await expect(reasons).to_contain_text("Sent, with the User ID as it is: decided by the rule in line 61")
    await expect(reasons).to_contain_text("2 personal values were taken out")
    await expect(reasons.locator(".trigger")).to_have_text(["✓known_readeryes", "?purchasecannot tell"])
    await expect(reasons).to_contain_text("account_id present: true")
    await expect(reasons).to_contain_text("saw (personal, 3f9a)")
    await card.locator("summary", has_text="drop").click()
    await expect(card.locator(".reasons").last).to_contain_text("otherwise: drop holds")


@module_loop
@in_both_sizes
async def test_what_matomo_got(page: Page, shop: Shop) -> None:
    uid = "847d9b7eaf09d0a739f97f22d0af6865a288090402453237dc3d4edbb94aeb6c"
    entries = [
        "?idsite=1&rec=1&uid=ada&cid=0123456789abcdef&new_visit=1&action_name=Acme%20Coffee&url=http%3A%2F%2Fa%2F%3Fe%3D%2528removed%2529",
        f"?idsite=1&rec=1&uid={uid}&cid=0123456789abcde0&ec_id=A-1&revenue=12.9",
        "?idsite=1&rec=1&cid=0123456789abcde1&e_c=x&e_a=like",
    ]
    shop.live.publish(received("matomo", {"requests": entries, "token_auth": "(secret)"}, path="/matomo/matomo.php"))
    card = page.locator("#received > li")
    await expect(card.locator(".meaning")).to_have_text(
        ["Page view: Acme Coffee", "Order A-1, revenue 12.9", "Event like"]
    )
    await expect(card.locator(".badge")).to_have_text(["ada", f"{uid[:16]}…", "not sent"])
    await expect(card.locator(".entry").first).to_contain_text("1: begins a new visit")
    await expect(card.locator(".entry").first).to_contain_text("e=(removed)")
    await card.get_by_text("Headers").click()
    await expect(card).to_contain_text("webhook-idmsg_1")
    await card.get_by_text("Body as it came").click()
    assert json.loads(await card.locator("pre").inner_text())["token_auth"] == "(secret)"


@module_loop
async def test_what_webhooks_got(page: Page, shop: Shop) -> None:
    user = {"form": "attach", "id": "ada"}
    told = {"event": "purchase", "user": user, "identifiers": {"email": "ada@example.com"}, "fields": {"total": 12.9}}
    shop.live.publish(received("crm", told, status=204))
    shop.live.publish(received("partner", "not JSON", status=401))
    cards = page.locator("#received > li")
    await expect(cards.last).to_contain_text("emailada@example.comtotal12.9")
    await expect(cards.last.locator(".badge-attach")).to_have_text("ada")
    await expect(cards.first.locator(".status.bad")).to_have_text("401")
    await expect(cards.first.locator("pre")).to_have_text("not JSON")


@module_loop
@in_both_sizes
async def test_a_mistake_in_the_container_as_check_prints_it(page: Page, shop: Shop) -> None:
    broken = CONTAINER.read_text("utf-8").replace("[page_view, purchase]", "[page_veiw, purchase]", 1)
    report = list(LOADER.compile(broken.encode(), "demo", "tags/demo.yaml").report())
    shop.live.publish(container("broken", *report, EVIL))
    box = page.get_by_role("alert")
    await expect(box).to_contain_text("tags/demo.yaml has a mistake. The version before keeps running.")
    assert await page.locator("#mistake-report").inner_text() == "\n\n".join([*report, EVIL])
    assert "mono" in await page.locator("#mistake-report").evaluate("e => getComputedStyle(e).fontFamily")
    await page.evaluate("Date.now = () => 9e12")
    shop.live.publish(container("ok"))
    await expect(box).to_be_hidden()
    await expect(page.locator("#toast")).to_have_text("tags/demo.yaml reloaded: revision 01234567 is running")


@module_loop
async def test_the_state_of_deliveries(page: Page, shop: Shop) -> None:
    for state, reason in (("waiting", "no_connection"), ("running", "http_204")):
        shop.live.publish({"kind": "delivery", "tag": "crm", "state": state, "reason": reason})
        words = "crm waiting: no connection" if state == "waiting" else "crm running"
        await expect(page.locator("#states li")).to_have_text([words])


@module_loop
@in_both_sizes
async def test_whatever_comes_is_text(page: Page, shop: Shop) -> None:
    odd = {"event": EVIL, "title": EVIL, "path": EVIL, "signed": EVIL, "consent": {EVIL: EVIL}}
    shop.live.publish(
        hit(**odd, tags=[decided(EVIL, EVIL, type=EVIL, rule=EVIL, because=[{"trigger": EVIL, "answer": EVIL}])])
    )
    shop.live.publish(
        received(EVIL, {"requests": [EVIL], "user": EVIL, EVIL: EVIL}, path=EVIL, method=EVIL, headers={EVIL: EVIL})
    )
    shop.live.publish(received("matomo", {"requests": [f"?uid={EVIL}&{EVIL}", 1, None, {}]}))
    shop.live.publish({"kind": "delivery", "tag": EVIL, "state": EVIL, "reason": EVIL})
    shop.live.publish({"kind": EVIL})
    shop.live.publish({"kind": "__proto__"})
    shop.live.publish(hit("after"))
    await expect(page.locator("#hits .event").first).to_have_text("after")
    await expect(page.locator("#hits .event").last).to_have_text(EVIL)
    assert await page.evaluate("[window.evil, document.querySelectorAll('main img, main script').length]") == [None, 0]


@module_loop
async def test_the_lists_have_an_end_and_late_joiners_see_what_was(page: Page, shop: Shop) -> None:
    for number in range(60):
        shop.live.publish(hit(f"event {number}"))
    await expect(page.locator("#hits .event").first).to_have_text("event 59")
    await expect(page.locator("#hits > li")).to_have_count(50)
    await page.reload()
    await expect(page.locator("#hits .event").first).to_have_text("event 59")
    await expect(page.locator("#hits > li")).to_have_count(50)


@module_loop
async def test_a_lost_connection_is_shown(page: Page, shop: Shop) -> None:
    await page.route("**/demo/live", lambda route: route.fulfill(status=204))
    shop.live.close()
    await expect(page.locator("#link")).to_have_text("not connected")


@module_loop
async def test_nothing_is_sent_before_the_banner_is_answered(page: Page, shop: Shop) -> None:
    await page.get_by_role("link", name="Sumatra").click()
    await expect(page.locator("#view")).to_contain_text("Lake Toba")
    assert shop.hits == []
    await page.get_by_role("button", name="Only statistics").click()
    first, second = await shop.hit("page_view", "/"), await shop.hit("page_view", "/product/sumatra")
    assert (first["title"], second["title"]) == ("Acme Coffee", "Sumatra – Acme Coffee")
    assert first["consent"] == {"analytics": True, "marketing": False}
    await expect(page.locator("#banner")).to_be_hidden()


@module_loop
@in_both_sizes
async def test_buying_as_ada_then_as_ben_then_as_nobody(page: Page, shop: Shop) -> None:
    await page.get_by_role("button", name="Accept all").click()
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Ada").click()
    await page.get_by_role("button", name="Buy Sidamo").click()
    bought = await shop.hit("purchase", "/")
    assert bought["user_id"] == bought["values"]["account_id"] == "ada"
    assert bought["traits"] == {"email": "ada@example.com"}
    assert {name: bought["fields"][name] for name in ("value", "coffee")} == {"value": 14.5, "coffee": "sidamo"}
    assert "email=ada%40example.com" in (await shop.hit("page_view", "/thank-you"))["url"]
    await expect(page.locator("#view")).to_contain_text("Thank you, Ada.")

    await page.get_by_role("button", name="Ada").click()
    await page.get_by_role("button", name="Ben").click()
    await page.get_by_role("link", name="Back to the shop").click()
    await page.get_by_role("link", name="House espresso").click()
    ben = await shop.hit("page_view", "/product/house")
    assert (ben["user_id"], ben["traits"]["email"]) == ("ben-0042", "ben@example.com")

    await page.reload()
    await page.get_by_role("button", name="Ben").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("button", name="Buy House espresso").click()
    left = await shop.hit("purchase", "/product/house")
    assert (left["user_id"], left["values"]["account_id"], left["reset"]) == (None, None, True)
    assert "ben" not in json.dumps(left)


@module_loop
async def test_the_choice_can_be_changed_and_forgotten(page: Page) -> None:
    await page.get_by_role("button", name="Refuse").click()
    await page.get_by_role("button", name="Privacy settings").click()
    await expect(page.get_by_role("button", name="Refuse")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Accept all").click()
    assert await page.evaluate("document.cookie") == "cookie_consent=necessary.statistics.ads"
    await page.get_by_role("button", name="Start over").click()
    await expect(page.locator("#banner")).to_be_visible()
    assert await page.evaluate("document.cookie") == ""


FILES = {
    "/": ("text/html; charset=utf-8", b"<!doctype html>"),
    "/product/sumatra": ("text/html; charset=utf-8", b"<!doctype html>"),
    "/thank-you?order=A-1": ("text/html; charset=utf-8", b"<!doctype html>"),
    "/demo/demo.js": ("text/javascript; charset=utf-8", b"// "),
    "/demo/live.js": ("text/javascript; charset=utf-8", b"// "),
    "/demo/demo.css": ("text/css; charset=utf-8", b"/* "),
    "/demo/icon.svg": ("image/svg+xml", b"<svg "),
}


@module_loop
async def test_the_pages_files_and_nothing_else(shop: Shop) -> None:
    async with aiohttp.ClientSession(shop.origin) as client:
        for path, (media_type, start) in FILES.items():
            async with client.get(path) as answer:
                assert (answer.status, answer.headers["content-type"]) == (200, media_type)
                assert answer.headers["content-security-policy"] == POLICY
                assert answer.headers["cache-control"] == "no-store"
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert (await answer.read()).startswith(start)
        for path in ("/demo/", "/demo/index.html", "/demo/..%2fsnippet%2fcore.js", "/product/a/b", "/other"):
            async with client.get(path) as answer:
                assert answer.status == 404


@module_loop
async def test_pages_of_others_do_not_read_along_by_a_name_that_leads_here(shop: Shop) -> None:
    port = shop.origin.rpartition(":")[2]
    async with aiohttp.ClientSession(shop.origin) as client:
        for host, status in (
            (f"evil.example:{port}", 421),
            (f"127.0.0.1.evil.example:{port}", 421),
            ("localhost", 200),
        ):
            async with client.get("/demo/live", headers={"host": host}) as answer:
                assert answer.status == status, host


def test_nothing_comes_from_elsewhere_and_nothing_is_inline() -> None:
    html = (STATIC / "demo" / "index.html").read_text("utf-8")
    assert "http:" not in html
    assert "https:" not in html
    assert all(word not in html for word in ("style=", "<style", " onclick", "<script>"))


def changed(*edits: tuple[str, str]) -> tuple[bool, set[str]]:
    """Whether the container is taken after these edits, and the codes of its problems."""
    text = CONTAINER.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    loaded = LOADER.compile(text.encode(), "demo", "tags/demo.yaml")
    return not errors(loaded.problems), {problem.code for problem in loaded.problems}


def test_the_container_has_the_one_warning_it_explains() -> None:
    assert changed() == (True, {"not-verified"})


def test_what_its_comments_promise_to_those_who_try() -> None:
    identifiers = "    identifiers: { email: email }         # goes along only when the decision is attach\n"
    assert changed((identifiers, ""))[0]
    assert changed(("any_of: [page_view, purchase]", "any_of: [page_veiw, purchase]"))[1] >= {"unknown-trigger"}
    assert changed(("when: known_customer", "when: signed_in"))[1] >= {"rule-without-consent"}
    hashed = ("{ when: known_reader, attach: [matomo] }", "{ when: known_reader, hash: [matomo] }")
    assert changed(hashed)[0] is False
    assert changed(hashed, ("matomo: attach", "matomo: hash"))[0]
