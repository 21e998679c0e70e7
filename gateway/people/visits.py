"""Which visitor a receiver saw last on a chain of hits, so that a new visit begins where it must. In memory only:
what is forgotten begins a new visit, which joins nobody to anybody."""

from collections import OrderedDict
from hashlib import blake2b
from secrets import token_bytes

VISIT_MS = 30 * 60_000
MOST = 200_000
FINGERPRINT = b"fingerprint"
"""How every fingerprint begins."""

Key = tuple[str, str, bytes]
Seen = tuple[str, int]
Noted = list[tuple[Key, Seen | None]]


def fingerprint(key: bytes, ip: str | None, user_agent: str | None) -> bytes:
    """See Visits.fingerprint."""
    text = f"{ip or ''}\0{user_agent or ''}".encode("utf-8", "surrogatepass")
    return FINGERPRINT + blake2b(text, key=key, digest_size=16).digest()


class Visits:
    """Bounded; the chains longest not seen go first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[Key, Seen] = OrderedDict()
        self._noted: Noted = []
        self.key = token_bytes(32)
        """Of fingerprints; of use only as long as this lives."""

    def fingerprint(self, ip: str | None, user_agent: str | None) -> bytes:
        """What a receiver that goes by address and browser would take for one visitor."""
        return fingerprint(self.key, ip, user_agent)

    def last(self, container: str, key_name: str, chain: bytes, arrived: int) -> str | None:
        """The visitor that this receiver saw last on this chain, within one visit; `arrived` in ms."""
        found = self._seen.get((container, key_name, chain))
        return found[0] if found and arrived - found[1] <= VISIT_MS else None

    def saw(self, container: str, key_name: str, chain: bytes, visitor: str, arrived: int) -> None:
        """A hit of this visitor was accepted for this receiver."""
        key = (container, key_name, chain)
        self._noted.append((key, self._seen.get(key)))
        self._seen[key] = (visitor, arrived)
        self._seen.move_to_end(key)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def noted(self) -> Noted:
        """What `saw` was told since this was last asked, and what it replaced."""
        noted, self._noted = self._noted, []
        return noted

    def undo(self, noted: Noted) -> None:
        """These hits could not be stored: no receiver sees them."""
        for key, before in reversed(noted):
            if before is None:
                self._seen.pop(key, None)
            else:
                self._seen[key] = before
