"""`exempt: cnil` in a tag: what else stands there must fit to it."""

from collections.abc import Iterator

from gateway.language.container import Variable
from gateway.language.exempt import CAMPAIGN, CLICK_COOKIE, ORDER, WHOLE
from gateway.language.nodes import child, entries, key_place, text
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.names import Names
from gateway.language.tag_types import TagType
from gateway.language.variables import KINDS
from gateway.problems import quoted

STORES = ("cookie", "local_storage", "session_storage")
_WHOLE = (("url",), ("page", "referrer"))
SPENT = "tells what somebody spent"


def check_exempt(node: Node, kind: TagType, names: Names) -> None:
    """What an exempt tag may not say."""
    if child(node, "exempt") is None:
        return
    if kind.by_browser:
        message = f"A {kind.name} tag runs in the visitor's browser, where nothing can be kept from its receiver."
        names.say(key_place(node, "exempt"), "exempt", message, "Delete exempt: cnil.")
        return
    for option, hint in _wrong_options(node):
        message = f"{quoted(option)} does not go with exempt: cnil."
        names.say(key_place(node, option), "exempt", message, hint)
    for field, value in entries(child(node, "fields")):
        variable = names.variables.get(text(value))
        word, why = (value, _wrong(variable, names)) if variable else (value, "")
        if field.text in ORDER:
            word, why = field, SPENT
        if why and isinstance(word, Text):
            message = f"{quoted(word.text)} {why}, which exempt: cnil leaves out."
            names.say(word.place, "exempt", message, "Delete this line, or exempt: cnil.")


def _wrong_options(node: Node) -> Iterator[tuple[str, str]]:
    if child(node, "identifiers"):
        yield "identifiers", "Delete it: nothing may say who somebody is."
    if text(child(node, "ip")) in ("anonymous", "full"):
        yield "ip", "Delete it: the address is cut to two bytes. Or write ip: none."


def _wrong(variable: Variable, names: Names) -> str:
    """Of it, or of what it is built from."""
    found = {variable.name: variable}
    for name in (waiting := [variable.name]):
        for part in found[name].parts:
            if part in names.variables and part not in found:
                found[part] = names.variables[part]
                waiting.append(part)
    return next(filter(None, map(_tells, found.values())), "")


def _tells(variable: Variable) -> str:
    kind, source = variable.kind, variable.source
    way = KINDS[kind].way(source)
    if (kind == "query" and CAMPAIGN.fullmatch(source)) or (kind in STORES and CLICK_COOKIE.fullmatch(source)):
        return "tells a campaign or a click"
    if kind == "ip" and source == "anonymous":
        return "holds more than two bytes of the address"
    if source in WHOLE.get(kind, ()) or (kind in ("js", "header") and way in _WHOLE):
        return "holds an address with its parameters"
    return SPENT if way[0] == "data_layer" and not ORDER.isdisjoint(way) else ""
