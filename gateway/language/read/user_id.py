"""The section user_id and its rules."""

from collections.abc import Mapping

from gateway.language.container import Proof, Rule, UserId
from gateway.language.nodes import child, entries, items, key_place, text, texts
from gateway.language.plain_yaml import Map, Node, Text
from gateway.language.read.names import Names
from gateway.model import Form
from gateway.problems import Place, quoted


def read_user_id(key: Text | None, node: Node | None, names: Names) -> UserId | None:
    """Where the User ID comes from and which tag gets it in which form; None: the file has no such section."""
    if key is None or not isinstance(node, Map):
        return None
    _otherwise_last(node, names)
    _id_variable(node.get("from"), names)
    names.variable(node.get("account"))
    rules = tuple(_rule(rule, names) for rule in items(node.get("rules")))
    return UserId(
        variable=text(node.get("from")),
        account=text(node.get("account")) or None,
        verified_by=_proof(node.get("verified_by"), names),
        hash_with=_hash_with(key, node, rules, names),
        at_login=text(node.get("at_login"), "new_visit"),
        at_logout=text(node.get("at_logout"), "new_visitor"),
        rules=rules,
        place=key.place,
    )


def _otherwise_last(node: Node, names: Names) -> None:
    last = entries(node)[-1][0]
    if last.text != "otherwise":
        hint = "Move the line otherwise: drop to the end of the section."
        names.say(last.place, "otherwise-last", f"{quoted(last.text)} stands below otherwise: drop.", hint)


def _hash_with(key: Text, node: Map, rules: tuple[Rule, ...], names: Names) -> str | None:
    secret = text(child(node, "hash_with", "secret")) or None
    if not secret and any(Form.PSEUDONYM in rule.forms.values() for rule in rules):
        hint = "Add hash_with: { secret: user_id_key }."
        names.say(key.place, "no-hash-key", "A rule says hash, and hash_with is missing.", hint)
    return secret


def _id_variable(node: Node | None, names: Names) -> None:
    word = names.variable(node)
    if word is None:
        return
    variable = names.variables[word.text]
    called = quoted(word.text)
    if variable.default is not None:
        message = f"{called} holds the User ID and has a default: everybody would be signed in."
        names.say(word.place, "default-user-id", message, "Delete the default of the variable.")
    if variable.type != "text":
        message = f"{called} holds the User ID, so its type must be text."
        names.say(word.place, "wrong-type", message, "Delete the type of the variable.")
    if variable.kind == "constant":
        message = f"{called} is a constant: everybody would be the same person."
        names.say(word.place, "constant-user-id", message, "Name a variable that reads who is signed in.")


def _proof(node: Node | None, names: Names) -> Proof | None:
    if node is None:
        return None
    kind = "token" if child(node, "token") else "signature"
    names.variable(child(node, kind))
    return Proof(kind=kind, variable=text(child(node, kind)), secret=text(child(node, "key", "secret")))


def _rule(node: Node, names: Names) -> Rule:
    forms: dict[str, Form] = {}
    places: dict[str, Place] = {}
    for word, form in (("attach", Form.RAW), ("hash", Form.PSEUDONYM)):
        for tag in texts(child(node, word)):
            _rule_tag(tag, forms, names)
            forms.setdefault(tag.text, form)
            places.setdefault(tag.text, tag.place)
    return Rule(
        when=names.join(child(node, "when")),
        forms=forms,
        places=places,
        consent_not_needed=child(node, "consent") is not None,
        place=key_place(node, "when"),
    )


def _rule_tag(tag: Text, forms: Mapping[str, Form], names: Names) -> None:
    if names.tag(tag) and tag.text in forms:
        hint = "Keep one: attach sends the User ID as it is, hash a pseudonym."
        names.say(tag.place, "attach-and-hash", f"This rule names {quoted(tag.text)} twice.", hint)
