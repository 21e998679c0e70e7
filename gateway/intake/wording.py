"""What the dialects of other tools have in common: names of events, values that say nothing, times, numbers of hits."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

from msgspec import Struct

from gateway.decide.address import bare
from gateway.intake.snippet import MOST_FIELDS, BadHit
from gateway.language.container import Container
from gateway.model import Json

TAKEN = frozenset({"page_view", "product_view", "cart_update", "heartbeat", "identify", "group", "alias"})
"""What means something else here than an event that a site calls so."""
OWN = "event."
_SECONDS = re.compile(r"[0-9]{1,11}(\.[0-9]*)?", re.ASCII)


class Beside(Struct, frozen=True):
    """What a browser's request tells and its hits may leave out."""

    url: str | None = None
    language: str | None = None


def own_event(said: str) -> str:
    """Under a name of the sender's own; one that is taken gets another, as in the snippet. Raises BadHit.

    Not cut here: the half of an ID would not be found.
    """
    name = said.strip()
    if not name:
        raise BadHit("bad_event", "an event needs a name")
    return OWN + name if name in TAKEN else name


def known(fields: Mapping[str, Json]) -> dict[str, Json]:
    """Without what says nothing. Raises BadHit for too many."""
    if len(fields) > MOST_FIELDS:
        raise BadHit("too_many", f"there are more than {MOST_FIELDS} fields")
    said = fields.values()
    if None not in said and "" not in said:
        return dict(fields)
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def own_fields(fields: Mapping[str, Json], container: Container) -> dict[str, Json]:
    """What an event has of its own: without what says nothing, addresses without what the site drops. Raises BadHit."""
    drop = container.site.drop_query
    return known({name: bare(value, drop) for name, value in fields.items()})


def moment(said: str) -> int | None:
    """A time as text (seconds since 1970, or a date with or without zone; without one in UTC) → ms since 1970."""
    try:
        if _SECONDS.fullmatch(said):
            return int(float(said) * 1000)
        found = datetime.fromisoformat(said)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def numbered(dialect: str, said: str) -> str:
    """A hit's id from what its sender says it is: one said again is no other hit."""
    return blake2b(f"{dialect}\0{said}".encode(), digest_size=16).hexdigest()
