"""The names a file gives, and the problems of those who use a name that is not there."""

import re
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from gateway.language import spans
from gateway.language.container import Join, Site, Variable
from gateway.language.nodes import child, place, texts, words
from gateway.language.plain_yaml import Node, Text
from gateway.language.values import cast
from gateway.language.variables import KINDS
from gateway.problems import MOST, Place, Problem, did_you_mean, quoted, warning

ALWAYS = frozenset({"always", "all", "true", "yes", "everything", "every", "any"})
UNANSWERED = frozenset({"unknown", "none", "nothing", "nobody", "unanswered", "refused", "denied", "no"})
ALWAYS_SAYS = "Say which events are meant, with a trigger like page_view: { event: page_view }."

_NEGATED = re.compile(r"(?:no|not|non|never|without)_(.+)")
_THOUSANDS = re.compile(r"([+-]?[1-9][0-9]{0,2})\.([0-9]{3})")


class Names:
    """Every name of one file; `problems` grows while its sections are read."""

    def __init__(self, triggers: Iterable[str], tags: Iterable[str]) -> None:
        self.problems: list[Problem] = []
        self.triggers = dict.fromkeys(triggers)
        self.granted: Mapping[str, str] = {}
        """Triggers that ask whether a purpose is granted, and which."""
        self.broken: set[str] = set()
        """Triggers that could not be read whole."""
        self.asked_by: Mapping[str, frozenset[str]] = {}
        """Trigger → the triggers that it joins."""
        self.tags = dict.fromkeys(tags)
        self.asking_events: tuple[str, ...] = ()
        """Triggers that ask for an event."""
        self.events: dict[str, str] = {}
        """Events of the section, and the trigger that asks for one alone; empty: there is none."""
        self.banner_words: Mapping[str, str] = {}
        """The banner's word for a purpose → ours."""
        self.purposes: tuple[str, ...] | None = None
        """None: the site says consent: not_needed."""
        self.variables: Mapping[str, Variable] = {}
        self.user = ""
        """The variable under user_id.from."""
        self.site: Site | None = None
        """Where the pages are."""
        self.zone = ZoneInfo("UTC")
        """The site's clock."""
        self.dropped: frozenset[str] = frozenset()
        """What drop_query takes out of addresses, in small letters."""
        self.zone_given = False
        """Whether the file says which."""
        self.exempt = False
        """Whether a tag says exempt: cnil."""
        self.account = ""
        """The variable under user_id.account."""
        self.proof = ""
        """The variable under verified_by."""
        self.identified: Mapping[str, int] = {}
        """The variables that some tag has under identifiers, and the line of it."""
        self.personal: frozenset[str] = frozenset()
        """The variables that are personal whatever a tag has under identifiers."""
        self.impersonal: frozenset[str] = frozenset()
        """The variables that say personal: false."""
        self.verified = False
        """Whether there is a verified_by."""

    def say(self, place: Place, code: str, message: str, hint: str = "") -> None:
        """One error more."""
        self.problems.append(Problem(place=place, code=code, message=message, hint=hint))

    def warn(self, place: Place, code: str, message: str, hint: str) -> None:
        """One warning more."""
        self.problems.append(warning(place, code, message, hint))

    def thousands(self, node: Text) -> None:
        """A number that may be meant a thousand times as large."""
        if found := _THOUSANDS.fullmatch(node.text):
            whole, decimals = found.groups()
            least = decimals.rstrip("0") or "0"
            message = f"The point in {node.text} stands before decimals: it is not {whole}{decimals}."
            hint = f"Write {whole}{decimals}; or {whole}.{least}{'0' * (len(least) == 3)}, if decimals are meant."
            self.warn(node.place, "thousands", message, hint)

    def unknown(self, word: Text, what: str, possible: Iterable[str], otherwise: str = "", instead: str = "") -> None:
        """There is no such name. `instead`: a hint that is surer than a near name."""
        if len(self.problems) < MOST:
            message = f"There is no {what} called {quoted(word.text)}."
            hint = instead or did_you_mean(word.text, possible, otherwise)
            self.say(word.place, f"unknown-{what}", message, hint)

    def trigger(self, word: Text, always: str = ALWAYS_SAYS) -> None:
        """This must be a trigger. `always`: what to say to who means always."""
        if word.text not in self.triggers:
            first = "Write it into the section triggers first."
            # One that joins the missing one is not it: often it is its opposite.
            possible = [name for name in self.triggers if word.text not in self.asked_by.get(name, ())]
            self.unknown(word, "trigger", possible, first, instead=self._not_a_trigger(word.text, always))

    def _not_a_trigger(self, word: str, always: str) -> str:
        if word in ALWAYS:
            first = next(iter(self.asking_events), "") if always is ALWAYS_SAYS else ""
            return f"Say which events are meant, with a trigger like {first}." if first else always
        if word in self.variables and self._asks_event(self.variables[word]):
            return "It asks for an event and stands among the variables: move its line into the section triggers."
        if word in self.variables:
            return f"It is a variable: ask about it in a trigger, like has_{word}: {{ {word}: {{ present: true }} }}."
        if word in self.events:
            return _event(word, self.events[word])
        if (found := _NEGATED.fullmatch(word)) and found[1] in self.triggers:
            return f"Write none_of: [{found[1]}], if the opposite is meant."
        if word in (self.purposes or ()):
            return f"It is a purpose: ask for it in a trigger, like {word}_ok: {{ consent: {{ granted: {word} }} }}."
        return ""

    def _asks_event(self, variable: Variable) -> bool:
        return variable.kind == "event" and variable.source in ("page_view", *self.events)

    def tag(self, word: Text, instead: str = "") -> bool:
        """This must be a tag. `instead`: a hint that is surer than a near name."""
        if word.text not in self.tags:
            self.unknown(word, "tag", self.tags, instead=instead)
        return word.text in self.tags

    def purpose(self, word: Text) -> bool:
        """This must be a purpose."""
        purposes = self.purposes or ()
        if word.text not in purposes:
            ours = self.banner_words.get(word.text)
            instead = f"That is the banner's word; ours is {quoted(ours)}." if ours else ""
            if word.text in UNANSWERED:
                instead = "Who has not answered has no consent line in a test; consent: [] refuses every purpose."
            self.unknown(word, "purpose", purposes, instead=instead)
        return word.text in purposes

    def no_consent(self, place: Place) -> None:
        """The file asks for a choice that this site does not keep."""
        message = "This site says consent: not_needed, so there is no choice to ask for."
        hint = "Delete this, or say in the section consent where the choice is kept."
        self.say(place, "no-consent", message, hint)

    def variable(self, node: Node | None, fixed: str = "") -> Text | None:
        """This must be a variable; None where it is not. `fixed`: what to add for who means a fixed text."""
        if not isinstance(node, Text):
            return None
        if node.text not in self.variables:
            hint = did_you_mean(node.text, self.variables, "Write it into the section variables first.")
            self.unknown(node, "variable", (), instead=hint if hint.startswith("Did") else f"{hint} {fixed}".rstrip())
            return None
        return node

    def variable_here(self, word: Text, words: Iterable[str], instead: str, meant: str = "") -> None:
        """There is no such variable in a trigger or test, where these words stand too. `instead`: for a trigger;
        `meant`: a hint that is surer."""
        user = self.user and word.text in ("user_id", "uid", "userid")
        read = [variable.name for variable in self.variables.values() if word.text in (variable.kind, variable.source)]
        if user:
            hint = f"The User ID is given as {self.user}."
        elif len(read) == 1:
            hint = f"The variable's name belongs here: {read[0]}."
        else:
            hint = meant or (instead if word.text in self.triggers else "")
        self.unknown(word, "variable", (*words, *self.variables), instead=hint)

    def possible(self, node: Node, variable: Variable | None, *, fold: bool = False, asked: bool = False) -> None:
        """A variable of few values must be able to have this one, or each of these. `asked`: by a trigger."""
        if variable is None:
            return
        values = KINDS[variable.kind].few(variable.source, variable.type) if variable.type == "text" else ()
        numbers = KINDS[variable.kind].numbers(variable.source) if variable.type == "number" else None
        for word in (node,) if isinstance(node, Text) else texts(node):
            message = f"{quoted(word.text)} is not possible here."
            if values and (word.text.casefold() if fold else word.text) not in (*values, variable.default):
                self.say(word.place, "unknown-value", message, self._meant(word, node, values, asked=asked))
            elif numbers and not _is_one(word.text, variable, numbers):
                hint = f"Write a whole number from {numbers[0]} to {numbers[-1]}."
                self.say(word.place, "unknown-value", message, hint)

    @staticmethod
    def _meant(word: Text, node: Node, values: Iterable[str], *, asked: bool) -> str:
        if asked and (days := spans.weekdays(word.text)):
            return f"Write {{ one_of: [{days}] }}." if word is node else f"Write {days}."
        return did_you_mean(word.text, values)

    def join(self, node: Node | None, always: str = ALWAYS_SAYS) -> Join:
        """A trigger's name or all_of, any_of, none_of."""
        if isinstance(node, Text):
            self.trigger(node, always)
            return Join(all_of=(node.text,), place=node.place)
        for part in ("all_of", "any_of", "none_of"):
            for word in texts(child(node, part)):
                self.trigger(word)
        for word in texts(child(node, "none_of")):
            if self.granted.get(word.text) in (self.purposes or ()):
                self._none_of_granted(word, self.granted[word.text])
        return Join(
            all_of=words(child(node, "all_of")),
            any_of=words(child(node, "any_of")),
            none_of=words(child(node, "none_of")),
            place=place(node),
        )

    def _none_of_granted(self, word: Text, purpose: str) -> None:
        message = f"none_of {word.text} means that {purpose} was refused; while it is unknown, this cannot tell."
        hint = (
            f"Say it with a trigger {{ consent: {{ refused: {purpose} }} }}; "
            f"for not granted, join that one and {{ consent: {{ unknown: {purpose} }} }} with any_of."
        )
        self.warn(word.place, "none-of-granted", message, hint)


def _event(word: str, trigger: str) -> str:
    if trigger:
        return f"It is an event: name the trigger that asks for it, {trigger}."
    return f"It is an event: ask for it in a trigger, like my_{word}: {{ event: {word} }}, and name that here."


def _is_one(typed: str, variable: Variable, numbers: range) -> bool:
    """Whether it is one of these numbers; what is no number at all is said elsewhere."""
    number = cast(typed, "number", decimal_comma=variable.decimal_comma)
    return not isinstance(number, float) or number in numbers or number == variable.default
