"""An older file of ours is brought to the newest schema; whatever happens in between, nothing is lost."""

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.store import migration
from gateway.store.database import Schema, open_for_writing
from gateway.store.errors import Damaged, Newer, NotMigrated
from store.lab import Lab, full, io_error

ONE = Schema(version=1, tables=frozenset({"things"}), statements=("CREATE TABLE things (n INTEGER)",))
NEW = ("CREATE TABLE things (n INTEGER, word TEXT NOT NULL)",)


def words(connection):
    for (n,) in connection.execute("SELECT n FROM things").fetchall():
        connection.execute("UPDATE things SET word = ? WHERE n = ?", (f"word {n}", n))


TWO = Schema(
    version=2,
    tables=frozenset({"things"}),
    statements=NEW,
    steps={1: ("ALTER TABLE things ADD COLUMN word TEXT NOT NULL DEFAULT ''",)},
)
THREE = Schema(version=3, tables=frozenset({"things"}), statements=NEW, steps={**TWO.steps, 2: words})
BAD = Schema(
    version=3, tables=frozenset({"things"}), statements=NEW, steps={**TWO.steps, 2: ("INSERT INTO nowhere VALUES (1)",)}
)


def write(path, schema=ONE, **more):
    return open_for_writing(path, schema, log_reserve=1 << 16, **more)


def read(path):
    connection = sqlite3.connect(path)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, connection.execute("SELECT * FROM things").fetchall()
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path):
    first = write(tmp_path / "a.db")
    first.execute("INSERT INTO things VALUES (7), (8)")
    first.close()
    return tmp_path / "a.db"


def test_every_step_is_taken_and_the_file_before_is_kept(path):
    with capture_logs() as said:
        connection = write(path, THREE)
    assert connection.execute("SELECT * FROM things").fetchall() == [(7, "word 7"), (8, "word 8")]
    connection.close()
    assert read(path)[0] == 3
    [copy] = migration.copies(path)
    assert copy.name == "a.db.version-1"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert read(copy) == (1, [(7,), (8,)])
    assert said == [
        {"event": "schema_migrated", "log_level": "info", "file": "a.db", "before": 1, "now": 3, "copy": copy.name}
    ]
    again = write(path, THREE)
    assert again.execute("PRAGMA synchronous").fetchone() == (2,)
    again.close()


def test_what_is_still_in_the_log_is_migrated_and_copied_too(path, tmp_path):
    first = write(path)
    first.execute("INSERT INTO things VALUES (9)")
    crashed = tmp_path / "crashed.db"
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{crashed}{end}")
    first.close()
    write(crashed, TWO).close()
    assert read(crashed) == (2, [(7, ""), (8, ""), (9, "")])
    assert read(migration.copies(crashed)[0]) == (1, [(7,), (8,), (9,)])


def test_a_new_file_needs_no_step_and_no_copy(tmp_path):
    write(tmp_path / "new.db", THREE).close()
    assert (read(tmp_path / "new.db"), migration.copies(tmp_path / "new.db")) == ((3, []), [])


def test_a_step_that_fails_leaves_all_as_it_was(path):
    with pytest.raises(NotMigrated, match=r"from schema 1 to 3: no such table: nowhere. It is as it was"):
        write(path, BAD)
    assert read(path) == (1, [(7,), (8,)])
    write(path).close()
    write(path, THREE).close()
    assert read(path)[0] == 3


def test_too_little_disk_is_said_before_anything_is_done(path, monkeypatch):
    found = os.statvfs(path.parent)
    monkeypatch.setattr(migration.os, "statvfs", lambda _: os.statvfs_result([*found[:4], 3, *found[5:]]))
    with pytest.raises(NotMigrated, match=r"needs 16 MiB free on its disk; there are 0 MiB"):
        write(path, TWO)
    assert migration.copies(path) == []
    assert read(path)[0] == 1


@pytest.mark.parametrize(
    ("statement", "error"),
    [("VACUUM INTO", full()), ("ALTER", full()), ("COMMIT", io_error()), ("PRAGMA user_version=", io_error())],
)
def test_a_disk_that_fails_leaves_all_as_it_was(path, statement, error):
    lab = Lab()
    lab.faults[statement] = [error]
    with pytest.raises(NotMigrated, match=r"(disk is full|disk I/O error)\. It is as it was"):
        write(path, TWO, connect=lab.connect)
    assert read(path) == (1, [(7,), (8,)])
    assert [each.name for each in path.parent.glob("*.part")] == []


