"""The schema's version as a file bears it: twice. A damaged one is then not taken for that of a later taggate, whose
file is refused and left where it is."""

import sqlite3

from gateway.store.errors import Damaged

_OURS = 0x74676700
"""`tgg` and the version: what `PRAGMA application_id` says of a file."""
_UNMARKED = 0
"""Made before files were marked."""
_MOST = 0xFF


def version_of(connection: sqlite3.Connection, name: str) -> int:
    """0: it has none yet. Raises Damaged, sqlite3.Error."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (marked,) = connection.execute("PRAGMA application_id").fetchone()
    if not 0 <= version <= _MOST or marked not in (_UNMARKED, _OURS | version):
        raise Damaged(f"{name} is not one of ours (schema {version}, marked {marked & 0xFFFFFFFF:08x})")
    return int(version)


def is_marked(connection: sqlite3.Connection) -> bool:
    """Whether it bears it twice. Raises sqlite3.Error."""
    (found,) = connection.execute("PRAGMA application_id").fetchone()
    return bool(found != _UNMARKED)


def mark(connection: sqlite3.Connection, version: int) -> None:
    """Of this version from now on, if the transaction is kept. Raises sqlite3.Error."""
    connection.execute(f"PRAGMA user_version={version:d}")
    connection.execute(f"PRAGMA application_id={_OURS | version:d}")
