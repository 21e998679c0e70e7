"""Secrets by name, from the environment or the secrets folder; and the keys the gateway makes for itself."""

import hmac
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

MIN_KEY = 32
OWN_BYTES = 32

CHECK = ".check"
"""Ends the name of the file that tells an own secret from any other, and nothing of it."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OTHERS = 0o077


class SecretError(Exception):
    """A secret that cannot be used. The text names it and never shows it; `hint` says what to do.

    BadSecretName, MissingSecret, ShortSecret, BadSecretText, BrokenSecret, UnusableSecrets
    """

    hint = "Put it there, readable for the gateway only."
    name = ""
    """Whose fault it is, where it has a name."""

    @property
    def each(self) -> "tuple[SecretError, ...]":
        """Itself, or where it stands for several, all of them."""
        return (self,)


class BadSecretName(SecretError):
    """A name that no secret can have: small letters, digits and _ are wanted, a letter first."""


class MissingSecret(SecretError):
    """Neither the environment nor the folder has it, or it is empty or cannot be read."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(f'No secret "{name}": neither in the environment as {_variable(name)} nor in the file {path}')
        self.name = name


class EmptySecret(MissingSecret):
    """Its file is there, and empty."""

    hint = "Write the secret into it."

    def __init__(self, name: str, path: Path) -> None:
        SecretError.__init__(self, f'The secret "{name}" is empty: {path}, and there is no {_variable(name)}')
        self.name = name


class UnreadableSecret(MissingSecret):
    """Its file is there, and cannot be read."""

    hint = "Give the file to the user that the gateway runs as (chown)."

    def __init__(self, name: str, path: Path, why: str) -> None:
        SecretError.__init__(self, f'The secret "{name}" cannot be read: {path}: {why}')
        self.name = name


class ShortSecret(SecretError):
    """Too short to be a key."""

    hint = f"openssl rand -hex {MIN_KEY} makes a good one."

    def __init__(self, name: str) -> None:
        super().__init__(f'The secret "{name}" is too short for a key: {MIN_KEY} bytes or more are needed')
        self.name = name


class BadSecretText(SecretError):
    """A secret of a tag that cannot be put into a request."""

    hint = "Put the receiver's own text there, as it stands."

    def __init__(self, name: str) -> None:
        super().__init__(f'The secret "{name}" is no text in UTF-8')
        self.name = name


class UnusableSecrets(SecretError):
    """Several at once, so that nobody has to put them right one after the other."""

    def __init__(self, each: "Iterable[SecretError]") -> None:
        self._each = tuple(each)
        super().__init__("; ".join(map(str, self._each)))

    @property
    def each(self) -> tuple[SecretError, ...]:
        """All of them."""
        return self._each


class BrokenSecret(SecretError):
    """A key the gateway made for itself, damaged. A new one would make every visitor somebody else."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged: it holds {2 * OWN_BYTES} hex digits. Restore it from a backup")


class Secrets:
    """The operator's secrets. `environ` comes first, then a file of the name in `folder`; read anew each time."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    def __repr__(self) -> str:
        return "Secrets(…)"

    def get(self, name: str) -> bytes:
        """The secret less one line end. Raises BadSecretName, MissingSecret."""
        if not _NAME.fullmatch(name):
            raise BadSecretName("The name of a secret is small letters, digits and _, and begins with a letter")
        path = self._folder / name
        secret = os.fsencode(self._environ.get(_variable(name), "")) or _said(name, path)
        secret = secret.removesuffix(b"\n").removesuffix(b"\r") if secret.endswith(b"\n") else secret
        if not secret:
            raise EmptySecret(name, path)
        return secret

    def key(self, name: str) -> bytes:
        """The same, fit to be a key: 32 bytes or more. Raises ShortSecret too."""
        secret = self.get(name)
        if len(secret) < MIN_KEY:
            raise ShortSecret(name)
        return secret

    def text(self, name: str) -> str:
        """The same, as it goes into a request. Raises BadSecretText too."""
        try:
            return self.get(name).decode()
        except UnicodeDecodeError:
            raise BadSecretText(name) from None

    def check(self, keys: Iterable[str], texts: Iterable[str]) -> None:
        """Raises UnusableSecrets, with every one of these that is not there or not fit."""
        wrong = []
        for ask, names in ((self.key, keys), (self.text, texts)):
            for name in sorted(names):
                try:
                    ask(name)
                except SecretError as error:
                    wrong.append(error)
        if wrong:
            raise UnusableSecrets(wrong)


