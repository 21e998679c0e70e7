"""The section tests, and one hit in a test's words."""

from collections.abc import Iterator

from gateway.language.container import Case, Given
from gateway.language.nodes import child, entries, key_place, place, text, texts, words
from gateway.language.plain_yaml import List, Map, Node
from gateway.language.read.names import Names
from gateway.language.shape import FLAGS
from gateway.model import Consent, Form
from gateway.problems import quoted

WORDS = ("event", "consent", "granted", "refused", "gpc", "signed")
FORMS = {form.word: form for form in Form}


def read_case(node: Node, names: Names) -> Case:
    """One test."""
    for tag, _ in entries(child(node, "expect")):
        names.tag(tag)
    return Case(
        name=text(child(node, "name")),
        given=read_given(child(node, "given"), names),
        expect={tag.text: FORMS[text(form)] for tag, form in entries(child(node, "expect"))},
        place=place(child(node, "name")),
    )


def read_given(node: Node | None, names: Names) -> Given:
    """One hit in a test's words."""
    return Given(
        event=text(child(node, "event")),
        values=dict(_values(node, names)),
        consent=_consent(node, names),
        gpc=FLAGS.get(text(child(node, "gpc")), False),
        signed=FLAGS.get(text(child(node, "signed")), True),
    )


def _values(node: Node | None, names: Names) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for key, value in entries(node):
        if key.text in WORDS:
            continue
        if key.text not in names.variables:
            names.unknown(key, "variable", (*WORDS, *names.variables))
        elif names.variables[key.text].kind == "constant":
            names.say(key.place, "constant", f"{quoted(key.text)} is a constant.", "Delete this.")
        yield key.text, words(value) if isinstance(value, List) else text(value)


def _consent(node: Node | None, names: Names) -> dict[str, Consent]:
    said: dict[str, Consent] = {}
    for word, state in (("consent", Consent.GRANTED), ("granted", Consent.GRANTED), ("refused", Consent.REFUSED)):
        given = child(node, word)
        if given is None or not isinstance(node, Map):
            continue
        if names.purposes is None:
            names.no_consent(key_place(node, word))
            continue
        if word == "consent":
            said = dict.fromkeys(names.purposes, Consent.REFUSED)
        said |= {purpose.text: state for purpose in texts(given) if names.purpose(purpose)}
    return said
