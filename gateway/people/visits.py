"""Which visitor a receiver saw last on a chain of hits, so that a new visit begins where it must. In memory only:
what is forgotten begins a new visit, which joins nobody to anybody."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from secrets import token_bytes, token_hex

from msgspec import Struct

from gateway.model import Form

VISIT_MS = 30 * 60_000
MOST = 200_000
MOST_PRINTS = 4096
FINGERPRINT = b"fingerprint"
"""How every fingerprint begins."""

OWN = ""
"""No tag is called so: under it a chain has the number of its visit."""
COUNTED = " "
"""Nor so: under this and an event's name it has the number of the visit in which the event counted last."""
NAMES = {form: form.name for form in Form}
"""What is seen under a fingerprint."""
NONE = Form.NONE
GUEST = NONE.name

Seen = tuple[str, int]
"""A visitor, and when (ms since 1970)."""
Chain = dict[str, Seen]
"""By tag, what its receiver saw last."""
Noted = list[tuple[Chain, str, Seen | None]]


class Track(Struct, frozen=True, gc=False):
    """What the visits of one hit are followed by. `arrived` in ms."""

    container: str
    chain: bytes | None
    browser: bytes
    """The `fingerprint`."""
    arrived: int
    late: bool
    changed: bool
    """Somebody signed in or out on this chain before."""
    named: bool
    """Whether a visit begins with the first hit with an ID."""


class Trail(Struct, frozen=True, gc=False):
    """One hit on its way over the receivers."""

    track: Track
    chain: Chain | None
    browser: Chain
    noted: Noted

    def begins(self, tag: str, visitor: str, form: Form) -> bool:
        """A hit of this visitor was accepted for this receiver: whether a new visit begins there. It does where the
        visitor it saw last is another one, and (where it is to be `named`) with the first hit with an ID."""
        track, browser, chain, note = self.track, self.browser, self.chain, self.noted.append
        arrived = track.arrived
        before = browser.get(tag)
        note((browser, tag, before))
        browser[tag] = (NAMES[form], arrived)
        if form is not NONE:
            fresh = track.named
        else:
            # Without ID after one with ID from the same browser: a receiver might take them for one person.
            fresh = before is not None and before[0] != GUEST and arrived - before[1] <= VISIT_MS
        if chain is None:
            return track.late or fresh
        last = chain.get(tag)
        note((chain, tag, last))
        chain[tag] = (visitor, arrived)
        if last is None or arrived - last[1] > VISIT_MS:
            return fresh or track.changed
        return last[0] != visitor


def number_of(chains: Sequence[Chain], noted: Noted, arrived: int) -> str:
    """The number of the visit to which a hit of these chains belongs: that of the first that is within one. From now
    on it is that of all of them."""
    seen = [chain[OWN] for chain in chains if OWN in chain]
    number = next((number for number, at in seen if arrived - at <= VISIT_MS), "") or token_hex(16)
    for chain in chains:
        _mark(chain, OWN, number, noted, arrived)
        for name in [name for name, (visit, _) in chain.items() if name.startswith(COUNTED) and visit == number]:
            _mark(chain, name, number, noted, arrived)
    return number


def first_of(chains: Sequence[Chain], event: str, visit: str, noted: Noted, arrived: int) -> bool:
    """Whether this event did not count yet in this visit. From now on it did."""
    name = COUNTED + event
    first = all(chain.get(name, ("", 0))[0] != visit for chain in chains)
    for chain in chains:
        _mark(chain, name, visit, noted, arrived)
    return first


def exact(tag: str) -> bool:
    """Whether every change under this name matters: it is none of a receiver's."""
    return tag == OWN or tag.startswith(COUNTED)


def _mark(chain: Chain, name: str, number: str, noted: Noted, arrived: int) -> None:
    noted.append((chain, name, chain.get(name)))
    chain[name] = (number, arrived)


class Fingerprints:
    """What receivers that go by address and browser would take for one visitor; its key is worked in once."""

    def __init__(self, key: bytes) -> None:
        self._state = blake2b(key=key, digest_size=16)
        self.of = lru_cache(MOST_PRINTS)(self._of)
        """A fingerprint of an address and a browser; never the same as anything else that a chain is kept under."""

    def _of(self, ip: str | None, user_agent: str | None) -> bytes:
        state = self._state.copy()
        state.update(f"{ip or ''}\0{user_agent or ''}".encode("utf-8", "surrogatepass"))
        return FINGERPRINT + state.digest()


class Visits:
    """Bounded; the chains longest not seen go first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._chains: OrderedDict[tuple[str, bytes], Chain] = OrderedDict()
        self.key = token_bytes(32)
        """Of fingerprints; of use only as long as this lives."""
        self.fingerprint = Fingerprints(self.key).of

    def walk(self) -> "Walk":
        """For the hits of one request."""
        return Walk(self)

    def chain(self, container: str, key: bytes) -> Chain:
        """What is kept under one key, to be added to."""
        at = (container, key)
        found = self._chains.get(at)
        if found is None:
            found = self._chains[at] = {}
            if len(self._chains) > self._most:
                self._chains.popitem(last=False)
        else:
            self._chains.move_to_end(at)
        return found

    def last(self, container: str, chain: bytes, arrived: int) -> dict[str, str]:
        """By tag, the visitor that its receiver saw last on this chain, within one visit."""
        found = self._chains.get((container, chain), {})
        return {tag: visitor for tag, (visitor, at) in found.items() if arrived - at <= VISIT_MS}


class Walk:
    """What the hits of one request add, until it is known whether they could be stored."""

    __slots__ = ("_noted", "_visits", "fingerprint")

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._noted: Noted = []
        self.fingerprint = visits.fingerprint
        """See Fingerprints."""

    def trail(self, track: Track) -> Trail:
        """To be asked for each receiver of one hit."""
        chain = self._visits.chain
        own = None if track.chain is None else chain(track.container, track.chain)
        return Trail(track, own, chain(track.container, track.browser), self._noted)

    def number(self, container: str, keys: Iterable[bytes], arrived: int) -> str:
        """Of the visit to which a hit that is followed by these keys belongs."""
        return number_of([self._visits.chain(container, key) for key in keys], self._noted, arrived)

    def first(self, container: str, keys: Iterable[bytes], event: str, visit: str, arrived: int) -> bool:
        """Whether an event of a hit that is followed by these keys did not count yet in this visit."""
        return first_of([self._visits.chain(container, key) for key in keys], event, visit, self._noted, arrived)

    def saw(self, container: str, chain: bytes, tag: str, visitor: str, arrived: int) -> None:
        """A hit of this visitor is going to be stored for this receiver."""
        _mark(self._visits.chain(container, chain), tag, visitor, self._noted, arrived)

    def undo(self) -> None:
        """These hits are not stored: no receiver sees them."""
        for chain, tag, before in reversed(self._noted):
            if before is None:
                chain.pop(tag, None)
            else:
                chain[tag] = before
        self._noted.clear()
