"""A file that holds disk space back, to be thrown overboard when the disk is full."""

import os
from contextlib import suppress
from pathlib import Path

SUFFIX = ".ballast"
NEEDED = 2 << 20
"""Bytes that opening the databases takes: their logs and the logs' indices."""
FULL = ". The disk of {} is full: make room, {} MiB at least. What is queued is kept."


def make_room(folder: Path) -> None:
    """Gives up every ballast in a folder on a full disk, so that what lies there can be opened. Each is laid again as
    soon as there is space for it."""
    if _free(folder) < NEEDED:
        for ballast in folder.glob(f"*{SUFFIX}"):
            ballast.unlink()


def want_of_room(folder: Path) -> str:
    """What to do where nothing can be opened because the disk is full, as the rest of a sentence; empty where that is
    not why."""
    with suppress(OSError):
        if _free(folder) < NEEDED:
            return FULL.format(folder, NEEDED >> 20)
    return ""


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class Ballast:
    """`size` bytes beside a database: enough for its log to be moved into it. None are held back if `size` is 0."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._laid = False

    @property
    def owed(self) -> int:
        """Bytes that are to be held back and are not: nobody else may have them."""
        return 0 if self._laid else self._size

    def lay(self) -> None:
        """Hold the space back, if it is there."""
        if self._laid or not self._size:
            return
        try:
            self._fill()
            self._laid = True
        except OSError:
            self.drop()

    def drop(self) -> None:
        """Give the space back."""
        self._path.unlink(missing_ok=True)
        self._laid = False

    def _fill(self) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
        finally:
            os.close(file)


def beside(path: Path, size: int) -> Ballast:
    """The ballast of this database."""
    return Ballast(path.with_name(f"{path.name}{SUFFIX}"), size)
