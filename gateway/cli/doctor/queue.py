"""The queue: does the conservation law hold, is the clock behind what is stored, are the files whole?"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.cli.doctor.durable import settings_of_sqlite
from gateway.cli.doctor.finding import OTHER_USER, Finding, ok, problem, warning
from gateway.cli.errand import do
from gateway.cli.outbox_text import age
from gateway.model import Json
from gateway.outbox import schema as queue
from gateway.settings import Settings
from gateway.store import sqlite as state
from gateway.store.database import Schema, verify
from gateway.store.errors import DatabaseError
from gateway.store.folder import FolderLock
from gateway.store.logged import check_left_log
from gateway.web.errands import AskHealth, Refused

SLACK = 5000
"""Milliseconds that a clock may be set back without harm."""
_HINTS = dict.fromkeys(("other-user", "no-answer"), OTHER_USER)
_WARNINGS = frozenset({"paused", "no-such-tag", "not-running"})


def look(settings: Settings, now: int) -> Iterator[Finding]:
    """All of it; `now` in ms since 1970."""
    if not (settings.data / "queue.db").exists():
        yield ok("queue", f"There is no queue in {settings.data} yet.")
        return
    try:
        health = do(settings, AskHealth())
    except Refused as error:
        yield problem("queue", str(error), _HINTS.get(error.code, "Until this is put right no hit is sent from here."))
        return
    running = health["status"]["running"]
    yield ok("running", "A gateway runs." if running else "No gateway runs.")
    yield from _law(health["status"], health["miscounted"])
    yield clock(health["newest"], now)
    if running:
        yield settings_of_sqlite("queue", "the queue", health["journal_mode"], health["synchronous"])
    else:
        yield from _whole(settings)


def clock(newest: int | None, now: int) -> Finding:
    """Times count from what is stored: when a hit is too old, when something is to be removed."""
    if newest is not None and newest > now + SLACK:
        return problem("clock", f"The newest hit came {age((newest - now) // 1000)} after now: the clock was set back,"
                       " or it was ahead then.", "Set the clock (chrony, systemd-timesyncd).")  # fmt: skip
    return ok("clock", "No hit is from the future.")


def _law(status: Json, miscounted: Sequence[str]) -> Iterator[Finding]:
    broken = bool(miscounted)
    for name in miscounted:
        yield problem("law", f"{name}: more or fewer deliveries are in the queue than were counted.",
                      "Report it as a mistake of taggate.")  # fmt: skip
    for one in status["problems"]:
        broken = broken or one["code"] == "law-broken"
        make = warning if one["code"] in _WARNINGS else problem
        yield make(one["code"], one["message"], one["hint"])
    if not broken:
        total = sum(tag["accepted"] for tag in status["tags"])
        yield ok("law", f"accepted = delivered + dead + dropped + pending, for each of {len(status['tags'])} tags"
                 f" ({total:,} deliveries accepted), and the queue has what was counted.")  # fmt: skip


def _whole(settings: Settings) -> Iterator[Finding]:
    lock = FolderLock(settings.data)
    try:
        lock.take()
    except OSError:
        return
    try:
        for name, schema in (("queue.db", queue.SCHEMA), ("state.db", state.SCHEMA)):
            if (settings.data / name).exists():
                yield _file(settings.data / name, schema)
    finally:
        lock.release()


def _file(path: Path, schema: Schema) -> Finding:
    try:
        # The log first: what SQLite reads of a damaged one is only older.
        check_left_log(path)
        verify(path, schema, deep=True)
    except PermissionError as error:
        return problem("files", f"{path} cannot be read: {error.strerror}.",
                       "Give it to the user that the gateway runs as (chown).")  # fmt: skip
    except (DatabaseError, sqlite3.Error, OSError) as error:
        return problem("files", f"{error}.", "See config/README.md: Start, stop, reload, backup.")
    return ok("files", f"{path.name} is whole.")
