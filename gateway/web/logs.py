"""Log lines on standard error: events and labels, never values, addresses or the texts of errors."""

import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog


class Log:
    """Where the lines go, as long as it takes them: neither a full disk nor a reader that is gone may stop a sender."""

    def __init__(self) -> None:
        self.stream: TextIO = sys.stderr
        self.lost = False
        """The last line was."""

    def write(self, line: str) -> None:
        """One more."""
        try:
            print(line, file=self.stream, flush=True)
        except OSError:
            self.lost = True
        else:
            self.lost = False

    # structlog calls the name of the level.
    debug = info = warning = error = critical = write


LOG = Log()
"""The process has one, as it has one standard error."""


def set_up(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """One line an event: JSON, or words on a terminal."""
    LOG.stream = stream or sys.stderr
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
