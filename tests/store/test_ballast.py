import errno
import os
import stat

from gateway.store.ballast import Ballast


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
