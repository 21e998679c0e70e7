"""What the snippet listens for: every kind of event on a page that does it, its fields, limits and delays."""

from typing import Any

import pytest
from playwright.async_api import Page
from snippet.tiny import HERE, container

from gateway.language.container import Event
from gateway.language.events import KINDS

from .conftest import Install
from .stub import Stub


def on(kind: str, source: str = "", **more: Any) -> Event:
    """A section `events` with one event, called it."""
    return Event(name="it", kind=kind, source=source, place=HERE, **more)


def listening(*events: Event) -> Any:
    """A container with these; a name is given once."""
    named = {f"{event.name}{n or ''}": event for n, event in enumerate(events)}
    found = {
        name: Event(**{**{k: getattr(e, k) for k in e.__struct_fields__}, "name": name}) for name, e in named.items()
    }
    return container(events=("page_view", "it"), listened=found)


async def opened(page: Page, stub: Stub, body: str = "", path: str = "/a") -> None:
    """The page is there, and its first page view arrived."""
    html = f"<!doctype html><title>t</title><script async src=/t/shop.js></script><body>{body}</body>"
    await page.goto(stub.html(path, html) if "?" not in path else stub.origin + path)
    await stub.hit("page_view")
    await page.wait_for_function("document.readyState === 'complete'")


async def caught(page: Page, stub: Stub, script: str | None = None) -> list[dict[str, Any]]:
    """The fields of the events so far, after this script."""
    if script:
        await page.evaluate(script)
    before = sum(event == "end" for event in stub.events)
    await page.evaluate("taggate('event', 'end')")
    await stub.until(lambda: sum(event == "end" for event in stub.events) > before)
    return [{"event": h["event"], **h.get("fields", {})} for h in stub.hits if h["event"].startswith("it")]


def known(fields: dict[str, Any], kind: str) -> bool:
    """Whether the table says of all of these what they are."""
    return set(fields) <= {"event", *KINDS[kind].fields}


SHADOW = (
    "<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML ="
    "'<button class=\"buy now\"><b>Buy </b>it</button>'</script>"
)
LINKS = """
<a id=out href="https://other.example/x?gclid=1&a=2">Out</a> <a id=ours href="https://sub.acme.example/">Ours</a>
<a id=file href="/files/list.PDF?gclid=1">List</a> <a id=named href="/x" download>Named</a>
<a id=mail href="mailto:a@b.example">Mail</a> <a id=here href="/b">Here</a> <a id=none>None</a>
<svg width=20 height=20><a id=svg href="https://svg.example/"><rect id=in width=20 height=20 /></a></svg>
<svg width=20 height=20><a id=old xlink:href="https://old.example/"><rect id=inold width=20 height=20 /></a></svg>
<script>['click', 'auxclick'].forEach(type => addEventListener(type, e => e.preventDefault()))</script>
"""


async def test_clicks(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("click", ".buy")))
    form = "<button class=buy id=one name=id>One</button><a href='/x?gclid=1'><i class=buy>Two</i></a>"
    form += (
        "<div class=buy contenteditable>typed</div><form class=buy><input name=id value=x><textarea>t</textarea></form>"
    )
    await opened(page, stub, SHADOW + form + "<script>addEventListener('click', e => e.preventDefault())</script>")
    await page.click("#host b")
    await page.click("#one", button="right")
    await page.click("i")
    await page.focus("#one")
    await page.keyboard.press("Enter")
    await page.click("[contenteditable]")
    await page.click("textarea")
    found = await caught(page, stub, "document.body.click()")
    assert all(known(fields, "click") for fields in found)
    assert found == [
        {
            "event": "it",
            "id": None,
            "classes": "buy now",
            "text": "Buy it",
            "href": None,
            "element": "button",
            "button": "left",
        },
        {
            "event": "it",
            "id": "one",
            "classes": "buy",
            "text": "One",
            "href": None,
            "element": "button",
            "button": "right",
        },
        {
            "event": "it",
            "id": None,
            "classes": "buy",
            "text": "Two",
            "href": stub.origin + "/x",
            "element": "i",
            "button": "left",
        },
        {
            "event": "it",
            "id": "one",
            "classes": "buy",
            "text": "One",
            "href": None,
            "element": "button",
            "button": "left",
        },
        {"event": "it", "id": None, "classes": "buy", "text": "", "href": None, "element": "div", "button": "left"},
        {"event": "it", "id": None, "classes": "buy", "text": "", "href": None, "element": "form", "button": "left"},
    ]


async def test_what_stands_on_a_button(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("click", ".buy")))
    button = "<button type=button class=buy value=alice@example.org> Three </button>"
    await opened(page, stub, button + "<input type=button class=buy value=Send><input class=buy value=typed>")
    found = await caught(page, stub, "document.querySelectorAll('.buy').forEach(node => node.click())")
    assert [f["text"] for f in found] == ["Three", "Send", ""]


