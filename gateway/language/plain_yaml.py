"""Text of a file → nodes with places. Plain YAML only: maps, lists and text; the field decides what a text means."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct

from gateway.problems import Place, Problem, in_order, quoted

MAX_BYTES = 1 << 20
MAX_LEVELS = 40


class Text(Struct, frozen=True):
    """A scalar with the characters as typed."""

    text: str
    place: Place
    quoted: bool = False


class List(Struct, frozen=True):
    """A list."""

    items: tuple["Node", ...]
    place: Place


class Map(Struct, frozen=True):
    """A map, in the file's order; no key twice."""

    entries: tuple[tuple[Text, "Node"], ...]
    place: Place

    def get(self, name: str) -> "Node | None":
        """The value under a key."""
        return next((value for key, value in self.entries if key.text == name), None)

    def key(self, name: str) -> Text | None:
        """The key itself, for its place."""
        return next((key for key, _ in self.entries if key.text == name), None)


Node = Text | List | Map


class NotPlain(Exception):
    """The text is not plain YAML; `problems` says where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def compose(source: bytes) -> Map:
    """The file's map. Raises NotPlain with everything that is wrong."""
    text = _decode(source)
    problems = list(_of_lines(text))
    if problems:
        raise NotPlain(in_order(problems))
    builder = _Builder()
    root = _build(builder, text)
    if not isinstance(root, Map) and not builder.problems:
        place = root.place if root else Place(1, 1)
        message = "This file must be a map: a key, a colon, a value." if root else "This file is empty."
        builder.say(place, "not-a-map", message, "Begin with: version: 1")
    if builder.problems or not isinstance(root, Map):
        raise NotPlain(in_order(builder.problems))
    return root


def _decode(source: bytes) -> str:
    if len(source) > MAX_BYTES:
        raise _one(
            Place(1, 1), "too-large", "This file is larger than 1 MiB.", "Split the website into two containers."
        )
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        good = source[: error.start].decode("utf-8")
        place = Place(good.count("\n") + 1, len(good) - (good.rfind("\n") + 1) + 1)
        raise _one(
            place, "not-utf-8", "This character is not UTF-8.", "Save the file with the encoding UTF-8."
        ) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _of_lines(text: str) -> Iterator[Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if (at := line.find("\t")) >= 0:
            yield Problem(
                place=Place(number, at + 1),
                code="tab",
                message="There is a tab here.",
                hint="Use spaces: two for each level.",
            )
        for match in re.finditer(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u2028\u2029\ufffe\uffff]", line):
            yield Problem(
                place=Place(number, match.start() + 1),
                code="control-character",
                message="There is an invisible control character here.",
                hint="Delete it and type the place again.",
            )
    if text and not text.endswith("\n"):
        last = text.count("\n") + 1
        width = len(text) - text.rfind("\n") - 1
        yield Problem(
            place=Place(last, max(width, 1)),
            code="no-line-end",
            message="The last line has no end, so the file may be half-written.",
            hint="Put the cursor at the very end and press Enter.",
        )


def _build(builder: "_Builder", text: str) -> Node | None:
    try:
        return builder.document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_syntax(error, text))
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        builder.say(
            Place(before.count("\n") + 1, len(before) - before.rfind("\n")),
            "control-character",
            "There is a character here that a file of this kind cannot hold.",
            "Delete it and type the place again.",
        )
    return None


