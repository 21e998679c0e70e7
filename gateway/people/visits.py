"""Which visitor a receiver saw last on a chain of hits, so that a new visit begins where it must. In memory only:
what is forgotten begins a new visit, which joins nobody to anybody."""

from collections import OrderedDict
from hashlib import blake2b
from secrets import token_bytes

from msgspec import Struct

from gateway.model import Form

VISIT_MS = 30 * 60_000
MOST = 200_000


Key = tuple[str, str, bytes]
Seen = tuple[str, int]
Noted = list[tuple[Key, Seen | None]]


class Track(Struct, frozen=True, kw_only=True):
    """What the visits of one hit are followed by. `arrived` in ms."""

    container: str
    chain: bytes | None
    browser: bytes
    """The `fingerprint`."""
    arrived: int
    late: bool
    changed: bool
    """Somebody signed in or out on this chain before."""


class Visits:
    """Bounded; the chains longest not seen go first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: OrderedDict[Key, Seen] = OrderedDict()
        self._noted: Noted = []
        self._key = token_bytes(32)

    def fingerprint(self, ip: str | None, user_agent: str | None) -> bytes:
        """What a receiver that goes by address and browser would take for one visitor; of use to this process only."""
        text = f"{ip or ''}\0{user_agent or ''}".encode("utf-8", "surrogatepass")
        return b"fingerprint" + blake2b(text, key=self._key, digest_size=16).digest()

    def begins(self, track: Track, tag: str, visitor: str, form: Form, *, named: bool) -> bool:
        """A hit of this visitor was accepted for this receiver: whether a new visit begins there. It does where the
        visitor it saw last is another one, and (where it is to be `named`) with the first hit with an ID."""
        before = self._saw((track.container, tag, track.browser), form.word, track.arrived)
        # A hit without ID after one with ID from the same browser: a receiver might take them for one person.
        fresh = named if form is not Form.NONE else before not in (None, Form.NONE.word)
        if track.chain is None:
            return track.late or fresh
        last = self._saw((track.container, tag, track.chain), visitor, track.arrived)
        return last != visitor if last else fresh or track.changed

    def _saw(self, key: Key, visitor: str, arrived: int) -> str | None:
        before = self._seen.get(key)
        self._noted.append((key, before))
        self._seen[key] = (visitor, arrived)
        self._seen.move_to_end(key)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return before[0] if before and arrived - before[1] <= VISIT_MS else None

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
