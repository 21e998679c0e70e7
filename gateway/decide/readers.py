"""A variable → what reads it out of a hit, prepared at load."""

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.decide.address import bare, cut_ip, cut_url, host
from gateway.decide.agent import agent
from gateway.decide.computed import with_default
from gateway.language.container import Container, Variable
from gateway.language.gateway_kinds import WEEKDAYS
from gateway.language.values import LONGEST, NOT_SENT, cast, plain
from gateway.model import CannotTell, Hit, Json, Reading

Reads = Callable[[Hit], Reading]
Draw = Callable[[str], Reading]
"""The number of a visit → what is drawn for it."""

NOT_A_BROWSER = CannotTell("a server cannot read it")
NO_ADDRESS = CannotTell("the sender gave no address")
NO_VISIT = CannotTell("nobody knows in which visit it happened")
NO_COUNTRIES = CannotTell("the operator has not said from what countries are known")


class Around(Struct, frozen=True):
    """What some readers need beside the hit. `country`: an address → its country; None: nobody knows any.
    `draw`: the key of what is drawn."""

    country: Callable[[str], str | None] | None = None
    draw: bytes = b""


NOTHING = Around()


def readers(container: Container, around: Around) -> list[tuple[str, Reads]]:
    """What reads each variable that is not built from others."""
    read = [v for v in container.variables.values() if not v.parts and v.kind != "random"]
    return [(v.name, with_default(v, _reader(v, container, around))) for v in read]


def draws(container: Container, around: Around) -> list[tuple[str, Draw]]:
    """What is drawn for a visit."""
    return [(v.name, _draw(v, around.draw)) for v in container.variables.values() if v.kind == "random"]


def clock(container: Container, at: int) -> Mapping[str, str]:
    """What variables of the time hold at a moment, in a test's words."""
    hit = Hit(container=container.name, event="", at=at, arrived=at)
    read = [(name, reader(hit)) for name, reader in readers(container, NOTHING) if _of_time(container, name)]
    return {name: text for name, value in read if (text := plain(value)) is not None}


def _of_time(container: Container, name: str) -> bool:
    return container.variables[name].kind == "time"


def _draw(variable: Variable, key: bytes) -> Draw:
    many, own = int(variable.source), variable.name.encode() + b"\0"

    def draw(visit: str) -> Reading:
        found = blake2b(own + visit.encode(), key=key, digest_size=8).digest()
        return _cast(variable, int.from_bytes(found, "big") % many)

    return draw


def as_sent(container: Container) -> frozenset[str]:
    """The variables whose value is a text that came with the hit, where it is one of 1 to LONGEST characters."""
    read = (v for v in container.variables.values() if not v.parts and v.kind != "random" and v.type == "text")
    return frozenset(v.name for v in read if v.kind not in _MAKERS)


def of_address(container: Container) -> frozenset[str]:
    """The variables that are read of the page's address and nothing else."""
    return frozenset(v.name for v in container.variables.values() if v.kind in ("url", "query"))


def _reader(variable: Variable, container: Container, around: Around) -> Reads:
    # What else is read in the browser comes with the hit as the browser found it.
    make = _MAKERS.get(variable.kind)
    return make(variable, container, around) if make else _value(variable, container.site.drop_query)


def _cast(variable: Variable, given: Json) -> Reading:
    if type(given) is str and 0 < len(given) <= LONGEST and variable.type == "text":
        return given
    return cast(given, variable.type, decimal_comma=variable.decimal_comma)


def _told(variable: Variable, given: Json, drop: frozenset[str]) -> Reading:
    """Of an address no more than may be kept; one that is too long is not cut, since nobody could tell the rest."""
    return _cast(variable, given if isinstance(given, str) and len(given) > LONGEST else bare(given, drop))


def _constant(variable: Variable) -> Reads:
    value = _cast(variable, variable.source)
    return lambda _: value


def _value(variable: Variable, drop: frozenset[str]) -> Reads:
    name = variable.name

    def read(hit: Hit) -> Reading:
        given = hit.values.get(name, NOT_SENT)
        return given if given is NOT_SENT else _told(variable, given, drop)

    return read


def _cookie(variable: Variable, drop: frozenset[str]) -> Reads:
    claimed, name = _value(variable, drop), variable.source
    return lambda hit: _told(variable, hit.cookies[name], drop) if name in hit.cookies else claimed(hit)


def _header(variable: Variable, drop: frozenset[str]) -> Reads:
    name = variable.source.lower()
    return lambda hit: NOT_A_BROWSER if hit.trusted else _told(variable, hit.headers.get(name), drop)


