"""Hits a second beside what answers without storing anything: a bare Starlette route, nginx, walkerOS."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial

from . import load
from .options import Options, gateway
from .report import Measure, compare
from .sides import Missing, Side, bare, nginx, walkeros

PEERS: tuple[tuple[str, Callable[[], AbstractContextManager[Side]]], ...] = (
    ("nginx return 204", nginx),
    ("walkerOS, null receiver", walkeros),
)


def run(options: Options) -> None:
    """POST /collect with 64 and 256 connections. A visitor's hits come from one page, or each from a new one (then
    every hit asks the state store for somebody it has not seen)."""
    with ExitStack() as stack:
        ours, jar = stack.enter_context(gateway(stack.enter_context(options.scratch())))
        sides = {"bare": stack.enter_context(bare())}
        for name, begin in PEERS:
            try:
                sides[name] = stack.enter_context(begin())
            except Missing as missing:
                print(f"left out: {name}. {missing}")
        for connections in (64, 256):
            measures: dict[str, Measure] = {
                name: partial(load.hits, side, jar, options.seconds, connections) for name, side in sides.items()
            }
            mine = partial(load.hits, ours, jar, options.seconds, connections)
            measures |= {"gateway": mine, "gateway, new pages": partial(mine, pages="new")}
            compare(f"ingest, {connections} connections", measures, options.rounds, "bare")
