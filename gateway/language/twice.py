"""A key that stands a second time in one map: what was probably meant, by where it stands."""

from collections.abc import Sequence

from gateway.language.yaml_text import flow

LISTS = frozenset(
    {
        *("domains", "drop_query", "site_ids", "gpc_refuses", "all_of", "any_of", "none_of", "one_of", "not_one_of"),
        *("attach", "hash", "to", "consent", "granted", "refused", "cannot_tell"),
    }
)
"""Keys behind which a list of texts stands."""


def one_of_both(line: int) -> str:
    """Where nothing tells what was meant."""
    return f"It is already in line {line}: keep one of the two."


def one_list(key: str, line: int, words: Sequence[str]) -> str:
    """Behind the key stands a list, begun twice."""
    return f"It is already in line {line}: write both in one line, {key}: {flow(list(words))}."


def section(line: int) -> str:
    """A section of the file, begun twice."""
    return f"It is already in line {line}: move what stands below this one up to that one, and delete this line."


def next_item(line: int) -> str:
    """The next item of a list, without its dash."""
    return (
        f'If the next item of the list begins here, put "- " before it, with two spaces fewer; if not, it is already '
        f"in line {line}: keep one of the two."
    )


def too_deep(line: int, name: str, its_line: int) -> str:
    """A neighbour of the map, written so deep that it became a part of it: `name`."""
    return (
        f"If it belongs to {name}, check the spaces before line {its_line}: {name} is indented as if it were a part of "
        f"what stands above it. If not, it is already in line {line}: keep one of the two."
    )
