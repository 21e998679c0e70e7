import sqlite3
import stat

import pytest

from gateway.store.database import Schema, connect, doubt, open_for_reading, open_for_writing, set_aside, verify
from gateway.store.errors import Damaged, Newer

SCHEMA = Schema(version=2, tables=frozenset({"things"}), statements=("CREATE TABLE things (n INTEGER)",))


def write(path, schema=SCHEMA):
    return open_for_writing(path, schema, log_reserve=1 << 20)


def pragma(connection, name):
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_new_file_is_private_and_durable(tmp_path):
    path = tmp_path / "a.db"
    connection = write(path)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "synchronous") == 2
    assert pragma(connection, "secure_delete") == 1
    assert pragma(connection, "wal_autocheckpoint") == 0
    assert pragma(connection, "auto_vacuum") == 2
    assert pragma(connection, "user_version") == 2
    connection.close()


def test_the_log_has_its_space_from_the_start_and_stays_readable(tmp_path):
    path = tmp_path / "a.db"
    connection = write(path)
    log = tmp_path / "a.db-wal"
    assert log.stat().st_size >= 1 << 20
    connection.execute("INSERT INTO things VALUES (7)")
    copy = tmp_path / "copy.db"
    copy.write_bytes(path.read_bytes())
    (tmp_path / "copy.db-wal").write_bytes(log.read_bytes())
    assert write(copy).execute("SELECT n FROM things").fetchall() == [(7,)]
    connection.close()


def test_it_opens_again(tmp_path):
    first = write(tmp_path / "a.db")
    first.execute("INSERT INTO things VALUES (7)")
    first.close()
    assert write(tmp_path / "a.db").execute("SELECT n FROM things").fetchall() == [(7,)]


def test_a_newer_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version=3")
    other.close()
    before = path.read_bytes()
    with pytest.raises(Newer, match="schema 3, made by a later taggate; this one knows 2"):
        write(path)
    assert path.read_bytes() == before


def test_what_is_not_a_database_is_damaged(tmp_path):
    (tmp_path / "a.db").write_bytes(b"hello" * 1000)
    with pytest.raises(Damaged, match="not a database"):
        write(tmp_path / "a.db")
    (tmp_path / "a.db").write_bytes(b"hello" + bytes([0] * 13 + [1, 1]) + b"\0" * 1000)
    with pytest.raises(Damaged, match="not a database"):
        write(tmp_path / "a.db")


def test_a_file_that_was_emptied_is_damaged_and_its_log_is_kept(tmp_path):
    path, log = tmp_path / "a.db", tmp_path / "a.db-wal"
    path.touch()
    write(path).close()
    path.write_bytes(b"")
    log.write_bytes(b"what was not yet moved")
    (tmp_path / "a.db.ballast").touch()
    with pytest.raises(Damaged, match="is empty, and was not"):
        write(path)
    with pytest.raises(Damaged, match="is empty, and was not"):
        verify(path, SCHEMA)
    assert log.read_bytes() == b"what was not yet moved"


@pytest.mark.parametrize("statements", [("CREATE TABLE strange (n)",), ("PRAGMA user_version=2",)])
def test_a_file_of_somebody_else_is_damaged(tmp_path, statements):
    other = sqlite3.connect(tmp_path / "a.db")
    for statement in statements:
        other.execute(statement)
    other.close()
    with pytest.raises(Damaged, match="not one of ours"):
        write(tmp_path / "a.db")


def test_a_malformed_page_is_found(tmp_path, monkeypatch):
    path = tmp_path / "a.db"
    connection = write(path)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO things VALUES (?)", [(n,) for n in range(10_000)])
    connection.execute("COMMIT")
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xff" * 4096 * 2)
    with pytest.raises(Damaged):
        write(path)
    # A large file is not looked through at each start, but when somebody doubts it.
    monkeypatch.setattr("gateway.store.database.WHOLE", 4096)
    write(path).close()
    doubt(path)
    for _ in range(2):
        with pytest.raises(Damaged):
            write(path)
    set_aside(path)
    assert not list(tmp_path.glob("*.doubt"))


def test_a_doubt_that_was_wrong_is_forgotten(tmp_path):
    path = tmp_path / "a.db"
    write(path).close()
    doubt(path)
    assert stat.S_IMODE((tmp_path / "a.db.doubt").stat().st_mode) == 0o600
    write(path).close()
    assert not (tmp_path / "a.db.doubt").exists()


def test_other_errors_pass(tmp_path):
    def failing(path):
        raise sqlite3.OperationalError("unable to open database file")

    with pytest.raises(sqlite3.OperationalError, match="unable"):
        open_for_writing(tmp_path / "a.db", SCHEMA, log_reserve=0, connect=failing)

    class Locked(sqlite3.Connection):
        def execute(self, *_):
            raise sqlite3.OperationalError("database is locked")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_for_writing(
            tmp_path / "a.db", SCHEMA, log_reserve=0, connect=lambda path: sqlite3.connect(path, factory=Locked)
        )


async def test_a_reader_cannot_write(tmp_path):
    writer = write(tmp_path / "a.db")
    reader = await open_for_reading(tmp_path / "a.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await reader.execute("INSERT INTO things VALUES (1)")
    await reader.close()
    writer.close()


def test_set_aside_takes_the_log_along_and_never_overwrites(tmp_path):
    path = tmp_path / "a.db"
    for n in (1, 2):
        for end in ("", "-wal", "-shm"):
            (tmp_path / f"a.db{end}").write_text(f"{n}{end}")
        assert set_aside(path) == tmp_path / f"a.db.damaged-{n}"
    path.write_text("3")
    assert set_aside(path) == tmp_path / "a.db.damaged-3"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "a.db.damaged-1": "1",
        "a.db.damaged-1-wal": "1-wal",
        "a.db.damaged-2": "2",
        "a.db.damaged-2-wal": "2-wal",
        "a.db.damaged-3": "3",
    }


def test_connect_begins_nothing_by_itself(tmp_path):
    connection = connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (n)")
    connection.execute("INSERT INTO t VALUES (1)")
    assert not connection.in_transaction
    connection.close()
