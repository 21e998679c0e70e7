"""A database of addresses (MMDB, of whichever provider) → what tells an address's country."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import maxminddb

from gateway.web.extras import StartFailed

REMEMBERED = 4096
"""A record holds the country's name in many languages; reading it costs more than the rest."""

Finds = Callable[[str], str | None]


class NoCountries(StartFailed):
    """The database cannot be read; the text is for the operator."""


def countries(path: str) -> Finds | None:
    """An address → two letters, or None. None: there is no database. Raises NoCountries."""
    if not path:
        return None
    try:
        reader = maxminddb.open_database(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise NoCountries(f"country.database: {path} cannot be read ({_why(error)}).") from None

    @lru_cache(REMEMBERED)
    def find(ip: str) -> str | None:
        try:
            return _letters(reader.get(ip))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None

    return find


def _why(error: OSError | maxminddb.InvalidDatabaseError) -> str:
    return error.strerror or "?" if isinstance(error, OSError) else "it is no database in the format MMDB"


def _letters(record: object) -> str | None:
    """Providers differ in where they put them."""
    if not isinstance(record, Mapping):
        return None
    country = record.get("country")
    found = country.get("iso_code") if isinstance(country, Mapping) else record.get("country_code", country)
    return found.upper() if isinstance(found, str) and len(found) == 2 else None
