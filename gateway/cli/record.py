"""`taggate try --from FILE`: a recorded hit, the body of POST /collect."""

from pathlib import Path

import msgspec

from gateway.cli.output import wrong_use
from gateway.intake.sender import Sender
from gateway.intake.snippet import BadHit, read_hits
from gateway.language.container import Container
from gateway.model import Hit, Json

SERVERS_OWN = frozenset({"ip", "user_agent", "visitor", "gpc"})
LARGEST = 1 << 20


def recorded(path: Path, container: Container, now: int) -> Hit:
    """The one hit in a file; wrong use where it cannot be read. `now`: when it arrives, unless it says when it was."""
    try:
        body = path.read_bytes()[:LARGEST]
    except OSError as error:
        raise wrong_use(f"{path}: {error.strerror or 'cannot be read'}") from None
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        found = None
    one = _one(found)
    try:
        hits, _ = read_hits(body, container, Sender(arrived=_arrived(found, one, now), trusted=_by_server(one)))
    except BadHit as error:
        raise wrong_use(f"{path}: this is no hit as POST /collect takes it: {error.detail}.") from None
    if len(hits) > 1:
        raise wrong_use(f"{path}: there are {len(hits)} hits in it. Keep the one that is to be tried.")
    return hits[0]


def _one(found: Json) -> Json:
    if isinstance(found, dict) and isinstance(found.get("hits"), list) and found["hits"]:
        return found["hits"][0]
    return found


def _by_server(one: Json) -> bool:
    return isinstance(one, dict) and not SERVERS_OWN.isdisjoint(one)


def _arrived(found: Json, one: Json, now: int) -> int:
    """When it was sent, so that an old record keeps its time."""
    times = [
        found.get("sent_at") if isinstance(found, dict) else None,
        one.get("at") if isinstance(one, dict) else None,
    ]
    said = [at for at in times if isinstance(at, int | float) and not isinstance(at, bool) and 0 < at <= now]
    return int(said[0]) if said else now
