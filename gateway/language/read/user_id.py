"""The section user_id and its rules."""

from collections.abc import Mapping

from gateway.language.container import Proof, Rule, UserId
from gateway.language.nodes import child, entries, items, key_place, text, texts
from gateway.language.plain_yaml import Map, Node, Text
from gateway.language.read.names import Names
from gateway.language.variables import KINDS
from gateway.model import Form
from gateway.problems import Place, quoted


def read_user_id(key: Text | None, node: Node | None, names: Names) -> UserId | None:
    """Where the User ID comes from and which tag gets it in which form; None: the file has no such section."""
    if key is None or not isinstance(node, Map):
        return None
    _otherwise_last(node, names)
    _id_variable(node.get("from"), names)
    _tells_who(names.variable(node.get("account")), names)
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
    _tells_who(word, names)


def _tells_who(word: Text | None, names: Names) -> None:
    if word is None or KINDS[names.variables[word.text].kind].tells_who:
        return
    fit = ", ".join(kind.name for kind in KINDS.values() if kind.tells_who)
    kind = names.variables[word.text].kind
    message = f"{quoted(word.text)} is read from {kind}, where nobody is looked for."
    hint = f"Name a variable that is read from one of: {fit}."
    if kind == "trait":
        hint = (
            f"What identify says counts in any case. {hint[:-1]}, like {word.text}: {{ data_layer: user.{word.text} }}."
        )
    names.say(word.place, "user-id-source", message, hint)


def proof_variable(node: Node | None) -> str:
    """The variable under verified_by."""
    return text(child(node, "token")) or text(child(node, "signature"))


def _proof(node: Node | None, names: Names) -> Proof | None:
    if node is None:
        return None
    kind = "token" if child(node, "token") else "signature"
    _tells_who(names.variable(child(node, kind)), names)
    return Proof(kind=kind, variable=proof_variable(node), secret=text(child(node, "key", "secret")))


def _rule(node: Node, names: Names) -> Rule:
    forms: dict[str, Form] = {}
    places: dict[str, Place] = {}
    for word, form in (("attach", Form.RAW), ("hash", Form.PSEUDONYM)):
        for tag in texts(child(node, word)):
            if _rule_tag(tag, forms, names):
                forms[tag.text], places[tag.text] = form, tag.place
    when = child(node, "when")
    if child(when, "none_of"):
        message = "none_of in a User ID rule lets the ID out when something was not noticed."
        hint = "Say in a trigger what must be there, and ask for that."
        names.warn(key_place(when, "none_of"), "none-of-in-rule", message, hint)
    return Rule(
        when=names.join(when),
        forms=forms,
        places=places,
        consent_not_needed=child(node, "consent") is not None,
        place=key_place(node, "when"),
    )


def _rule_tag(tag: Text, forms: Mapping[str, Form], names: Names) -> bool:
    if not names.tag(tag):
        return False
    if tag.text in forms:
        hint = "Keep one: attach sends the User ID as it is, hash a pseudonym."
        names.say(tag.place, "attach-and-hash", f"This rule names {quoted(tag.text)} twice.", hint)
    return tag.text not in forms
