"""A connection that fails or waits where a test says so."""

import sqlite3
import threading
from pathlib import Path


def fault(kind: type[sqlite3.Error], text: str, code: int) -> sqlite3.Error:
    error = kind(text)
    error.sqlite_errorcode = code
    return error


def io_error() -> sqlite3.Error:
    return fault(sqlite3.OperationalError, "disk I/O error", sqlite3.SQLITE_IOERR_FSYNC)


def full() -> sqlite3.Error:
    return fault(sqlite3.OperationalError, "database or disk is full", sqlite3.SQLITE_FULL)


def no_write() -> sqlite3.Error:
    return fault(sqlite3.OperationalError, "disk I/O error", sqlite3.SQLITE_IOERR_WRITE)


def no_index() -> sqlite3.Error:
    return fault(sqlite3.OperationalError, "disk I/O error", sqlite3.SQLITE_IOERR_SHMSIZE)


class Lab:
    """`faults`: beginning of a statement → the error it raises, each as often as it is in the list.
    While `gate` is not set, no transaction begins."""

    def __init__(self) -> None:
        self.faults: dict[str, list[BaseException]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()
        self.statements: list[str] = []

    def before(self, statement: str) -> None:
        self.statements.append(statement)
        if statement.startswith("BEGIN"):
            self.waiting.set()
            assert self.gate.wait(20)
        for start, errors in self.faults.items():
            if statement.startswith(start) and errors:
                raise errors.pop(0)

    def hold(self) -> None:
        self.waiting.clear()
        self.gate.clear()

    def connect(self, path: Path) -> sqlite3.Connection:
        lab = self

        class Connection(sqlite3.Connection):
            def execute(self, statement, *parameters):
                lab.before(statement)
                return super().execute(statement, *parameters)

        return sqlite3.connect(path, isolation_level=None, factory=Connection)
