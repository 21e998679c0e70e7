"""The field decides the type: characters as typed, places, and what is no plain YAML."""

import pytest

from gateway.language.nodes import child, entries, items, key_place, place, text, texts, words
from gateway.language.plain_yaml import List, Map, NotPlain, Text, compose
from gateway.language.shape import plain
from gateway.problems import Place, Problem
from tests.language.small import TEXT, changed, container, load


def problem(source: str) -> Problem:
    """The first thing that is wrong."""
    with pytest.raises(NotPlain) as raised:
        compose(source.encode())
    assert "problem" in str(raised.value)
    return raised.value.problems[0]


@pytest.mark.parametrize(
    "typed",
    ["007", "010", "1.10", "12:30", "NO", "on", "2026-01-02", "0x1F", "1e5", "nullable", ".5"],
)
def test_text_keeps_the_characters_as_typed(typed: str) -> None:
    assert plain(compose(f"a: {typed}\n".encode())) == {"a": typed}
    tried = container(changed(("plan: { cookie: plan }", f"plan: {{ cookie: plan, default: {typed} }}")))
    assert tried.variables["plan"].default == typed


@pytest.mark.parametrize("typed", ["'007'", '"007"'])
def test_quotes_change_nothing(typed: str) -> None:
    node = child(compose(f"a: {typed}\n".encode()), "a")
    assert (text(node), isinstance(node, Text) and node.quoted) == ("007", True)


def test_null_in_quotes_is_text() -> None:
    assert plain(compose(b"a: 'null'\nb: \"~\"\n")) == {"a": "null", "b": "~"}


@pytest.mark.parametrize(("typed", "personal"), [("true", True), ("yes", True), ("false", False), ("no", False)])
def test_words_for_true_and_false(typed: str, personal: bool) -> None:
    tried = container(
        changed(("{ cookie: plan }", f"{{ cookie: plan, personal: {typed} }}"), ("    fields: { plan: plan }\n", ""))
    )
    assert tried.variables["plan"].personal is personal


@pytest.mark.parametrize("typed", ["True", "on", "1", "YES"])
def test_other_words_are_no_true_or_false(typed: str) -> None:
    loaded = load(changed(("{ cookie: plan }", f"{{ cookie: plan, personal: {typed} }}")))
    assert [p.code for p in loaded.problems] == ["unknown-value"]


def test_places_count_characters_from_one() -> None:
    root = compose("ä: [x, 'yy']\nb:\n  c: |\n    long\n    text\n".encode())
    assert [key.place for key, _ in root.entries] == [Place(1, 1), Place(2, 1)]
    listed = child(root, "ä")
    assert isinstance(listed, List)
    assert [item.place for item in listed.items] == [Place(1, 5), Place(1, 8, 4)]
    assert place(child(root, "b", "c")) == Place(3, 6)


def test_looking_into_nodes() -> None:
    root = compose(b"a: [x, [y]]\nb: { c: d }\n")
    assert words(child(root, "a")) == ("x",)
    assert [word.text for word in texts(child(root, "a"))] == ["x"]
    assert entries(child(root, "a")) == ()
    assert items(child(root, "b")) == ()
    assert text(None, "else") == "else"
    assert text(root) == ""
    assert child(root, "a", "b") is None
    assert key_place(child(root, "b"), "c") == Place(2, 6)
    assert key_place(child(root, "b"), "x") == Place(2, 4)
    assert key_place(child(root, "a"), "x") == Place(1, 4)
    assert place(None) == Place(1, 1)
    assert isinstance(root, Map)
    assert root.get("x") is None
    assert root.key("x") is None


