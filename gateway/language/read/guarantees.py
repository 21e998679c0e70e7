"""The section guarantees."""

from gateway.language.container import Act, Guarantee
from gateway.language.nodes import child, key_place, text, texts, words
from gateway.language.plain_yaml import Node
from gateway.language.read.names import Names


def read_guarantee(node: Node, names: Names) -> Guarantee:
    """One thing that never happens."""
    never = child(node, "never")
    acts = tuple(Act(word) for word in words(never) or (text(never),))
    to, unless = child(node, "to"), child(node, "unless")
    for tag in texts(to):
        names.tag(tag)
    if to and not _of_tags(acts):
        message = "remember is about the visitor's cookie, which belongs to no tag."
        names.say(key_place(node, "to"), "guarantee-to", message, "Delete to:.")
    if to is None and _of_tags(acts):
        message = "It is not said which tags this is about."
        names.say(key_place(node, "never"), "guarantee-to", message, "Add to: all, or to: with a list of tags.")
    return Guarantee(
        never=acts,
        to=None if text(to) == "all" else words(to),
        unless=names.join(unless) if unless else None,
        place=key_place(node, "never"),
    )


def _of_tags(acts: tuple[Act, ...]) -> bool:
    return any(act is not Act.REMEMBER for act in acts)
