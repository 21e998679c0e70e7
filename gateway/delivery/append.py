"""Append → lines at the end of a local file, on disk, or nothing at all."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.model import Append, Reply

WRITTEN = 201
DENIED = 403
MISSING = 404
FAILED = 507
TOO_LATE = 504

LONGEST_TAIL = 1 << 20
FLAGS = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK


def append(job: Append, may_write: Callable[[], bool] = lambda: True) -> Reply:
    """Blocks until the lines are fsynced. Never raises OSError: 403 and 404 are for a person to put right,
    507 may pass by itself; after each the file holds what it held before. `may_write` is asked right before the
    first change; 504: it said no."""
    try:
        with _opened(Path(job.path)) as file:
            if not may_write():
                return Reply(TOO_LATE)
            _mend(file)
            _write(file, job.lines)
    except PermissionError:
        return Reply(DENIED)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return Reply(MISSING)
    except OSError:
        return Reply(FAILED)
    return Reply(WRITTEN)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    file = _open(path)
    try:
        # Not blocking, for a pipe that nobody reads would hold the thread for ever; only files can be cut.
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise PermissionError("not a regular file")
        yield file
    finally:
        os.close(file)


def _open(path: Path) -> int:
    try:
        return os.open(path, FLAGS)
    except FileNotFoundError:
        file = os.open(path, FLAGS | os.O_CREAT, 0o600)
        _sync_folder(path.parent)
        return file


def _sync_folder(folder: Path) -> None:
    # A new file's name is on disk only once its folder is.
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _mend(file: int) -> None:
    """What a power cut left of a line of ours is cut off: its delivery was never marked, so it comes again."""
    size = os.fstat(file).st_size
    start = max(0, size - LONGEST_TAIL)
    tail = os.pread(file, size - start, start).rpartition(b"\n")[2]
    if tail.startswith(b"{"):
        os.ftruncate(file, size - len(tail))
    elif tail:
        _write(file, b"\n")


def _write(file: int, lines: bytes) -> None:
    size = os.fstat(file).st_size
    try:
        left = memoryview(lines)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise
