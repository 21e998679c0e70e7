"""SQLite files as the gateway keeps them: private, durable, versioned. A path in, a checked connection out."""

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import aiosqlite
from msgspec import Struct

from gateway.store.ballast import SUFFIX
from gateway.store.errors import Damaged, DatabaseError, Newer, NotMigrated
from gateway.store.logged import check_log, is_orphan
from gateway.store.migration import Step, drop_unfinished, migrate
from gateway.store.version import is_marked, mark, version_of

Connect = Callable[[Path], sqlite3.Connection]

WHOLE = 64 << 20
"""Bytes up to which a file is looked through whenever it is opened: that takes a fraction of a second. A larger one is
when somebody doubts it; else what is damaged in it is noticed when it is read."""
DOUBT = ".doubt"
"""Stands beside a file that could not be read or written: the next time it is opened nobody trusts it."""

_SMALLEST = 512
"""Bytes of a page: no file is smaller, once it has one (sqlite.org/fileformat2.html)."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

# auto_vacuum comes first: it has no effect once the file has its first page.
_PRAGMAS = (
    "PRAGMA auto_vacuum=INCREMENTAL",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA temp_store=MEMORY",
)


class Schema(Struct, frozen=True):
    """What is in a file: `version` is its `PRAGMA user_version`, `statements` make it, `steps[n]` brings a file of
    version n to n + 1."""

    version: int
    tables: frozenset[str]
    statements: tuple[str, ...]
    steps: Mapping[int, Step] = {}


def connect(path: Path) -> sqlite3.Connection:
    """A connection without implicit transactions, for the thread that calls this."""
    # The statements that write many rows at once differ by how many there are.
    return sqlite3.connect(path, isolation_level=None, timeout=5.0, cached_statements=512)


def open_for_writing(path: Path, schema: Schema, *, log_reserve: int, connect: Connect = connect) -> sqlite3.Connection:
    """The one writing connection; the file is made (mode 0600) if there is none. `log_reserve` bytes are set aside
    for the log at once. An older file is brought up to date, a copy first. Raises Damaged, Newer, NotMigrated,
    sqlite3.Error, OSError."""
    drop_unfinished(path)
    _refuse_torn(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = connect(path)
    try:
        _prepare(connection, path, schema)
        # A log that has grown beyond that, because nobody could move it, is cut when it is written from its start.
        connection.execute(f"PRAGMA journal_size_limit={log_reserve:d}").fetchall()
        _reserve_log(path, log_reserve)
        _doubt(path).unlink(missing_ok=True)
    except sqlite3.DatabaseError as error:
        _give_up(connection)
        if damaged(error):
            raise Damaged(f"{path.name}: {error}") from error
        raise
    except (DatabaseError, OSError):
        _give_up(connection)
        raise
    return connection


def _give_up(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error), closing(guarded(connection)):
        connection.close()
    connection.close()


async def open_for_reading(path: Path) -> aiosqlite.Connection:
    """A connection that cannot write. The file must exist and have its writer."""
    reader = await aiosqlite.connect(read_only(path), uri=True, isolation_level=None)
    await reader.execute_fetchall("PRAGMA query_only=ON")
    # Whether it can be read at all.
    await reader.execute_fetchall("SELECT count(*) FROM sqlite_schema")
    return reader


def guarded(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Another connection to the same file, which cannot write. While it is there, closing the one that can does not
    move the log into the file: after an error of the disk the log is the only copy to trust, and an fsync that is
    tried again may be told that all went well."""
    (_, _, path) = connection.execute("PRAGMA database_list").fetchone()
    guard = sqlite3.connect(read_only(Path(path)), uri=True, isolation_level=None)
    try:
        # A first read takes the lock that tells.
        guard.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except sqlite3.Error:
        guard.close()
        raise
    return guard


def verify(path: Path, schema: Schema, *, deep: bool = False) -> None:
    """Whether the file can be read as it is, without changing anything; `deep` looks at every page. For somebody who
    holds the folder. Raises Damaged, Newer, NotMigrated, sqlite3.Error, OSError."""
    _refuse_torn(path)
    with closing(sqlite3.connect(read_only(path), uri=True, isolation_level=None)) as reader:
        try:
            _compare(path, version_of(reader, path.name), schema)
            if deep:
                _look_through(reader, path, "quick_check")
        except sqlite3.DatabaseError as error:
            if damaged(error):
                raise Damaged(f"{path.name}: {error}") from error
            raise


def doubt(path: Path) -> None:
    """Something went wrong with this file: it is looked through when it is opened again, however large."""
    with suppress(OSError):
        _doubt(path).touch(mode=0o600)


def _doubt(path: Path) -> Path:
    return path.with_name(f"{path.name}{DOUBT}")


def damaged(error: sqlite3.Error) -> bool:
    """Whether the error says that the file itself is bad."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def set_aside(path: Path) -> Path:
    """Rename a file and its log to the first free `.damaged-<n>`; the new path. Of one that is gone its log is there,
    and an empty one stands for it."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    if not path.exists():
        path.touch(mode=0o600)
    path.rename(aside)
    with suppress(FileNotFoundError):
        Path(f"{path}-wal").rename(f"{aside}-wal")
    for rest in (Path(f"{path}-shm"), _doubt(path)):
        rest.unlink(missing_ok=True)
    return aside


def read_only(path: Path) -> str:
    """The address of a file that is opened and not changed."""
    return f"{path.resolve().as_uri()}?mode=ro"


def _refuse_torn(path: Path) -> None:
    """What SQLite does not take for damage: a file of no byte or few is a new one to it, and its log goes; one whose
    header names formats that do not exist is somebody's who knows them."""
    try:
        with path.open("rb") as file:
            header = file.read(_SMALLEST)
    except FileNotFoundError:
        # SQLite would delete it.
        if is_orphan(path):
            raise Damaged(f"{path.name} is gone, and its log is there") from None
        return
    # Ours had its ballast beside it by then.
    if not header and path.with_name(f"{path.name}{SUFFIX}").exists():
        raise Damaged(f"{path.name} is empty, and was not")
    if header and (len(header) < _SMALLEST or not _readable(header)):
        raise Damaged(f"{path.name}: file is not a database")


def _readable(header: bytes) -> bool:
    written, read = header[18:20]
    return {written, read} <= {1, 2} and int.from_bytes(header[44:48]) <= 4


def _prepare(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    version = version_of(connection, path.name)
    _refuse_newer(path, version, schema)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    # Before anything is written: what is set aside is then as it was found.
    check_log(path)
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()
    if not tables and not version:
        _create(connection, schema)
        return
    if not version or (version == schema.version and not schema.tables <= tables):
        raise Damaged(f"{path.name} is not one of ours (schema {version})")
    if _doubt(path).exists():
        _look_through(connection, path, "integrity_check")
    elif path.stat().st_size <= WHOLE:
        _look_through(connection, path, "quick_check")
    if version < schema.version:
        migrate(connection, path, version, schema.version, schema.steps)
    else:
        _see_marked(connection, version)


def _compare(path: Path, version: int, schema: Schema) -> None:
    _refuse_newer(path, version, schema)
    if version < schema.version:
        raise NotMigrated(f"{path.name} has schema {version}; the gateway brings it to {schema.version} when it starts")


def _refuse_newer(path: Path, version: int, schema: Schema) -> None:
    if version > schema.version:
        raise Newer(f"{path.name} has schema {version}, made by a later taggate; this one knows {schema.version}")


def _create(connection: sqlite3.Connection, schema: Schema) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in schema.statements:
        connection.execute(statement)
    mark(connection, schema.version)
    connection.execute("COMMIT")


def _see_marked(connection: sqlite3.Connection, version: int) -> None:
    """For a file from before they were."""
    if not is_marked(connection):
        connection.execute("BEGIN IMMEDIATE")
        mark(connection, version)
        connection.execute("COMMIT")


def _look_through(connection: sqlite3.Connection, path: Path, how: str) -> None:
    (answer,) = connection.execute(f"PRAGMA {how}(1)").fetchone()
    if answer != "ok":
        raise Damaged(f"{path.name}: {answer}")


def _reserve_log(path: Path, size: int) -> None:
    # Frames are written into space the log already has: what is queued can be marked with 0 bytes free.
    # Zeros after the last frame end the log (sqlite.org/walformat.html).
    log = os.open(f"{path}-wal", os.O_RDWR | os.O_CLOEXEC)
    try:
        with suppress(OSError):
            os.posix_fallocate(log, 0, size)
    finally:
        os.close(log)
