"""The snippet's modules as `static/snippet/tools` built them: what each needs, its code, and where that came from."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct, json

BUILT = "modules.json"


class Module(Struct, frozen=True, kw_only=True):
    """One file of `static/snippet`, minified together with all others: they share one space of names."""

    name: str = ""
    needs: tuple[str, ...]
    code: str
    sha256: str
    """The first 16 hex digits of that of its source."""
    mappings: str
    """Of its one line, as in a source map."""
    source: str = ""


def read_modules(folder: Path) -> Mapping[str, Module]:
    """Every module by name, each after those it needs. Raises OSError and msgspec.ValidationError."""
    found = json.decode((folder / BUILT).read_bytes(), type=dict[str, Module])
    return {name: _named(name, module, folder) for name, module in found.items()}


def _named(name: str, module: Module, folder: Path) -> Module:
    return Module(
        name=name,
        needs=module.needs,
        code=module.code,
        sha256=module.sha256,
        mappings=module.mappings,
        source=(folder / f"{name}.js").read_text("utf-8"),
    )


def in_order(modules: Mapping[str, Module], wanted: Iterable[str]) -> tuple[Module, ...]:
    """The wanted modules and all they need, in the order in which they were built. Raises KeyError for a name there
    is not."""
    chosen: set[str] = set()
    for name in wanted:
        chosen.update(_with_needs(modules, name, chosen))
    return tuple(module for name, module in modules.items() if name in chosen)


def _with_needs(modules: Mapping[str, Module], name: str, known: set[str]) -> Iterator[str]:
    """Two modules may need each other: what is known already is not looked up again."""
    if name not in known:
        known.add(name)
        yield name
        for need in modules[name].needs:
            yield from _with_needs(modules, need, known)