def tighten(folder: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Takes the folder and all in it away from group and others; answers what was open, and what of that still is: it
    may not be changed (a read-only mount, another user's file). Links are left alone."""
    opened = tuple(path for path in sorted([folder, *folder.rglob("*")]) if _is_open(path))
    return opened, tuple(path for path in opened if not _tightened(path))


def own_secret(folder: Path, name: str) -> bytes:
    """32 random bytes of the gateway's own, made at first start and kept in the data folder.

    Raises BrokenSecret; OSError where it is there and cannot be read."""
    path = folder / name
    if not path.exists():
        _make(path)
    return _own(path)


def noted(folder: Path, name: str) -> bytes | None:
    """What `note` wrote last; None: nothing yet. Raises OSError."""
    try:
        return (folder / f"{name}{CHECK}").read_bytes()
    except FileNotFoundError:
        return None


def note(folder: Path, name: str, secret: bytes) -> None:
    """Writes down which secret this is. Raises OSError."""
    path = folder / f"{name}{CHECK}"
    _written(path, check_of(secret)).replace(path)
    _sync_folder(folder)


def check_of(secret: bytes) -> bytes:
    """A line that only this secret makes."""
    return hmac.digest(secret, b"taggate/check", "sha256").hex().encode() + b"\n"


class DayKey:
    """A random key a day, kept in one file for restarts within the day. The day before can't be worked out again.

    One gateway has one day at a time: callers agree on one time zone.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "day_key"
        self._day: date | None = None
        self._key = b""

    def __repr__(self) -> str:
        return "DayKey(…)"

    def of(self, day: date) -> bytes:
        """The key of this day. Another day than the last one's, also an earlier one, destroys the old key."""
        if day != self._day:
            self._key = self._kept(day) or self._renewed(day)
            self._day = day
        return self._key

    def _kept(self, day: date) -> bytes | None:
        kept = re.fullmatch(rb"([0-9-]{10}) ([0-9a-f]{64})\n", _content(self._path))
        return bytes.fromhex(kept[2].decode()) if kept and kept[1].decode() == day.isoformat() else None

    def _renewed(self, day: date) -> bytes:
        self._day, self._key = None, b""
        key = secrets.token_bytes(OWN_BYTES)
        _overwrite(self._path)
        # On a full disk it is not kept: after a restart the day has another key, and hits are taken meanwhile.
        with suppress(OSError):
            _written(self._path, f"{day.isoformat()} {key.hex()}\n".encode()).replace(self._path)
            _sync_folder(self._path.parent)
        return key


def _variable(name: str) -> str:
    return f"TAGGATE_SECRET_{name.upper()}"


def _said(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingSecret(name, path) from None
    except OSError as error:
        raise UnreadableSecret(name, path, error.strerror or "no reason is given") from None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _is_open(path: Path) -> bool:
    try:
        return not path.is_symlink() and bool(path.lstat().st_mode & _OTHERS)
    except OSError:
        return False


def _tightened(path: Path) -> bool:
    try:
        path.chmod(0o700 if path.is_dir() else 0o600)
    except OSError:
        return False
    return True


def _own(path: Path) -> bytes:
    text = path.read_bytes()
    if not re.fullmatch(rb"[0-9a-f]{%d}\n?" % (2 * OWN_BYTES), text):
        raise BrokenSecret(path)
    return bytes.fromhex(text.decode())


def _make(path: Path) -> None:
    fresh = _written(path, secrets.token_hex(OWN_BYTES).encode() + b"\n")
    try:
        # A link fails where a rename would replace: of two first starts one makes the secret, both read it.
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    _sync_folder(path.parent)


def _written(path: Path, content: bytes) -> Path:
    """A new file beside `path`, mode 0600, on disk."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return fresh


def _overwrite(path: Path) -> None:
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