class _Builder:
    """PyYAML's events → nodes; what plain YAML leaves out becomes a problem, and the reading goes on."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, place: Place, code: str, message: str, hint: str) -> None:
        self.problems.append(Problem(place=place, code=code, message=message, hint=hint))

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._start(event, first=root is None)
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, events, 1)
                root = root or node
        return root

    def _start(self, event: yaml.DocumentStartEvent, *, first: bool) -> None:
        if event.version or event.tags:
            self.say(_at(event), "directive", "A line that begins with % is not plain YAML.", "Delete the line.")
        if not first:
            self.say(
                _at(event, 3),
                "second-document",
                "A second document begins here.",
                "Delete the line ---; a second website goes into a file of its own.",
            )

    def _node(self, event: Any, events: Iterator[yaml.Event], level: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            self.say(
                _at(event, len(str(event.anchor)) + 1),
                "alias",
                f"*{event.anchor} stands for something written elsewhere, which is not plain YAML.",
                "Write the value out here; quotes make it text if it really begins with *.",
            )
            return Text("", _at(event))
        self._plain(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._text(event)
        if level > MAX_LEVELS:
            self.say(_at(event), "too-deep", f"This is more than {MAX_LEVELS} levels deep.", "Use fewer levels.")
            _skip(events)
            return Text("", _at(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(event, events, level)
        return self._list(event, events, level)

    def _plain(self, event: Any) -> None:
        if event.anchor:
            self.say(
                _at(event, len(event.anchor) + 1),
                "anchor",
                f"&{event.anchor} gives this a second name, which is not plain YAML.",
                f"Delete &{event.anchor} and write the value out wherever it is wanted.",
            )
        if event.tag and event.tag != "!":
            name = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.say(
                _at(event, len(name)),
                "yaml-tag",
                f"{name} is not plain YAML.",
                f"Delete {name}; what a value means follows from where it stands.",
            )

    def _text(self, event: Any) -> Text:
        place = _at(event, max(event.end_mark.index - event.start_mark.index, 1))
        if event.start_mark.line != event.end_mark.line:
            place = _at(event)
        is_quoted = event.style in ("'", '"', "|", ">")
        if not is_quoted and event.value.lower() in ("null", "~"):
            self.say(
                place,
                "null",
                f"{event.value} means nothing here.",
                f'Leave the line out, or write "{event.value}" in quotes if that text is meant.',
            )
        return Text(event.value, place, is_quoted)

    def _list(self, start: yaml.Event, events: Iterator[yaml.Event], level: int) -> List:
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, level + 1))
        return List(tuple(items), _at(start))

    def _map(self, start: yaml.Event, events: Iterator[yaml.Event], level: int) -> Map:
        entries: list[tuple[Text, Node]] = []
        seen: dict[str, Place] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, level + 1)
            value = self._node(next(events), events, level + 1)
            if self._key(key, seen) and isinstance(key, Text):
                entries.append((key, value))
        return Map(tuple(entries), _at(start))

    def _key(self, key: Node, seen: dict[str, Place]) -> bool:
        if not isinstance(key, Text):
            self.say(
                key.place, "key", "A key must be one word.", 'Put the value in quotes if text was meant: "{{name}}".'
            )
            return False
        if key.text == "<<" and not key.quoted:
            self.say(
                key.place, "merge-key", "<< merges another map in, which is not plain YAML.", "Write its lines out."
            )
            return False
        if (first := seen.setdefault(key.text, key.place)) != key.place:
            self.say(
                key.place,
                "duplicate-key",
                f"{quoted(key.text)} stands here a second time.",
                f"It is already in line {first.line}: keep one of the two.",
            )
            return False
        return True


def _skip(events: Iterator[yaml.Event]) -> None:
    depth = 1
    while depth:
        event = next(events)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)


def _at(event: Any, width: int = 1) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1, width)


def _one(place: Place, code: str, message: str, hint: str) -> NotPlain:
    return NotPlain((Problem(place=place, code=code, message=message, hint=hint),))


_SYNTAX = (
    (
        r"mapping values are not allowed.*deeper",
        "This line is indented deeper than the line above it allows.",
        "Give it the same number of spaces as its neighbours, or end the line above with a colon.",
    ),
    (
        r"mapping values are not allowed",
        "A second colon on one line.",
        'Begin a new line for the next key, or put the text in quotes: name: "Shop: Berlin".',
    ),
    (
        r"could not find expected ':'",
        "A key without its colon.",
        "Write a colon and a space after the key: name: value.",
    ),
    (
        r"but found '[\]}]'",
        "This bracket closes nothing.",
        "Delete it, or write the bracket that it closes.",
    ),
    (
        r"expected <block end>, but found '-'",
        "This list item does not stand where its list began.",
        "Give every - of one list the same number of spaces before it.",
    ),
    (
        r"expected <block end>",
        "This does not stand where its neighbours stand.",
        "Give all keys of one map the same number of spaces before them.",
    ),
    (
        r"expected ',' or '\}'",
        "A { is not closed.",
        "Close it with }, and put a comma between its parts.",
    ),
    (
        r"expected ',' or '\]'",
        "A [ is not closed.",
        "Close it with ], and put a comma between its parts.",
    ),
    (
        r"found unexpected end of stream|while scanning a quoted scalar",
        "A quote is not closed.",
        "Put the same quote at the end of the text.",
    ),
    (
        r"cannot start any token",
        "A value cannot begin with this character.",
        "Put the value in quotes.",
    ),
    (
        r"unknown escape character|expected escape sequence|invalid Unicode character escape",
        "A backslash in double quotes means something else.",
        "Use single quotes around a text that holds a backslash.",
    ),
    (
        r"undefined alias|expected alphabetic or numeric character",
        "A value cannot begin with * or & without quotes.",
        'Put it in quotes: "*.example.com".',
    ),
    (
        r"sequence entries are not allowed",
        "A list item cannot stand here.",
        "Begin the list on the next line, each item with - and a space.",
    ),
    (
        r"expected the node content|did not find expected node content",
        "A value is missing here.",
        "Write the value, or delete the comma before it.",
    ),
    (
        r"expected '<document start>'",
        "This does not belong to what stands above.",
        "Indent it under its key, or delete it.",
    ),
)


def _syntax(error: Any, text: str) -> Problem:
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if re.search(r"expected ',' or '[}\]]'|quoted scalar|simple key|scanning an al|scanning an anc", said):
        mark = error.context_mark or mark
    place = _inside(Place(mark.line + 1, mark.column + 1), text)
    line = text.split("\n")[place.line - 1]
    if line[: place.column - 1].count(": ") == 0 and line.startswith(" "):
        said += " deeper"
    for pattern, message, hint in _SYNTAX:
        if re.search(pattern, said):
            return Problem(place=place, code="yaml", message=message, hint=hint)
    return Problem(
        place=place,
        code="yaml",
        message="This cannot be read.",
        hint="Compare the spaces, colons and brackets with the lines above.",
    )


def _inside(place: Place, text: str) -> Place:
    lines = text.split("\n")
    last = max(n for n, line in enumerate(lines, 1) if line.strip() or n == 1)
    return place if place.line <= last else Place(last, max(len(lines[last - 1]), 1))
