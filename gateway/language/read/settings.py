"""The settings of a tag: what is allowed and seldom meant, said where it stands."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from gateway.language.javascript import mistake, unexplained
from gateway.language.nodes import text
from gateway.language.plain_yaml import Node
from gateway.language.read.names import Names
from gateway.language.tag_types import Setting, SettingKind
from gateway.problems import quoted

_OWN = re.compile(r"[^.:]+|.+\.(local|localhost|internal|lan|home\.arpa|test|svc)", re.IGNORECASE)
"""Hosts that only one's own network knows; what has no dot is one."""

_BROWSERS = frozenset(
    {"event", "history", "length", "location", "name", "origin", "parent", "performance", "screen", "status", "top"}
)
"""What every page has."""
_FOREIGN = re.compile(r"\{\{[\w .-]{1,60}\}\}")


def doubt_setting(node: Node, setting: Setting, names: Names) -> None:
    """What stands there and is seldom meant: plain text on the way, code that cannot be read, what other tools want."""
    address = _address(text(node)) if setting.kind is SettingKind.URL else None
    if setting.kind is SettingKind.URL and address is None:
        names.say(node.place, "bad-format", f"{quoted(text(node))} is no address.", f"Write it like {setting.example}.")
    elif address and _in_plain_text(address):
        message = "What goes there is not encrypted: everybody on the way can read it."
        hint = f"Write {text(node).replace('http', 'https', 1)}, if the receiver can be asked so."
        names.warn(node.place, "not-encrypted", message, hint)
    for pattern, instead in setting.odd.items():
        if re.search(pattern, text(node)):
            names.warn(node.place, "odd-value", f"{quoted(text(node))} is hardly meant here.", instead)
    if setting.kind in (SettingKind.URL, SettingKind.TEXT) and "{" in text(node):
        message = "No variable can stand in a setting: it would be taken as it is written."
        hint = "Write the whole value out; what differs from hit to hit belongs under fields."
        names.say(node.place, "bad-format", message, hint)
    if setting.kind is SettingKind.CODE and (wrong := mistake(text(node))):
        hint = "No browser runs any of it until it is mended; often a bracket or a quote is missing, or one too many."
        if found := _FOREIGN.search(text(node)):
            hint = f"{found[0]} is of another tag manager: name the variable under fields, and write tag.fields.NAME."
        names.warn(node.place, "code-mistake", wrong, hint)
    elif setting.kind is SettingKind.CODE:
        _unknown_names(node, names)


def _unknown_names(node: Node, names: Names) -> None:
    """Variables of this file, where the page has nothing that is called so."""
    read = {
        one.source.removeprefix("window.").partition(".")[0] for one in names.variables.values() if one.kind == "js"
    }
    for name in sorted(unexplained(text(node)) & names.variables.keys() - read - _BROWSERS):
        message = f"{quoted(name)} is a variable of this file, which the page's JavaScript does not know."
        hint = f"Write tag.fields.{name}, and beside the settings fields: {{ {name}: {name} }}."
        if names.variables[name].personal:
            hint = "Write tag.user.id: it is there when a rule in user_id gives it to this tag."
        names.warn(node.place, "code-name", message, hint)


def _address(said: str) -> SplitResult | None:
    """Nothing where no host can be read, as of one with half a bracket."""
    try:
        found = urlsplit(said)
    except ValueError:
        return None
    return found if found.hostname else None


def _in_plain_text(address: SplitResult) -> bool:
    """Whether it is asked without TLS over a network that is not one's own."""
    host = address.hostname or ""
    if address.scheme != "http" or _OWN.fullmatch(host):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True