@pytest.mark.parametrize(
    ("source", "code", "at"),
    [
        ("a: b\n\x07\n", "control-character", Place(2, 1)),
        ("a: b\u2028c\n", "control-character", Place(1, 5)),
        ("a: b\x85c: d\n", "control-character", Place(1, 5)),
        ("a: b\rc\n", "control-character", Place(1, 5)),
        ("a: b", "no-line-end", Place(1, 4)),
        ("a: b\n ", "no-line-end", Place(2, 1)),
        ("? [a]\n: b\n", "key", Place(1, 3)),
        ("? {a: b}\n: b\n", "key", Place(1, 3)),
        ("a: ! b\n", "yaml-tag", Place(1, 4)),
        ("a: !!python/object:os.system b\n", "yaml-tag", Place(1, 4, 25)),
        ("%TAG ! tag:x\n---\na: b\n", "directive", Place(1, 1)),
        ("%YAML 9.9\n", "directive", Place(1, 1)),
        ("a: b\n%YAML 1.1\n", "directive", Place(2, 1)),
        ("a: &x b\n", "anchor", Place(1, 4, 2)),
        ("a: b\n...\nc: d\n", "yaml", Place(3, 1)),
        ("# nothing\n", "not-a-map", Place(1, 1)),
        ("text\n", "not-a-map", Place(1, 1, 4)),
    ],
)
def test_what_is_not_plain(source: str, code: str, at: Place) -> None:
    found = problem(source)
    assert (found.code, found.place) == (code, at)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('a: "\\U00110000"\n', "No character has this number."),
        ('a: "\\UFFFFFFFF"\n', "No character has this number."),
        (f"%YAML 1.{'9' * 5000}\n---\na: b\n", "This cannot be read."),
        ('a: "\\q"\n', "A backslash in double quotes means something else."),
        ('a: "\\xq"\n', "A backslash in double quotes means something else."),
        ("a: 'b\n", "A quote is not closed."),
        ("a: @b\n", "A value cannot begin with this character."),
        ("a: [,]\n", "A value is missing here."),
        ("a: ]\n", "This bracket closes nothing."),
        ("a: - b\n", "A list item cannot stand here."),
        ("a:\n  - b\n - c\n", "This list item does not stand where its list began."),
        ("a:\n  - b\n  c: d\n", "Its neighbours above are list items, this is none."),
        ("a:\n  - b: c\n  -d: e\n", "A space is missing behind the -."),
        ("a:\n    b: c\n  - d\n", "A list begins here, and its neighbours above are none."),
        ("a:\n  b: c\n   d: e\n e: f\n", "This line is indented deeper than the line above it allows."),
        ("a:\n    b: c\n  d: e\n", "This does not stand where its neighbours stand."),
        ("a:b\nc: d\n", "A space is missing behind the colon."),
        ("a:\n  // b\n  c: d\n", "This is no comment."),
        ("a: {b: >= 1}\n", "Comparisons are words here."),
        ("a: {b: #c}\n", "From the # on, this line is a comment."),
        ('a: "b" c\n', "This stands behind a text that has already ended."),
        ("a: b\n  c: d\n", "This line is indented deeper than the line above it allows."),
        ("a\nb: c\n", "This line has no colon."),
        ("\na b\nc: d\n", "This line has no colon."),
        ("a: 1\nb\n", "A key without its colon."),
        ("a: b: c\n", "What stands behind a needs braces around it."),
        ("a: Berlin: c\n", "A second colon on one line."),
        ("a: b c: d\n", "A second colon on one line."),
        ("a: {b: c\n", "A { is not closed."),
        ("a: {b: c\n\n\n", "A { is not closed."),
        ("a: [b: {c\n", "A { is not closed."),
        ("a: |0\n", "This cannot be read."),
    ],
)
def test_what_yaml_cannot_read_is_said_in_words(source: str, message: str) -> None:
    found = problem(source)
    assert (found.code, found.message) == ("yaml", message)
    assert found.hint


def test_everything_that_is_not_plain_is_reported() -> None:
    with pytest.raises(NotPlain) as raised:
        compose(b"a: &x b\nc: *x\na: ~\n<<: { d: !!int 1 }\n")
    assert [p.code for p in raised.value.problems] == [
        *("anchor", "alias", "duplicate-key", "null", "merge-key", "yaml-tag")
    ]


@pytest.mark.parametrize(
    "one",
    ["\xad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200f", "\u2062", "\u3164", "\ufdd0", "\ufff9", "\U000e0041"],
)
def test_what_looks_like_nothing_is_refused_wherever_it_stands(one: str) -> None:
    for source in (f"a: 1 # x{one}y\n", f"a: x{one}y\n", f'a: "x\\U{ord(one):08x}y"\n'):
        assert problem(source).code == "control-character"


def test_what_joins_letters_is_text() -> None:
    assert text(child(compose("a: می\u200cخواهم 👩\u200d💻\n".encode()), "a")) == "می\u200cخواهم 👩\u200d💻"


def test_line_ends_of_old_macs_are_said_once() -> None:
    for old in (TEXT.replace("\n", "\r"), TEXT.replace("\n", "\r", 3)):
        assert [(one.code, one.place) for one in load(old).problems] == [("control-character", Place(1, 11))]
    later = TEXT.replace("\n", "\r\n").replace("{ cookie: plan }\r\n", "{ cookie: plan }\r")
    assert [one.place for one in load(later).problems] == [Place(10, 25)]
