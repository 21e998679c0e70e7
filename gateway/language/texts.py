"""What a text as typed can be read as: a number, a whole number, true or false."""

import re
from collections.abc import Callable, Mapping

from jsonschema import TypeChecker

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def fits(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern as JSON Schema means it: `$` is the very end, also before a line end."""
    return re.search(pattern, text) is not None and not (pattern.endswith("$") and text.endswith("\n"))


def _is_text(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str)


def _is_number(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str) and NUMBER.fullmatch(instance) is not None


def _is_whole(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str) and WHOLE.fullmatch(instance) is not None


def _is_flag(_: TypeChecker, instance: object) -> bool:
    return isinstance(instance, str) and instance in FLAGS


TYPES: Mapping[str, Callable[[TypeChecker, object], bool]] = {
    "string": _is_text,
    "number": _is_number,
    "integer": _is_whole,
    "boolean": _is_flag,
}
"""The types of JSON Schema for values that are all texts; the field decides which one is meant."""
