"""Matomo's HTTP Tracking API → Hits. What a client tells in a query, a form or an entry of a bulk in; what its
parameters mean here out (events.md)."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import unquote_plus

from msgspec import UNSET, Struct, UnsetType

from gateway.decide.address import bare
from gateway.intake.sender import Sender
from gateway.intake.snippet import MOST_FIELDS, BadHit, corrected, read_body
from gateway.intake.strict_json import BadJson, parse
from gateway.intake.wording import Beside, known, moment, numbered, own_event, own_fields
from gateway.language.container import Container
from gateway.model import Hit, Json

Told = Mapping[str, str]
Fields = dict[str, Json]
Meaning = tuple[str, Fields]

MOST_ENTRIES = 200
A_DAY_MS = 86_400_000
LONGEST_PAGE = 128
LEAST_RANDOM = 4
"""Digits of `r` or `rand` that make two requests with the same parameters one request sent again."""
MADE_ANEW = frozenset({"pv_id", "cdt", "s"})
"""A random number without one of these may stand in a page's text, the same for everybody."""
PRIVILEGED = frozenset({"cip", "country", "region", "city", "lat", "long"})
"""Matomo takes these from nobody without its token."""
MEASURED = frozenset(
    {"pf_net", "pf_srv", "pf_tfr", "pf_dm1", "pf_dm2", "pf_onl", "res", "h", "m", "s", "cookie"}
    | {"pdf", "qt", "realp", "wma", "fla", "java", "ag", "_rcn", "_rck"}
)
STRUCTURED = frozenset({"uadata", "cvar", "_cvar"})
"""JSON in a parameter: read, so that what must not leave is found in it."""
KEPT = frozenset({"url", "urlref", "action_name", "ua", "cdt"})
"""These come again and again, and are of nobody alone: their decoded form is kept."""
LONGEST_KEPT = 512
_HEX16 = re.compile(r"[0-9a-f]{16}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
DIMENSIONS = {f"dimension{number}": str(number) for number in range(1, 1000)}
"""Parameter → the number of a custom dimension."""
PASSED = MEASURED | STRUCTURED | DIMENSIONS.keys()


class Bulk(Struct, frozen=True):
    """A body with several hits. `quiet`: the sender asked for no answer but a status."""

    entries: list[Json]
    token: str
    quiet: bool


def parameters(said: str) -> dict[str, str]:
    """Of a query or a form; of two with one name the last counts, as in PHP. Raises BadHit."""
    if "\0" in said or "%00" in said:
        raise BadHit("nul_character", "a parameter holds the character NUL")
    found, plus = {}, "+" in said
    for part in said.split("&"):
        name, sign, value = part.partition("=")
        if "%" in part or (plus and "+" in part):
            value = _decoded(value) if name in KEPT and len(value) <= LONGEST_KEPT else unquote_plus(value)
        if sign:
            found[name] = value
    return found


_decoded = lru_cache(2048)(unquote_plus)


def is_bulk(body: bytes) -> bool:
    """Matomo looks for the word, whatever the body is labelled as."""
    return body.find(b'"requests"') > 0


def read_bulk(body: bytes) -> Bulk:
    """Raises BadHit."""
    found = read_body(body)
    entries = found.get("requests") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise BadHit("bad_batch", "requests must be a list")
    if len(entries) > MOST_ENTRIES:
        raise BadHit("bad_batch", f"requests must be a list of at most {MOST_ENTRIES}")
    return Bulk(entries, str(found.get("token_auth") or ""), str(found.get("send_image", "")) in ("0", "False"))


def entry(said: Json) -> dict[str, str]:
    """The parameters of one entry: `?…`, an address, or an object. Raises BadHit."""
    if isinstance(said, str) and "?" in said:
        return parameters(said.partition("?")[2].partition("#")[0])
    if isinstance(said, dict):
        return {name: _plain(value) for name, value in said.items() if not isinstance(value, dict | list | None)}
    raise BadHit("bad_entry", "an entry is ?name=value&…, or an object")


def _plain(value: Json) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def read_hit(told: Told, container: Container, sender: Sender, beside: Beside) -> Hit:
    """One hit. Raises BadHit."""
    trusted = sender.trusted
    event, fields = _meaning(told, container.site.drop_query)
    fields |= _passed(told)
    if trusted and told.get("bots") == "1":
        fields["bots"] = "1"
    purpose = container.calls.consent_purpose
    ip = told.get("cip") if trusted else sender.ip
    given = told.get
    # By their places: by name, so many cost a search each.
    return Hit(
        container.name,
        event,
        _at(told, sender),
        sender.arrived,
        _id(told),
        given("url") or beside.url,
        given("action_name"),
        given("urlref"),
        given("lang") or beside.language,
        own_fields(fields, container),
        {},  # no values
        _page(told, ip),
        {purpose: True} if purpose and given("consent") == "1" else {},
        None,  # no time of the consent
        _user(told),
        None,  # no proof
        UNSET,  # no account
        None,  # no traits
        False,  # no reset
        trusted,
        ip,
        # As in Matomo: its PHP client tells the visitor's browser in the header.
        (given("ua") if trusted else None) or sender.user_agent,
        sender.country,
        sender.headers,
        sender.cookies,
        sender.gpc,
        sender.cookie,
        _visitor(told),
    )


def _at(told: Told, sender: Sender) -> int:
    """Matomo takes what it cannot read, and the future, as now."""
    arrived = sender.arrived
    said = moment(told["cdt"]) if "cdt" in told else None
    before = told.get("cdo", "")
    at = arrived if said is None or said > arrived else said
    at -= int(before) * 1000 if before.isascii() and before.isdigit() and len(before) <= 9 else 0
    if not sender.trusted and (not PRIVILEGED.isdisjoint(told) or arrived - at > A_DAY_MS):
        raise BadHit("needs_token", "an address, a place, or a time of more than a day ago needs token_auth")
    return corrected(at, None, arrived)


def _id(told: Told) -> str | None:
    """Clients number their requests at random, and send the very same one again when they got no answer."""
    if len(told.get("r") or told.get("rand") or "") < LEAST_RANDOM or MADE_ANEW.isdisjoint(told):
        return None
    names = sorted(told)
    if "token_auth" in told:
        names.remove("token_auth")
    return numbered("matomo", "&".join([f"{name}={told[name]}" for name in names]))


def _user(told: Told) -> str | UnsetType | None:
    """Left out says nothing, but a new visit of nobody is what Matomo's clients say after a sign-out."""
    if "uid" in told:
        return told["uid"]
    return None if told.get("new_visit") == "1" else UNSET


def _visitor(told: Told) -> str | None:
    """A claim. Of a forced one Matomo asks the length alone: half a UUID is one too."""
    forced = told.get("cid", "").lower()
    if forced and len(forced) != 16:
        raise BadHit("bad_cid", "cid must be 16 characters long")
    said = told.get("_id", "").lower()[:16]
    return "matomo:" + (forced or said) if forced or _HEX16.fullmatch(said) else None


def _page(told: Told, ip: str | None) -> str | None:
    """Six characters are too few to tell the pages of all visitors apart."""
    number = told.get("pv_id")
    return f"{number}:{told.get('_id') or ip}"[:LONGEST_PAGE] if number else None


# what happened


def _meaning(told: Told, drop: frozenset[str]) -> Meaning:
    if MEANT.isdisjoint(told):
        return "page_view", {}
    for name, read in MEANINGS.items():
        if told.get(name):
            return read(told)
    if told.get("e_c", "").strip() and told.get("e_a", "").strip():
        value = _number(told.get("e_v"))
        # An error of a script is called by the script's address.
        action = str(bare(told["e_a"], drop) or told["e_a"])
        return own_event(action), {"category": told["e_c"], "name": told.get("e_n"), "value": value}
    if told.get("ca") == "1":
        raise BadHit("unknown_action", "what this action means is not known here")
    if not any(told.get(name) for name in ("_pks", "_pkn", "_pkc")):
        return "page_view", {}
    price = _number(told.get("_pkp"))
    product = {"sku": told.get("_pks"), "name": told.get("_pkn"), "category": _category(told.get("_pkc"))}
    return "product_view", {**product, "price": price}


def _heartbeat(_: Told) -> Meaning:
    return "heartbeat", {}


def _goal(told: Told) -> Meaning:
    revenue = _number(told.get("revenue"))
    if told["idgoal"] != "0":
        if not told["idgoal"].isascii() or not told["idgoal"].isdigit():
            raise BadHit("bad_goal", "idgoal must be a number")
        return "goal", {"goal": told["idgoal"], "value": revenue}
    if not told.get("ec_id"):
        return "cart_update", {"value": revenue or 0, "items": _items(told.get("ec_items"))}
    paid = {name: _number(told.get(said)) for name, said in PAID.items()}
    order = {"order_id": told["ec_id"], "value": revenue, **paid, "items": _items(told.get("ec_items"))}
    return "purchase", order


def _content(told: Told) -> Meaning:
    shown = {
        "content": told["c_n"],
        "piece": told.get("c_p") or "Unknown",
        "target": told.get("c_t"),
    }
    if interaction := told.get("c_i"):
        return "content_interaction", {**shown, "interaction": interaction}
    return "content_impression", shown


def _link(told: Told) -> Meaning:
    return "outlink", {"href": told["link"]}


def _download(told: Told) -> Meaning:
    return "download", {"href": told["download"]}


def _search(told: Told) -> Meaning:
    results = _number(told.get("search_count"))
    return "search", {"term": told["search"], "category": told.get("search_cat"), "results": results}


PAID = {"subtotal": "ec_st", "tax": "ec_tx", "shipping": "ec_sh", "discount": "ec_dt"}
MEANINGS: Mapping[str, Callable[[Told], Meaning]] = {
    "ping": _heartbeat,
    "idgoal": _goal,
    "c_n": _content,
    "download": _download,
    "link": _link,
    "search": _search,
}
"""The parameter that says what kind of hit it is: what it tells."""
MEANT = MEANINGS.keys() | {"e_c", "ca", "_pks", "_pkn", "_pkc"}
"""Without one of these it is a page view."""


def _passed(told: Told) -> Fields:
    """What a client measured, and custom dimensions and variables: a Matomo gets them as they came."""
    found: Fields = {}
    dimensions: dict[str, str] = {}
    for name in sorted(told.keys() & PASSED):
        if name not in DIMENSIONS:
            found[name] = _json(told[name]) if name in STRUCTURED else told[name]
        elif told[name]:
            dimensions[DIMENSIONS[name]] = told[name]
    if len(dimensions) > MOST_FIELDS:
        raise BadHit("too_many", f"there are more than {MOST_FIELDS} dimensions")
    if dimensions:
        found["dimensions"] = dimensions
    return found


def _number(said: str | None) -> float | None:
    return float(said) if said and _NUMBER.fullmatch(said) else None


def _json(said: str | None) -> Json:
    """What stands there as a map or a list; None for anything else."""
    if not said or said[0] not in "[{":
        return None
    try:
        return parse(said.encode("utf-8", "replace")) or None
    except BadJson:
        return None


def _category(said: str | None) -> Json:
    """One, or up to five as a list."""
    return _json(said) if said and said.startswith("[") else said


def _items(said: str | None) -> Json:
    """Of a cart: rows of number, name, category, price and quantity."""
    rows = _json(said)
    names = ("sku", "name", "category", "price", "quantity")
    rows = rows if isinstance(rows, list) else []
    return [known(dict(zip(names, row, strict=False))) for row in rows if isinstance(row, list)]