async def test_what_is_cut_ends_with_a_whole_word(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("click", ".buy"), on("error")))
    long, whole = "word " * 18, "x" * 101
    texts = [long + "alice@example.org", "word " * 20, "買" * 120, whole, "x" * 100]
    await opened(page, stub, "".join(f"<b class=buy>{text}</b>" for text in texts))
    script = "document.querySelectorAll('.buy').forEach(node => node.click());"
    script += "Promise.reject('word\\n'.repeat(58) + 'alice@example.org'); 0"
    await page.evaluate(script)
    await stub.until(lambda: "it1" in stub.events)
    found = await caught(page, stub)
    assert [f.get("text", f.get("message")) for f in found] == [
        long.strip(),
        long.strip() + " word word",
        "買" * 100,
        "",
        "x" * 100,
        ("word\n" * 58).strip("\n"),
    ]


async def test_an_address_that_is_none_and_one_that_is_no_link(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("click", ".buy"), on("submit", "form")))
    bad = "<a class=buy href='http://[bad'>One</a><form action='//'></form>"
    icon = "<button class=buy><svg width=9 height=9><use class=buy href='#icon' /></svg>Two</button>"
    await opened(page, stub, bad + icon)
    await page.evaluate("addEventListener('click', e => e.preventDefault()); document.querySelector('a').click()")
    await page.evaluate("document.querySelector('use').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    found = await caught(
        page, stub, "const form = document.forms[0]; form.onsubmit = () => false; form.requestSubmit()"
    )
    assert [(f["event"], f["href"]) for f in found] == [("it", "http://[bad"), ("it", None), ("it1", "//")]


async def test_links(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("link", "outbound"), on("link", "download"), on("link", "#here")))
    await opened(page, stub, LINKS)
    for name in ("out", "ours", "file", "named", "mail", "here", "none", "in", "inold"):
        await page.click(f"#{name}")
    await page.click("#out", button="middle")
    await page.click("#out", button="right")
    found = await caught(page, stub)
    assert all(known(fields, "link") for fields in found)
    assert [(f["event"], f["id"], f["href"].removeprefix(stub.origin)) for f in found] == [
        ("it", "out", "https://other.example/x?a=2"),
        ("it1", "file", "/files/list.PDF"),
        ("it1", "named", "/x"),
        ("it2", "here", "/b"),
        ("it", "svg", "https://svg.example/"),
        ("it", "old", "https://old.example/"),
        ("it", "out", "https://other.example/x?a=2"),
    ]
    assert found[0]["text"] == "Out"


async def test_a_link_that_is_followed_at_once(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("link", "outbound")))
    stub.html("/z", "gone")
    await opened(page, stub, f'<a href="{stub.elsewhere}/z">Out</a>')
    await page.click("a")
    assert (await stub.hit("it"))["fields"]["href"] == stub.elsewhere + "/z"


async def test_forms(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("submit", "form.f")))
    form = (
        "<form class=f name=news id=n action='/send?gclid=1&x=1'><input name=id value=secret><input name=action>"
        "<input type=password name=p value=secret><button>Go</button></form><form><button id=other>No</button></form>"
        "<script>addEventListener('submit', e => e.preventDefault())</script>"
    )
    await opened(page, stub, form)
    await page.click("form.f button")
    await page.click("#other")
    found = await caught(page, stub)
    assert found == [{"event": "it", "id": "n", "name": "news", "classes": "f", "href": stub.origin + "/send?x=1"}]
    assert not any(b"secret" in call.body for call in stub.calls)


async def test_forms_in_a_shadow(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("submit", "form.f")))
    inside = "<form class=f name=news><input name=q value=secret><button>Go</button></form>"
    script = f"host.attachShadow({{mode: 'open'}}).innerHTML = {inside!r};"
    script += "host.shadowRoot.addEventListener('submit', e => e.preventDefault())"
    await opened(page, stub, f"<div id=host></div><script>{script}</script>")
    await page.click("#host button")
    assert [fields["name"] for fields in await caught(page, stub)] == ["news"]


async def test_what_comes_into_view(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("visible", "section", percent=50), on("visible", "#first", limit="once_per_page")))
    body = "<p id=first>Hi</p><div style='height:3000px'></div><section id=far style='height:200px'>Far</section>"
    await opened(page, stub, body)
    await stub.hit("it1")
    assert "it" not in stub.events
    await page.evaluate("far.scrollIntoView()")
    far = (await stub.hit("it"))["fields"]
    assert (far["id"], far["text"], far["percent"]) == ("far", "Far", 100)
    await page.evaluate(
        "scrollTo(0, 0); const made = document.createElement('section');"
        "document.body.prepend(Object.assign(made, {id: 'new', textContent: 'New'}))"
    )
    await stub.until(lambda: any(h.get("fields", {}).get("id") == "new" for h in stub.hits), "what is added later")
    found = await caught(page, stub)
    assert [f["id"] for f in found if f["event"] == "it1"] == ["first"]


