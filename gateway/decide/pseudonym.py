"""Keyed names. The User ID, a visitor or an event in; what one receiver, or our own tables, may call it out."""

import hashlib
import hmac
from functools import lru_cache, partial
from struct import pack

MOST_LOOKUPS = 4096
LONGEST_PAGE = 128
"""Characters of a page's number that is remembered."""
MOST_NAMES = 1024
"""Of visitors and of page views, for each receiver."""
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_SHORT = 256
_LENGTHS = [pack(">I", length) for length in range(_SHORT)]
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Hmac:
    """HMAC-SHA256 with the key worked in once; half the time of copying an `hmac.HMAC`, and unlike `hmac.digest` it
    keeps the interpreter: with a thread that writes beside it, getting that back may take milliseconds."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def digest(self, message: bytes) -> bytes:
        """32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


def _blake(key: bytes, purpose: bytes, size: int) -> hashlib.blake2b:
    """BLAKE2b with key and purpose worked in once. Only for names whose making is our own affair."""
    return hashlib.blake2b(key=key, person=purpose, digest_size=size)


def _hex(state: hashlib.blake2b, message: bytes) -> str:
    state = state.copy()
    state.update(message)
    return state.hexdigest()


def _digest(state: hashlib.blake2b, message: bytes) -> bytes:
    state = state.copy()
    state.update(message)
    return state.digest()


def _of_text(state: hashlib.blake2b, text: str) -> bytes:
    return _digest(state, raw(text))


def joined(*parts: bytes) -> bytes:
    """The parts, each after its length in four bytes: different parts never make the same bytes."""
    return b"".join([(_LENGTHS[len(part)] if len(part) < _SHORT else pack(">I", len(part))) + part for part in parts])


def came(visitor: bytes, session: bytes) -> bytes:
    """Of what a visitor's name at a receiver is made, with how the receiver may know him: see `under`. As `joined`."""
    return pack(">I", len(visitor)) + visitor + pack(">I", len(session)) + session


def under(form: str) -> bytes:
    """To be put behind `came`. `form`: empty where it is to make no difference."""
    return joined(form.encode())


def raw(text: str) -> bytes:
    """A sender's own text: what arrives outside JSON may hold half a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def derived(secret: bytes, label: str, *names: str) -> bytes:
    """A key of 32 bytes for one use and these names, from the gateway's own secret."""
    return hmac.digest(secret, joined(label.encode(), *[name.encode() for name in names]), "sha256")


class _Silent:
    """Shows nothing of its keys."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class PseudonymKey(_Silent):
    """The pseudonyms of User IDs (`user-id`) or accounts (`account`) at one receiver in one epoch; identity.md."""

    __slots__ = ("_hmac",)

    def __init__(self, secret: bytes, kind: str, epoch: int, container: str, name: str) -> None:
        label = f"taggate/{kind}/{epoch}/{container}/{name}"
        self._hmac = Hmac(hmac.digest(secret, label.encode(), "sha256"))

    def of(self, text: str) -> str:
        """64 hex digits for a normalised ID."""
        return self._hmac.digest(text.encode()).hex()


Names = tuple[str, str, str | None]
"""What a visitor, a hit and a page view are called at one receiver."""


class VisitorKey(_Silent):
    """What visitors, events and page views are called at one receiver; `name` is its tag or `hash_group`."""

    __slots__ = ("_event", "_page_view", "_visitor")

    def __init__(self, secret: bytes, container: str, name: str) -> None:
        key = derived(secret, "taggate/receiver", container, name)
        self._event = _blake(key, b"event", 16)
        # The same visitors and pages come again and again.
        self._visitor = lru_cache(MOST_NAMES)(partial(_hex, _blake(key, b"visitor", 32)))
        self._page_view = lru_cache(MOST_NAMES)(partial(_hex, _blake(key, b"page view", 16)))

    def names(self, came: bytes, id_or_random: bytes, page: bytes | None) -> Names:
        """64 hex digits for a visitor in one session and one form, see `came` and `under`; 32 that are the idempotency
        key of one hit at this receiver; and 32 for a page view, of the number that a page keeps in memory, if it has
        one, and its address."""
        event = self._event.copy()
        event.update(id_or_random)
        return self._visitor(came), event.hexdigest(), self._page_view(page) if page else None


class SampleKey(_Silent):
    """Draws the visitors of one tag's sample, the same ones each time; `name` as of VisitorKey."""

    __slots__ = ("_key",)

    def __init__(self, secret: bytes, container: str, name: str) -> None:
        self._key = _blake(derived(secret, "taggate/sample", container, name), b"sample", 8)

    def of(self, visitor: bytes) -> float:
        """A number from 0 to under 100; evenly spread over visitors."""
        state = self._key.copy()
        state.update(visitor)
        return int.from_bytes(state.digest()[:6]) * 100 / 2**48


class LookupKey(_Silent):
    """Digests of 16 bytes under which one container's visitors and people are kept and found again."""

    __slots__ = ("_known_page", "_page", "_person", "cookie")

    def __init__(self, secret: bytes, container: str) -> None:
        key = derived(secret, "taggate/lookup", container)
        self._person = _blake(key, b"person", 16)
        # The same visitors and pages come again and again. Who they are is not remembered.
        self.cookie = lru_cache(MOST_LOOKUPS)(partial(_digest, _blake(key, b"cookie", 16)))
        """Of the visitor ID in a cookie with our MAC."""
        self._page = _blake(key, b"page", 16)
        self._known_page = lru_cache(MOST_LOOKUPS)(partial(_of_text, self._page))

    def page(self, page: str) -> bytes:
        """Of the number a page keeps in memory."""
        return self._known_page(page) if len(page) <= LONGEST_PAGE else _of_text(self._page, page)

    def server(self, visitor: str) -> bytes:
        """Of a visitor as a server names it."""
        return _of_text(self._page, "server:" + visitor)

    def person(self, id: str) -> bytes:
        """Of a normalised User ID."""
        return _digest(self._person, id.encode())
