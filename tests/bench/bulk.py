"""What a hit costs when a hundred come in one request."""

from functools import partial

from . import load
from .options import Options, gateway
from .report import compare

TOGETHER = 100


def run(options: Options) -> None:
    """POST /collect with one hit and with a hundred, of one visitor, as after a time without network."""
    with options.scratch() as folder, gateway(folder) as (side, jar):
        single = partial(load.hits, side, jar, options.seconds)
        # With more connections the queue in front of the disk would be full: 503.
        bulk = partial(load.hits, side, jar, options.seconds, 8, together=TOGETHER)
        compare("bulk: hits, not requests", {"single": single, f"bulks of {TOGETHER}": bulk}, options.rounds, "single")
