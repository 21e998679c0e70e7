"""What lies beside the queue has an end too: copies of migrations, damaged files, what a doctor left."""

import asyncio
from pathlib import Path

import pytest

from gateway.outbox.sqlite import SqliteOutbox
from gateway.secrets import DayKey
from gateway.store.database import set_aside as put_aside
from gateway.store.sqlite import SqliteStore
from gateway.web import leftovers
from gateway.web.leftovers import remove_leftovers, set_aside
from gateway.web.upkeep import keep_up

DAYS = 86_400_000
ASIDE = 30
KEPT = ("queue.db", "queue.db-wal", "state.db", "gateway_secret", "lock", "mine.version-1", "queue.db.ballast")
COPIES = ("queue.db.version-1", "state.db.version-2")
DAMAGED = ("queue.db.damaged-1", "queue.db.damaged-1-wal", "state.db.damaged-1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in (*KEPT, *COPIES, *DAMAGED, ".doctor-7.db"):
        (tmp_path / name).write_text(name)
    return tmp_path


def names(data: Path) -> set[str]:
    return {path.name for path in data.iterdir()}


def later(data: Path, days: float) -> int:
    """So many days after the files got their names."""
    newest = max(path.stat().st_ctime for path in data.iterdir())
    return int(newest * 1000 + days * DAYS)


async def test_each_has_its_own_end(data: Path) -> None:
    assert await remove_leftovers(data, ASIDE, later(data, 0.9)) == 0
    assert await remove_leftovers(data, ASIDE, later(data, 1.1)) == 1
    assert names(data) == {*KEPT, *COPIES, *DAMAGED}
    assert await remove_leftovers(data, ASIDE, later(data, 6.9)) == 0
    assert await remove_leftovers(data, ASIDE, later(data, 7.1)) == 2
    assert names(data) == {*KEPT, *DAMAGED}
    assert await remove_leftovers(data, ASIDE, later(data, 29.9)) == 0
    assert await remove_leftovers(data, ASIDE, later(data, 30.1)) == 3
    assert names(data) == {*KEPT}


async def test_what_was_set_aside_is_found_by_the_name_it_got(tmp_path: Path) -> None:
    (tmp_path / "queue.db").write_text("x")
    (tmp_path / "queue.db-wal").write_text("x")
    aside = put_aside(tmp_path / "queue.db")
    assert set_aside(tmp_path) == [aside, Path(f"{aside}-wal")]
    assert await remove_leftovers(tmp_path, 0, later(tmp_path, 0.1)) == 2


async def test_the_upkeep_removes_them(tmp_path: Path) -> None:
    (tmp_path / "queue.db.version-1").write_text("x")
    now = later(tmp_path, 8)
    outbox, store = SqliteOutbox(tmp_path / "queue.db", now=lambda: now), SqliteStore(tmp_path / "state.db")
    await outbox.open()
    await store.open()

    async def once(_: float) -> None:
        raise asyncio.CancelledError

    async def leave(moment: int) -> int:
        return await leftovers.remove_leftovers(tmp_path, ASIDE, moment)

    with pytest.raises(asyncio.CancelledError):
        await keep_up(outbox, store, [leave], DayKey(tmp_path), lambda: now, wait=once)
    assert "queue.db.version-1" not in names(tmp_path)
    await outbox.close()
    await store.close()
