"""Lines at the end of a file, or nothing at all."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.delivery.append import append
from gateway.model import Append, Reply


def test_a_new_file_is_the_operators_alone(tmp_path: Path) -> None:
    assert append(Append(str(tmp_path / "a"), b"{}\n")) == Reply(201)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_no_such_folder(tmp_path: Path) -> None:
    assert append(Append(str(tmp_path / "b" / "a"), b"{}\n")) == Reply(404)
    (tmp_path / "c").write_text("x\n")
    assert append(Append(str(tmp_path / "c" / "a"), b"{}\n")) == Reply(404)
    assert append(Append(str(tmp_path), b"{}\n")) == Reply(404)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert append(Append(str(tmp_path / "pipe"), b"{}\n")) == Reply(403)
    assert append(Append("/dev/null", b"{}\n")) == Reply(403)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a":1}\n{"b', b'{"a":1}\n{}\n'),
        (b'{"b', b"{}\n"),
        (b"a note", b"a note\n{}\n"),
        (b'{"a":1}\n', b'{"a":1}\n{}\n'),
    ],
)
def test_what_a_power_cut_left(tmp_path: Path, before: bytes, after: bytes) -> None:
    (tmp_path / "a").write_bytes(before)
    assert append(Append(str(tmp_path / "a"), b"{}\n")) == Reply(201)
    assert (tmp_path / "a").read_bytes() == after


def fail(*_: object) -> int:
    raise OSError(errno.ENOSPC, "no space left")


def half(file: int, data: memoryview, real: Callable[[int, bytes], int] = os.write) -> int:
    if len(data) < 4:
        fail()
    return real(file, bytes(data[: len(data) // 2]))


def test_a_disk_that_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"{}\n")
    monkeypatch.setattr("gateway.delivery.append.os.write", half)
    assert append(Append(str(file), b'{"a":1}\n' * 5)) == Reply(507)
    assert file.read_bytes() == b"{}\n"


def test_a_disk_that_does_not_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"{}\n")
    monkeypatch.setattr("gateway.delivery.append.os.fsync", fail)
    assert append(Append(str(file), b'{"a":1}\n')) == Reply(507)
    assert file.read_bytes() == b"{}\n"


def test_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr("gateway.delivery.append.os.write", lambda file, data: real(file, bytes(data[:3])))
    assert append(Append(str(tmp_path / "a"), b"0123456789\n")) == Reply(201)
    assert (tmp_path / "a").read_bytes() == b"0123456789\n"
