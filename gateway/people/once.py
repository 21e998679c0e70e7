"""Events that count once for a visitor: the life that remembers it. Pure."""

from collections.abc import Mapping

from msgspec import structs

from gateway.model import Life
from gateway.people.life import FIRST_SESSION, Attendance


def counted(event: str, attendance: Attendance, lives: Mapping[bytes, Life]) -> Attendance | None:
    """The attendance that remembers this event; None: it was counted before. Needs a chain."""
    chain = attendance.chain or b""
    since = attendance.cookie.issued if attendance.cookie else 0
    life = attendance.lives.get(chain) or lives.get(chain) or Life(session=FIRST_SESSION, since=since)
    if event in life.counted:
        return None
    kept = structs.replace(life, counted=(*life.counted, event))
    return structs.replace(attendance, lives={**attendance.lives, chain: kept})
