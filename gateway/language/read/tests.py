"""The section tests, and one hit in a test's words."""

from collections.abc import Iterator

from gateway.language.container import Case, Given, Variable
from gateway.language.formats import FORMATS, Format
from gateway.language.hints import COMMA
from gateway.language.nodes import child, entries, key_place, place, text, texts, words
from gateway.language.plain_yaml import List, Map, Node, Text
from gateway.language.read.names import Names
from gateway.language.schema.tests import NOTHING
from gateway.language.texts import FLAGS
from gateway.language.user_id import Refusal, normalise
from gateway.language.values import called, cast
from gateway.language.variables import KINDS
from gateway.model import CannotTell, Consent, Form
from gateway.problems import quoted

WORDS = ("event", "consent", "granted", "refused", "gpc", "signed", "cannot_tell")
STATES = (("consent", Consent.GRANTED), ("granted", Consent.GRANTED), ("refused", Consent.REFUSED))
_REFUSED = frozenset({"no", "false", "off", "refused", "denied", "rejected"})
FORMS = {form.word: form for form in Form}


def read_case(node: Node, names: Names) -> Case:
    """One test."""
    for tag, _ in entries(child(node, "expect")):
        names.tag(tag, "Write expect: {} when nobody must receive anything." if tag.text in NOTHING else "")
    for key, value in entries(child(node, "given")):
        read_fitting(names.variables.get(key.text), value, names)
    _signed_in(child(node, "given"), names)
    return Case(
        name=text(child(node, "name")),
        given=read_given(child(node, "given"), names),
        expect={tag.text: FORMS[text(form)] for tag, form in entries(child(node, "expect"))},
        place=place(child(node, "name")),
    )


def _signed_in(given: Node | None, names: Names) -> None:
    """A User ID that is none, and a proof that is missing of nobody: the test would show a guest."""
    said = child(given, names.user) if names.user else None
    if isinstance(said, Text) and said.text and isinstance(normalise(said.text), Refusal):
        message = f"{quoted(said.text)} is no User ID, so nobody is signed in here."
        hint = f"Write an ID as the website has them, like c-4711; or leave {names.user} out, if a guest is meant."
        names.warn(said.place, "unread-value", message, hint)
    elif names.verified and said is None and FLAGS.get(text(child(given, "signed"))) is False:
        message = "Nobody says here who is signed in, so there is nothing to prove."
        hint = f"Give {names.user} a value beside it, like c-4711."
        names.warn(key_place(given, "signed"), "unread-value", message, hint)


def read_fitting(variable: Variable | None, value: Node, names: Names) -> None:
    """Otherwise the test would show only what happens to a value that nobody can read."""
    if variable is None or not isinstance(value, Text):
        return
    if isinstance(cast(value.text, variable.type, decimal_comma=variable.decimal_comma), CannotTell):
        message = f"{quoted(value.text)} is no {called(variable.type)}, so every trigger on it cannot tell."
        example = "49,90" if variable.decimal_comma else "9 or 49.90"
        instead = f"a number alone, like {example}" if variable.type == "number" else "true or false"
        hint = f"Write {instead}; or cannot_tell: [{variable.name}], if that is what the test is for."
        names.warn(value.place, "unread-value", message, hint)
    elif variable.type == "number" and not variable.decimal_comma:
        names.thousands(value)
    elif value.text != variable.default and (form := FORMATS.get((variable.kind, variable.source))):
        _format(variable, value, form, names)


def _format(variable: Variable, value: Text, form: Format, names: Names) -> None:
    """A path that is a whole address, and its like."""
    if form.never("is", value.text):
        message = f"{quoted(variable.name)} is never like {quoted(value.text)}, so this shows nothing."
        names.warn(value.place, "unread-value", message, form.hint("is", value.text))


def read_given(node: Node | None, names: Names) -> Given:
    """One hit in a test's words."""
    if child(node, "signed") and not names.verified:
        hint = "Delete this, or add verified_by to the section user_id."
        names.say(key_place(node, "signed"), "signed", "Nothing proves here who is signed in.", hint)
    return Given(
        event=text(child(node, "event")),
        values=dict(_values(node, names)),
        cannot_tell=tuple(_cannot_tell(node, names)),
        consent=_consent(node, names),
        gpc=FLAGS.get(text(child(node, "gpc")), False),
        signed=FLAGS.get(text(child(node, "signed")), True),
    )


