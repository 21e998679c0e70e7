"""The house rules of the code, read from the code itself. Each failure says why the rule is there."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("model", "problems", "secrets", "shipped"),
    ("language",),
    ("settings", "decide"),
    ("intake", "destinations", "snippet", "importing"),
    ("store", "outbox", "people"),
    ("delivery",),
    ("web",),
    ("cli",),
)
TOUCH_THE_WORLD = (
    *("store", "outbox", "delivery", "web", "cli", "settings", "secrets", "shipped"),
    *("language.load", "snippet.modules"),
)
WORLD = ("sqlite3", "aiosqlite", "aiohttp", "socket", "ssl", "subprocess", "shutil", "tempfile", "urllib.request")
CALLS_OF_THE_WORLD = {
    *("open", "to_thread", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "iterdir"),
    *("glob", "rglob", "touch", "create_connection", "open_connection", "run_in_executor"),
}
MOST_LINES = 350
MOST_IN_A_FUNCTION = 45

Found = Iterator[tuple[Path, ast.AST | int, str]]
"""A file, where in it, and what is there."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _sources(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"), str(path))))


def _module(path: Path) -> str:
    """gateway/decide/decide.py → decide.decide"""
    parts = path.relative_to(ROOT / "gateway").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


OURS = [path for path in _sources("gateway") if _module(path)]
KNOWN = {f"gateway.{_module(path)}" for path in OURS}


def _imported(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every module that a file names in an import; of `from package import module` only the module."""
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node, name if name in KNOWN else node.module) for name in whole)


def _rooms(path: Path) -> Iterator[tuple[ast.AST, str]]:
    return ((node, name.removeprefix("gateway.")) for node, name in _imported(path) if name in KNOWN)


def _floor(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if module.split(".", maxsplit=1)[0] in rooms)


def _called(node: ast.AST) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""


def imports_upward() -> Found:
    """What is below must not know what is above it: else nothing can be read, tested or replaced alone. Hand it in."""
    for path in OURS:
        for node, name in _rooms(path):
            if _floor(name) > _floor(_module(path)):
                yield path, node, f"imports {name}, which stands on a higher floor"


def language_imports_destinations() -> Found:
    """A new tag type must be one new file: the language gets descriptions of the types handed in."""
    for path in (ROOT / "gateway" / "language").rglob("*.py"):
        for node, name in _imported(path):
            if name.startswith("gateway.destinations"):
                yield path, node, f"imports {name}"


def hidden_imports() -> Found:
    """An import in a function or a condition hides a circle, and breaks at the first hit in place of at the start."""
    for path in OURS:
        for outer in _nodes(path):
            if isinstance(outer, Function | ast.If | ast.Try):
                inner = [node for node in ast.walk(outer) if isinstance(node, ast.Import | ast.ImportFrom)]
                yield from ((path, node, "imports where nobody looks") for node in inner)


def touches_the_world() -> Found:
    """What decides about people must give the same answer in serve, try, tests and replay: files, sockets and
    databases are for the rooms of TOUCH_THE_WORLD."""
    for path in OURS:
        if any(_module(path) == room or _module(path).startswith(f"{room}.") for room in TOUCH_THE_WORLD):
            continue
        yield from ((path, node, f"imports {name}") for node, name in _imported(path) if name.startswith(WORLD))
        yield from ((path, n, f"calls {_called(n)}()") for n in _nodes(path) if _called(n) in CALLS_OF_THE_WORLD)


def long_files() -> Found:
    """A file that is long holds more than one noun. Split it."""
    for path in OURS:
        lines = path.read_text("utf-8").count("\n")
        if lines > MOST_LINES:
            yield path, 1, f"has {lines} lines, more than {MOST_LINES}"


def long_functions() -> Found:
    """A function that is long does more than one thing. Give each a name."""
    for path in OURS:
        for node in _nodes(path):
            if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno >= MOST_IN_A_FUNCTION:
                yield path, node, f"{node.name} has more than {MOST_IN_A_FUNCTION} lines"


def swallowed_errors() -> Found:
    """Who catches every error makes mistakes of ours look like answers. Name what is expected."""
    for path in OURS:
        for node in _nodes(path):
            if isinstance(node, ast.ExceptHandler):
                kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
                names = {getattr(kind, "attr", getattr(kind, "id", "every error")) for kind in kinds}
                if names & {"every error", "Exception", "BaseException"}:
                    yield path, node, f"catches {', '.join(sorted(names))}"


def notes() -> Found:
    """A note to somebody is read by nobody. Do it, or write an issue."""
    for path in (*OURS, *_sources("tests")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if path != Path(__file__) and (found := re.search(r"\b(TODO|FIXME|XXX)\b", line)):
                yield path, number, found[0]


def sleeping_tests() -> Found:
    """A sleep is too short on a slow machine and wasted on a fast one. Wait in a loop for what is meant, or sleep(0)
    to let others run."""
    for path in _sources("tests"):
        polls = {id(node) for loop in _nodes(path) if isinstance(loop, ast.While) for node in ast.walk(loop)}
        for node in _nodes(path):
            if _called(node) == "sleep" and id(node) not in polls and not ast.unparse(node).endswith("sleep(0)"):
                yield path, node, "sleeps"


RULES = (
    imports_upward,
    language_imports_destinations,
    hidden_imports,
    touches_the_world,
    long_files,
    long_functions,
    swallowed_errors,
    notes,
    sleeping_tests,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: Callable[[], Found]) -> None:
    broken = [
        f"{path.relative_to(ROOT)}:{where if isinstance(where, int) else getattr(where, 'lineno', 1)} {what}"
        for path, where, what in rule()
    ]
    assert broken == [], f"{rule.__doc__}\n" + "\n".join(broken)


def test_no_module_imports_itself_round_a_corner() -> None:
    graph = {_module(path): {name for _, name in _rooms(path)} - {_module(path)} for path in OURS}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"{' → '.join(error.args[1])}: modules in a circle can only be understood all at once.")


def test_every_room_has_a_floor() -> None:
    rooms = {_module(path).split(".")[0] for path in OURS}
    placed = {room for floor in FLOORS for room in floor}
    assert rooms <= placed, f"{sorted(rooms - placed)} have no floor: say in architecture.md and here where they stand."
