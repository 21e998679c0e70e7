"""Log lines on standard error: events and labels, never values, addresses or the texts of errors."""

import atexit
import logging
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, TextIO

import structlog

MOST = 8_192
"""Lines that wait for a reader who is slow."""
PATIENCE = 2.0
"""Seconds that the end of the process waits for one."""


class Log:
    """Where the lines go, in order, as long as it takes them: neither a full disk nor a reader that is gone, or hangs,
    may stop anybody. A thread of its own writes; of what it cannot keep up with only the number is told."""

    def __init__(self) -> None:
        self.stream: TextIO = sys.stderr
        self.lost = False
        """The last line was."""
        self._waiting: SimpleQueue[tuple[TextIO, str] | threading.Event] = SimpleQueue()
        self._refused = self._failed = self._told = 0
        self._writer: threading.Thread | None = None

    @property
    def lines_lost(self) -> int:
        """Since the process began."""
        return self._refused + self._failed

    def begin(self, stream: TextIO) -> None:
        """Into this one, from now on."""
        self.stream = stream
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="log", daemon=True)
            self._writer.start()

    def write(self, line: str) -> None:
        """One more. Never waits; may be called from any thread, and in the midst of itself."""
        if self._waiting.qsize() >= MOST:
            self._refused += 1
            self.lost = True
            return
        if (total := self.lines_lost) > self._told and not self.lost:
            gone, self._told = total - self._told, total
            structlog.get_logger().warning("log_lines_lost", lines=gone)
        self._waiting.put((self.stream, line))

    # structlog calls the name of the level.
    debug = info = warning = error = critical = write

    def flush(self) -> None:
        """Waits until what was said is written, but not for a reader that hangs."""
        if self._writer is not None:
            written = threading.Event()
            self._waiting.put(written)
            written.wait(PATIENCE)

    def _write(self) -> None:
        while True:
            said = self._waiting.get()
            if isinstance(said, threading.Event):
                said.set()
                continue
            stream, line = said
            try:
                # In one piece: standard error is not ours alone.
                stream.write(f"{line}\n")
                stream.flush()
            except (OSError, ValueError):
                # The second: somebody has closed it.
                self._failed += 1
                self.lost = True
            else:
                self.lost = False


LOG = Log()
"""The process has one, as it has one standard error."""
atexit.register(LOG.flush)


def set_up(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """One line an event: JSON, or words on a terminal."""
    LOG.begin(stream or sys.stderr)
    last = structlog.dev.ConsoleRenderer() if LOG.stream.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: LOG,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Lines()]
    root.setLevel(logging.WARNING)
    # What nobody caught: Python would print its text.
    sys.excepthook = _uncaught
    threading.excepthook = lambda found: _lost("thread", found.exc_value)
    sys.unraisablehook = lambda found: _lost("unraisable", found.exc_value)


class _Lines(logging.Handler):
    """The libraries' log records, without their texts: these may hold what a request held."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        said = {"logger": record.name, "at": f"{Path(record.pathname).name}:{record.lineno}"}
        error = record.exc_info[1] if record.exc_info else None
        log.log(record.levelno, "library", **said, **kind_of(error))


def kind_of(error: BaseException | None) -> dict[str, str]:
    """Its kind and its place, not its words."""
    if error is None:
        return {}
    frame = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
    where = {"where": f"{Path(frame.filename).name}:{frame.lineno}"} if frame else {}
    return {"error": type(error).__name__} | where


def _lost(what: str, error: BaseException | None) -> None:
    structlog.get_logger().error(what, **kind_of(error))


def _uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> Any:
    _lost("crashed", error)