async def test_what_a_class_shows_and_hides(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("visible", ".open")))
    await opened(page, stub, "<p id=box style='display: none'>Box</p>")

    def seen(name: str) -> int:
        return sum(hit.get("fields", {}).get("id") == name for hit in stub.hits)

    frame = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    for times in (1, 2):
        await page.evaluate("box.className = 'open'; box.style.display = 'block'")
        await stub.until(lambda times=times: seen("box") == times, "shown")
        await page.evaluate("box.className = ''; box.style.display = 'none';" + frame)
        # Something else is shown in it.
        await page.evaluate("box.style.display = 'block';" + frame)
        await page.evaluate("box.style.display = 'none';" + frame)
    await caught(page, stub, frame)
    assert seen("box") == 2


async def test_scrolling(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("scroll", amount=50), on("scroll", amount=100)))
    await opened(page, stub, "<div style='height:5000px'></div>")
    await page.evaluate("scrollTo(0, 100)")
    assert await caught(page, stub) == []
    await page.evaluate("scrollTo(0, 2500)")
    assert (await stub.hit("it"))["fields"] == {"percent": 50}
    await page.evaluate("scrollTo(0, 0)")
    await page.evaluate("scrollTo(0, 1e6)")
    assert (await stub.hit("it1"))["fields"] == {"percent": 100}
    await page.evaluate("scrollTo(0, 0); history.pushState({}, '', '/next')")
    await stub.until(lambda: stub.events.count("page_view") == 2)
    await page.evaluate("scrollTo(0, 3000)")
    await stub.until(lambda: stub.events.count("it") == 2, "on the next page view again")


async def test_a_page_that_fits_the_window(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("scroll", amount=100)))
    await opened(page, stub, "short")
    await stub.hit("it")


async def test_time_on_the_page(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("timer", amount=300), on("timer", amount=200, repeat=True)))
    await page.clock.install()
    await opened(page, stub)
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, value: %s});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    await page.clock.run_for(150_000)
    await page.evaluate(hide % "true")
    await page.clock.run_for(600_000)
    await page.evaluate(hide % "false")
    assert await caught(page, stub, None) == []
    await page.clock.run_for(60_000)
    await stub.hit("it1")
    await page.clock.run_for(400_000)
    await stub.until(lambda: stub.events.count("it1") == 3)
    await page.clock.run_for(100)
    found = [{"event": h["event"], **h["fields"]} for h in stub.hits if h["event"] in ("it", "it1")]
    assert found == [
        {"event": "it1", "seconds": 200, "count": 1},
        {"event": "it", "seconds": 300, "count": 1},
        {"event": "it1", "seconds": 400, "count": 2},
        {"event": "it1", "seconds": 600, "count": 3},
    ]


async def test_small_signs(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("leave"), on("fullscreen"), on("interaction")))
    await opened(page, stub, "<button onclick='document.documentElement.requestFullscreen()'>Full</button>")
    await page.evaluate(
        "const out = (y, to) => document.body.dispatchEvent("
        "new MouseEvent('mouseout', {bubbles: true, clientY: y, relatedTarget: to}));"
        "out(300, null); out(-1, document.body); out(-1, null)"
    )
    await page.click("button")
    await page.wait_for_function("document.fullscreenElement")
    await stub.until(lambda: "it1" in stub.events)
    await page.evaluate("document.exitFullscreen()")
    await page.wait_for_function("!document.fullscreenElement")
    await page.keyboard.press("a")
    await stub.until(lambda: stub.events.count("it1") == 2)
    assert await caught(page, stub) == [
        {"event": "it"},
        {"event": "it2", "action": "move"},
        {"event": "it1", "action": "enter"},
        {"event": "it1", "action": "exit"},
    ]


async def test_scripts_that_break(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("error")))
    await opened(page, stub, "<img src=/none.png><script src=/broken.js></script>")
    script = "setTimeout(() => { throw new Error('one') }); setTimeout(() => Promise.reject(new Error('two')));"
    await page.evaluate(
        script + "Promise.reject('three'); Promise.reject(Symbol('four')); taggate('event', {get() { throw 1 }})"
    )
    await stub.until(lambda: stub.events.count("it") == 4)
    found = await caught(page, stub)
    said = ["Error: one", "Symbol(four)", "three", "two"]
    assert sorted(f["message"].removeprefix("Uncaught ") for f in found) == said
    assert all(known(fields, "error") for fields in found)
    await page.evaluate("for (let n = 0; n < 50; n++) setTimeout(() => { throw n })")
    await page.evaluate("new Promise(done => setTimeout(done))")
    assert len(await caught(page, stub)) == 10


