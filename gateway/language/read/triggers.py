"""The section triggers: lines of matchers, and joins."""

import re
from collections.abc import Iterator

from gateway.language import spans
from gateway.language.container import Line, Matcher, Trigger, Variable
from gateway.language.events import KINDS as EVENTS
from gateway.language.matchers import EXACT, KINDS, comparison, split
from gateway.language.nodes import child, entries, key_place, text, texts
from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.language.read.bare import bare_word, pattern_for_text
from gateway.language.read.names import Names
from gateway.language.read.never_so import never_both, never_so
from gateway.language.schema.triggers import JOINED
from gateway.language.texts import FLAGS
from gateway.language.values import called, cast
from gateway.language.variables import KINDS as VARIABLES
from gateway.model import ABSENT, CannotTell, Value
from gateway.problems import did_you_mean, errors, quoted

STARLESS = (*EXACT, "contains", "starts_with", "ends_with")
_OTHER = "Change the value, or the variable's type."
JOINS = ("all_of", "any_of", "none_of")


def read_trigger(key: Text, node: Node, names: Names) -> Trigger:
    """A named question about a hit."""
    before = len(names.problems)
    lines = [_line(name, value, names) for name, value in entries(node) if name.text not in JOINS]
    join = names.join(node)
    if errors(names.problems[before:]):
        names.broken.add(key.text)
    return Trigger(name=key.text, lines=tuple(line for line in lines if line), join=join, place=key.place)


def asked_events(node: Node | None) -> tuple[Text, ...]:
    """The events that a trigger names, or a test."""
    said = child(node, "event")
    found = (said, child(said, "is"), *texts(child(said, "one_of")))
    return tuple(word for word in found if isinstance(word, Text))


def _line(name: Text, node: Node, names: Names) -> Line | None:
    if name.text == "consent":
        return _consent(name, node, names)
    variable = names.variables.get(name.text)
    if variable is None and name.text != "event":
        joined = f"It is a trigger: join it with all_of: [{name.text}]."
        names.variable_here(name, ("event", "consent"), joined, _meant(name.text, text(node), names))
        return None
    value_type = variable.type if variable else "text"
    line = Line(name.text, tuple(_matchers(name, node, value_type, names)), name.place)
    if variable:
        never_both(line, variable, names)
    return line


def _meant(word: str, value: str, names: Names) -> str:
    """What a line asks, that stands for another part of the language."""
    if word == "ignore_case":
        return "It belongs beside the value it is about, in one pair of braces: { is: /search, ignore_case: true }."
    if word in JOINED:
        return f"Write {JOINED[word]}: [{value or '…'}]."
    if word in names.triggers and value in FLAGS:
        return ""
    if word in (names.purposes or ()):
        state = value if value in ("refused", "unknown") else "granted"
        return f"It is a purpose: write {{ consent: {{ {state}: {word} }} }}."
    if word.startswith("x_") and not any(name.startswith("x_") for name in names.variables):
        header = word.replace("_", "-").title()
        return f"If it is a header, read it in the section variables: {word}: {{ header: {header} }}."
    if word in ("type", "send_when", "settings", "firingTriggerId"):
        return "A trigger asks what must be true, like { event: page_view }; a tag belongs into the section tags."
    if word in EVENTS:
        written = f"my_{word}: {{ {word}: {value or '…'} }}"
        return f"Write it into the section events, like {written}, and here event: my_{word}."
    if word in VARIABLES and (choices := VARIABLES[word].choices) and value and value not in choices:
        place = "path" if word == "url" and value.startswith("/") else VARIABLES[word].example
        return f"Read it in the section variables, as my_{word}: {{ {word}: {place} }}; write here my_{word}: {value}."
    if word in VARIABLES:
        written = f"my_{word}: {{ {word}: {value or '…'} }}"
        return f"Write it into the section variables, like {written}, and ask here about my_{word}."
    kind = next((kind.name for kind in VARIABLES.values() if word in kind.choices), "")
    is_new = kind and word not in names.triggers and not did_you_mean(word, names.variables).startswith("Did")
    return f"Read it in the section variables, as {word}: {{ {kind}: {word} }}." if is_new else ""


def _consent(name: Text, node: Node, names: Names) -> Line | None:
    if names.purposes is None:
        names.no_consent(name.place)
        return None
    found = [
        Matcher(word=word.text, wanted=purpose.text)
        for word, purpose in entries(node)
        if isinstance(purpose, Text) and names.purpose(purpose)
    ]
    return Line("consent", tuple(found), name.place)


