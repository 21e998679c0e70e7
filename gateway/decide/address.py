"""Addresses, cut to what may be kept. An IP or a URL as it came in; less of it, or None for anything odd, out."""

import re
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal
from urllib.parse import unquote_plus, urlsplit

from gateway.model import Json

MAX_URL = 2048
PREVIEW = "taggate_preview"
"""A token stands in it: the snippet takes it out, who sends without the snippet does not."""
_LOOKED_AT = 4 * MAX_URL
"""Characters of a query out of which parameters are taken: one that is longer than any page's would hold others up."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(://)(.*)", re.DOTALL)
# A browser ends the authority of a web address at a backslash too (WHATWG URL).
_ENDS = {True: re.compile(r"[/?#\\]"), False: re.compile(r"[/?#]")}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=-]+)(?::[0-9]{0,5})?")
# Text that begins with an address goes on with a blank.
_ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#\\]*(?:[/?#\\]|\s*\Z)")
_WEB = frozenset({"http", "https"})
# Code, or something on the visitor's own machine.
_NEVER = frozenset({"javascript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source", "chrome"})
_HEX = "[0-9A-F]"
_LOCAL_ESCAPE = rf"(?:2B|2D|2E|5F|27|[89A-F]{_HEX})"
# One start for each run of characters and escapes: otherwise a text of escapes alone takes quadratic time.
EMAIL = re.compile(
    rf"(?:(?<![\w.+'-])|(?<=%(?!{_LOCAL_ESCAPE}){_HEX}{{2}})|(?<=%25(?!{_LOCAL_ESCAPE}){_HEX}{{2}}))"
    rf"(?!(?<=%){_HEX}{{2}})(?!(?<=%25){_HEX}{{2}})"
    rf"(?:[\w.+'-]|%(?:25)?{_LOCAL_ESCAPE})++(?:@|%(?:25)?40)"
    rf"(?:(?:[\w-]|%(?:25)?[89A-F]{_HEX})++(?:\.|%(?:25)?2E))+(?:xn--[\w-]++|[^\W\d_]{{2,}})",
    re.IGNORECASE,
)
"""What looks like an e-mail address, also URL-encoded once or twice."""
_AUTHORITY = re.compile(r"(?<=://)[^/?#\s]*")
_PLACE = re.compile(r"#(?![!/]+[^!/])")
_PARSED = re.compile(r"[^\[\]:]*(?::[0-9]{0,5})?")
_IGNORED = re.compile(r"[\t\r\n]")
_EDGES = "".join(map(chr, range(0x21)))


@lru_cache(1024)
def cut_ip(ip: str, how: Literal["none", "anonymous", "full", "two_bytes"]) -> str | None:
    """The address as a tag's `ip:` allows: whole, its /24 or /48, or None; two_bytes: its /16 or /32."""
    if how == "none":
        return None
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if how == "full":
        return str(address)
    return str(ip_network((address, _kept_bits(address, how == "two_bytes")), strict=False)[0])


def _kept_bits(address: IPv4Address | IPv6Address, two_bytes: bool) -> int:
    if isinstance(address, IPv4Address):
        return 16 if two_bytes else 24
    if two_bytes:
        return 32
    # 6to4 carries the whole IPv4 address in its first 48 bits.
    return 40 if address.sixtofour else 48


def cut_url(url: str, how: Literal["url", "path", "none"], drop_query: frozenset[str] = frozenset()) -> str | None:
    """The address as a tag's `page:` allows, without user, password and the parameters in `drop_query`.

    What stays is as it was, byte for byte, but for blanks around and line ends within. Too long: parameters
    go from the end, whole ones. None: not an address of a page or an app.
    """
    if how == "none":
        return None
    # Several tags and variables ask about the same address; a long one would fill the memory.
    return _cut_once(url, how, drop_query) if len(url) <= MAX_URL else _cut_url(url, how, drop_query)


def _cut_url(url: str, how: Literal["url", "path"], drop_query: frozenset[str]) -> str | None:
    parts = _split(url)
    if parts is None:
        return None
    base, rest = parts
    rest = rest if len(rest) <= _LOOKED_AT else _beginning(rest)
    rest, hash_mark, fragment = rest.partition("#")
    path, query_mark, query = rest.partition("?")
    if how == "path":
        return _fitting(base + path, "", "")
    names = {PREVIEW, *(name.casefold() for name in drop_query)}
    query = _kept(query, names, "?") if query_mark else ""
    return _fitting(base + path, query, _kept_fragment(fragment, names) if hash_mark else "")


