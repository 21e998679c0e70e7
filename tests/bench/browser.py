"""What scripts cost a page: what its main thread does for them until the first page view was sent and all is quiet."""

import json
import os
import statistics
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from gateway.snippet.build import compressed

from .options import Options
from .report import spread
from .sides import CORES, Missing
from .trackers import OTHERS, SITE, Tracker, all_of_ours

CHROMIUM = "/usr/bin/chromium"
SLOWER = 4
# As people have it: PostHog and Plausible do nothing where a page is driven by a program.
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-blink-features=AutomationControlled"]
LOADS = 13
QUIET = 1_000
PAGE = (
    "<!doctype html><html lang=en><head><title>Shop</title><script src=/site.js></script>{head}</head>"
    "<body><h1>Shop</h1></body></html>"
)
NOTHING = Tracker(name="nothing", head="", files={}, hit="/")
CATEGORIES = ["toplevel", "devtools.timeline", "v8", "disabled-by-default-v8.compile"]
WORK = frozenset({"EvaluateScript", "v8.compile", "v8.run", "FunctionCall", "RunMicrotasks"})
"""What a page with one script does for it. It is measured in the thread's own time, which the throttle makes longer as
it does the clock's, and which other programs on the machine do not. What a script does in idle time is not counted, nor
what the website's own does."""
IDLE = frozenset({"FireIdleCallback"})
Event = dict[str, Any]


class Shop:
    """One origin that serves a tracker's page and takes whatever it sends."""

    def __init__(self) -> None:
        self.tracker = NOTHING
        self.seen = threading.Event()

    def answer(self, path: str, body: bytes) -> tuple[str, bytes]:
        """Content type and text; a script that asks for more than it has gets an empty object."""
        tracker = self.tracker
        if path == "/":
            return "text/html; charset=utf-8", PAGE.format(head=tracker.head).encode()
        if path == "/site.js":
            return "text/javascript", SITE.encode()
        if path in tracker.files:
            kind = "text/javascript" if path.endswith(".js") else "application/json"
            return kind, tracker.files[path]
        if tracker.hit in path and tracker.told in body:
            self.seen.set()
        return "application/json", b"{}"


@contextmanager
def serving(shop: Shop) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            kind, text = shop.answer(self.path.partition("?")[0], body)
            text = text.replace(b"HOST", self.headers["host"].encode()) if kind.endswith("json") else text
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def load(browser: Browser, shop: Shop, url: str, tracker: Tracker) -> float:
    """Milliseconds of the main thread for one first visit."""
    shop.tracker = tracker
    shop.seen.clear()
    context = browser.new_context(user_agent=AGENT)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.goto(url)
    if tracker is not NOTHING:
        waited = 0
        while not shop.seen.is_set():
            page.wait_for_timeout(50)
            waited += 50
            if waited > 30_000:
                raise SystemExit(f"{tracker.name} sent no page view")
    page.wait_for_timeout(QUIET)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    context.close()
    return work(events, url)


def work(events: Sequence[Event], url: str) -> float:
    """A trace → milliseconds of what scripts did on the main thread of the page with this address."""
    (where, *_) = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "CommitLoad" and event["args"]["data"]["url"].startswith(url)
    }
    there = [event for event in events if (event["pid"], event["tid"]) == where and "tdur" in event]
    others = [*spans(there, IDLE), *spans([event for event in there if site(event)], WORK)]
    total, end = 0, 0
    for start, stop in spans(there, WORK):
        if any(begin <= start < over for begin, over in others):
            continue
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total / 1000


def site(event: Event) -> bool:
    """Whether the website's own script runs."""
    return str(event["args"].get("data", {}).get("url", "")).endswith("/site.js")


def spans(events: Sequence[Event], names: frozenset[str]) -> list[tuple[int, int]]:
    """From when to when, in microseconds of the thread's time."""
    return sorted((event["tts"], event["tts"] + event["tdur"]) for event in events if event["name"] in names)


def run(options: Options) -> None:
    """Rounds of one load each, every other one backwards."""
    os.sched_setaffinity(0, CORES)
    trackers = [NOTHING, *all_of_ours()]
    for other in OTHERS:
        try:
            trackers.append(other())
        except Missing as missing:
            print(f"not compared: {missing}")
    shop = Shop()
    found: dict[str, list[float]] = {tracker.name: [] for tracker in trackers}
    print(f"\n== browser: milliseconds of the main thread, {SLOWER} times slower than this machine", flush=True)
    with serving(shop) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for number in range(max(options.rounds, LOADS) + 1):
            for tracker in trackers if number % 2 else reversed(trackers):
                taken = load(browser, shop, url, tracker)
                if number:
                    found[tracker.name].append(taken)
            print(
                f"round {number or 'for warming'}  " + "  ".join(f"{n} {v[-1]:.1f}" for n, v in found.items() if v),
                flush=True,
            )
        browser.close()
    table(found, {tracker.name: tracker for tracker in trackers})


def table(found: Mapping[str, Sequence[float]], trackers: Mapping[str, Tracker]) -> None:
    """Medians, and of the ratios within a round."""
    bases = [name for name in ("matomo.js", "umami") if name in found]
    print(f"{'':14}{'bytes':>9}{'ms':>8}" + "".join(f"{name + ' = 1':>26}" for name in bases))
    for name, times in found.items():
        size = sum(len(compressed(text)) for path, text in trackers[name].files.items() if path in trackers[name].head)
        ratios = (spread([a / b for a, b in zip(times, found[base], strict=True)]) for base in bases)
        print(f"{name:14}{size:>9,}{statistics.median(times):>8.1f}" + "".join(f"{ratio:>26}" for ratio in ratios))
