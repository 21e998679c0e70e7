"""A large page on which much happens, with everything that can be listened for: how long the snippet holds it up."""

import json
from typing import Any

from playwright.async_api import Browser, Page

from .conftest import Install
from .stub import Stub
from .test_life import everything

NODES = 10_000
CLICKS = 200
LONG = 50.0
"""Milliseconds; what browsers call a long task."""
GRANTED = "<script>Cookiebot = {hasResponse: true, consent: {statistics: true, ads: true}}; dataLayer = []</script>"
# Each click changes the page, as applications do; between two of them there is a frame.
CLICKING = f"""async () => {{
  for (let n = 0; n < {CLICKS}; n++) {{
    document.querySelectorAll('button.buy')[n % 9].click();
    document.body.prepend(Object.assign(document.createElement('section'), {{className: 'prices', textContent: n}}));
    if (!(n % 8)) scrollTo(0, (n % 5) * 500);
    dataLayer.push({{event: 'step', n}});
    await new Promise((done) => setTimeout(done, 10));
  }}
}}"""


def body() -> str:
    """So many nodes: rows with a link and a button."""
    row = "<p class=row><a href='https://other.example/{0}'>Row {0}</a> <b>b</b><i>i</i></p>"
    rows = "".join(row.format(number) for number in range(NODES // 4))
    buttons = "<button class=buy>Buy</button>" * 9
    return f"<body>{buttons}{rows}<form id=newsletter><input></form><video></video></body>"


def ours(trace: bytes) -> list[float]:
    """Milliseconds of the thread's own time that each entry into the snippet took."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    return [
        event["tdur"] / 1000
        for event in events
        if event["name"] in ("FunctionCall", "EvaluateScript")
        and "tdur" in event
        and event["args"].get("data", {}).get("url", "").endswith("/t/shop.js")
    ]


async def test_no_long_task(browser: Browser, page: Page, stub: Stub, install: Install) -> None:
    install(everything())
    html = f"<!doctype html><title>t</title>{GRANTED}<script async src=/t/shop.js></script>{body()}"
    await browser.start_tracing(page=page, categories=["devtools.timeline"])
    await page.goto(stub.html("/a", html))
    await stub.hit("page_view")
    assert await page.evaluate("document.querySelectorAll('*').length") > NODES
    await page.evaluate(CLICKING)
    # A minute's clicks in a few seconds: of hits that wait, the oldest go. The last is there.
    await stub.until(lambda: any(hit.get("fields", {}).get("n") == CLICKS - 1 for hit in stub.hits))
    taken = ours(await browser.stop_tracing())
    assert {"step", "e_click", "e_visible"} <= set(stub.events)
    assert len(taken) > 2 * CLICKS
    print(f"{len(taken)} entries, {sum(taken):.0f} ms in all, the longest {max(taken):.1f} ms")
    assert max(taken) < LONG
