"""Texts with `{{names}}` in them, as both tag managers write them."""

import re

from msgspec import Struct

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


class Template(Struct, frozen=True):
    """A text in pieces: `(False, text)` as it stands, `(True, name)` a variable of the export."""

    pieces: tuple[tuple[bool, str], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable in it, each once."""
        return tuple(dict.fromkeys(text for is_name, text in self.pieces if is_name))

    @property
    def only(self) -> str | None:
        """The variable that it is and nothing else."""
        return self.pieces[0][1] if len(self.pieces) == 1 and self.pieces[0][0] else None

    @property
    def text(self) -> str | None:
        """The text, where no variable is in it."""
        return None if self.names else "".join(text for _, text in self.pieces)


def template(text: str) -> Template:
    """A text → its pieces."""
    pieces: list[tuple[bool, str]] = []
    for number, part in enumerate(_REFERENCE.split(text)):
        if part:
            pieces.append((number % 2 == 1, part))
    return Template(tuple(pieces))
