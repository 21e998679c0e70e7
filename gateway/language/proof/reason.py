"""Why something can never be true: the smallest trigger that never is."""

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


def _needed(scenes: Scenes, join: Join) -> tuple[str, ...]:
    """What must be true for the join to be; of any_of where all of it never is."""
    some = join.any_of if not any(scenes.ever(scenes.trigger(name).yes) for name in join.any_of) else ()
    return join.all_of + some
