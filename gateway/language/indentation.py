"""How far lines are indented: which spaces before a line that stands where none of its neighbours stands are wrong."""

import re

from gateway.language.schema import SECTIONS


def spaces(line: str) -> int:
    """How many stand before it."""
    return len(line) - len(line.lstrip())


def wrong_spaces(lines: list[str]) -> str:
    """A hint for the last of these lines; nothing where its spaces are those of another one above."""
    written = [(number, line) for number, line in enumerate(lines, 1) if re.match(r"\s*[^\s#]", line)]
    own = spaces(lines[-1])
    since = [number for number, (_, line) in enumerate(written[:-1]) if spaces(line) == own]
    left = [number for number, line in written[since[-1] : -1] if spaces(line) < own] if since else []
    if len(left) == 1 and not _is_section(lines[left[0] - 1]):
        return (
            f"Line {left[0]} stands further left than its neighbours: give it {own} spaces too, if it belongs to them."
        )
    levels = _levels([line for _, line in written[:-1]])
    if own in levels or not levels:
        return ""
    *some, last = map(str, levels)
    listed = f"{', '.join(some)} or {last}" if some else last
    return f"It has {own} space{'s' * (own != 1)} before it, and its neighbours above have {listed}."


def _is_section(line: str) -> bool:
    """Whether a section begins here: then it is what stands below it that is wrong."""
    found = re.match(r"(\w+):\s*(#.*)?$", line)
    return found is not None and found[1] in SECTIONS


def parent(lines: list[str]) -> tuple[str, int]:
    """The key below which the last of these lines stands, and the spaces before it; nothing where there is none."""
    own = spaces(lines[-1])
    keys = (re.match(r"\s*([\w-]+):", line) for line in reversed(lines[:-1]) if spaces(line) < own)
    found = next((key for key in keys if key), None)
    return (found[1], spaces(found[0])) if found else ("", 0)


def _levels(lines: list[str]) -> list[int]:
    """Where a further line may stand."""
    open_ones: list[int] = []
    for line in lines:
        starts = [spaces(line), *([spaces(line) + 2] if line.lstrip().startswith("- ") else [])]
        open_ones = [one for one in open_ones if one < starts[0]] + starts
    return open_ones
