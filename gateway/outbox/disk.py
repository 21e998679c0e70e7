"""Whether there is room for more: refused early, so that what is queued can still be delivered and deleted."""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from gateway.outbox.protocol import DiskLow


class Disk(Struct, frozen=True, kw_only=True):
    """Nothing more is accepted with fewer than `reserve` bytes free in the folder, or more than `limit` used in
    the file."""

    reserve: int = 256 << 20
    limit: int = 4 << 30


class Room(Struct):
    """Bytes of the file in use and free inside it, and free in its folder (None: not known yet), measured with every
    batch, on the writer's thread: a system call would cost the event loop its turn."""

    used: int = 0
    spare: int = 0
    free: int | None = None
    batches: int = 0
    """Since the file was opened."""


class Space(Struct, frozen=True, kw_only=True):
    """Bytes: `used` in the file, at most `limit`; `free` for more hits, at least `reserve`."""

    used: int
    limit: int
    free: int
    reserve: int


class Guard:
    """`free` gives the bytes that are free in the folder. `on_low` is called each time the disk gets low."""

    def __init__(self, disk: Disk, free: Callable[[], int], on_low: Callable[[], None]) -> None:
        self.room = Room()
        self._disk = disk
        self._free = free
        self._on_low = on_low
        self._low = False

    def space(self) -> Space:
        """As `check` sees it."""
        free = self._free() + self.room.spare
        return Space(used=self.room.used, limit=self._disk.limit, free=free, reserve=self._disk.reserve)

    def measure(self) -> None:
        """The folder, anew."""
        self.room.free = self._free()

    def check(self) -> None:
        """Raises DiskLow."""
        if self.room.used > self._disk.limit:
            raise DiskLow("the queue has reached its size limit")
        if self.room.free is None or self._low:
            self.measure()
        low = (self.room.free or 0) + self.room.spare < self._disk.reserve
        if low and not self._low:
            self._on_low()
        self._low = low
        if low:
            raise DiskLow("too little disk is free")


def free_in(folder: Path) -> int:
    """Bytes free for us."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
