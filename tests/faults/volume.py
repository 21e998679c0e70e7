"""A file system of its own, whose power can be cut and which can be full.

Nothing of it outlives the tests, however they end: the first volume moves this process into a mount namespace of its
own, which its gateways inherit. When the last of them has ended the kernel unmounts everything in it and frees the
loop device; other programs on the machine never see the mounts."""

import ctypes
import fcntl
import os
import struct
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from faults.tools import need

NEW_MOUNTS = 0x0002_0000
"""CLONE_NEWNS."""
HINT = "(is this a container without CAP_SYS_ADMIN?)"


@cache
def own_mounts() -> None:
    """From now on what this process mounts is seen by it and its children alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_MOUNTS):
        pytest.fail(f"unshare: {os.strerror(ctypes.get_errno())} {HINT}")
    _run("mount", "--make-rprivate", "/")


class Volume:
    """An ext4 of its own in a file, mounted on `at` as long as the context lasts. Needs root."""

    SHUTDOWN = 0x8004_587D
    """EXT4_IOC_SHUTDOWN."""
    WITHOUT_THE_LOG = 2
    """Nothing that waits in memory is written any more, not even the journal."""

    def __init__(self, image: Path, at: Path, mib: int) -> None:
        self._image, self._at, self._mib = image, at, mib
        self._mounted = False

    def __enter__(self) -> Self:
        need("mkfs.ext4", "mount", root="mounting a file system of its own")
        own_mounts()
        with self._image.open("wb") as image:
            image.truncate(self._mib << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", str(self._image))
        self._at.mkdir(mode=0o700, exist_ok=True)
        self.mount()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._mounted:
            # Detached at once, gone when the last file in it is closed.
            _run("umount", "--lazy", str(self._at))
        self._image.unlink()

    @property
    def free(self) -> int:
        """Bytes."""
        found = os.statvfs(self._at)
        return found.f_bavail * found.f_frsize

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self._image), str(self._at))
        self._mounted = True

    def unmount(self) -> None:
        _run("umount", str(self._at))
        self._mounted = False

    def cut(self) -> None:
        """The power fails now: what is not on the disk is gone."""
        folder = os.open(self._at, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(folder, self.SHUTDOWN, struct.pack("I", self.WITHOUT_THE_LOG))
        finally:
            os.close(folder)

    def fail(self) -> None:
        """The kernel finds an error in it and, as ext4 usually is told to, makes it read-only at once."""
        _run("mount", "-o", "remount,errors=remount-ro", str(self._at))
        device = subprocess.run(
            ["findmnt", "-no", "SOURCE", str(self._at)], check=True, capture_output=True, text=True
        ).stdout.strip()
        Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error").write_text("1")

    def back(self) -> None:
        """The power is back. Nobody may have a file open."""
        self.unmount()
        self.mount()

    def fill(self, name: str = "others") -> Path:
        """Somebody else takes all the space there is, to the last block."""
        path = self._at / name
        with path.open("ab", buffering=0) as others:
            for size in (1 << 20, 4096):
                with suppress(OSError):
                    while others.write(bytes(size)) == size:
                        pass
        return path


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: {done.stderr.strip()} {HINT}")
