"""What is kept of people: identity and consent, keyed."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.model import Choice, Known, Life


class StoreError(Exception):
    """The state store cannot be read or written: no ID leaves."""


class Store(Protocol):
    """One writer, many readers. Keys are keyed digests; nothing in it names a person."""

    async def know(self, container: str, keys: Sequence[bytes]) -> Known:
        """All that is kept under these keys. Raises StoreError."""
        ...

    async def keep(
        self, container: str, lives: Mapping[bytes, Life], choices: Mapping[bytes, Mapping[str, Choice]], now: int
    ) -> None:
        """Fsynced on return; concurrent calls share one fsync. Replaces a life, and the choices it names.
        Raises StoreError."""
        ...

    async def forget(self, older_than: int) -> int:
        """Remove what was not touched since (ms since 1970). How many rows."""
        ...
