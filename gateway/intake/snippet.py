"""The body of POST /collect → Hits; the dialect of our own snippet and of servers."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert, json

from gateway.decide.address import bare
from gateway.intake.sender import Sender
from gateway.intake.strict_json import BadJson, parse
from gateway.language.container import Container
from gateway.model import Hit, Json

MOST_HITS = 100
MOST_FIELDS = 100
LONGEST_EVENT = 8192
"""Where the snippet cuts a text. What leaves is cut shorter, after it was searched (`decide/clean.py`)."""
OLDEST_MS = 72 * 3_600_000
ON_THE_WAY_MS = 10_000
"""What a request may take to get here."""
UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_FIELD = re.compile(r"`\$\.(\w+)|field `(\w+)`")
"""Where msgspec's words name a field."""
FORMS = {
    "consent": 'it is like {"analytics": true}',
    "fields": 'it is like {"value": 59.9}',
    "values": 'it is like {"plan": "gold"}',
    "traits": 'it is like {"email": "…"}',
    "at": "it is a number, milliseconds since 1970",
    "consent_at": "it is a number, milliseconds since 1970",
    "reset": "it is true or false",
    "gpc": "it is true or false",
}


class BadHit(ValueError):
    """A hit that cannot be read. `code` is stable; `detail` never echoes a value."""

    def __init__(self, code: str, detail: str, extra: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code, self.detail = code, detail
        self.extra = extra
        """Keys that are not known, for the terminal of who wrote them: never for an answer or a log."""


class Rejected(Struct, frozen=True):
    """One hit of a batch that cannot be read."""

    index: int
    error: BadHit


class HitBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """A hit as it stands in JSON (interfaces.md)."""

    event: str
    id: str | None = None
    at: int | float | None = None
    url: str | UnsetType | None = UNSET
    title: str | UnsetType | None = UNSET
    referrer: str | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    fields: dict[str, Any] = {}
    values: dict[str, Any] = {}
    page: str | None = None
    consent: dict[str, bool] = {}
    consent_at: int | float | None = None
    user_id: Any = UNSET
    proof: str | None = None
    account: Any = UNSET
    traits: dict[str, Any] | None = None
    reset: bool = False
    gpc: bool = False
    """Beside the header: an extension may tell the page alone. It can only refuse."""


class ServerHitBody(HitBody, kw_only=True, forbid_unknown_fields=True):
    """What a sender with the server's key may say too."""

    ip: str | None = None
    user_agent: str | None = None
    visitor: str | None = None


_NOTHING = ServerHitBody(event="")


class ConsentBody(Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of POST /consent."""

    consent: dict[str, bool]
    at: int | float | None = None
    sent_at: int | float | None = None
    page: str | None = None
    user_id: Any = UNSET
    proof: str | None = None


def read_body(body: bytes) -> Json:
    """Raises BadHit for what is not strict JSON."""
    try:
        return parse(body)
    except BadJson as error:
        raise BadHit(error.code, error.detail) from None


def read_hits(body: bytes, container: Container, sender: Sender) -> tuple[list[Hit], list[Rejected]]:
    """The hits that can be read, in order, and those that cannot. Raises BadHit when there is none."""
    found = read_body(body)
    hits, sent_at = _batch(found)
    good: list[Hit] = []
    bad: list[Rejected] = []
    for index, raw in enumerate(hits):
        try:
            good.append(_hit(raw, container, sender, sent_at))
        except BadHit as error:
            bad.append(Rejected(index, error))
    if not good:
        raise bad[0].error
    return good, bad


def read_consent(body: bytes) -> ConsentBody:
    """Raises BadHit."""
    found: ConsentBody = _typed(read_body(body), ConsentBody)
    if not found.consent:
        raise BadHit("empty", "consent names no purpose")
    return found


def corrected(at: float, sent_at: float | None, arrived: int) -> int:
    """A time by the sender's clock → by ours, within 72 hours past and never in the future."""
    at = at if sent_at is None else at + _skew(sent_at, arrived)
    oldest = arrived - OLDEST_MS
    return int(oldest if at < oldest else arrived if at > arrived else at)


def _skew(sent_at: float, arrived: int) -> float:
    """How far the sender's clock is behind ours. What can be the way here is none: else hits would change places."""
    skew = arrived - sent_at
    return 0 if 0 <= skew <= ON_THE_WAY_MS else skew


def _batch(found: Json) -> tuple[list[Json], float | None]:
    if not isinstance(found, dict):
        raise BadHit("not_an_object", "the body must be a hit, or {hits: […]}")
    if "hits" not in found:
        return [found], None
    if set(found) - {"hits", "sent_at"}:
        raise BadHit("unknown_key", "beside hits only sent_at may stand")
    hits, sent_at = found["hits"], found.get("sent_at")
    if not isinstance(hits, list) or not 1 <= len(hits) <= MOST_HITS:
        raise BadHit("bad_batch", f"hits must be a list of 1 to {MOST_HITS}")
    if sent_at is not None and (isinstance(sent_at, bool) or not isinstance(sent_at, int | float)):
        raise BadHit("wrong_type", "sent_at must be a number")
    return hits, sent_at


def _typed(raw: Json, kind: type[Any]) -> Any:
    try:
        return convert(raw, kind)
    except ValidationError as error:
        raise _bad(str(error), raw, kind) from None


def _bad(said: str, raw: Json, kind: type[Any]) -> BadHit:
    """msgspec's words may hold a key of the sender's; ours name only fields that we know."""
    known = kind.__struct_fields__
    if not isinstance(raw, dict):
        return BadHit("not_an_object", "it must be an object")
    if set(raw) - set(known):
        extra = sorted(set(raw) & set(ServerHitBody.__struct_fields__) - set(known)) if kind is HitBody else []
        unknown = f"a key is not known; these are: {', '.join(known)}"
        if "fields" in known:
            unknown += "; what else an event has goes under fields"
        if extra:
            return BadHit("unknown_key", f"{extra[0]} needs the server key")
        return BadHit("unknown_key", unknown, sorted(set(raw) - set(known)))
    named = _FIELD.search(said)
    field = next((name for name in known if named and name in named.groups()), "a field")
    if "missing" in said:
        return BadHit("missing_key", f"{field} is missing")
    return BadHit("wrong_type", f"{field} does not fit" + (f": {FORMS[field]}" if field in FORMS else ""))


def _hit(raw: Json, container: Container, sender: Sender, sent_at: float | None) -> Hit:
    body = _typed(raw, ServerHitBody if sender.trusted else HitBody)
    _limits(body)
    said = body if isinstance(body, ServerHitBody) else _NOTHING
    values, variables, arrived = body.values, container.variables, sender.arrived
    if not values.keys() <= variables.keys():
        values = {name: value for name, value in values.items() if name in variables}
    purposes = container.consent.purposes if container.consent else ()
    fields = {name: bare(value, container.site.drop_query) for name, value in body.fields.items()}
    at = corrected(body.at, sent_at, arrived) if body.at is not None else arrived
    # By their places: by name, so many cost a search each.
    return Hit(
        container.name,
        body.event,
        at,
        arrived,
        body.id.lower().replace("-", "") if body.id else None,
        # Left out says nothing; null was looked for and is not there.
        None if body.url is UNSET else body.url or "",
        None if body.title is UNSET else body.title or "",
        None if body.referrer is UNSET else body.referrer or "",
        sender.language if body.language is UNSET else body.language or "",
        fields,
        values,
        body.page,
        {p: granted for p, granted in body.consent.items() if p in purposes},
        corrected_choice(body.consent_at, sent_at, arrived),
        body.user_id,
        body.proof,
        body.account,
        body.traits,
        body.reset,
        sender.trusted,
        said.ip if sender.trusted else sender.ip,
        said.user_agent if sender.trusted else sender.user_agent,
        sender.country,
        sender.headers,
        sender.cookies,
        body.gpc or sender.gpc,
        sender.cookie,
        said.visitor,
        None,  # nobody that the person was before
        len(body.values) - len(values),
        () if sender.trusted or values is body.values else _stray(body.values, variables),
    )


def _stray(values: Mapping[str, Json], known: Collection[str]) -> tuple[Json, ...]:
    """Each value under a name that is none here, and the items of a set."""
    found = [value for name, value in values.items() if name not in known]
    return tuple(item for value in found for item in (value if isinstance(value, list) else [value]))


def corrected_choice(at: float | None, sent_at: float | None, arrived: int) -> int | None:
    """The time of a choice by our clock, however long ago; never later than the arrival."""
    if at is None:
        return None
    at = at if sent_at is None else at + _skew(sent_at, arrived)
    return int(0 if at < 0 else arrived if at > arrived else at)


def _limits(body: HitBody) -> None:
    if not 1 <= len(body.event) <= LONGEST_EVENT:
        raise BadHit("bad_event", f"event must have 1 to {LONGEST_EVENT} characters")
    if body.id is not None and not UUID.fullmatch(body.id):
        raise BadHit("bad_id", "id must be a UUID")
    if body.page is not None and not 1 <= len(body.page) <= 128:
        raise BadHit("bad_page", "page must have 1 to 128 characters")
    most = max(len(body.fields), len(body.values), len(body.consent), len(body.traits or ()))
    if most > MOST_FIELDS:
        named = (("fields", body.fields), ("values", body.values), ("consent", body.consent))
        name = next((name for name, given in named if len(given) > MOST_FIELDS), "traits")
        raise BadHit("too_many", f"{name} has more than {MOST_FIELDS} entries")


def answered(rejected: Sequence[Rejected], run: Sequence[Json] = ()) -> bytes:
    """The body of an answer that tells which hits could not be read, and what the page is to run."""
    told: dict[str, Json] = {"run": run} if run else {}
    if rejected:
        told["rejected"] = rejections(rejected)
    return json.encode(told)


def rejections(rejected: Sequence[Rejected]) -> list[Json]:
    """What an answer says of hits that could not be read."""
    return [{"index": one.index, "error": one.error.code} for one in rejected]
