"""A container's file → a frozen Container, or every problem it has. The only I/O of the language."""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct, structs

from gateway.language.built import wrong_parts
from gateway.language.check import check
from gateway.language.container import Container
from gateway.language.gaps import gaps
from gateway.language.grants import grants
from gateway.language.hints import plain_name
from gateway.language.leave import may_leave
from gateway.language.order import wrong_joins
from gateway.language.plain_yaml import Map, NotPlain, compose
from gateway.language.program import compile_program
from gateway.language.proof.circuit import TooHard
from gateway.language.proof.guarantees import Proof
from gateway.language.proof.scenes import Scenes
from gateway.language.read import read
from gateway.language.schema import NAME, OWN_SECTIONS, SECTIONS, schema
from gateway.language.shape import check_shape
from gateway.language.suite import Judge, run
from gateway.language.tag_types import TagType
from gateway.language.texts import fits
from gateway.problems import Place, Problem, errors, in_order, render

_ALMOST = re.compile(r"^[^.].*\.(yml|yaml|yml\.txt|yaml\.txt)$", re.IGNORECASE)


def is_container(path: Path) -> bool:
    """By its name. What begins with a dot is an editor's, or a copier's (._shop.yaml)."""
    return path.suffix == ".yaml" and not path.name.startswith(".")


def containers_in(folder: Path) -> list[Path]:
    """Their files by name; none where there is no such folder. Raises OSError where it cannot be read."""
    # Not by a pattern: that finds nothing in a folder that is closed to this user.
    return sorted(filter(is_container, folder.iterdir())) if folder.is_dir() else []


def overlooked(folder: Path) -> list[Path]:
    """Files that are probably meant to be containers, by names that nobody reads. Raises OSError."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if _ALMOST.search(path.name) and not is_container(path)]


def called_well(path: Path) -> str:
    """What such a file is to be called."""
    return f"{path.name.partition('.')[0]}.yaml"


class Loaded(Struct, frozen=True, kw_only=True):
    """What became of one file. `container` is None when one of the problems is an error."""

    file: str
    container: Container | None
    problems: tuple[Problem, ...] = ()
    lines: tuple[str, ...] = ()
    source: bytes = b""
    """The file, where it was read."""

    def report(self) -> Iterator[str]:
        """Each problem as `taggate check` prints it."""
        return (render(problem, self.file, self.lines) for problem in self.problems)


class Loader:
    """Loads containers whose tags are of the given types, proves their guarantees, and runs their tests with the given
    decision; without one it does neither."""

    def __init__(self, types: Mapping[str, TagType], judge: Judge | None) -> None:
        self._types = types
        self._judge = judge
        self._schema = schema(types)

    def load(self, path: Path) -> Loaded:
        """Raises OSError when the file cannot be read."""
        source = path.read_bytes()
        return structs.replace(self.compile(source, path.stem, str(path)), source=source)

    def compile(self, source: bytes, name: str, file: str) -> Loaded:
        """The container called `name`; `file` is how messages call it."""
        lines = tuple(source.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").split("\n"))
        if not fits(NAME, name):
            return Loaded(file=file, container=None, problems=(_bad_file_name(name),), lines=lines)
        try:
            root = compose(source)
        except NotPlain as error:
            return Loaded(file=file, container=None, problems=error.problems, lines=lines)
        problems = check_shape(root, self._schema, SECTIONS)
        if problems:
            problems = self._elsewhere(root, problems) or problems
            return Loaded(file=file, container=None, problems=problems, lines=lines)
        return self._meaning(root, name, file, lines, sha256(source).hexdigest()[:16])

    def _elsewhere(self, root: Map, problems: Sequence[Problem]) -> tuple[Problem, ...]:
        """Where the file is no container at all, the first line that says what it is."""
        if any(root.key(name) for name in OWN_SECTIONS):
            return ()
        said = self._schema["x-instead"].values()
        return tuple(problem for problem in problems if problem.hint in said)[:1]

    def _meaning(self, root: Map, name: str, file: str, lines: tuple[str, ...], revision: str) -> Loaded:
        parts, wrong = read(root, self._types)
        problems = [*wrong, *wrong_joins(parts.triggers), *wrong_parts(parts.variables)]
        container = None
        try:
            scenes = Scenes(parts)
            problems += check(parts, scenes, whole=not errors(problems))
            if not errors(problems):
                container = build(scenes, name, file, revision)
                if self._judge:
                    problems += [*Proof(scenes, file).problems(), *run(container, self._judge)]
                if not errors(problems):
                    problems += gaps(parts, scenes)
        except TooHard:
            problems.append(too_hard(parts.tests_place))
        kept = None if errors(problems) else container
        return Loaded(file=file, container=kept, problems=in_order(problems), lines=lines)


def build(scenes: Scenes, name: str, file: str, revision: str) -> Container:
    """The container that runs, of parts in which nothing is wrong."""
    parts = scenes.parts
    return Container(
        name=name,
        file=file,
        revision=revision,
        site=parts.site,
        server_key=parts.server_key,
        calls=parts.calls,
        dialects=parts.dialects,
        consent=parts.consent,
        visitor=parts.visitor,
        events=parts.events,
        variables=parts.variables,
        triggers=parts.triggers,
        tags=parts.tags,
        user_id=parts.user_id,
        guarantees=parts.guarantees,
        tests=parts.tests,
        program=compile_program(parts),
        may_leave=may_leave(scenes),
        grants=grants(scenes),
    )


def too_hard(place: Place) -> Problem:
    """What is said where TooHard was raised."""
    message = "The triggers of this file stand on one another in too many ways to be worked out."
    hint = "Write what is asked most into fewer triggers, and join fewer of them."
    return Problem(place=place, code="too-hard", message=message, hint=hint)


def _bad_file_name(name: str) -> Problem:
    good = plain_name(re.sub(r"\.(ya?ml|txt)$", "", name, flags=re.IGNORECASE)) or "shop"
    say = f"The file's name, \"{name}\", cannot be a container's name: small letters, digits and _."
    return Problem(place=Place(1, 1), code="bad-file-name", message=say, hint=f"Call the file {good}.yaml.")
