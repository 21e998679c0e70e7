"""What a hit costs in a container's decision alone: its variables read, its triggers asked, every tag decided."""

import gc
import json
import statistics
import timeit
from collections.abc import Callable, Mapping
from typing import Any

from gateway.cli.output import loader
from gateway.decide.decide import Decider
from gateway.decide.observe import Observer
from gateway.intake.sender import Sender
from gateway.intake.snippet import read_hits
from gateway.language.container import Container
from tests.language.large import large
from tests.language.small import container as compiled

from .options import Options
from .report import ratios, spread
from .sides import ROOT

HITS = 64
TIMES = 20
SENDER = Sender(
    arrived=1_700_000_000_000,
    ip="192.0.2.1",
    user_agent="Mozilla/5.0",
    country=None,
    headers={},
    cookies={},
    gpc=False,
    cookie=None,
    trusted=False,
)


def run(options: Options) -> None:
    """The demo's container and one of 300 triggers and 60 tags in turn; the quickest of many times in each round."""
    print("\n== decision: 300 triggers, 60 tags, 42 variables beside the demo's container")
    sides = {"the demo's": decision(demo(), of_demo), "300, 60": decision(big(), of_large)}
    found: Mapping[str, list[float]] = {name: [] for name in sides}
    gc.disable()
    for number in range(1, options.rounds + 1):
        for name, decide in sides.items():
            found[name].append(min(timeit.repeat(decide, number=1, repeat=TIMES * HITS)) / HITS * 1e6)
            print(f"round {number}  {name:14}{found[name][-1]:6.2f} µs a hit")
    gc.enable()
    for name, times in found.items():
        said = spread(ratios(times, found["the demo's"]))
        print(f"  {name:14}{statistics.median(times):6.2f} µs a hit, {said} times the demo's")


def decision(container: Container, said: Callable[[int], dict[str, Any]]) -> Callable[[], None]:
    """Decides different hits, one after the other."""
    observer, decider = Observer(container, None), Decider(container)
    hits = [read_hits(json.dumps(said(number)).encode(), container, SENDER)[0][0] for number in range(HITS)]
    shown = [(hit, observer.identify(hit)) for hit in hits]

    def decide() -> None:
        for hit, identity in shown:
            decider.decide(observer.observe(hit, identity, {}, ()))

    return decide


def demo() -> Container:
    """The one that is shipped."""
    found = loader().load(ROOT / "tags" / "demo.yaml").container
    assert found
    return found


def big() -> Container:
    """Without its tests, which are no part of a hit."""
    return compiled(large(tests=0).replace("tests:\n", "tests: []\n"))


def of_demo(number: int) -> dict[str, Any]:
    """A page view of somebody who is signed in."""
    url = f"https://shop.example.com/shoes/{number}?utm_source=mail"
    values = {"account_id": "ada", "proof": None}
    return {"event": "page_view", "url": url, "values": values, "consent": {"analytics": True, "marketing": False}}


def of_large(number: int) -> dict[str, Any]:
    """One of its events, with a value for each variable."""
    values = {f"v{place}": f"a{(number * 7 + place) % 300}" for place in range(40)}
    consent = {"p0": True, "p1": True}
    return {"event": f"e{number % 20}", "values": {"account_id": f"member-{number}", **values}, "consent": consent}
