import errno
import os
import stat
from types import SimpleNamespace

import pytest

from gateway.store.ballast import NEEDED, Ballast, make_room, want_of_room


def test_it_holds_space_back_and_gives_it_up(tmp_path):
    path = tmp_path / "ballast"
    ballast = Ballast(path, 1 << 20)
    ballast.lay()
    ballast.lay()
    assert path.stat().st_size == 1 << 20
    assert path.stat().st_blocks * 512 >= 1 << 20
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ballast.owed == 0
    ballast.drop()
    ballast.drop()
    assert not path.exists()
    assert ballast.owed == 1 << 20
    ballast.lay()
    assert path.exists()


def test_none_is_laid_on_a_full_disk(tmp_path, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_space)
    ballast = Ballast(tmp_path / "ballast", 1 << 20)
    ballast.lay()
    assert list(tmp_path.iterdir()) == []
    assert ballast.owed == 1 << 20


def test_none_is_laid_where_no_file_can_be_made(tmp_path):
    ballast = Ballast(tmp_path / "gone" / "ballast", 1 << 20)
    ballast.lay()
    assert ballast.owed == 1 << 20


def test_none_is_laid_of_no_size(tmp_path):
    ballast = Ballast(tmp_path / "ballast", 0)
    ballast.lay()
    assert list(tmp_path.iterdir()) == []
    assert ballast.owed == 0


@pytest.mark.parametrize(("free", "left"), [(NEEDED - 4096, ["queue.db"]), (NEEDED, ["queue.db", "queue.db.ballast"])])
def test_it_is_given_up_where_there_is_no_space_to_open_anything(tmp_path, monkeypatch, free, left):
    for name in ("queue.db", "queue.db.ballast"):
        (tmp_path / name).touch()
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free // 4096, f_frsize=4096))
    make_room(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == left


@pytest.mark.parametrize(("free", "said"), [(NEEDED - 4096, True), (NEEDED, False)])
def test_it_is_said_what_to_do_where_there_is_no_space_to_open_anything(tmp_path, monkeypatch, free, said):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=free // 4096, f_frsize=4096))
    text = f". The disk of {tmp_path} is full: make room, 2 MiB at least. What is queued is kept."
    assert want_of_room(tmp_path) == (text if said else "")
