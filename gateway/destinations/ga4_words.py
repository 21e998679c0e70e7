"""JSON values → the texts and numbers that receivers take; nothing where there is nothing to say."""

from collections.abc import Mapping

from gateway.destinations.matomo_words import number, text
from gateway.model import Json

LONGEST = 2048


def words(value: Json, limit: int) -> str:
    """A value as text of at most `limit` characters; whole numbers with all their digits, also long ones."""
    return str(value)[:limit] if type(value) is int else text(value, limit)


def amount(value: Json) -> int | float | None:
    """A finite number of up to 15 digits, or text that is one; None for anything else."""
    said = number(value)
    if not said:
        return None
    exact = float(said)
    return int(exact) if exact.is_integer() else exact


def known(told: Mapping[str, Json]) -> dict[str, Json]:
    """Without what is empty: no receiver is ever told `null` or an empty text."""
    return {name: value for name, value in told.items() if value not in (None, "", {}, [])}


def plain(value: Json) -> Json:
    """A value as it is, without what is empty or says nothing."""
    if isinstance(value, list):
        return [said for part in value if (said := words(part, LONGEST))]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return amount(value)
    return value if isinstance(value, bool) else words(value, LONGEST)
