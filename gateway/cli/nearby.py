"""What to say of a file that cannot be read, and what to type in its place."""

from contextlib import suppress
from pathlib import Path

from gateway.language.load import containers_in
from gateway.problems import did_you_mean


def unreadable(path: Path, error: OSError, *, container: bool = False) -> str:
    """Why, and what helps."""
    hint = "Standard input is not read: name a file." if str(path) == "-" else ""
    if isinstance(error, PermissionError):
        hint = "It is closed to this user: let somebody who may make it readable."
    elif container and not hint:
        with suppress(OSError):
            hint = _instead(path)
    return f"{path}: {error.strerror or 'It cannot be read'}. {hint}".rstrip()


def _instead(path: Path) -> str:
    if path.is_symlink() and not path.exists():
        return f"It is a link to {path.readlink()}."
    if path.is_dir():
        found = containers_in(path)
        several = f"Name a file in it, like {found[0]}; check takes several: {path / '*.yaml'}" if found else ""
        return several or "There is no .yaml in it."
    if "=" in path.name:
        return f"The file stands first, then the words: taggate try shop.yaml {path}"
    if path.exists() or not path.parent.is_dir():
        return ""
    for same in (path.with_suffix(".yaml"), "tags" / path.with_suffix(".yaml")):
        if same.is_file() and same != path:
            return f"Did you mean {same}?"
    near = did_you_mean(path.name, [other.name for other in containers_in(path.parent)])
    return near if near.startswith("Did") else ""
