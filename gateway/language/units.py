"""Numbers with a unit, as people write them in a container: `30s`, `50%`."""

import re
from collections.abc import Mapping
from enum import StrEnum


class Unit(StrEnum):
    """What stands behind the number."""

    SECONDS = "s"
    PERCENT = "%"


NUMBER = r"[0-9]{1,6}(\.[0-9]{1,3})?"
_LOOSE = re.compile(rf"({NUMBER})\s*([A-Za-z%]*)")
_SECONDS = dict.fromkeys(("s", "sec", "secs", "second", "seconds", ""), 1.0) | {"ms": 0.001}
_SECONDS |= dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0)
_SECONDS |= dict.fromkeys(("h", "hour", "hours"), 3600.0)
_FRACTION = re.compile(r"0?[.,][0-9]+|1|([0-9]+)\s*/\s*([1-9][0-9]*)")
_FACTORS: Mapping[Unit, Mapping[str, float]] = {
    Unit.SECONDS: _SECONDS,
    Unit.PERCENT: dict.fromkeys(("", "%", "percent", "pct"), 1.0),
}


def pattern(unit: Unit) -> str:
    """What it must look like (a JSON Schema pattern)."""
    return rf"^{NUMBER}{unit}$"


def amount(text: str) -> float:
    """The number of a text that has the right form."""
    return float(text[:-1])


def rewritten(unit: Unit, text: str, example: str) -> str:
    """How to write what was meant; like the example where nobody can tell."""
    if unit is Unit.PERCENT and (part := _FRACTION.fullmatch(text.strip())):
        share = int(part[1]) / int(part[2]) if part[1] else float(part[0].replace(",", "."))
        return f"Write {share * 100:g}%, if that is meant."
    found = _LOOSE.fullmatch(text.strip().replace(",", "."))
    factor = _FACTORS[unit].get(found[3].lower()) if found else None
    if unit is Unit.SECONDS and found and not found[3] and float(found[1]) >= 1000:
        return f"Write {float(found[1]) / 1000:g}s, if milliseconds are meant."
    meant = f"{float(found[1]) * factor:g}{unit}" if found and factor else example
    return f"Write {meant}, without a blank." if " " in text.strip() else f"Write {meant}."
