"""Nodes × schema → problems of shape, in plain words. jsonschema walks; the words are ours."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

from gateway.language.mistake import Mistake
from gateway.language.own_names import with_own_names
from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.language.schema.build import Schema
from gateway.language.shape_words import KEYWORDS
from gateway.language.texts import TYPES
from gateway.language.torn import put_together
from gateway.problems import MOST, Place, Problem, in_order, quoted

Path = tuple[str | int, ...]


def check_shape(root: Map, schema: Schema, sections: Sequence[str] = ()) -> tuple[Problem, ...]:
    """Every problem of shape, sorted by place. `sections`: the order in which the top keys must stand."""
    walker = _Walker(schema)
    whole = plain(root)
    mistakes = [_known(error) for error in islice(walker.iter_errors(whole), MOST)]
    places = _Places(root) if mistakes else None
    problems = [_problem(mistake, places, root) for mistake in put_together(mistakes, whole) if places]
    return in_order([*problems, *_order(root, sections)])


def plain(node: Node) -> Any:
    """A node as dicts, lists and the texts as typed."""
    if isinstance(node, Map):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, List):
        return [plain(item) for item in node.items]
    return node.text


class _Places:
    """Where every value and every key of a file stands."""

    def __init__(self, root: Map) -> None:
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self._add((), root)

    def _add(self, path: Path, node: Node) -> None:
        self.values[path] = node.place
        if isinstance(node, Text):
            return
        if isinstance(node, List):
            for index, item in enumerate(node.items):
                self._add((*path, index), item)
            return
        for key, value in node.entries:
            self.keys[*path, key.text] = key.place
            self._add((*path, key.text), value)

    def of(self, path: Path, key: str, *, at_key: bool) -> Place:
        """Of the value at a path; of one of its keys; or of the key that leads to it, where one does."""
        if key:
            return self.keys[*path, key]
        return self.keys.get(path, self.values[path]) if at_key else self.values[path]


def _known(error: ValidationError) -> Mistake:
    if not isinstance(error, Mistake):
        raise TypeError(f"the schema uses {error.validator}, which has no words")
    return error


def _problem(error: Mistake, places: _Places, root: Map) -> Problem:
    place = places.of(tuple(error.absolute_path), error.key, at_key=error.at_key)
    return Problem(place=place, code=error.code, message=error.message, hint=with_own_names(error.hint, root))


def _order(root: Map, sections: Sequence[str]) -> Iterator[Problem]:
    known = [key for key, _ in root.entries if key.text in sections]
    ranks = [sections.index(key.text) for key in known]
    kept = _longest_rising(ranks)
    for key, rank in zip(known, ranks, strict=True):
        if rank not in kept:
            above = [sections[other] for other in kept if other < rank]
            where = f"below {quoted(above[-1])}" if above else f"above {quoted(sections[kept[0]])}"
            message = f"The section {quoted(key.text)} does not stand where it belongs: {where}."
            hint = f"Move it {where}; the order is: {', '.join(sections)}."
            yield Problem(place=key.place, code="section-order", message=message, hint=hint)


def _longest_rising(ranks: Sequence[int]) -> tuple[int, ...]:
    """The most sections that can stay where they are; there are few enough to try."""
    tried = (some for size in range(len(ranks), 0, -1) for some in combinations(ranks, size))
    return next((some for some in tried if list(some) == sorted(some)), ())


_Walker: Any = validators.extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators=KEYWORDS,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(TYPES),
)
