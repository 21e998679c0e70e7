"""The visitor cookie: container, visitor ID and time of issue under our MAC. One without it is no cookie."""

import hmac
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from struct import pack, unpack

from gateway.decide.pseudonym import Hmac, derived
from gateway.model import Cookie

VISITOR_BYTES = 16
_MAC_BYTES = 16
_LENGTH = VISITOR_BYTES + 8 + _MAC_BYTES


class CookieKey:
    """Makes and reads the cookies of one container."""

    def __init__(self, secret: bytes, container: str) -> None:
        self._hmac = Hmac(derived(secret, "taggate/cookie", container))
        self.name = f"tg_{container}"

    def write(self, cookie: Cookie) -> str:
        """The cookie's value."""
        body = cookie.visitor + pack(">q", cookie.issued)
        return urlsafe_b64encode(body + self._mac(body)).decode().rstrip("=")

    def read(self, value: str) -> Cookie | None:
        """The cookie behind a value; None without our MAC."""
        try:
            raw = a2b_base64(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4))
        except ValueError:
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(raw) != _LENGTH or not hmac.compare_digest(mac, self._mac(body)):
            return None
        return Cookie(body[:VISITOR_BYTES], unpack(">q", body[VISITOR_BYTES:])[0])

    def _mac(self, body: bytes) -> bytes:
        return self._hmac.digest(body)[:_MAC_BYTES]
