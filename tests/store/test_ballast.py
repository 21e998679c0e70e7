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
    ballast.drop()
    ballast.drop()
    assert not path.exists()
    ballast.lay()
    assert path.exists()


def test_none_is_laid_on_a_full_disk(tmp_path, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_space)
    Ballast(tmp_path / "ballast", 1 << 20).lay()
    assert list(tmp_path.iterdir()) == []


def test_none_is_laid_of_no_size(tmp_path):
    Ballast(tmp_path / "ballast", 0).lay()
    assert list(tmp_path.iterdir()) == []
