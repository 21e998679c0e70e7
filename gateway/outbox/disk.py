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
    """Bytes of the file in use and free inside it, measured with every batch."""

    used: int = 0
    spare: int = 0
    stale: bool = True
    """Something was written since the folder was last measured."""
    batches: int = 0
    """Since the file was opened."""


class Guard:
    """`free` gives the bytes that are free in the folder. `on_low` is called each time the disk gets low."""

    def __init__(self, disk: Disk, free: Callable[[], int], on_low: Callable[[], None]) -> None:
        self.room = Room()
        self._disk = disk
        self._free = free
        self._on_low = on_low
        self._low = False

    def check(self) -> None:
        """Raises DiskLow."""
        if self.room.used > self._disk.limit:
            raise DiskLow("the queue has reached its size limit")
        if not self.room.stale and not self._low:
            return
        self.room.stale = False
        low = self._free() + self.room.spare < self._disk.reserve
        if low and not self._low:
            self._on_low()
        self._low = low
        if low:
            raise DiskLow("too little disk is free")


def free_in(folder: Path) -> int:
    """Bytes free for us."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
