import os
import stat
from datetime import date
from pathlib import Path

import pytest

from gateway.secrets import (
    BadSecretName,
    BrokenSecret,
    DayKey,
    MissingSecret,
    SecretError,
    Secrets,
    ShortSecret,
    UnusableSecrets,
    own_secret,
    tighten,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"abc", b"abc"),
        (b"abc\n", b"abc"),
        (b"abc\r\n", b"abc"),
        (b"abc\n\n", b"abc\n"),
        (b"abc\r", b"abc\r"),
        (b" a b ", b" a b "),
        (b"\xff\0\n", b"\xff\0"),
    ],
)
def test_a_file_less_one_line_end(tmp_path: Path, content: bytes, secret: bytes) -> None:
    (tmp_path / "matomo_token").write_bytes(content)
    assert Secrets(tmp_path, {}).get("matomo_token") == secret


def test_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("file")
    assert Secrets(tmp_path, {"TAGGATE_SECRET_TOKEN": "environment\n"}).get("token") == b"environment"
    assert Secrets(tmp_path, {"TAGGATE_SECRET_TOKEN": "", "TOKEN": "x"}).get("token") == b"file"
    assert Secrets(tmp_path, {"TAGGATE_SECRET_TOKEN": os.fsdecode(b"\xff")}).get("token") == b"\xff"


@pytest.mark.parametrize("content", [None, b"", b"\n"])
def test_a_missing_secret_names_both_places(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    with pytest.raises(MissingSecret, match="TAGGATE_SECRET_TOKEN") as problem:
        Secrets(tmp_path, {"OTHER": "value"}).get("token")
    assert problem.value.name == "token"
    assert str(tmp_path / "token") in str(problem.value)
    assert "value" not in str(problem.value)


def test_what_cannot_be_read_is_missing(tmp_path: Path) -> None:
    (tmp_path / "token").mkdir()
    with pytest.raises(MissingSecret):
        Secrets(tmp_path, {}).get("token")


def test_what_is_wrong_with_a_secret_is_told_apart(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, {})
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "odd").write_bytes(b"\xff")
    for name, say in (("gone", 'No secret "gone"'), ("empty", 'The secret "empty" is empty'),
                      ("folder", 'The secret "folder" cannot be read'), ("odd", "is no text in UTF-8")):  # fmt: skip
        with pytest.raises(SecretError, match=say):
            secrets.text(name)


def test_all_that_are_wrong_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("x")
    (tmp_path / "token").write_text("x")
    secrets = Secrets(tmp_path, {})
    with pytest.raises(UnusableSecrets) as caught:
        secrets.check({"short", "gone"}, {"token", "other"})
    assert [type(one) for one in caught.value.each] == [MissingSecret, ShortSecret, MissingSecret]
    assert len({one.hint for one in caught.value.each}) == 2
    assert ShortSecret("a").each[0].hint.startswith("openssl rand")
    secrets.check((), {"token"})


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "1a", "a-b", "a\n", "é", "a.b"])
def test_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSecretName):
        Secrets(tmp_path, {}).get(name)


def test_keys_have_32_bytes(tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"k" * 32 + b"\n")
    (tmp_path / "short").write_bytes(b"k" * 31 + b"\n")
    assert Secrets(tmp_path, {}).key("long") == b"k" * 32
    with pytest.raises(ShortSecret, match='"short"') as problem:
        Secrets(tmp_path, {}).key("short")
    assert "kk" not in str(problem.value)
    assert isinstance(problem.value, SecretError)


def test_nothing_is_shown(tmp_path: Path) -> None:
    assert repr(Secrets(tmp_path, {"TAGGATE_SECRET_A": "value"})) == "Secrets(…)"
    assert repr(DayKey(tmp_path)) == "DayKey(…)"


