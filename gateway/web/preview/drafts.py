"""Unpublished versions in the data folder: put there by `taggate preview --file`, run for those with its token only."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from gateway.decide.prover import BadProofKey
from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.language.load import Loader
from gateway.secrets import SecretError
from gateway.web.countries import Finds
from gateway.web.runtime import Runtime

FOLDER = "previews"
MOST = 8
LONGEST_SECONDS = 86_400
"""No token lasts longer."""
_REVISION = re.compile(r"[0-9a-f]{16}")


class CannotPreview(Exception):
    """This version cannot be shown; the text says why, without a value of anybody's."""


class Drafts(Protocol):
    """Where unpublished versions come from."""

    async def find(self, container: str, revision: str) -> Runtime:
        """Raises CannotPreview."""
        ...


class Previews(Struct, frozen=True, kw_only=True):
    """What previews need beside the rest of a gateway. `own`: the gateway's secret."""

    own: bytes
    drafts: Drafts

    def __repr__(self) -> str:
        return "Previews(…)"


def put(data: Path, container: str, revision: str, source: bytes) -> None:
    """For the gateway to find, under the container's name, so that it is read as the container is. Raises OSError."""
    folder = data / FOLDER / revision
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{container}.yaml"
    # A name that nobody looks for until it is whole.
    fresh = path.with_suffix(".new")
    fresh.write_bytes(source)
    fresh.chmod(0o600)
    fresh.replace(path)


def clean(data: Path, older_than: float) -> int:
    """Removes what was put there before (seconds since 1970). How many. Raises OSError."""
    old = [path for path in (data / FOLDER).glob("*/*") if path.stat().st_mtime < older_than]
    for path in old:
        path.unlink(missing_ok=True)
    for folder in (data / FOLDER).glob("*"):
        if not any(folder.iterdir()):
            folder.rmdir()
    return len(old)


class OwnDrafts:
    """Of this gateway's data folder; each is read and checked once, on a thread. Its tags get no secrets: nothing is
    sent. The rest as of Runtime.of."""

    def __init__(self, data: Path, own: bytes, key: Callable[[str], bytes], country: Finds | None) -> None:
        self._data = data
        self._loader = Loader(TYPES, judge)
        self._prepare = partial(Runtime.of, own=own, key=key, country=country)
        self._known: OrderedDict[tuple[str, str], Runtime] = OrderedDict()
        self._turn = asyncio.Lock()

    async def find(self, container: str, revision: str) -> Runtime:
        """See Drafts."""
        key = (container, revision)
        async with self._turn:
            found = self._known.get(key)
            if found is None:
                found = self._known[key] = await asyncio.to_thread(self._read, container, revision)
                if len(self._known) > MOST:
                    self._known.popitem(last=False)
            return found

    def _read(self, container: str, revision: str) -> Runtime:
        path = self._data / FOLDER / revision / f"{container}.yaml"
        if not _REVISION.fullmatch(revision) or not path.is_file():
            raise CannotPreview("this version is not kept any more: call taggate preview again")
        try:
            loaded = self._loader.load(path)
            if loaded.container is None or loaded.container.revision != revision:
                raise CannotPreview("the file has errors: see taggate check")
            return self._prepare(loaded.container, source=loaded.source)
        except OSError:
            raise CannotPreview("the file cannot be read by the gateway") from None
        except (SecretError, BadProofKey):
            raise CannotPreview("a secret that the file names is missing, or is no key") from None
