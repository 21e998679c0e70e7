"""Standard input, output and error as the commands need them: there, and able to take what they say."""

import contextlib
import errno
import io
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import Any

import typer

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
PATIENCE = 1000
"""Milliseconds that a reader may take."""


def make_usable() -> None:
    """A letter that a terminal does not have is a question mark; what goes into a file or a pipe is UTF-8."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # Or the first file that is opened gets the number, and what is printed.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or _straight(0, "r")
    sys.stdout = sys.stdout or _straight(1, "w")
    if sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        alive = sys.stdout.isatty()
        raw = io.BufferedWriter(_Heard(1, "w", closefd=False))
        encoding = sys.stdout.encoding if alive else "utf-8"
        sys.stdout = io.TextIOWrapper(raw, encoding, errors="replace", line_buffering=alive)
    # Without a buffer: a line that could not be written would be tried again at the end, and make of the exit code 120.
    if sys.stderr is sys.__stderr__:
        sys.stderr = _straight(2, "w", sys.stderr.encoding if sys.stderr and sys.stderr.isatty() else "utf-8")


def _straight(number: int, mode: str, encoding: str = "utf-8") -> io.TextIOWrapper:
    raw = io.FileIO(number, mode, closefd=False)
    return io.TextIOWrapper(raw, encoding=encoding, errors="replace", write_through=True)


class Unread(SystemExit):
    """Who read what is printed has gone, as `| head` does. No error that others tell as their own."""


class _Heard(io.FileIO):
    def write(self, data: Any, /) -> Any:
        try:
            return super().write(data)
        except BrokenPipeError:
            _to_nowhere()
            raise Unread from None


def _to_nowhere() -> None:
    """What still waits to be printed would be tried again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def tell(text: str) -> None:
    """On standard error, if anybody hears: somebody who has stopped reading is not waited for."""
    with contextlib.suppress(OSError):
        hears = select.poll()
        hears.register(2, select.POLLOUT)
        if hears.poll(PATIENCE):
            typer.echo(text, err=True)


def until_full(work: Callable[[], None]) -> None:
    """Does it; exit 1 where what it says cannot be written, and the end that Unix has for it where nobody reads on."""
    try:
        try:
            work()
        finally:
            sys.stdout.flush()
    except Unread:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    except OSError as error:
        if error.errno not in FULL:
            raise
        _to_nowhere()
        tell(f"Ended early, for something cannot be written: {os.strerror(error.errno)}.")
        raise SystemExit(1) from None
