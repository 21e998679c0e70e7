"""What a guest without cookie is called for one day; with the day's key destroyed nobody can work it out again."""

import hmac
from datetime import date
from typing import Protocol

from gateway.decide.pseudonym import joined


class DailyKey(Protocol):
    """A random key for each day."""

    def of(self, day: date) -> bytes:
        """The key of this day; another day destroys the one before."""
        ...


class DayNumber:
    """16 bytes from the day's key, the container, the address and the browser."""

    def __init__(self, key: DailyKey) -> None:
        self._key = key

    def of(self, day: date, container: str, ip: str, user_agent: str) -> bytes:
        """The same all day long."""
        message = joined(container.encode(), ip.encode(), user_agent.encode("utf-8", "surrogatepass"))
        return hmac.digest(self._key.of(day), message, "sha256")[:16]
