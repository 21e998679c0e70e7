"""The data folder: one process holds it at a time, and nobody else on the machine can read it."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from gateway.secrets import CHECK, check_of, note, noted
from gateway.store.ballast import SUFFIX

OURS = frozenset({"lock", f"gateway_secret{CHECK}", "gateway_secret", "day_key", "queue.db", "state.db"})
"""One of these is in every data folder that a gateway has had."""
_NOBODYS = frozenset({"lost+found"})
_WRITTEN = OURS | {f"{name}{end}" for name in ("queue.db", "state.db") for end in ("-wal", "-shm", SUFFIX)}

READABLE = "Make it readable for the user that the gateway runs as."
LOST = (
    "gateway_secret is not in {}, though state.db is. Without it nobody's refusal is found any more, and every visitor"
    " is a new one. Restore it from a backup, or take state.db and queue.db away and begin anew."
)
REPLACED = (
    "gateway_secret in {} is not the one that state.db and queue.db were written with, says gateway_secret.check: it"
    " was changed or replaced. With it nobody's refusal is found any more, every visitor is a new one, and what is"
    " queued of somebody who withdraws would leave. Restore it from a backup, or take state.db and queue.db away and"
    " begin anew."
)
STRANGE = "{} is in {}, so it is not the gateway's. Set data: to a folder of its own."
SHARED = "{} is a folder in {}, where nothing but secrets may be. Set secrets: to a folder of its own."


class FolderInUse(OSError):
    """Another process holds the data folder."""


class FolderLock:
    """Held from `take` to `release`, or until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: int | None = None

    def take(self) -> None:
        """Makes the folder (mode 0700) where it is missing. Raises FolderInUse, OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise FolderInUse(f"{self._path.parent} is in use by another taggate") from None
        self._file = file

    def release(self) -> None:
        """Another process may take it now."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def strange(folder: Path) -> str | None:
    """What is in it, where it is somebody else's: the gateway closes all of its folder to everybody else, which would
    break what others keep there. Raises OSError."""
    names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if OURS.intersection(names):
        return None
    return next((name for name in names if not name.startswith(".") and name not in _NOBODYS), None)


def shared(secrets: Path) -> str | None:
    """A folder in it, where it is no folder of secrets: it is closed to everybody else too, with all that is in it."""
    if not os.access(secrets, os.R_OK | os.X_OK):
        return None
    # What begins with a dot is how Kubernetes keeps them.
    there = (path for path in sorted(secrets.iterdir()) if not path.name.startswith("."))
    return next((path.name for path in there if path.is_dir() and not path.is_symlink()), None)


def foreign(folder: Path) -> str | None:
    """Where it belongs to another user than this one, what to do, for the operator. Raises OSError."""
    owner = folder.stat().st_uid
    return None if owner == os.geteuid() else f"{folder} belongs to user {owner}: run this command as that user."


def closed(folder: Path) -> str | None:
    """Why this user cannot look into it, for the operator; None: it can, or there is none."""
    if os.access(folder, os.R_OK | os.X_OK):
        return None
    try:
        return foreign(folder) or f"{folder} cannot be looked into: Permission denied."
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{folder} cannot be looked at: {error.strerror}."


def withheld(folder: Path) -> Path | None:
    """What of ours in it this user may not write: copied or made by another one, and neither damaged nor new."""
    there = (folder / name for name in sorted(_WRITTEN) if os.path.lexists(folder / name))
    return next((path for path in there if not os.access(path, os.R_OK | os.W_OK)), None)


def lost(folder: Path) -> bool:
    """Whether there is something that only the gateway's secret tells whose it is, and the secret is gone."""
    return (folder / "state.db").exists() and not (folder / "gateway_secret").exists()


def forgotten(folder: Path) -> bool:
    """Whether hits were taken here before, and what was kept of those who sent them is gone."""
    return (folder / "queue.db").exists() and not (folder / "state.db").exists()


def replaced(folder: Path, secret: bytes) -> bool:
    """Whether what is kept was written with another secret: this one finds nobody in it. Raises OSError."""
    kept = any((folder / name).exists() for name in ("state.db", "queue.db"))
    return kept and noted(folder, "gateway_secret") not in (None, check_of(secret))


def settle(folder: Path, secret: bytes) -> None:
    """What is kept from now on is written with this secret. Raises OSError."""
    if noted(folder, "gateway_secret") == check_of(secret):
        return
    (folder / f"gateway_secret{CHECK}").unlink(missing_ok=True)
    # On a full disk it is noted with the next start: hits are taken meanwhile.
    with suppress(OSError):
        note(folder, "gateway_secret", secret)
