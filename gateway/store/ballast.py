"""A file that holds disk space back, to be thrown overboard when the disk is full."""

import errno
import os
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic

SUFFIX = ".ballast"
NEEDED = 2 << 20
"""Bytes that opening the databases takes: their logs and the logs' indices."""
WHY = {errno.ENOSPC: "The disk of {} is full", errno.EDQUOT: "The user's quota on the disk of {} is used up"}
SAY = ": make room, {} MiB at least. What is queued is kept."
WRITTEN = 1 << 20
"""Bytes: more than one call writes. Where so many may be had, a write failed for another reason."""
AGAIN = 1.0
"""Seconds after which a quota that was used up is tried again."""


def make_room(folder: Path) -> None:
    """Gives up every ballast in a folder on a full disk, so that what lies there can be opened. Each is laid again as
    soon as there is space for it."""
    if refused(folder, NEEDED) in WHY:
        for ballast in folder.glob(f"*{SUFFIX}"):
            ballast.unlink()


def want_of_room(folder: Path) -> str:
    """What to do where nothing can be opened because the disk is full, as the rest of a sentence; empty where that is
    not why."""
    why = WHY.get(refused(folder, NEEDED))
    return f". {why}{SAY}".format(folder, NEEDED >> 20) if why else ""


def refused(folder: Path, size: int) -> int:
    """The error with which so many bytes are refused to us here; 0 if they may be had. What is free says nothing of a
    quota."""
    try:
        with TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        return error.errno or 0
    return 0


class Ballast:
    """`size` bytes beside a database: enough for its log to be moved into it. None are held back if `size` is 0."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._laid = False
        self._over = False
        self._asked = 0.0

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
            self._laid, self._over = True, False
        except OSError as error:
            self._over = error.errno == errno.EDQUOT
            self.drop()

    def drop(self) -> None:
        """Give the space back."""
        self._path.unlink(missing_ok=True)
        self._laid = False

    def over_quota(self) -> bool:
        """Whether a write failed because our quota is used up."""
        self._ask(WRITTEN)
        return self._over

    def blocked(self) -> bool:
        """Whether it was used up when it was last asked: at most a second ago."""
        if self._over and monotonic() - self._asked >= AGAIN:
            self._ask(self.owed + WRITTEN)
        return self._over

    def _ask(self, size: int) -> None:
        self._over = refused(self._path.parent, size) == errno.EDQUOT
        self._asked = monotonic()

    def _fill(self) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
        finally:
            os.close(file)


def beside(path: Path, size: int) -> Ballast:
    """The ballast of this database."""
    return Ballast(path.with_name(f"{path.name}{SUFFIX}"), size)
