"""The guarantees of a file, proved for every possible hit: an error with the smallest counter-example for each that
fails, a warning for each that cannot fail because nothing is ever sent."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from gateway.language.container import Act, Guarantee, Join, Tag
from gateway.language.order import below
from gateway.language.proof.circuit import FALSE, Literal
from gateway.language.proof.mending import mending
from gateway.language.proof.outcome import Outcome, outcomes
from gateway.language.proof.reason import reason
from gateway.language.proof.scenes import Scene, Scenes
from gateway.language.proof.smallest import Smallest
from gateway.language.suite import command
from gateway.problems import Problem, quoted, warning

Problems = Iterator[Problem]
MOST_SHOWN = 12
Leak = tuple[Act, str, Literal]
"""What happens, to which tag (empty: to the visitor), and whether it does."""
SAID = {Act.SEND: "gets a hit", Act.ATTACH: "gets the User ID as it is", Act.HASH: "gets a pseudonym of the User ID"}


class Proof:
    """Proves the guarantees of one file in which nothing is wrong. `file`: what a command calls it."""

    def __init__(self, scenes: Scenes, file: str) -> None:
        self._scenes = scenes
        self._parts = scenes.parts
        self._file = file
        self._outcomes: Mapping[str, Outcome] = outcomes(scenes)

    def problems(self) -> Problems:
        """What is wrong with the guarantees."""
        for guarantee in self._parts.guarantees:
            yield from self._prove(guarantee)

    def _prove(self, guarantee: Guarantee) -> Problems:
        leaks = list(self._leaks(guarantee))
        unless = -self._scenes.join(guarantee.unless).yes if guarantee.unless else -FALSE
        if scene := self._counter_example(leaks, unless):
            yield self._failed(guarantee, leaks, scene)
        elif message := self._vacuous(guarantee, unless):
            hint = "It promises nothing: delete it, or look at what it names."
            hint = self._why(guarantee, unless) or hint
            yield warning(guarantee.place, "guarantee-vacuous", message, hint)

    def _leaks(self, guarantee: Guarantee) -> Iterator[Leak]:
        for act in guarantee.never:
            if act is Act.REMEMBER:
                join = self._parts.visitor.remember_when
                yield act, "", self._scenes.join(join).yes if join else FALSE
            elif act is Act.SHARE:
                yield from ((act, tag.name, self._outcomes[tag.name].sent) for tag in self._sharing(guarantee))
            else:
                yield from ((act, name, self._outcomes[name].of(act)) for name in self._about(guarantee))

    def _about(self, guarantee: Guarantee) -> tuple[str, ...]:
        return tuple(self._parts.tags) if guarantee.to is None else guarantee.to

    def _sharing(self, guarantee: Guarantee) -> Iterator[Tag]:
        """Tags that see one pseudonym with another, of which one is meant; a tag that gets nothing sees none."""
        for key in dict.fromkeys(self._parts.tags[name].key_name for name in self._about(guarantee)):
            group = [tag for tag in self._parts.tags.values() if tag.key_name == key and self._sends(tag.name)]
            if len(group) > 1 and not {tag.name for tag in group}.isdisjoint(self._about(guarantee)):
                yield from group

    def _sends(self, name: str) -> bool:
        return self._scenes.ever(self._outcomes[name].sent)

    def _counter_example(self, leaks: list[Leak], unless: Literal) -> Scene | None:
        leak = self._scenes.circuit.any_of(*(literal for _, _, literal in leaks))
        return self._smallest.scene(leak, unless) if self._scenes.ever(leak, unless) else None

    @cached_property
    def _smallest(self) -> Smallest:
        return Smallest(self._scenes)

    def _failed(self, guarantee: Guarantee, leaks: list[Leak], scene: Scene) -> Problem:
        act, name, _ = next(leak for leak in leaks if leak[2] in scene.model)
        joins = [join for join in (guarantee.unless, None if name else self._parts.visitor.remember_when) if join]
        by, rule = "", None
        if name:
            tag, outcome = self._parts.tags[name], self._outcomes[name]
            rule = next((number for number, decides in outcome.decides if decides in scene.model), None)
            joins = [tag.send_when, *([] if rule is None else [self._parts.rules[rule].when]), *joins]
            in_page = act is Act.ATTACH and tag.type.in_page
            if rule is not None and act not in (Act.SEND, Act.SHARE) and not in_page:
                by = f", by the rule in line {self._parts.rules[rule].line}"
        message = f"{self._what(act, name)}{by}: {self._answers(joins, scene)}."
        hint = mending(self._parts, guarantee, act, name, rule) + self._hint(scene)
        return Problem(place=guarantee.place, code="guarantee-failed", message=message, hint=hint)

    def _what(self, act: Act, name: str) -> str:
        if act is Act.REMEMBER:
            return "The visitor is remembered with a cookie"
        if act is Act.ATTACH and self._parts.tags[name].type.in_page:
            return f"{quoted(name)} runs in the page, where it can read who is signed in"
        if act is not Act.SHARE:
            return f"{quoted(name)} {SAID[act]}"
        key = self._parts.tags[name].key_name
        others = [tag.name for tag in self._parts.tags.values() if tag.key_name == key and tag.name != name]
        return f"{quoted(name)} gets a hit under the pseudonyms that {listed(map(quoted, others))} sees too"

    def _hint(self, scene: Scene) -> str:
        given = self._smallest.given(scene)
        if given is None:
            return "No example of such a hit was found, and none was ruled out: ask for something plainer."
        return f"See it: taggate try {shlex.quote(self._file)} {command(given)}"

    def _answers(self, joins: Iterable[Join], scene: Scene) -> str:
        names = below(joins, self._parts.triggers)
        said: dict[str, list[str]] = {"yes": [], "no": [], "cannot tell": []}
        for name in names[:MOST_SHOWN]:
            pair = self._scenes.trigger(name)
            said["yes" if pair.yes in scene.model else "cannot tell" if pair.may in scene.model else "no"].append(name)
        verb = {"yes": ("says yes", "say yes"), "no": ("says no", "say no"), "cannot tell": ("cannot tell",) * 2}
        pieces = [f"{listed(some)} {verb[word][len(some) > 1]}" for word, some in said.items() if some]
        return "; ".join(pieces) + (f"; and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else "")

    def _vacuous(self, guarantee: Guarantee, unless: Literal) -> str:
        if not self._scenes.ever(unless):
            return "What stands under unless always says yes, so this cannot fail."
        names = self._about(guarantee)
        if Act.REMEMBER in guarantee.never or any(self._sends(name) for name in names):
            return ""
        return f"{listed(map(quoted, names))} can never get a hit, so this cannot fail."

    def _why(self, guarantee: Guarantee, unless: Literal) -> str:
        names = self._about(guarantee) if self._scenes.ever(unless) else ()
        return reason(self._scenes, *(self._parts.tags[name].send_when for name in names))


def listed(words: Iterable[str]) -> str:
    """a, b and c."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last
