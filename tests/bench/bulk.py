"""What a hit costs when a hundred come in one request."""

from functools import partial

from . import load
from .container import of_matomo
from .options import Options
from .report import compare
from .sides import KEY, Home

TOGETHER = 100


def run(options: Options) -> None:
    """/matomo.php with one hit and with a hundred, of a thousand visitors, as a server sends them."""
    with options.scratch() as folder, Home(folder / "gateway", of_matomo()).running() as side:
        load.bulks(side, KEY, 1, 8, together=TOGETHER)
        single = partial(load.bulks, side, KEY, options.seconds)
        # With more connections the queue in front of the disk would be full: 503.
        bulk = partial(load.bulks, side, KEY, options.seconds, 8, together=TOGETHER)
        compare("bulk: hits, not requests", {"single": single, f"bulks of {TOGETHER}": bulk}, options.rounds, "single")
