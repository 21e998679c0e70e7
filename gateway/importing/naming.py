"""Names of an export → names of a container: `[a-z][a-z0-9_]*`, none of them twice."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40


class Namer:
    """The names of one section."""

    def __init__(self, otherwise: str, taken: Iterable[str] = ()) -> None:
        self._otherwise = otherwise
        self._taken = set(taken)

    def name(self, said: str) -> str:
        """A name like the one said, that nothing else has."""
        base = slug(said, self._otherwise)
        name, number = base, 2
        while name in self._taken:
            name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name

    def take(self, name: str) -> None:
        """This name is given to nothing from now on."""
        self._taken.add(name)

    def free(self, name: str) -> None:
        """This name may be given after all."""
        self._taken.discard(name)


def slug(said: str, otherwise: str) -> str:
    """`DLV - Order Total` → `dlv_order_total`; `otherwise` begins what does not begin with a letter."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", said)
    ascii_only = unicodedata.normalize("NFKD", split).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")
    if not name[:1].isalpha():
        name = f"{otherwise}_{name}" if name else otherwise
    return name[:LONGEST].strip("_")