def _values(node: Node | None, names: Names) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in entries(node):
        if key.text in WORDS:
            continue
        variable = names.variables.get(key.text)
        if variable is None:
            instead = "It is a trigger: give the variables that it asks about their values."
            if sure := _in_our_words(key.text, text(value), names):
                names.unknown(key, "variable", (), instead=sure)
            else:
                names.variable_here(key, WORDS, instead, COMMA if key.text[:1].isdigit() else "")
        elif variable.kind == "constant":
            _constant(key, names)
        elif variable.parts:
            _built(key, variable.parts, names)
        elif isinstance(value, List) and variable.type != "set":
            message = f"{quoted(key.text)} has one value; only a set has a list."
            names.say(value.place, "wrong-type", message, "Write one value, or type: set into the variable.")
        names.possible(value, variable)
        yield key.text, words(value) if isinstance(value, List) else text(value)


def _in_our_words(word: str, value: str, names: Names) -> str:
    """For what is no variable and plainly another part of a hit; else nothing."""
    name, sign, said = word.partition("=")
    if sign and not value:
        return f"Write {name}: {said}, with a colon."
    if word in KINDS and "=" in value:
        place, _, said = value.partition("=")
        read = (one.name for one in names.variables.values() if (one.kind, one.source) == (word, place.strip()))
        own = f"Read it in the section variables, like my_{word}: {{ {word}: {place} }}; write here my_{word}: {said}."
        return f"Write {ours}: {said.strip()}." if (ours := next(read, "")) else own
    if word in (names.purposes or ()):
        state = "refused" if value in _REFUSED else "granted"
        return f"It is a purpose: write {state}: [{word}]; or consent: with a list of all that are granted."
    return ""


def _cannot_tell(node: Node | None, names: Names) -> Iterator[str]:
    for word in texts(child(node, "cannot_tell")):
        variable = names.variable(word)
        if variable and child(node, variable.text):
            message = f"{quoted(variable.text)} has a value here, so everybody can tell."
            names.say(variable.place, "cannot-tell", message, "Keep one of the two.")
        elif variable and names.variables[variable.text].kind == "constant":
            _constant(variable, names)
        elif variable and (parts := names.variables[variable.text].parts):
            _built(variable, parts, names)
        yield word.text


def _built(word: Text, parts: tuple[str, ...], names: Names) -> None:
    message = f"{quoted(word.text)} is built from {' and '.join(parts)}."
    names.say(word.place, "built", message, f"Give {' and '.join(parts)} a value in its place.")


def _constant(word: Text, names: Names) -> None:
    names.say(word.place, "constant", f"{quoted(word.text)} is a constant: it is always there.", "Delete this.")


def _consent(node: Node | None, names: Names) -> dict[str, Consent]:
    said: dict[str, Consent] = {}
    for word, state in STATES:
        for purpose in _purposes(node, word, names):
            if said.setdefault(purpose.text, state) is not state:
                message = f"{quoted(purpose.text)} is granted and refused here."
                names.say(purpose.place, "granted-and-refused", message, "Keep one of the two.")
    if isinstance(node, Map) and node.key("consent"):
        _consent_alone(node, names)
        said |= {purpose: Consent.REFUSED for purpose in names.purposes or () if purpose not in said}
    return said


def _purposes(node: Node | None, word: str, names: Names) -> list[Text]:
    given = child(node, word)
    if given and names.purposes is None:
        names.no_consent(key_place(node, word))
        return []
    return [purpose for purpose in texts(given) if names.purpose(purpose)]


def _consent_alone(node: Map, names: Names) -> None:
    for word in ("granted", "refused"):
        if key := node.key(word):
            message = f"{quoted(word)} cannot stand beside consent, which already says all."
            names.say(key.place, "two-kinds", message, "Keep consent, or granted and refused.")
