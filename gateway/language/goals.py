"""Parts of a container → warnings of goals that are never reached: they are named by events."""

from collections.abc import Iterator

from gateway.language.matchers import predicate
from gateway.language.plain_yaml import Text
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts
from gateway.problems import Problem, quoted, warning


def never_reached(parts: Parts, scenes: Scenes) -> Iterator[Problem]:
    """Goals by the name of a trigger, and of events that the tag never gets."""
    for name, word in parts.goals:
        join = parts.tags[name].send_when
        if not scenes.known(join) or scenes.ever(scenes.join(join).yes, _is(word, parts, scenes)):
            continue
        message = f"{quoted(name)} never gets an event called {quoted(word.text)}, so this goal is never reached."
        hint = "Goals name events: let send_when ask for this one, or delete the goal."
        if word.text in parts.triggers:
            message = f"{quoted(word.text)} is a trigger; goals name events."
            hint = f"Write the event: {_asked(word.text, parts) or 'the one it asks for'}."
        yield warning(word.place, "goal-never", message, hint)


def _is(word: Text, parts: Parts, scenes: Scenes) -> int:
    """The event is this one: one that triggers name, or one that nobody has thought of."""
    known = any(word.text == asked.text for asked in parts.asked_events)
    return scenes.subjects["event"].domain.equals(word.text) if known else scenes.odd_event


def _asked(trigger: str, parts: Parts) -> str:
    """The events that a trigger is true of, as far as they are named."""
    lines = parts.triggers[trigger].asking("event")
    tests = [predicate(matcher) for line in lines for matcher in line.matchers]
    named = dict.fromkeys(asked.text for asked in parts.asked_events)
    return " or ".join(name for name in named if tests and all(test(name) for test in tests))
