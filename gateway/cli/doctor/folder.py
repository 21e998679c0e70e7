"""The folders: who can read them, how much room there is, and what was set aside in them."""

import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.doctor.finding import Finding, ok, problem, warning
from gateway.cli.outbox_text import age
from gateway.outbox.disk import free_in
from gateway.secrets import BrokenSecret, own_secret
from gateway.settings import Settings
from gateway.store.ballast import SUFFIX
from gateway.store.folder import LOST, REPLACED, SHARED, lost, replaced, shared
from gateway.store.migration import copies
from gateway.web.leftovers import COPY_DAYS, set_aside
from gateway.web.salvage import SAVED

NAMES = ("queue.db", "state.db")
_SHOWN = 3


def look(settings: Settings, now: float) -> Iterator[Finding]:
    """All of it; `now` in seconds since 1970."""
    yield from _modes("data", settings.data)
    if lost(settings.data):
        yield problem("secret", LOST.format(settings.data), "The gateway does not start.")
    elif (settings.data / "gateway_secret").exists():
        yield from _secret(settings.data)
    if settings.secrets.is_dir() and (other := shared(settings.secrets)):
        yield problem("modes", SHARED.format(other, settings.secrets), "The gateway does not start.")
    elif settings.secrets.is_dir():
        yield from _modes("secrets", settings.secrets)
    yield from _room(settings)
    yield from _kept(settings, now)


def _secret(data: Path) -> Iterator[Finding]:
    try:
        if replaced(data, own_secret(data, "gateway_secret")):
            yield problem("secret", REPLACED.format(data), "The gateway does not start.")
    except BrokenSecret as error:
        yield problem("secret", f"{error}.", "The gateway does not start.")
    except OSError as error:
        yield problem("secret", f"{error.filename} cannot be read: {error.strerror}.",
                      "Give it to the user that the gateway runs as.")  # fmt: skip


def _modes(name: str, folder: Path) -> Iterator[Finding]:
    files = [folder, *sorted(folder.rglob("*"))]
    try:
        seen = [(path, path.lstat()) for path in files if not path.is_symlink()]
    except OSError as error:
        yield problem("modes", f"{error.filename} cannot be looked at: {error.strerror}.",
                      f"chmod -R u+rwX {folder}")  # fmt: skip
        return
    others = [path.name for path, found in seen if stat.S_IMODE(found.st_mode) & 0o077]
    owners = {found.st_uid for _, found in seen}
    if others:
        yield warning("modes", f"Others can open {_some(others)} in {folder}.",
                      f"chmod -R go= {folder} (the gateway does it at start, where it may).")  # fmt: skip
    if len(owners) > 1:
        strange = [path.name for path, found in seen if found.st_uid != seen[0][1].st_uid]
        belong = "belongs" if len(strange) == 1 else "belong"
        yield problem("modes", f"{_some(strange)} in {folder} {belong} to another user than the folder.",
                      "chown them: the gateway may not be able to open them.")  # fmt: skip
    if not others and len(owners) == 1:
        yield ok("modes", f"Only user {owners.pop()} can read the folder {name}.")


def _room(settings: Settings) -> Iterator[Finding]:
    free, reserve = free_in(settings.data), settings.limits.disk_reserve
    said = f"{_size(free)} are free for the data folder, {_size(reserve)} are the reserve"
    if free < reserve:
        yield problem("disk", f"{said}: hits are refused (503).", "Make room, or lower limits.disk_reserve.")
    elif free < 2 * reserve:
        yield warning("disk", f"{said}: soon hits will be refused.", "Make room.")
    else:
        yield ok("disk", f"{said}.")
    queue = settings.data / NAMES[0]
    if not queue.exists():
        return
    used, limit = queue.stat().st_size, settings.limits.queue
    said = f"The queue's file has {_size(used)} of {_size(limit)}"
    if used > limit * 0.8:
        yield warning("queue-size", f"{said}: above that hits are refused.", "See taggate outbox status.")
    else:
        yield ok("queue-size", f"{said}.")
    for name, what in zip(NAMES, ("the queue's log", "the log of identity and consent"), strict=True):
        ballast = settings.data / f"{name}{SUFFIX}"
        if not ballast.exists() or not ballast.stat().st_blocks:
            yield warning("ballast", f"No space is held back for {what}: the disk was full.",
                          "Make room: it is held back again by itself.")  # fmt: skip


def _kept(settings: Settings, now: float) -> Iterator[Finding]:
    for name in NAMES:
        path = settings.data / name
        for copy in copies(path):
            yield ok("copies", f"{copy.name} is what {name} was before a migration, {_ago(copy, now)}. It goes after"
                     f" {COPY_DAYS} days.")  # fmt: skip
    for aside in set_aside(settings.data):
        if not aside.name[-1].isdigit():
            continue
        taken = aside.with_name(f"{aside.name}{SAVED}").exists()
        what = "what could be read of what waited in it was taken over" if taken else "what was in it is not used"
        yield warning("set-aside", f"{aside.name} was damaged and set aside {_ago(aside, now)}: {what}."
                      f" It goes after {settings.dead_days} days.",
                      "Look at the disk. Save the file if you want to recover more (sqlite3: .recover).")  # fmt: skip


def _ago(path: Path, now: float) -> str:
    return f"{age(max(int(now - path.stat().st_ctime), 0))} ago"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _size(number: int) -> str:
    return f"{number / (1 << 30):.1f} GiB" if number >= 1 << 30 else f"{number / (1 << 20):.1f} MiB"
