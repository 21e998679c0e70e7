import errno
import os
import stat

import pytest

from gateway.store.ballast import Ballast, make_room, want_of_room


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


@pytest.fixture
def refuse(monkeypatch):
    """Whoever wants space from now on gets this error."""

    def set_up(code):
        def refused(*_):
            raise OSError(code, "refused")

        monkeypatch.setattr(os, "posix_fallocate", refused)

    yield set_up
    monkeypatch.undo()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_it_is_given_up_where_there_is_no_space_to_open_anything(tmp_path, refuse, code):
    for name in ("queue.db", "queue.db.ballast"):
        (tmp_path / name).touch()
    make_room(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["queue.db", "queue.db.ballast"]
    refuse(errno.EPERM)
    make_room(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["queue.db", "queue.db.ballast"]
    refuse(code)
    make_room(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["queue.db"]


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "The disk of {} is full"), (errno.EDQUOT, "The user's quota on the disk of {} is used up")],
)
def test_it_is_said_what_to_do_where_there_is_no_space_to_open_anything(tmp_path, refuse, code, said):
    assert want_of_room(tmp_path) == want_of_room(tmp_path / "gone") == ""
    refuse(code)
    text = f". {said.format(tmp_path)}: make room, 2 MiB at least. What is queued is kept."
    assert want_of_room(tmp_path) == text


def test_a_quota_that_is_used_up_is_asked_again(tmp_path, monkeypatch, refuse):
    ballast = Ballast(tmp_path / "ballast", 1 << 20)
    assert not ballast.blocked()
    refuse(errno.ENOSPC)
    assert not ballast.over_quota()
    refuse(errno.EDQUOT)
    assert ballast.over_quota()
    monkeypatch.undo()
    monkeypatch.setattr("gateway.store.ballast.AGAIN", 3600)
    assert ballast.blocked()
    monkeypatch.setattr("gateway.store.ballast.AGAIN", 0)
    assert not ballast.blocked()


def test_a_ballast_that_a_quota_forbids_tells_of_it_until_it_is_laid(tmp_path, monkeypatch, refuse):
    ballast = Ballast(tmp_path / "ballast", 1 << 20)
    refuse(errno.EDQUOT)
    ballast.lay()
    assert ballast.blocked()
    monkeypatch.undo()
    ballast.lay()
    assert not ballast.blocked()
