"""What to type in place of a container's file that cannot be read."""

from pathlib import Path

from gateway.language.load import containers_in
from gateway.problems import did_you_mean


def instead(path: Path) -> str:
    """A hint that ends the line; nothing where nobody can guess."""
    if path.is_dir():
        found = containers_in(path)
        several = f"Name a file in it, like {found[0]}; check takes several: {path / '*.yaml'}" if found else ""
        return several or "There is no .yaml in it."
    if "=" in path.name:
        return f"The file stands first, then the words: taggate try shop.yaml {path}"
    if path.exists() or not path.parent.is_dir():
        return ""
    same = path.with_suffix(".yaml")
    if same.is_file() and same != path:
        return f"Did you mean {same}?"
    near = did_you_mean(path.name, [other.name for other in containers_in(path.parent)])
    return near if near.startswith("Did") else ""
