"""The containers of a folder as they run: each file checked before it replaces the version that runs."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import structlog
from msgspec import Struct

from gateway.decide.prover import BadProofKey
from gateway.language.load import Loaded, Loader, is_container
from gateway.problems import Severity
from gateway.secrets import SecretError
from gateway.web.runtime import Runtime

log = structlog.get_logger()

QUOTED = re.compile(r'".*"')

ERRORS = "has errors"
Mark = tuple[int, ...]
"""By which a file that changed is told from what it was."""


class Status(Struct, frozen=True, kw_only=True):
    """How the newest version of one file fared. `report`: why it does not run, as `taggate check` prints it; `why`: the
    same in few words."""

    name: str
    file: str
    revision: str = ""
    report: tuple[str, ...] = ()
    why: str = ERRORS

    @property
    def ok(self) -> bool:
        """Whether the file as it is runs."""
        return not self.report


class Fleet:
    """`prepare` makes a runtime; what it raises for a secret keeps the version before. `only`: the one container
    of the folder that is to run."""

    def __init__(
        self, folder: Path, loader: Loader, prepare: Callable[[Loaded], Runtime], only: str | None = None
    ) -> None:
        self._folder = folder
        self._only = only
        self._loader = loader
        self._prepare = prepare
        self._runtimes: Mapping[str, Runtime] = {}
        self._newest: Mapping[str, Runtime] = {}
        self._statuses: Mapping[str, Status] = {}
        self._marks: dict[Path, Mark | None] = {}
        self._remembered: frozenset[str] = frozenset()
        self._closed = ""

    @property
    def runtimes(self) -> Mapping[str, Runtime]:
        """What runs now; replaced as a whole, never changed."""
        return self._runtimes

    @property
    def newest(self) -> Mapping[str, Runtime]:
        """What runs from the next `swap` on."""
        return self._newest

    def swap(self) -> None:
        """From now on what was read last runs."""
        self._runtimes = self._newest

    @property
    def statuses(self) -> Mapping[str, Status]:
        """By container; replaced as a whole: files are read on a thread of their own."""
        return self._statuses

    @property
    def broken(self) -> frozenset[str]:
        """Those that have a file, and no version of it that runs."""
        return frozenset(
            name for name, status in self._statuses.items() if not status.ok and name not in self._runtimes
        )

    @property
    def absent(self) -> frozenset[str]:
        """Those that do not run, and of which something may be kept."""
        return (self._remembered | self.broken).difference(self._runtimes)

    @property
    def lines(self) -> list[str]:
        """What /readyz says of files that do not run as they are."""
        closed = f"{self._folder} cannot be read ({self._closed}): what runs goes on, and no change is taken"
        return [closed] * bool(self._closed) + [
            f"{status.file}: the newest version {status.why}, the one before keeps running"
            if status.revision
            else f"{status.file}: {status.why}, the container does not run"
            for status in self._statuses.values()
            if not status.ok
        ]

    def remember(self, names: Iterable[str]) -> None:
        """Of these something was kept before."""
        self._remembered |= frozenset(names)

    def load_all(self) -> list[Status]:
        """Every file of the folder, at start. Raises OSError when the folder cannot be read."""
        statuses = self.reload(sorted(self._folder.iterdir()))
        self.swap()
        return statuses

    def files(self) -> list[Path]:
        """Those that are there, and those that were."""
        try:
            here = set(self._folder.iterdir())
        except OSError as error:
            # What runs goes on: a folder that is away for a moment takes nothing along.
            if not self._closed:
                log.warning("containers_unreadable", folder=str(self._folder))
            self._closed = error.strerror or type(error).__name__
            return []
        self._closed = ""
        return sorted(here | {Path(status.file) for status in self._statuses.values()})

    def reload(self, paths: Iterable[Path]) -> list[Status]:
        """These files anew; a file that is gone takes its container along. They run once they are swapped in."""
        return [self._one(path) for path in paths if self._is_one(path)]

    def changed(self) -> list[Path]:
        """Files that are not as they were when they were read: also where a link leads elsewhere now, or another folder
        stands in the place of theirs."""
        return [path for path in self.files() if self._is_one(path) and _mark(path) != self._marks.get(path)]

    def _is_one(self, path: Path) -> bool:
        return is_container(path) and self._only in (None, path.stem)

    def _one(self, path: Path) -> Status:
        self._marks[path] = _mark(path)
        try:
            if not path.exists():
                return self._gone(path)
            loaded = self._loader.load(path)
        except OSError as error:
            return self._failed(path, (f"{path}: The file cannot be read: {error.strerror}. [unreadable]",))
        try:
            runtime = self._prepare(loaded) if loaded.container else None
        except OSError as error:
            say = "There is no folder for what a tag is to write, and it cannot be made"
            return self._failed(path, (f"{path}: {say}: {error.filename}: {error.strerror}. [no-folder]",))
        except SecretError as error:
            report = tuple(f"{path}: {one} [secret]\n  → {one.hint}" for one in error.each)
            return self._failed(path, report, _unusable(error))
        except BadProofKey as error:
            return self._failed(path, (f"{path}: {error} [secret]",))
        if runtime is None:
            texts = zip(loaded.problems, loaded.report(), strict=True)
            return self._failed(path, tuple(text for problem, text in texts if problem.severity is Severity.ERROR))
        self._newest = {**self._newest, path.stem: runtime}
        status = Status(name=path.stem, file=str(path), revision=runtime.container.revision)
        log.info("container_loaded", container=path.stem, revision=status.revision)
        return self._set(status)

    def _failed(self, path: Path, report: tuple[str, ...], why: str = ERRORS) -> Status:
        running = self._newest.get(path.stem)
        log.error("container_refused", container=path.stem, problems=len(report), kept=running is not None)
        revision = running.container.revision if running else ""
        return self._set(Status(name=path.stem, file=str(path), revision=revision, report=report, why=why))

    def _gone(self, path: Path) -> Status:
        if path.stem in self._statuses:
            log.warning("container_removed", container=path.stem)
            self.remember((path.stem,))
            self._newest = {name: runtime for name, runtime in self._newest.items() if name != path.stem}
            self._statuses = {name: status for name, status in self._statuses.items() if name != path.stem}
        return Status(name=path.stem, file=str(path))

    def _set(self, status: Status) -> Status:
        self._statuses = {**self._statuses, status.name: status}
        return status


def _mark(path: Path) -> Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _unusable(error: SecretError) -> str:
    names = [one.name for one in error.each if one.name]
    return f"names what is no usable secret ({', '.join(names)})" if names else ERRORS


def wordless(problem: str) -> str:
    """Where and what, not the file's own words: an address may hold a key, a test a person's ID."""
    return problem if problem.endswith("[secret]") else QUOTED.sub('"…"', problem)
