"""Small ways to look into nodes whose shape has been checked: what is not there reads as empty."""

from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.problems import Place


def text(node: Node | None, default: str = "") -> str:
    """The characters of a text, or the default where nothing stands."""
    return node.text if isinstance(node, Text) else default


def entries(node: Node | None) -> tuple[tuple[Text, Node], ...]:
    """The entries of a map."""
    return node.entries if isinstance(node, Map) else ()


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list."""
    return node.items if isinstance(node, List) else ()


def texts(node: Node | None) -> tuple[Text, ...]:
    """The texts of a list."""
    return tuple(item for item in items(node) if isinstance(item, Text))


def words(node: Node | None) -> tuple[str, ...]:
    """The texts of a list as they are typed."""
    return tuple(word.text for word in texts(node))


def child(node: Node | None, *path: str) -> Node | None:
    """The value at a path of keys."""
    for key in path:
        node = node.get(key) if isinstance(node, Map) else None
    return node


def place(node: Node | None) -> Place:
    """Where a node stands."""
    return node.place if node else Place(1, 1)


def key_place(node: Node | None, key: str) -> Place:
    """Where a key of a map stands; the map's own place where it has no such key."""
    found = node.key(key) if isinstance(node, Map) else None
    return found.place if found else place(node)
