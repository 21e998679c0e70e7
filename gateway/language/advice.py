"""What to type in place of a text that does not fit: as it was probably meant, else what fits at all."""

import re
from collections.abc import Callable, Mapping

from gateway.language.schema.build import Schema
from gateway.language.texts import fits
from gateway.problems import did_you_mean

_EUROPEAN_DATE = re.compile(r"(0?[1-9]|[12][0-9]|3[01])[./] ?(0?[1-9]|1[0-2])[./] ?(20[0-9]{2})")
_AMERICAN_DATE = re.compile(r"(0?[1-9]|1[0-2])/(1[3-9]|2[0-9]|3[01])/(20[0-9]{2})")
_SHORT_DATE = re.compile(r"(20[0-9]{2})-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])")
_ADDRESS = re.compile(r"(?:\w+://)?([^/?#@:]+)(?::[0-9]+)?(?:[/?#].*)?")
_LONG = re.compile(r"([0-9]{1,3}) ?(day|week|month|year)s?", re.IGNORECASE)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def advice(text: str, schema: Schema) -> str:
    """For a text that does not fit its pattern."""
    if "x-date" in schema and (day := _day(text)):
        return f"Write {day}."
    mended = MENDS[schema["x-mend"]](text.strip()) if "x-mend" in schema else ""
    if mended and mended != text and fits(schema["pattern"], mended):
        return f"Write {mended}."
    near = did_you_mean(text, schema.get("x-words", ()))
    said = schema.get("x-advice") or "It must be one line of text."
    return str(schema.get("x-instead", {}).get(text) or (near if near.startswith("Did") else said))


def _day(text: str) -> str:
    """A day as people write it, as it is written here; nothing where nobody can tell."""
    if found := _EUROPEAN_DATE.fullmatch(text):
        day, month, year = found.groups()
    elif found := _AMERICAN_DATE.fullmatch(text):
        month, day, year = found.groups()
    elif found := _SHORT_DATE.fullmatch(text):
        year, month, day = found.groups()
    else:
        return ""
    return f"{year}-{int(month):02}-{int(day):02}"


def days(text: str, most: int) -> str:
    """A time as people say it, in days; nothing where it is none, or too long."""
    found = _LONG.fullmatch(text.strip())
    number = int(found[1]) * _DAYS[found[2].lower()] if found else 0
    return f"Write the days alone: {number}." if 0 < number <= most else ""


def _host(text: str) -> str:
    """The host of an address, as the net spells it."""
    found = _ADDRESS.fullmatch(text)
    host = found[1] if found else ""
    if "ß" in host or not host or host.startswith("."):
        return ""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


def _path(text: str) -> str:
    """Names with dots between them, without the data layer's own."""
    dotted = re.sub(r"\[([0-9]+|'[^']+'|\"[^\"]+\")\]", lambda found: "." + found[1].strip("'\""), text)
    return re.sub(r"^(window\.)?(dataLayer|_mtm|digitalData|taggateData)\.", "", dotted)


def _address(text: str) -> str:
    """One that lacks its beginning."""
    is_host = "." in text.partition("/")[0] and "://" not in text
    whole = f"https://{text.lstrip('/')}" if is_host or text.startswith("//") else text
    return whole if "/" in whole.partition("://")[2] else f"{whole}/"


MENDS: Mapping[str, Callable[[str], str]] = {"host": _host, "path": _path, "address": _address}
"""By `x-mend` of a schema: what a text is probably meant to be."""
