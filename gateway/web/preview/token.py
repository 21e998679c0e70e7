"""Who may look: a token for one container, one version of it, and a while. Nothing is kept of it here."""

import base64
import binascii
import hmac
from struct import error, pack, unpack

from msgspec import Struct

from gateway.decide.pseudonym import derived

RUNNING = ""
"""The version that runs, whichever it is."""
FOR_PEOPLE, FOR_SCRIPTS = "taggate/preview", "taggate/preview/script"
"""What a seal is of: a token, or the address of one script, which may get into logs."""
_MAC = 16
_FORM = ">Q8s"
_NONE = bytes(8)


class Leave(Struct, frozen=True):
    """What a token allows. `until` in ms since 1970."""

    version: str
    """A revision, or RUNNING."""
    until: int


class Seal:
    """Makes and reads what only this gateway can make, for one container."""

    def __init__(self, own: bytes, container: str, purpose: str = FOR_PEOPLE) -> None:
        self._key = derived(own, purpose, container)
        self._container = container

    def __repr__(self) -> str:
        return f"Seal({self._container}, …)"

    def write(self, leave: Leave) -> str:
        """Letters that may stand in an address."""
        said = pack(_FORM, leave.until, bytes.fromhex(leave.version) or _NONE)
        return base64.urlsafe_b64encode(said + self._mac(said)).decode().rstrip("=")

    def read(self, text: str, now: int) -> Leave | None:
        """None for what is not ours, is another container's, or has ended."""
        try:
            found = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            until, version = unpack(_FORM, found[:-_MAC])
        except (binascii.Error, UnicodeEncodeError, error):
            return None
        if not hmac.compare_digest(self._mac(found[:-_MAC]), found[-_MAC:]) or until <= now:
            return None
        return Leave(RUNNING if version == _NONE else version.hex(), until)

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, "sha256")[:_MAC]


class Token(Struct, frozen=True):
    """A seal as people carry it: with the container's name, so that a page with two of them knows whose it is."""

    container: str
    seal: str

    @classmethod
    def of(cls, text: str) -> "Token":
        """As it was typed or kept."""
        container, _, seal = text.partition(".")
        return cls(container, seal)

    def __str__(self) -> str:
        return f"{self.container}.{self.seal}"

    def __repr__(self) -> str:
        return f"Token({self.container}, …)"