_cut_once = lru_cache(512)(_cut_url)


def place(url: str) -> str:
    """The page that an address is of: a fragment counts only where it is a path of its own (#/cart), as in the
    snippet."""
    return _PLACE.split(url, maxsplit=1)[0] if "#" in url else url


def bare(value: Json, drop_query: frozenset[str]) -> Json:
    """A value as it may be kept: what is an address, also within lists and maps, without what no address keeps."""
    if isinstance(value, str):
        return cut_url(value, "url", drop_query) if "://" in value and _ADDRESS.match(value) else value
    if isinstance(value, list):
        return [bare(item, drop_query) for item in value]
    if isinstance(value, dict):
        return {name: bare(item, drop_query) for name, item in value.items()}
    return value


def _beginning(rest: str) -> str:
    """Path and query of a very long one, with whole parameters only; no fragment, for which there is no room."""
    path, mark, query = rest.partition("#")[0].partition("?")
    query = query if len(query) <= _LOOKED_AT else _fore(query, _LOOKED_AT)
    return f"{path}{mark}{query}" if query else path


def _fore(query: str, room: int) -> str:
    """A parameter cut in two could hide from scrubbing: only whole ones stay."""
    return query[: max(query.rfind("&", 0, room + 1), query.rfind(";", 0, room + 1), 0)]


def mended(text: str, put_in: Collection[str]) -> str:
    """The text with hosts that can be parsed, also where words were put into a port or between brackets."""

    def host_of(match: re.Match[str]) -> str:
        touched = any(word in match[0] for word in put_in)
        return "removed.invalid" if touched and not _PARSED.fullmatch(match[0]) else match[0]

    return _AUTHORITY.sub(host_of, text)


def host(url: str) -> str | None:
    """The host of an address, in lower case, without port and closing dot; None without one."""
    parts = _split(url)
    if parts is None:
        return None
    found = _HOST.fullmatch(parts[0].partition("://")[2])
    return found[1].lower().rstrip(".") or None if found else None


def _split(url: str) -> tuple[str, str] | None:
    """Scheme and host without user; and all that follows. None for what neither a browser nor urllib would read."""
    found = _URL.fullmatch(_IGNORED.sub("", url.strip(_EDGES)))
    if not found or found[1].lower() in _NEVER or found[1].lower().endswith("-extension"):
        return None
    scheme, _, rest = found.groups()
    web = scheme.lower() in _WEB
    authority = _ENDS[web].split(rest, maxsplit=1)[0]
    where, rest = authority.rpartition("@")[2], rest[len(authority) :]
    if not _readable(where) and (web or where):
        return None
    return f"{scheme}://{where}", "/" + rest[1:] if rest.startswith("\\") else rest


def _readable(where: str) -> bool:
    try:
        return bool(_HOST.fullmatch(where)) and (urlsplit(f"//{where}").port or 0) >= 0
    except ValueError:
        return False


def _kept_fragment(fragment: str, names: AbstractSet[str]) -> str:
    """The fragment with its mark; single-page apps keep queries in it, as `#a=1` and as `#/path?a=1`."""
    head, mark, tail = fragment.partition("?")
    if "=" in head:
        head = _kept(head, names, "")
    kept = head + (_kept(tail, names, "?") if mark else "")
    return "#" + kept if kept or not fragment else ""


def _kept(query: str, names: AbstractSet[str], mark: str) -> str:
    """The query behind its mark, without the named parameters; nothing when none is left."""
    # `&` and `;` belong to the parameter they stand before.
    pieces = re.findall(r"(?:^|[&;])[^&;]*", query)
    kept = [piece for piece in pieces if not _named(piece, names)]
    if len(kept) == len(pieces):
        return mark + query
    return mark + "".join(kept)[kept[0] is not pieces[0] :] if kept else ""


def _named(piece: str, names: AbstractSet[str]) -> bool:
    name = unquote_plus(piece.lstrip("&;").partition("=")[0]).casefold()
    return name in names or name.partition("[")[0] in names


def _fitting(base: str, query: str, fragment: str) -> str | None:
    if len(base) + len(query) + len(fragment) <= MAX_URL:
        return base + query + fragment
    room = MAX_URL - len(base)
    if room < 0:
        return None
    if len(query) > room:
        query = _fore(query, room)
    return base + query
