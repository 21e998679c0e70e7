"""Where variables are read: what is written as other tools write it."""

import re

from gateway.language.elements import no_element
from gateway.language.nodes import entries
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.problems import Place, quoted

_BRACES = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_PARAMETER = re.compile(r"[?&]*([^?&=]*)=?(.*)", re.DOTALL)
_CODE = re.compile(r"""(?:\$|jQuery|document\.querySelector(?:All)?)\(\s*(["'])(.+?)\1\s*\).*""")
_BY_ID = re.compile(r"""document\.getElementById\(\s*(["'])(.+?)\1\s*\).*""")
_OWN = re.compile(r"tg_[a-z][a-z0-9_]*")
_PATHS = ("data_layer", "event", "trait")


def doubt_source(kind: str, node: Node, names: Names) -> None:
    """A warning or error where a source reads like another tool's."""
    [where] = [value for key, value in entries(node) if key.text == kind and isinstance(value, Text)]
    said = where.text
    if _BRACES.search(said):
        _braces(kind, where, names)
    elif kind == "query":
        check_parameter(where, names)
        if said.casefold() in names.dropped:
            message = f"drop_query takes {quoted(said)} out of every address before anything reads it."
            hint = "Take it out of drop_query, or delete this variable: it is never there."
            names.warn(where.place, "dropped-parameter", message, hint)
    elif kind == "cookie" and _OWN.fullmatch(said):
        message = f"{quoted(said)} is the gateway's own cookie: with what it holds anybody could pass for the visitor."
        names.say(
            where.place, "private-cookie", message, "Delete this variable: tags get a visitor's number without it."
        )
    elif kind == "element":
        doubt_selector(where, names)
    elif kind in _PATHS and (path := re.sub(r"->|/", ".", said)) != said:
        _written_otherwise(where.place, f"{quoted(said)} is no path: its names have dots between them.", path, names)
    elif kind in ("event", "trait") and (own := re.fullmatch(rf"{kind}s?\.(.+)", said)):
        _written_otherwise(where.place, f"Behind {kind}: stands the name alone.", own[1], names)
    elif kind == "text" and "${" in said:
        message = 'The "$" stays in the text: it belongs to no variable here.'
        instead = f'{said.replace("${", "{")}; or "{said.replace("${", "$ {")}", if dollars are meant'
        _written_otherwise(where.place, message, instead, names)


def check_parameter(word: Text, names: Names) -> None:
    """A parameter's name has nothing around it."""
    found = _PARAMETER.fullmatch(word.text)
    if found and found[1] and found[1] != word.text:
        compared = f" Ask in a trigger whether it is {found[2]}." if found[2] else ""
        hint = f"Write {found[1]}: the name alone.{compared}"
        names.say(word.place, "bad-format", f"{quoted(word.text)} is not a parameter's name.", hint)


def doubt_selector(word: Text, names: Names) -> None:
    """A CSS selector that is code, or one plain word that is no element."""
    selector = word.text
    if found := _BY_ID.fullmatch(selector) or _CODE.fullmatch(selector):
        alone = f"#{found[2]}" if "getElementById" in selector else found[2]
        message = "A CSS selector belongs here, without the code around it."
        names.say(word.place, "bad-format", message, f'Write "{alone}".')
    elif selector.startswith(("/", "xpath=")):
        message = "This is an XPath, and a CSS selector belongs here."
        names.say(word.place, "bad-format", message, 'Write it like "div#price", "a.buy" or "[data-price]".')
    elif no_element(selector):
        message = f"No page has an element called {quoted(selector)}."
        hint = f'Write ".{selector}" for a class, "#{selector}" for an id; a, button and form are elements.'
        names.warn(word.place, "unknown-element", message, hint)


def _braces(kind: str, where: Text, names: Names) -> None:
    inside = _BRACES.sub(r"\1", where.text)
    hint = f"Write {inside}, without {{{{ }}}}, if that is its name."
    if kind == "constant":
        hint = "Name its kind in place of constant: { url: href }, { data_layer: user.plan } or what else is meant."
    message = f"{quoted(where.text)} is how other tools name a variable; here it stands for itself."
    names.warn(where.place, "other-tool", message, hint)


def _written_otherwise(place: Place, message: str, instead: str, names: Names) -> None:
    names.warn(place, "other-tool", message, f"Write {instead}.")
