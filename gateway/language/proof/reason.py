"""Why something can never be true: the smallest trigger that never is."""

from itertools import combinations

from gateway.language.container import Join
from gateway.language.proof.scenes import Scenes
from gateway.problems import quoted


def reason(scenes: Scenes, *joins: Join) -> str:
    """A hint that names the trigger because of which one of these joins is never true; empty: it is no single one."""
    for join in joins:
        found, below = "", join
        while names := [name for name in _needed(scenes, below) if not scenes.ever(scenes.trigger(name).yes)]:
            found, below = names[0], scenes.parts.triggers[names[0]].join
        if found:
            line = scenes.parts.triggers[found].place.line
            return f"The trigger {quoted(found)} in line {line} can never be true: look at what it asks for."
    return ""


def why_never(scenes: Scenes, join: Join) -> str:
    """A hint for a join that is never true: the trigger that never is, or two that are never true at once."""
    if said := reason(scenes, join):
        return said
    if twice := [name for name in join.none_of if name in (*join.all_of, *join.any_of)]:
        return f"{quoted(twice[0])} is asked for, and stands under none_of too: take it out of one of the two."
    for one, other in combinations(join.all_of, 2):
        if not scenes.ever(scenes.trigger(one).yes, scenes.trigger(other).yes):
            names = f"{one}, {other}"
            return f"No hit is both, {one} and {other}: write any_of: [{names}], if one of them is enough."
    return "Look at what its triggers ask for: they are never all true of one hit."


def _needed(scenes: Scenes, join: Join) -> tuple[str, ...]:
    """What must be true for the join to be; of any_of where all of it never is."""
    some = join.any_of if not any(scenes.ever(scenes.trigger(name).yes) for name in join.any_of) else ()
    return join.all_of + some
