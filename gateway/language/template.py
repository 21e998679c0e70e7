"""Texts with variables in them: `{plan}/{section}`."""

import re

_PART = re.compile(r"\{([^{}]*)\}")


def names(text: str) -> tuple[str, ...]:
    """The variables in it, each once, in order."""
    return tuple(dict.fromkeys(name.strip() for name in _PART.findall(text)))


def pieces(text: str) -> tuple[str, ...]:
    """Plain text and the names of variables in turn, beginning and ending with plain text."""
    return tuple(piece.strip() if number % 2 else piece for number, piece in enumerate(_PART.split(text)))
