"""The small parts of a page in Markdown."""

from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    """As it is typed."""
    mark = "``" if "`" in text else "`"
    return f"{mark}{text}{mark}" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Several, as they are typed."""
    return ", ".join(code(text) for text in texts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A row each; empty without rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) if lines else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def page(parts: Iterable[str]) -> str:
    """The parts, a blank line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
