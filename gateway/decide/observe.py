"""Hit + Known → Facts: every variable's value, the consent in force, the verified identity. Rules see nothing else."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from gateway.decide.address import cut_url, host
from gateway.decide.banner import read_choice
from gateway.decide.consent import Choices, in_force
from gateway.decide.identity import identify
from gateway.decide.proof import ProofKey
from gateway.language.container import Container, Variable
from gateway.language.values import LONGEST, NOT_PROVEN, NOT_SENT, cast
from gateway.language.who import shows_identity
from gateway.model import ABSENT, CannotTell, Facts, Hit, Identity, Json, Reading, Signed

Reads = Callable[[Hit], Reading]

NOT_A_BROWSER = CannotTell("a server cannot read it")
NO_ADDRESS = CannotTell("the sender gave no address")


class Observer:
    """Makes facts of one container's hits; the readers are prepared at load."""

    def __init__(self, container: Container, proof_key: ProofKey | None) -> None:
        self._container = container
        self._proof_key = proof_key
        user = container.user_id
        self._id = user.variable if user else None
        self._readers = [(v.name, _with_default(v, _reader(v, container))) for v in container.variables.values()]
        self._claimed = shows_identity(container)

    def identify(self, hit: Hit) -> Identity:
        """Who the hit says is signed in."""
        return identify(hit, self._container.user_id, self._proof_key)

    def observe(self, hit: Hit, identity: Identity, choice: Mapping[str, bool], kept: Iterable[Choices]) -> Facts:
        """`choice`: the `cookie_choice`; `kept`: the choices remembered under what this visitor is known by."""
        readings: dict[str, Reading] = {"event": hit.event}
        for name, read in self._readers:
            readings[name] = read(hit)
        if identity.signed is Signed.UNVERIFIED:
            readings |= dict.fromkeys(self._claimed, NOT_PROVEN)
        if self._id:
            readings[self._id] = _of_identity(identity)
        consent = in_force(self._container.consent, hit, choice, kept)
        return Facts(event=hit.event, readings=readings, consent=consent, identity=identity)

    def cookie_choice(self, hit: Hit) -> Mapping[str, bool]:
        """What the request's own consent cookie says, where the choice is kept in one."""
        source = self._container.consent
        if source is None or source.kind != "cookie" or hit.trusted or source.where not in hit.cookies:
            return {}
        return read_choice(hit.cookies[source.where], source.purposes)


def _of_identity(identity: Identity) -> Reading:
    if identity.id is not None:
        return identity.id
    if identity.signed is Signed.UNVERIFIED:
        return NOT_PROVEN
    return ABSENT if identity.signed is Signed.NOBODY else NOT_SENT


def _with_default(variable: Variable, read: Reads) -> Reads:
    default = variable.default
    if default is None:
        return read

    def with_default(hit: Hit) -> Reading:
        value = read(hit)
        return default if value is ABSENT else value

    return with_default


def _reader(variable: Variable, container: Container) -> Reads:
    makers: dict[str, Callable[[], Reads]] = {
        "constant": lambda: lambda _: variable.source,
        "header": lambda: _header(variable),
        "cookie": lambda: _cookie(variable),
        "event": lambda: _field(variable),
        "trait": lambda: _trait(variable),
        "url": lambda: _url(variable, container.site.drop_query),
        "query": lambda: _query(variable, container.site.drop_query),
        "page": lambda: _page(variable, container.site.drop_query),
    }
    # What else is read in the browser comes with the hit as the browser found it.
    return makers.get(variable.kind, lambda: _value(variable))()


def _cast(variable: Variable, given: Json) -> Reading:
    if type(given) is str and 0 < len(given) <= LONGEST and variable.type == "text":
        return given
    return cast(given, variable.type, decimal_comma=variable.decimal_comma)


def _value(variable: Variable) -> Reads:
    name = variable.name
    return lambda hit: _cast(variable, hit.values[name]) if name in hit.values else NOT_SENT


def _cookie(variable: Variable) -> Reads:
    claimed = _value(variable)
    return lambda hit: _cast(variable, hit.cookies[variable.source]) if variable.source in hit.cookies else claimed(hit)


def _header(variable: Variable) -> Reads:
    name = variable.source.lower()
    return lambda hit: NOT_A_BROWSER if hit.trusted else _cast(variable, hit.headers.get(name))


def _field(variable: Variable) -> Reads:
    source = variable.source
    return lambda hit: _cast(variable, hit.fields[source] if source in hit.fields else _at(hit.fields, source))


def _trait(variable: Variable) -> Reads:
    return lambda hit: NOT_SENT if hit.traits is None else _cast(variable, _at(hit.traits, variable.source))


def _at(found: Json, path: str) -> Json:
    if isinstance(found, Mapping) and path in found:
        return found[path]
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _page(variable: Variable, drop: frozenset[str]) -> Reads:
    part = variable.source
    parts: dict[str, Callable[[str], str | None]] = {
        "referrer": lambda referrer: cut_url(referrer, "url", drop),
        "referrer_host": host,
    }
    cut = parts.get(part, str)

    def read(hit: Hit) -> Reading:
        given = {"title": hit.title, "language": hit.language}.get(part, hit.referrer)
        return NOT_SENT if given is None else _cast(variable, cut(given))

    return read


def _url(variable: Variable, drop: frozenset[str]) -> Reads:
    part = variable.source

    def read(hit: Hit) -> Reading:
        url = cut_url(hit.url, "url", drop) if hit.url else None
        return _cast(variable, _part_once(url, part)) if url else NO_ADDRESS

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


# No address that was cut is longer than 2,048 characters.
_part_once = lru_cache(512)(_part)


def _query(variable: Variable, drop: frozenset[str]) -> Reads:
    def read(hit: Hit) -> Reading:
        url = cut_url(hit.url, "url", drop) if hit.url else None
        if not url:
            return NO_ADDRESS
        found = parse_qs(urlsplit(url).query, keep_blank_values=True).get(variable.source)
        return _cast(variable, found[0] if found else None)

    return read