def test_what_others_could_read_is_tightened(tmp_path: Path) -> None:
    folder, inner = tmp_path / "data", tmp_path / "data" / "inner"
    inner.mkdir(parents=True)
    outside = tmp_path / "outside"
    for path, bits in [
        (folder / "open", 0o644),
        (folder / "closed", 0o600),
        (inner / "group", 0o640),
        (outside, 0o644),
    ]:
        path.touch()
        path.chmod(bits)
    (folder / "link").symlink_to(outside)
    folder.chmod(0o755)
    inner.chmod(0o700)
    assert tighten(folder) == ((folder, inner / "group", folder / "open"), ())
    assert [mode(path) for path in (folder, inner, inner / "group", folder / "open")] == [0o700, 0o700, 0o600, 0o600]
    assert mode(outside) == 0o644
    assert tighten(folder) == ((), ())
    assert tighten(tmp_path / "not there") == ((), ())


def test_what_may_not_be_changed_is_told_from_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    assert tighten(tmp_path) == ((tmp_path,), (tmp_path,))


def test_an_own_secret_is_made_once(tmp_path: Path) -> None:
    made = own_secret(tmp_path, "visitor_key")
    assert len(made) == 32
    assert own_secret(tmp_path, "visitor_key") == made
    assert own_secret(tmp_path, "other") != made
    assert mode(tmp_path / "visitor_key") == 0o600
    assert bytes.fromhex((tmp_path / "visitor_key").read_text()) == made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "visitor_key"]


def test_of_two_first_starts_one_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Path.hardlink_to

    def other_was_first(path: Path, target: Path) -> None:
        path.write_text("ab" * 32)
        link(path, target)

    monkeypatch.setattr(Path, "hardlink_to", other_was_first)
    assert own_secret(tmp_path, "visitor_key") == b"\xab" * 32
    assert [path.name for path in tmp_path.iterdir()] == ["visitor_key"]


@pytest.mark.parametrize("content", ["", "ab" * 31, "zz" * 32, "ab" * 32 + "\n\n"])
def test_a_damaged_secret_is_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "visitor_key"
    path.write_text(content)
    with pytest.raises(BrokenSecret, match="visitor_key"):
        own_secret(tmp_path, "visitor_key")
    assert path.read_text() == content


MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


def test_a_key_lasts_its_day_also_over_a_restart(tmp_path: Path) -> None:
    days = DayKey(tmp_path)
    key = days.of(MONDAY)
    assert len(key) == 32
    assert days.of(MONDAY) == key == DayKey(tmp_path).of(MONDAY)
    assert mode(tmp_path / "day_key") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["day_key"]


def test_another_day_another_key_also_back(tmp_path: Path) -> None:
    days = DayKey(tmp_path)
    keys = [days.of(day) for day in (MONDAY, TUESDAY, MONDAY)]
    assert len(set(keys)) == 3
    assert DayKey(tmp_path).of(TUESDAY) not in keys


def test_the_old_key_is_overwritten_where_it_lay(tmp_path: Path) -> None:
    days = DayKey(tmp_path)
    key = days.of(MONDAY)
    with (tmp_path / "day_key").open("rb") as old:
        days.of(TUESDAY)
        assert old.read() == bytes(len(f"2026-01-05 {key.hex()}\n"))
    assert key.hex() not in (tmp_path / "day_key").read_text()


@pytest.mark.parametrize("content", [b"", bytes(76), b"2026-01-05 ab\n", b"2026-01-06 " + b"ab" * 32 + b"\n", b"\xff"])
def test_a_file_without_todays_key_makes_a_new_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "day_key").write_bytes(content)
    key = DayKey(tmp_path).of(MONDAY)
    assert len(key) == 32
    assert key != b"\xab" * 32
    assert DayKey(tmp_path).of(MONDAY) == key


def test_a_key_that_cannot_be_kept_is_a_key_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk: the key of the day before is gone, no hit fails, nothing half written stays."""
    days = DayKey(tmp_path)
    old = days.of(MONDAY)
    sync = os.fsync

    def full(file: int) -> None:
        if Path(f"/proc/self/fd/{file}").readlink().name != "day_key":
            raise OSError(28, "No space left on device")
        sync(file)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        new = days.of(TUESDAY)
    assert len({old, new, days.of(MONDAY), days.of(TUESDAY)}) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["day_key"]
