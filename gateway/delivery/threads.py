"""Calls that may hang: each on a thread of its own, for which nobody waits, also not the end of the process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class Broke(RuntimeError):
    """The call raised what it should not."""


async def apart(call: Callable[[], T], name: str) -> T:
    """Its result, or the OSError or ValueError that it raised. Who is cancelled no longer waits; the call goes on."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def work() -> None:
        outcome: Callable[[], None] = partial(future.set_exception, Broke(f"{name} broke"))
        try:
            outcome = partial(future.set_result, call())
        except (OSError, ValueError) as error:
            outcome = partial(future.set_exception, error)
        finally:
            # The loop is closed when nobody is left to be told.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, future, outcome)

    Thread(target=work, name=name, daemon=True).start()
    return await future


def _tell(future: asyncio.Future[T], outcome: Callable[[], None]) -> None:
    if not future.done():
        outcome()
