"""Gateways with containers of several sizes, side by side on one core; one at a time is loaded."""

from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from . import load
from .container import container
from .options import Options, gateway
from .report import Measure, compare


def sizes(options: Options, title: str, wanted: Mapping[str, tuple[int, int]], base: str) -> None:
    """`wanted`: triggers and tags by name."""
    with ExitStack() as stack:
        folder = stack.enter_context(options.scratch())
        measures: dict[str, Measure] = {}
        for name, (triggers, tags) in wanted.items():
            side, jar = stack.enter_context(gateway(folder, container(triggers, tags), name))
            measures[name] = partial(load.hits, side, jar, options.seconds)
        compare(title, measures, options.rounds, base)
