"""What texts some variables can have at all: a wanted text that no value ever is, and what to write in its place."""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from gateway.language.matchers import EXACT

BROWSERS = ("Chrome", "Firefox", "Safari", "Edge", "Opera", "Samsung Internet", "Chromium", "Brave", "Vivaldi")
SYSTEMS = ("Windows", "Mac OS X", "Linux", "iOS", "Android", "Chrome OS")
_SYNONYMS = {"macos": "Mac OS X", "mac": "Mac OS X", "osx": "Mac OS X", "iphone": "iOS", "ipad": "iOS"}
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?")
_ADDRESS = re.compile(r"^\w+://[^/]*")


class Format(Struct, frozen=True, kw_only=True):
    """`whole`: what a value looks like; `begin` and `part`: its beginning and any part of it; `advice`: the same in
    words; `mended`: a wanted text as it is probably meant, or nothing."""

    whole: str
    begin: str
    part: str
    advice: str
    mended: Callable[[str], str]

    def never(self, word: str, text: str) -> bool:
        """Whether what a matcher wants is in no value."""
        pattern = self.whole if word in EXACT else self.begin if word == "starts_with" else self.part
        return bool(text) and not re.fullmatch(pattern, text)

    def hint(self, word: str, text: str) -> str:
        """What to write in place of a text that is in no value."""
        right = self.mended(text)
        fits = right not in ("", text) and not self.never(word, right)
        return f"Write {right}. {self.advice}" if fits else self.advice


def _path(text: str) -> str:
    bare = re.split(r"[?#]", _ADDRESS.sub("", text))[0]
    return bare if bare.startswith("/") else f"/{bare}"


def _host(text: str) -> str:
    return re.split(r"[/?#]", text.lower().rpartition("://")[2])[0]


def _date(text: str) -> str:
    found = _DAY_FIRST.fullmatch(text)
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found and found[3] else ""


def _nothing(_: str) -> str:
    return ""


_URL = r"[^\s|]*"
_NAME = r"[a-z0-9.:_\[\]-]*"
_HOST = Format(whole=_NAME, begin=_NAME, part=_NAME, advice="It is the host alone, in small letters.", mended=_host)
_PATH_SAID = "A path begins with / and ends before ? and #; what follows ? is asked with a variable like { query: q }."
_COUNTRY_SAID = "A country is two capital letters: DE, AT, CH."
FORMATS: Mapping[tuple[str, str], Format] = {
    ("url", "path"): Format(
        whole=r"/[^?#\s|]*", begin=r"/[^?#\s|]*", part=r"[^?#\s|]*", advice=_PATH_SAID, mended=_path
    ),
    ("url", "directory"): Format(
        whole=r"/([^?#\s|]*/)?", begin=r"/[^?#\s|]*", part=r"[^?#\s|]*", advice=_PATH_SAID, mended=_nothing
    ),
    ("url", "href"): Format(
        whole=rf"https?://{_URL}",
        begin=rf"https?://{_URL}|https?:?/?|h|ht|htt",
        part=_URL,
        advice="It is the whole address: https://shop.example.com/suche?q=x.",
        mended=_nothing,
    ),
    ("url", "query"): Format(
        whole=r"[^?#\s][^#\s]*",
        begin=r"[^?#][^#]*",
        part=r"([^?#][^#]*)?",
        advice="It is what follows ?, without it.",
        mended=lambda text: text.partition("?")[2],
    ),
    ("url", "hash"): Format(
        whole=r"[^#\s][^\s]*",
        begin=r"[^#].*",
        part=r"([^#].*)?",
        advice="It is what follows #, without it.",
        mended=lambda text: text.partition("#")[2],
    ),
    ("url", "host"): _HOST,
    ("page", "referrer_host"): _HOST,
    ("page", "language"): Format(
        whole=r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*",
        begin=r"[A-Za-z]{1,3}(-[A-Za-z0-9]{0,8})*",
        part=r"[A-Za-z0-9-]*",
        advice="A language is a short name like de or de-AT.",
        mended=_nothing,
    ),
    ("ip", "country"): Format(
        whole=r"[A-Z]{2}",
        begin=r"[A-Z]{1,2}",
        part=r"[A-Z]{1,2}",
        advice=_COUNTRY_SAID,
        mended=lambda text: text.upper() if len(text) == 2 else "",
    ),
    ("time", "date"): Format(
        whole=r"\d{4}-\d\d-\d\d",
        begin=r"\d{1,4}|\d{4}-\d{0,2}|\d{4}-\d\d-\d{0,2}",
        part=r"[\d-]*",
        advice="A date is year, month and day: 2026-12-24.",
        mended=_date,
    ),
}


def known(source: str, text: str) -> str:
    """The browser or system that is meant, where its name is written otherwise; nothing where none is."""
    names = {"browser": BROWSERS, "os": SYSTEMS}.get(source, ())
    if not names or text in names:
        return ""
    plain = text.casefold()
    if source == "os" and plain in _SYNONYMS:
        return _SYNONYMS[plain]
    return next((name for name in names if re.search(rf"\b{re.escape(name.casefold())}\b", plain)), "")