async def test_the_address_changes(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("history")))
    await opened(page, stub)
    steps = (
        "history.pushState({}, '', '/b?gclid=1')",
        "history.replaceState({}, '', '/c')",
        "history.replaceState({x: 1}, '')",
        "location.hash = 'h'",
        "history.back()",
        "history.back()",
    )
    for number, step in enumerate(steps):
        await page.evaluate(step)
        wanted = number + 1 - (number > 1)
        await stub.until(lambda wanted=wanted: stub.events.count("it") == wanted, step)
    found = await caught(page, stub)
    assert [(f["action"], f["old"].removeprefix(stub.origin), f["new"].removeprefix(stub.origin)) for f in found] == [
        ("push", "/a", "/b"),
        ("replace", "/b", "/c"),
        ("hash", "/c", "/c#h"),
        ("hash", "/c#h", "/c"),
        ("pop", "/c", "/a"),
    ]


async def test_moments_of_the_page(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("dom_ready"), on("loaded"), on("unload")))
    await opened(page, stub)
    await stub.hit("it1")
    stub.html("/z", "gone")
    await page.goto(stub.origin + "/z")
    await stub.hit("it2")
    assert stub.events == ["page_view", "it", "it1", "it2"]


TONE = (
    "<audio class=a id=tone muted></audio><audio id=other></audio><script>"
    "const bytes = new Uint8Array(44 + 8000), view = new DataView(bytes.buffer);"
    "[...'RIFF'].forEach((c, i) => bytes[i] = c.charCodeAt()); view.setUint32(4, 8036, true);"
    "[...'WAVEfmt '].forEach((c, i) => bytes[8 + i] = c.charCodeAt()); view.setUint32(16, 16, true);"
    "view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, 8000, true);"
    "view.setUint32(28, 8000, true); view.setUint16(32, 1, true); view.setUint16(34, 8, true);"
    "[...'data'].forEach((c, i) => bytes[36 + i] = c.charCodeAt()); view.setUint32(40, 8000, true);"
    "tone.src = other.src = URL.createObjectURL(new Blob([bytes], {type: 'audio/wav'}))</script>"
)


async def test_films(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("media", "audio.a")))
    await opened(page, stub, TONE)
    await page.evaluate("tone.playbackRate = 2; other.muted = true; other.play(); tone.play()")
    await stub.until(lambda: any(h.get("fields", {}).get("action") == "end" for h in stub.hits))
    found = await caught(page, stub)
    assert [f["action"] for f in found] == ["play", "25", "50", "75", "end"]
    assert all(known(fields, "media") and fields["id"] == "tone" for fields in found)
    assert found[-1]["percent"] == 100


async def test_a_film_in_the_place_of_another(page: Page, stub: Stub, install: Install) -> None:
    install(listening(on("media", "audio.a")))
    await opened(page, stub, TONE)

    await page.evaluate("tone.addEventListener('timeupdate', () => tone.currentTime > .3 && (tone.src = tone.src))")
    for times in (1, 2):
        await page.evaluate("tone.play(); new Promise(done => tone.addEventListener('emptied', done, {once: true}))")
        found = [f["action"] for f in await caught(page, stub)]
        assert (found.count("play"), found.count("25"), found.count("end")) == (times, times, 0)


async def test_limits_and_delays(page: Page, stub: Stub, install: Install) -> None:
    install(
        listening(
            on("click", "i", limit="once_per_page"),
            on("click", "i", limit="once_per_visitor"),
            on("click", "i", delay=60),
        )
    )
    await page.clock.install()
    await opened(page, stub, "<i>x</i>")
    twice = "document.querySelector('i').click(); document.querySelector('i').click()"
    assert [f["event"] for f in await caught(page, stub, twice)] == ["it", "it1"]
    await page.clock.run_for(60_100)
    await stub.until(lambda: stub.events.count("it2") == 2)
    await page.evaluate("history.pushState({}, '', '/b')")
    await page.clock.run_for(100)
    assert [f["event"] for f in await caught(page, stub, twice)] == ["it", "it1", "it2", "it2", "it", "it1"]


@pytest.mark.parametrize("css", ["b[", "::x"])
async def test_a_selector_that_the_browser_does_not_know_harms_nothing(
    page: Page, stub: Stub, install: Install, css: str
) -> None:
    kinds = ("click", "submit", "visible", "media", "link")
    install(listening(*(on(kind, css) for kind in kinds), on("click", "i")))
    await opened(page, stub, "<i>x</i>")
    assert [f["event"] for f in await caught(page, stub, "document.querySelector('i').click()")] == ["it5"]
