"""A guarantee that fails → where its condition is missing, in the words of the file."""

from gateway.language.container import Act, Guarantee, Join, Trigger
from gateway.language.read import Parts


def mending(parts: Parts, guarantee: Guarantee, act: Act, tag: str, rule: int | None) -> str:
    """What to add, and to which line; nothing where `unless` is no single question. `rule`: which decides there."""
    unless, (where, join) = guarantee.unless, _place(parts, act, tag, rule)
    if unless is None and rule is not None and act in (Act.ATTACH, Act.HASH):
        decides = parts.rules[rule]
        return f"Take {tag} out of {decides.forms[tag].word} in line {decides.places[tag].line}, or promise less. "
    if unless is None or join is None:
        return ""
    if said := _turned_round(unless, where, join):
        return said
    if len(unless.names) != 1:
        return ""
    (name,) = unless.names
    if name in join.none_of and not unless.none_of:
        return f"unless says when it may happen. For never where {name} is true write unless: {{ none_of: [{name}] }}. "
    return f"Add {_piece(unless, parts.triggers[name])} to {where} (line {join.place.line}), or promise less. "


def _turned_round(unless: Join, where: str, join: Join) -> str:
    """For a condition that says the opposite of what is asked there."""
    asked = [name for name in unless.none_of if name in (*join.all_of, *join.any_of)]
    if not asked or unless.all_of or unless.any_of:
        return ""
    place = f"{where[0].upper()}{where[1:]} (line {join.place.line})"
    return (
        f"{place} asks for {asked[0]}, unless for the opposite: one of the two is the wrong way round; "
        "unless says when it may happen. "
    )


def _place(parts: Parts, act: Act, tag: str, rule: int | None) -> tuple[str, Join | None]:
    """What lets it happen."""
    if act is Act.REMEMBER:
        return "remember_when", parts.visitor.remember_when
    if act in (Act.ATTACH, Act.HASH) and rule is not None:
        return "the when of the rule", parts.rules[rule].when
    return f"the send_when of {tag}", parts.tags[tag].send_when


def _piece(unless: Join, trigger: Trigger) -> str:
    """What asks the same there."""
    if unless.none_of:
        return f"none_of: [{unless.none_of[0]}]"
    inner = trigger.join
    if not trigger.lines and inner.none_of and not inner.all_of and not inner.any_of:
        return f"none_of: [{', '.join(inner.none_of)}]"
    return f"all_of: [{trigger.name}]"
