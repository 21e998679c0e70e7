"""JSON of an export → its parts, however broken it is."""

from collections.abc import Iterable, Mapping

import msgspec

from gateway.importing.source import BadExport, SourceVariable
from gateway.importing.templates import template
from gateway.model import Json

LARGEST = 32 << 20
MOST = 3000
"""Of anything; a container has room for fewer."""


def parse(data: bytes) -> Mapping[str, Json]:
    """Raises BadExport where it is no JSON object."""
    if len(data) > LARGEST:
        raise BadExport(f"This file is larger than {LARGEST >> 20} MiB, which no export is.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadExport("This file is not UTF-8 but UTF-16. Take it as it was exported, or save it as UTF-8.")
    try:
        found = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadExport("This file is not JSON. Export the container again, and take the file as it is.") from None
    except RecursionError:
        raise BadExport("This file is nested too deep to be an export.") from None
    if not isinstance(found, dict):
        raise BadExport("This JSON is not an export: it must be an object.")
    return found


def text(found: Json, key: str) -> str:
    """A text, or what was written as a number or true."""
    value = found.get(key) if isinstance(found, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def flag(found: Json, key: str) -> bool:
    """Whether something is said to be so."""
    return text(found, key).lower() in ("true", "1")


def maps(found: Json, key: str) -> list[Mapping[str, Json]]:
    """The objects of a list."""
    value = found.get(key) if isinstance(found, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def ids(found: Json, key: str) -> tuple[str, ...]:
    """The ids of a list."""
    value = found.get(key) if isinstance(found, dict) else None
    return tuple(str(one) for one in value if isinstance(one, str | int)) if isinstance(value, list) else ()


def named(found: Json, key: str) -> list[Mapping[str, Json]]:
    """The objects of a list that have names. Raises BadExport where there are too many."""
    all_of_them = maps(found, key)
    if len(all_of_them) > MOST:
        raise BadExport(f"There are more than {MOST} under {key}; a container has no room for that many.")
    return [
        {**one, "name": text(one, "name").strip() or f"(no name, {key} {number})"}
        for number, one in enumerate(all_of_them, 1)
    ]


class Constants:
    """The constants of an export, put in wherever they are named."""

    def __init__(self, variables: Iterable[SourceVariable]) -> None:
        self.used: set[str] = set()
        self._known = {
            variable.name: str(variable.reads["constant"])
            for variable in variables
            if variable.reads and "constant" in variable.reads and variable.table is None
        }

    def text(self, said: str) -> str | None:
        """The text with every name replaced; None where one of them is no constant."""
        pieces = template(said).pieces
        found = [self._known.get(one) if is_name else one for is_name, one in pieces]
        if None in found:
            return None
        self.used |= {one for is_name, one in pieces if is_name}
        return "".join(one for one in found if one is not None)
