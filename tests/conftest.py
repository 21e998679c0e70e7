"""What holds for all tests.

Property tests draw the same examples in every run, so that a change is judged by what it changed; the profile
`explore` draws others each time.

Coverage is taken only while the own tests of those packages run that must have it: tracing makes Python about three
times as slow. Those among them that try very many hits or files (`untraced`) do without it too.
"""

import sys
from collections.abc import Generator
from functools import _lru_cache_wrapper
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False, print_blob=True)
settings.load_profile("same")

HERE = Path(__file__).parent
COVERED = ("language", "decide", "people", "outbox")
PACKAGES = tuple(f"gateway.{each}" for each in COVERED)
UNTRACED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Neither other tests nor their fixtures are traced."""
    covered = item.path.relative_to(HERE).parts[0] in COVERED and not item.get_closest_marker("untraced")
    if covered and item.config.stash.get(UNTRACED, True):
        _forget()
    item.config.stash[UNTRACED] = not covered
    stopped: list[Coverage] = []
    # In a process of xdist there are two.
    while not covered and (tracing := Coverage.current()):
        tracing.stop()
        stopped.append(tracing)
    try:
        return (yield)
    finally:
        for tracing in reversed(stopped):
            tracing.start()


def _forget() -> None:
    """What a test that was not traced left in a cache would not be run again, and count as never run."""
    for name, module in tuple(sys.modules.items()):
        if name.startswith(PACKAGES):
            for one in vars(module).values():
                if isinstance(one, _lru_cache_wrapper):
                    one.cache_clear()
