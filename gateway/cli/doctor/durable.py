"""Is a 2xx on disk here? The file system, a real write, and what SQLite says of itself."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

from msgspec import Struct

from gateway.cli.doctor.finding import Finding, ok, problem, warning
from gateway.store.database import Schema, open_for_writing
from gateway.store.errors import DatabaseError

MOUNTS = Path("/proc/self/mountinfo")
GOOD = frozenset({"ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "apfs"})
MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "glusterfs", "lustre", "fuse.sshfs", "fuse.glusterfs"}
)
NO_BARRIER = frozenset({"nobarrier", "barrier=0", "volatile"})
FIXED = (3, 51, 3)
"""SQLite before this has a bug in its log when two connections write or checkpoint."""
WRITES = 20
FASTEST, SLOWEST = 0.05, 50.0
"""Milliseconds of an fsync: below this no disk was asked, above it hits are slow."""

_SCRATCH = Schema(version=1, tables=frozenset({"tries"}), statements=("CREATE TABLE tries (n INTEGER)",))
_SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")


class Mount(Struct, frozen=True):
    """Where a folder lies: the type of the file system and its options."""

    kind: str
    options: frozenset[str]


def look(folder: Path) -> Iterator[Finding]:
    """All of it."""
    yield from _file_system(mount_of(folder, MOUNTS))
    yield from _writes(folder)
    yield sqlite_version(sqlite3.sqlite_version_info)


def mount_of(folder: Path, table: Path) -> Mount | None:
    """By the kernel's table (proc(5)); None where there is none."""
    try:
        lines = table.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    found: tuple[int, Mount] | None = None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, (kind, _, *more) = before.split(), [*after.split(), "", ""][:3]
        where = Path(fields[4].replace("\\040", " "))
        # Of two mounts at one place the later one covers the earlier.
        if folder.resolve().is_relative_to(where) and (found is None or len(where.parts) >= found[0]):
            found = len(where.parts), Mount(kind, frozenset(",".join([fields[5], *more]).split(",")))
    return found[1] if found else None


def _file_system(mount: Mount | None) -> Iterator[Finding]:
    if mount is None:
        yield warning("file-system", "The file system of the data folder is not known here.", "See that it is a disk.")
        return
    kind = mount.kind
    if kind in MEMORY:
        yield problem("file-system", f"The data folder is in memory ({kind}): a restart loses every hit.",
                      "Set data: to a folder on a disk.")  # fmt: skip
    elif kind in NETWORK:
        yield problem("file-system", f"The data folder is on a network ({kind}): its locks and fsync promise nothing.",
                      "Set data: to a folder on a local disk.")  # fmt: skip
    elif kind == "overlay":
        yield warning("file-system", "The data folder is in a container's own layer, and goes with the container.",
                      "Mount a volume there.")  # fmt: skip
    elif kind in GOOD:
        yield ok("file-system", f"The data folder is on {kind}.")
    else:
        yield warning("file-system", f"The data folder is on {kind}: whether its fsync reaches a disk is not known.",
                      "Prefer ext4 or xfs on a local disk.")  # fmt: skip
    for option in sorted(mount.options & NO_BARRIER):
        yield problem("file-system", f"It is mounted with {option}: an fsync does not reach the disk.",
                      "Mount it without.")  # fmt: skip


def _writes(folder: Path) -> Iterator[Finding]:
    path = folder / f".doctor-{os.getpid()}.db"
    try:
        said, times = _try(path)
    except (sqlite3.Error, OSError, DatabaseError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        yield problem("write", f"The data folder cannot be written: {why}.", "No hit can be taken like this.")
        return
    finally:
        for end in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{path}{end}").unlink()
    yield settings_of_sqlite("sqlite", "a test file", *said)
    yield latency(times)


def settings_of_sqlite(about: str, what: str, journal: str, synchronous: int) -> Finding:
    """Whether SQLite keeps what it commits."""
    word = _SYNCHRONOUS[synchronous] if synchronous < len(_SYNCHRONOUS) else str(synchronous)
    said = f"SQLite says of {what}: journal_mode={journal}, synchronous={word}"
    if journal == "wal" and synchronous >= 2:
        return ok(about, f"{said}: each commit is fsynced.")
    return problem(about, f"{said}: a power cut loses what was answered 2xx.",
                   "The file system refuses what taggate asks for: move the data folder.")  # fmt: skip


def latency(times: Sequence[float]) -> Finding:
    """Milliseconds of each commit."""
    middle, worst = median(times), max(times)
    said = f"A commit with its fsync takes {middle:.2f} ms (worst of {len(times)}: {worst:.1f} ms)"
    if middle < FASTEST:
        return warning("fsync", f"{said}: no disk is that fast. Something says yes before it is on disk.",
                       "See whether a cache without a battery, or a virtual machine's, lies between.")  # fmt: skip
    if middle > SLOWEST:
        return warning("fsync", f"{said}: every hit waits at least that long.", "Use a faster disk.")
    return ok("fsync", f"{said}.")


def sqlite_version(version: tuple[int, int, int]) -> Finding:
    """What its age means."""
    said = f"SQLite is {'.'.join(map(str, version))}"
    if version >= FIXED:
        return ok("sqlite-version", f"{said}.")
    return ok("sqlite-version", f"{said}. Before 3.51.3 a file with two writers can be damaged: taggate is the only"
              " one. Let no other program open *.db.")  # fmt: skip


def _try(path: Path) -> tuple[tuple[str, int], list[float]]:
    times = []
    with closing(open_for_writing(path, _SCRATCH, log_reserve=1 << 17)) as connection:
        journal, synchronous = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _ASKED)
        for number in range(WRITES):
            begun = time.perf_counter()
            connection.execute("INSERT INTO tries VALUES (?)", (number,))
            times.append((time.perf_counter() - begun) * 1000)
    return (str(journal), int(synchronous)), times


_ASKED = ("journal_mode", "synchronous")
