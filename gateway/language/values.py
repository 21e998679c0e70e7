"""What a sender gave → a value of the variable's type, absent, or cannot tell."""

import re
from decimal import Decimal

from gateway.model import ABSENT, CannotTell, Json, Reading, Value

NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?")
COMMA_NUMBER = re.compile(r"[+-]?([0-9]{1,3}(\.[0-9]{3}){1,99}|[0-9]{1,300})(,[0-9]{1,300})?")
LARGEST = 1e300
LONGEST = 4096
"""Characters of a text that is looked at."""
TRUE = frozenset({"true", "yes", "1"})
FALSE = frozenset({"false", "no", "0"})
TYPES = ("text", "number", "true_false", "set")

NOT_SENT = CannotTell("the sender did not say it")
NOT_PROVEN = CannotTell("the User ID has no valid proof")
TOO_LONG = CannotTell(f"it is longer than {LONGEST:,} characters")


def called(kind: str) -> str:
    """A type as a person would say it."""
    return kind.replace("_", "/")


_UNFIT = {kind: CannotTell(f"its value is not a {called(kind)}") for kind in TYPES}


def cast(given: Json, kind: str, *, decimal_comma: bool = False) -> Reading:
    """`kind` is one of TYPES. None and empty text are absent; what does not fit is cannot tell."""
    if given is None or given in ("", []):
        return ABSENT
    if kind == "text":
        return _text(given)
    if kind == "number":
        return _number(given, decimal_comma)
    if kind == "true_false":
        return _true_false(given)
    return _set(given)


def plain(given: Json) -> str | None:
    """A text or number as text; None for anything else."""
    if isinstance(given, str):
        return given
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float) and not abs(given) >= LARGEST:
        return str(int(given)) if abs(given) < 2**53 and float(given).is_integer() else repr(given)
    return None


def written(value: Value) -> str:
    """A value as it stands in a text."""
    return ",".join(sorted(value)) if isinstance(value, frozenset) else plain(value) or ""


def spelled(value: Value, *, decimal_comma: bool = False) -> str | tuple[str, ...]:
    """A value as a test gives it: `cast` makes the value of it again."""
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    if not isinstance(value, float):
        return str(plain(value))
    text = format(Decimal(repr(value)).normalize(), "f")
    return text.replace(".", ",") if decimal_comma else text


def _text(given: Json) -> Reading:
    text = plain(given)
    if text is None:
        return _UNFIT["text"]
    return text if len(text) <= LONGEST else TOO_LONG


def _number(given: Json, decimal_comma: bool) -> Reading:
    if isinstance(given, bool):
        return _UNFIT["number"]
    if isinstance(given, int | float):
        return _small(float(given)) if abs(given) < LARGEST else _UNFIT["number"]
    text = given.strip() if isinstance(given, str) else ""
    if decimal_comma and COMMA_NUMBER.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif decimal_comma or not NUMBER.fullmatch(text):
        return _UNFIT["number"]
    return _small(float(text))


def _small(number: float) -> Reading:
    """Also of 300 digits, the last of which round it up, the proof knows how large they can be."""
    return number if abs(number) < LARGEST else _UNFIT["number"]


def _true_false(given: Json) -> Reading:
    word = (plain(given) or "").strip().lower()
    if word in TRUE:
        return True
    return False if word in FALSE else _UNFIT["true_false"]


def _set(given: Json) -> Reading:
    items = given if isinstance(given, list) else given.split(",") if isinstance(given, str) else [given]
    words = [plain(item) for item in items]
    if None in words:
        return _UNFIT["set"]
    return frozenset(word.strip() for word in words if word and word.strip()) or ABSENT
