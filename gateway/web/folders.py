"""What must be there at start: the gateway's folders, and containers that run."""

import contextlib
import errno
import os
from collections.abc import Collection, Sequence
from pathlib import Path

import structlog

from gateway.secrets import DayKey, SecretError, own_secret, tighten
from gateway.settings import Settings
from gateway.store.ballast import make_room
from gateway.store.folder import (
    LOST,
    READABLE,
    REPLACED,
    SHARED,
    STRANGE,
    FolderInUse,
    FolderLock,
    lost,
    replaced,
    settle,
    shared,
    strange,
    withheld,
)
from gateway.web.extras import StartFailed
from gateway.web.fleet import Status

log = structlog.get_logger()


def open_folders(settings: Settings, stack: contextlib.AsyncExitStack) -> tuple[bytes, DayKey]:
    """The gateway's secret and the day's key; the data folder is held as long as the stack. Raises StartFailed."""
    try:
        # First of all: started in the wrong place it makes nothing there.
        list(settings.containers.iterdir())
    except OSError as error:
        say = "Set containers: in the operator's file, or start taggate in the folder that has tags/ in it."
        if isinstance(error, PermissionError):
            say = READABLE
        raise StartFailed(
            f"The folder of the containers cannot be read: {settings.containers}: {error.strerror}. {say}"
        ) from None
    if settings.secrets.is_dir() and (other := shared(settings.secrets)):
        raise StartFailed(f"The folder of secrets cannot be used: {SHARED.format(other, settings.secrets)}")
    try:
        return _taken(settings, stack)
    except (SecretError, FolderInUse, _Unusable) as error:
        raise StartFailed(f"The data folder cannot be used: {error}") from None
    except OSError as error:
        say = f"The data folder cannot be used: {error.filename or settings.data}: {error.strerror}."
        raise StartFailed(f"{say} {_give(settings.data)}" if isinstance(error, PermissionError) else say) from None


def _give(data: Path) -> str:
    return f"The user that the gateway runs as must own the folder and all in it: chown -R USER {data}"


class _Unusable(Exception):
    """It is not what the gateway keeps its things in."""


def _taken(settings: Settings, stack: contextlib.AsyncExitStack) -> tuple[bytes, DayKey]:
    data = settings.data
    if other := strange(data):
        raise _Unusable(STRANGE.format(other, data))
    lock = FolderLock(data)
    lock.take()
    stack.callback(lock.release)
    if path := withheld(data):
        raise _Unusable(f"{path}: {os.strerror(errno.EACCES)}. {_give(data)}")
    make_room(data)
    for folder in (data, settings.secrets):
        opened, left = tighten(folder) if folder.is_dir() else ((), ())
        if len(opened) > len(left):
            log.warning("folder_tightened", folder=str(folder), files=len(opened) - len(left))
        if left:
            log.warning("folder_open", folder=str(folder), files=len(left))
    if lost(data):
        raise _Unusable(LOST.format(data))
    secret = own_secret(data, "gateway_secret")
    if replaced(data, secret):
        raise _Unusable(REPLACED.format(data))
    settle(data, secret)
    return secret, DayKey(data)


def check_start(folder: Path, statuses: Sequence[Status], runtimes: Collection[str]) -> None:
    """Raises StartFailed unless a container runs, and every secret that one names can be used."""
    if not statuses:
        raise StartFailed(f"There is no container in {folder}.")
    bad = [line for status in statuses for line in status.report]
    why = "" if runtimes else "no container can run"
    if not why and any("[secret]" in line for line in bad):
        why = "a secret cannot be used"
    if why:
        raise StartFailed("\n".join([*bad, "", f"The gateway did not start: {why}."]))
