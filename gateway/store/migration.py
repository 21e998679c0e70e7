"""An older file is brought to the newest schema: a copy first, then all steps in one transaction."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from gateway.store.errors import NotMigrated
from gateway.store.version import mark

log = structlog.get_logger(__name__)

Step = tuple[str, ...] | Callable[[sqlite3.Connection], None]
"""Statements, or a function that executes them; it neither begins nor commits (so no `executescript`)."""

_COPY = "{}.version-{}"
_PART = ".part"
_MARGIN = 16 << 20


def migrate(connection: sqlite3.Connection, path: Path, version: int, wanted: int, steps: Mapping[int, Step]) -> None:
    """From schema `version` to `wanted`, by `steps[n]` from each n to n + 1. The file as it was is kept as
    `<name>.version-<n>`. Raises NotMigrated, and then nothing has changed; sqlite3.Error, OSError."""
    missing = [number for number in range(version, wanted) if number not in steps]
    if missing:
        raise NotMigrated(f"{path.name} has schema {version}, made by an earlier taggate; this one begins at"
                          f" {max(missing) + 1}: start a version between the two first")  # fmt: skip
    copy = _keep_copy(connection, path, version)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for number in range(version, wanted):
            _take(connection, steps[number])
        mark(connection, wanted)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise NotMigrated(f"{path.name} could not be brought from schema {version} to {wanted}: {error}."
                          " It is as it was") from error  # fmt: skip
    # The log of a whole file rewritten: nobody counts it again.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    log.info("schema_migrated", file=path.name, before=version, now=wanted, copy=copy.name)


def copies(path: Path) -> list[Path]:
    """What migrations kept of this file."""
    return sorted(found for found in path.parent.glob(_COPY.format(path.name, "*")) if _PART not in found.name)


def drop_unfinished(path: Path) -> None:
    """Copies that the end of the process cut short, with their journals: these would be rolled back into the next."""
    for part in path.parent.glob(_COPY.format(path.name, f"*{_PART}*")):
        part.unlink(missing_ok=True)


def _take(connection: sqlite3.Connection, step: Step) -> None:
    if callable(step):
        step(connection)
        return
    for statement in step:
        connection.execute(statement)


def _keep_copy(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    copy = path.with_name(_COPY.format(path.name, version))
    _check_room(connection, path)
    part = copy.with_name(copy.name + _PART)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
        _sync(part)
        part.replace(copy)
        _sync(path.parent)
    except (sqlite3.Error, OSError) as error:
        with suppress(OSError):
            drop_unfinished(path)
        raise NotMigrated(f"{path.name} could not be copied before its schema is changed: {error}."
                          " It is as it was") from error  # fmt: skip
    return copy


def _check_room(connection: sqlite3.Connection, path: Path) -> None:
    size, pages = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
    # The copy, and about as much again of log; when that is not enough the transaction is rolled back.
    needed = 2 * size * pages + _MARGIN
    found = os.statvfs(path.parent)
    free = found.f_bavail * found.f_frsize
    if free < needed:
        raise NotMigrated(f"{path.name} must be brought to a newer schema, and that needs {needed >> 20} MiB free on"
                          f" its disk; there are {free >> 20} MiB. It is as it was")  # fmt: skip


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
