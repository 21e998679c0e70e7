"""The process itself: its clock, and when it looks for garbage."""

import gc
import time


def milliseconds() -> int:
    """Now, ms since 1970."""
    return int(time.time() * 1000)


def calm_collector() -> None:
    """What is loaded stays: it need not be looked through again and again. Hits in flight are many and make no cycles,
    so that each look finds nothing: it comes when more objects are there than many hundred hits in flight make, and
    then takes some milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