def _matchers(name: Text, node: Node, value_type: str, names: Names) -> Iterator[Matcher]:
    if not isinstance(node, Map):
        bare_word(name, node, names.variables.get(name.text), names)
        node = Map(((Text("is", node.place), node),), node.place)
    fold = FLAGS.get(text(node.get("ignore_case")), False)
    _ignore_case(name, node, value_type, names)
    variable = names.variables.get(name.text)
    hours = variable is not None and (variable.kind, variable.source) == ("time", "hour")
    for word, value in node.entries:
        if word.text == "ignore_case":
            continue
        base, negated = split(word.text)
        if value_type not in KINDS[base].types:
            _wrong_matcher(name, word, value, value_type, names)
        elif (wanted := _wanted(value, base, value_type, names, hours=hours)) is not None:
            if base in EXACT:
                names.possible(value, variable, fold=fold, asked=True)
            matcher = Matcher(word=base, wanted=wanted, ignore_case=fold and KINDS[base].folds, negated=negated)
            if value_type == "text" and pattern_for_text(matcher, value, names):
                yield matcher
                continue
            if base in STARLESS and value_type == "text":
                _stars(value, variable, names)
            _starless(value, base, names)
            if variable:
                never_so(matcher, value, variable, names)
            yield matcher


def _stars(node: Node, variable: Variable | None, names: Names) -> None:
    is_path = variable is not None and (variable.kind, variable.source) == ("url", "path")
    for word in (node,) if isinstance(node, Text) else texts(node):
        if "*" in word.text:
            hint = f'Write {{ like: "{word.text}" }} if any characters are meant.'
            names.warn(word.place, "star", "A * stands for itself here.", (is_path and _cut_path(word.text)) or hint)


def _starless(node: Node, base: str, names: Names) -> None:
    """like without * and ?, which says no more than is."""
    if base == "like" and isinstance(node, Text) and not re.search(r"[*?]", node.text):
        message = f"like without a * fits the text {quoted(node.text)} alone."
        names.warn(
            node.place, "star", message, f'Write like: "{node.text}*" for all that begins so; or is: {node.text}.'
        )


def _cut_path(typed: str) -> str:
    """What to write for a path with a ? and more; nothing where it has none."""
    path, mark, query = typed.partition("?")
    named = re.split(r"\W", query)[0] or "q"
    wanted = f'{{ like: "{path}" }}' if "*" in path else path
    rest = f"ask for what follows in a line of its own, with a variable like {{ query: {named} }}"
    return f"A path ends before the ?: write {wanted}, and {rest}." if mark else ""


def _ignore_case(name: Text, node: Map, value_type: str, names: Names) -> None:
    if node.key("ignore_case") is None:
        return
    place = key_place(node, "ignore_case")
    said = [split(word.text)[0] for word, _ in node.entries if word.text != "ignore_case"]
    folding = [kind.name for kind in KINDS.values() if kind.folds]
    if value_type not in ("text", "set"):
        message = f"{quoted(name.text)} is a {called(value_type)}, which has no capital letters."
        names.say(place, "ignore-case", message, "Delete ignore_case.")
    elif not any(KINDS[word].folds for word in said):
        message = "ignore_case changes nothing here."
        names.say(place, "ignore-case", message, f"Write beside it one of: {', '.join(folding)}.")


def _wrong_matcher(name: Text, word: Text, value: Node, value_type: str, names: Names) -> None:
    fits = [base for base, kind in KINDS.items() if value_type in kind.types]
    hint = f"Possible on a {called(value_type)}: {', '.join(fits)}."
    variable = names.variables.get(name.text)
    is_open = variable is not None and not VARIABLES[variable.kind].choices
    if value_type == "text" and "number" in KINDS[split(word.text)[0]].types and is_open:
        hint = f"Add type: number to the variable {name.text}."
    said = "A bare value" if word.place == value.place else quoted(word.text)
    message = f"{said} does not work on {quoted(name.text)}, which is a {called(value_type)}."
    names.say(word.place, "wrong-matcher", message, hint)


def _wanted(node: Node, word: str, value_type: str, names: Names, *, hours: bool) -> Value | tuple[Value, ...] | None:
    if word == "present":
        return FLAGS[text(node)]
    if isinstance(node, List):
        values = [_value(item, value_type, names, hours=hours) for item in texts(node)]
        return tuple(value for value in values if value is not None)
    if found := KINDS[word].wrong(text(node)):
        message, hint = found
        names.say(node.place, "bad-pattern", f"This pattern does not work. {message}", hint)
        return None
    return _value(node, "text" if value_type == "set" else value_type, names, hours=hours)


def _value(node: Node, value_type: str, names: Names, *, hours: bool) -> Value | None:
    value = cast(text(node), value_type)
    if isinstance(value, CannotTell) or value is ABSENT:
        message = f"{quoted(text(node))} is not a {called(value_type)}, and the variable is."
        hint = spans.numbers(text(node), hours=hours) if value_type == "number" else ""
        if said := comparison(text(node)):
            hint = f"Write {said}."
        if value_type == "true_false" and not hint:
            hint = "Write true or false."
        names.say(node.place, "wrong-type", message, hint or _OTHER)
        return None
    if value_type == "number" and isinstance(node, Text):
        names.thousands(node)
    return value
