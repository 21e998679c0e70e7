"""The snippet's modules: a folder of JavaScript files → what each one needs, and the code of those that are wanted."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

_HEADER = "//"
_NEEDS = "// needs:"


class Module(Struct, frozen=True, kw_only=True):
    """One file: a comment that says what it is, `// needs: a, b`, a blank line, code."""

    name: str
    needs: tuple[str, ...]
    code: str


def read_modules(folder: Path) -> Mapping[str, Module]:
    """Every module in the folder, by name. Raises OSError, UnicodeDecodeError (they are ASCII) and ValueError."""
    return {path.stem: parse(path.stem, path.read_text("ascii")) for path in sorted(folder.glob("*.js"))}


def parse(name: str, source: str) -> Module:
    """A module from its text. Raises ValueError when its header is not one."""
    header, found, code = source.partition("\n\n")
    *about, needs = header.split("\n")
    if not (found and about and needs.startswith(_NEEDS) and all(line.startswith(_HEADER) for line in about)):
        raise ValueError(f"static/snippet/{name}.js does not begin with a comment and `{_NEEDS} a, b`")
    names = needs.removeprefix(_NEEDS).replace(",", " ").split()
    return Module(name=name, needs=tuple(names), code=code.strip("\n"))


def in_order(modules: Mapping[str, Module], wanted: Iterable[str]) -> tuple[Module, ...]:
    """The wanted modules and all they need, each after what it needs. Raises KeyError for a name there is not."""
    chosen: dict[str, Module] = {}
    for name in wanted:
        for module in _with_needs(modules, name):
            chosen.setdefault(module.name, module)
    return tuple(chosen.values())


def _with_needs(modules: Mapping[str, Module], name: str, within: tuple[str, ...] = ()) -> Iterator[Module]:
    if name in within:
        raise ValueError(f"static/snippet: modules need each other: {' → '.join((*within, name))}")
    for need in modules[name].needs:
        yield from _with_needs(modules, need, (*within, name))
    yield modules[name]