def _field(variable: Variable) -> Reads:
    at, is_text = _at(variable.source), variable.type == "text"

    def read(hit: Hit) -> Reading:
        given = at(hit.fields)
        # Most of what there is, as in `_cast`: no call for it.
        return given if is_text and type(given) is str and 0 < len(given) <= LONGEST else _cast(variable, given)

    return read


def _trait(variable: Variable, drop: frozenset[str]) -> Reads:
    at = _at(variable.source)
    return lambda hit: NOT_SENT if hit.traits is None else _told(variable, at(hit.traits), drop)


def _at(path: str) -> Callable[[Mapping[str, Json]], Json]:
    """What stands under a path: as a whole name, else step by step."""
    first, *steps = path.split(".")

    def at(fields: Mapping[str, Json]) -> Json:
        if path in fields:
            return fields[path]
        found = fields.get(first)
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        return found

    return at if steps else lambda fields: fields.get(path)


def _page(variable: Variable, drop: frozenset[str]) -> Reads:
    part = variable.source
    parts: dict[str, Callable[[str], str | None]] = {
        "referrer": lambda referrer: cut_url(referrer, "url", drop),
        "referrer_host": host,
    }
    cut = parts.get(part, str)
    field = part if part in ("title", "language") else "referrer"

    def read(hit: Hit) -> Reading:
        given: str | None = getattr(hit, field)
        return NOT_SENT if given is None else _cast(variable, cut(given))

    return read


def _url(variable: Variable, drop: frozenset[str]) -> Reads:
    part = variable.source

    def read(hit: Hit) -> Reading:
        url = cut_url(hit.url, "url", drop) if hit.url else None
        return _cast(variable, _part(url, part)) if url else NO_ADDRESS

    return read


def _part(url: str, part: str) -> str | None:
    if part == "href":
        return url
    if part == "host":
        return host(url)
    split = urlsplit(url)
    if part == "directory":
        return split.path.rpartition("/")[0] + "/"
    return {"path": split.path, "query": split.query, "hash": split.fragment}[part]


def _parameter(url: str, name: str) -> str | None:
    found = parse_qs(urlsplit(url).query, keep_blank_values=True).get(name)
    return found[0] if found else None


def _query(variable: Variable, drop: frozenset[str]) -> Reads:
    def read(hit: Hit) -> Reading:
        url = cut_url(hit.url, "url", drop) if hit.url else None
        return _cast(variable, _parameter(url, variable.source)) if url else NO_ADDRESS

    return read


def _ip(variable: Variable) -> Reads:
    def read(hit: Hit) -> Reading:
        ip = cut_ip(hit.ip, "anonymous") if hit.ip else None
        return _cast(variable, ip) if ip else NO_ADDRESS

    return read


def _country(variable: Variable, find: Callable[[str], str | None] | None) -> Reads:
    def read(hit: Hit) -> Reading:
        if hit.country is not None:
            return _cast(variable, hit.country)
        if find is None:
            return NO_COUNTRIES
        return _cast(variable, find(hit.ip)) if hit.ip else NO_ADDRESS

    return read


def _agent(variable: Variable) -> Reads:
    part = variable.source

    def read(hit: Hit) -> Reading:
        if hit.user_agent is None and hit.trusted:
            return NOT_SENT
        return _cast(variable, getattr(agent(hit.user_agent), part) if hit.user_agent else None)

    return read


def _time(variable: Variable, zone: ZoneInfo) -> Reads:
    parts: dict[str, Callable[[datetime], Json]] = {
        "hour": lambda at: at.hour,
        "weekday": lambda at: WEEKDAYS[at.weekday()],
        "date": lambda at: at.date().isoformat(),
    }
    part = parts[variable.source]
    return lambda hit: _cast(variable, part(datetime.fromtimestamp(hit.at / 1000, zone)))


_MAKERS: Mapping[str, Callable[[Variable, Container, Around], Reads]] = {
    "constant": lambda variable, _, __: _constant(variable),
    "header": lambda variable, container, _: _header(variable, container.site.drop_query),
    "cookie": lambda variable, container, _: _cookie(variable, container.site.drop_query),
    "event": lambda variable, _, __: _field(variable),
    "trait": lambda variable, container, _: _trait(variable, container.site.drop_query),
    "url": lambda variable, container, _: _url(variable, container.site.drop_query),
    "query": lambda variable, container, _: _query(variable, container.site.drop_query),
    "page": lambda variable, container, _: _page(variable, container.site.drop_query),
    "ip": lambda variable, _, around: (
        _ip(variable) if variable.source == "anonymous" else _country(variable, around.country)
    ),
    "agent": lambda variable, _, __: _agent(variable),
    "time": lambda variable, container, _: _time(variable, ZoneInfo(container.site.timezone)),
}
"""Kind → what makes its reader, for what the gateway reads itself."""
