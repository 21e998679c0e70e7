"""The logs of the files (`*-wal`): what was fsynced and is not in the file yet stands there alone."""

from collections.abc import Iterator
from pathlib import Path

from gateway.cli.doctor.finding import Finding, ok, problem, warning
from gateway.cli.doctor.folder import NAMES
from gateway.store.logged import is_orphan

LARGE = 64 << 20
"""Bytes of a log that was not moved into its file for long. Under load it has some MiB, and the log keeps its space."""


def look(data: Path) -> Iterator[Finding]:
    """How large they are, and whether each has its file. Whether they are whole is seen with the file."""
    wrong = False
    for name in NAMES:
        path, log = data / name, data / f"{name}-wal"
        try:
            size, orphan = log.stat().st_size, is_orphan(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            found = problem("log", f"{log} cannot be read: {error.strerror}.",
                            "Give it to the user that the gateway runs as.")  # fmt: skip
        else:
            if orphan:
                found = problem("log", f"{name} is gone, though its log {log.name} is there: what was answered 2xx last"
                                " may stand there alone.", f"Put {name} back, or take its log away too.")  # fmt: skip
            elif size > LARGE:
                found = warning("log", f"{log.name} has {size / (1 << 20):.0f} MiB: it was not moved into {name} for"
                                " long.", "Let no other program open *.db, look at the disk, and start the gateway"
                                " anew: it moves it.")  # fmt: skip
            else:
                continue
        wrong = True
        yield found
    if not wrong:
        yield ok("log", "The logs of the files (*-wal) lie beside their files, and are not too large.")