def test_an_error_that_has_ended_the_transaction_is_told_all_the_same(path):
    def gone(connection):
        connection.execute("ROLLBACK")
        raise io_error()

    schema = Schema(version=2, tables=frozenset({"things"}), statements=NEW, steps={1: gone})
    with pytest.raises(NotMigrated, match="disk I/O error"):
        write(path, schema)
    assert read(path)[0] == 1


def test_a_file_that_is_too_old_is_left_alone(path):
    schema = Schema(version=3, tables=frozenset({"things"}), statements=NEW, steps={2: words})
    with pytest.raises(NotMigrated, match="has schema 1, made by an earlier taggate; this one begins at 2"):
        write(path, schema)
    assert (read(path), migration.copies(path)) == ((1, [(7,), (8,)]), [])


def test_a_newer_file_is_left_alone(path):
    write(path, THREE).close()
    before = path.read_bytes()
    with pytest.raises(Newer, match="schema 3, made by a later taggate; this one knows 2"):
        write(path, TWO)
    assert path.read_bytes() == before


def test_a_damaged_file_is_not_migrated(path):
    connection = write(path)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO things VALUES (?)", [(n,) for n in range(10_000)])
    connection.execute("COMMIT")
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xff" * 4096 * 2)
    with pytest.raises(Damaged):
        write(path, TWO)
    assert migration.copies(path) == []


def test_a_copy_cut_short_is_removed_and_an_old_one_replaced(path):
    part = path.with_name("a.db.version-1.part")
    journal = path.with_name("a.db.version-1.part-journal")
    part.write_bytes(b"half")
    journal.write_bytes(b"of the half")
    path.with_name("a.db.version-1").write_bytes(b"of long ago")
    assert [copy.name for copy in migration.copies(path)] == ["a.db.version-1"]
    write(path).close()
    assert not part.exists()
    assert not journal.exists()
    part.write_bytes(b"half")
    journal.write_bytes(b"of the half")
    write(path, TWO).close()
    assert read(path.with_name("a.db.version-1")) == (1, [(7,), (8,)])
    assert not part.exists()
    assert not journal.exists()


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from gateway.store import database
from store.test_migration import THREE

class Killing(sqlite3.Connection):
    def execute(self, statement, *parameters):
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(statement, *parameters)

left = int(sys.argv[2])
database.open_for_writing(
    Path(sys.argv[1]), THREE, log_reserve=1 << 16,
    connect=lambda path: sqlite3.connect(path, isolation_level=None, factory=Killing),
)
"""


def test_killed_before_any_statement_it_starts_again(path, tmp_path):
    """Each statement of the migration in turn: half of them before the copy, the others after it."""
    here = os.pathsep.join(map(str, (Path(__file__).parents[1], Path(migration.__file__).parents[2])))
    environment = {**os.environ, "PYTHONPATH": here}
    survived, number = False, 10
    while not survived:
        number += 1
        copy = tmp_path / f"{number}.db"
        shutil.copy(path, copy)
        command = [sys.executable, "-c", KILLED, str(copy), str(number)]
        code = subprocess.run(command, env=environment, check=False).returncode
        survived = code == 0
        assert survived or code == -signal.SIGKILL
        assert read(copy)[0] in {1, 3}
        write(copy, THREE).close()
        assert read(copy) == (3, [(7, "word 7"), (8, "word 8")])
        assert read(migration.copies(copy)[0]) == (1, [(7,), (8,)])
        assert list(tmp_path.glob("*.part")) == []
    assert number > 20


def test_a_log_that_cannot_be_moved_after_the_steps_stays(path):
    lab = Lab()
    lab.faults["PRAGMA wal_checkpoint(TRUNCATE)"] = [io_error()]
    before = path.read_bytes()
    with pytest.raises(sqlite3.OperationalError, match="I/O"):
        write(path, TWO, connect=lab.connect)
    assert path.read_bytes() == before
    assert path.with_name("a.db-wal").exists()
    assert read(path)[0] == 2
