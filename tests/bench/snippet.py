"""The snippet beside a bare route that answers with as many bytes."""

import urllib.request
from functools import partial

from . import load
from .options import Options, gateway
from .report import compare
from .sides import bare


def run(options: Options) -> None:
    """GET /t/bench.js as a browser asks for it: compressed with brotli."""
    with options.scratch() as folder, gateway(folder) as (ours, _):
        asked = urllib.request.Request(f"{ours.url}/t/bench.js", headers={"Accept-Encoding": "gzip, deflate, br"})
        with urllib.request.urlopen(asked) as answer:
            size = len(answer.read())
        with bare(size) as floor:
            sides = {"bare": floor, "gateway": ours}
            measures = {name: partial(load.scripts, side, options.seconds) for name, side in sides.items()}
            compare(f"snippet: {size:,} bytes", measures, options.rounds, "bare")
