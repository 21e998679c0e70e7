"""Text of a file → nodes with places. Plain YAML only: maps, lists and text; the field decides what a text means."""

import re
from collections.abc import Container, Iterator, Mapping
from itertools import islice
from typing import Any

import yaml
from msgspec import Struct

from gateway.language import twice
from gateway.language.yaml_lines import check_lines, odd_text
from gateway.language.yaml_words import directive, syntax, unreadable
from gateway.problems import MOST, Place, Problem, in_order, quoted

_GLUED = re.compile(r"([A-Za-z_][\w-]*):((?!//)\S.*)")
ODD_QUOTES = re.compile(r"^[“”„‟«‘‚‹]|[“”‟»›]$")
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
Entry = tuple[Text, Node]


class NotPlain(Exception):
    """The text is not plain YAML; `problems` says where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def compose(source: bytes) -> Map:
    """The file's map. Raises NotPlain with everything that is wrong."""
    text = _decode(source)
    if problems := tuple(islice(check_lines(text), MOST)):
        raise NotPlain(in_order(problems))
    builder = _Builder()
    root = _build(builder, text)
    if builder.problems or not isinstance(root, Map):
        raise NotPlain(in_order(builder.problems or [_no_map(root)])[:MOST])
    return root


def _decode(source: bytes) -> str:
    if len(source) > MAX_BYTES:
        hint = "Split the website into two containers."
        raise _one(Place(1, 1), "too-large", "This file is larger than 1 MiB.", hint)
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError as error:
        good = source[: error.start].decode("utf-8").removeprefix("\ufeff")
        place = Place(good.count("\n") + 1, len(good) - good.rfind("\n"))
        hint = "Save the file with the encoding UTF-8."
        raise _one(place, "not-utf-8", "This character is not UTF-8.", hint) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _no_map(root: Node | None) -> Problem:
    message = "This file must be a map: a key, a colon, a value." if root else "This file is empty."
    place = root.place if root else Place(1, 1)
    return Problem(place=place, code="not-a-map", message=message, hint="Begin with: version: 1")


def _build(builder: "_Builder", text: str) -> Node | None:
    try:
        return builder.document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        # Behind a ! the rest of the word is taken for its name, with the bracket that closes there.
        if not any(one.code == "yaml-tag" for one in builder.problems):
            builder.problems.append(syntax(error, text))
    except (ValueError, OverflowError):
        builder.problems.append(unreadable(text, builder.last))
    return None


class _Builder:
    """PyYAML's events → nodes; what plain YAML leaves out becomes a problem, and the reading goes on."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.last = Place(1, 1)

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
            self.problems.append(directive(_at(event)))
        if not first:
            hint = "Delete the line ---; a second website goes into a file of its own."
            self.say(_at(event, 3), "second-document", "A second document begins here.", hint)

    def _node(self, event: Any, events: Iterator[yaml.Event], level: int, *, item: bool = False) -> Node:
        self.last = _at(event)
        if isinstance(event, yaml.AliasEvent):
            message = f"*{event.anchor} stands for something written elsewhere, which is not plain YAML."
            hint = "Write the value out here; quotes make it text if it really begins with *."
            self.say(_at(event, len(str(event.anchor)) + 1), "alias", message, hint)
            return Text("", _at(event))
        self._plain(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._text(event)
        if level > MAX_LEVELS:
            # PyYAML's time grows with the square of the depth, so what is deeper is not read.
            self.say(_at(event), "too-deep", f"This is more than {MAX_LEVELS} levels deep.", "Use fewer levels.")
            raise NotPlain(in_order(self.problems))
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(event, events, level, in_list=item and not event.flow_style)
        return self._list(event, events, level)

    def _plain(self, event: Any) -> None:
        if event.anchor:
            message = f"&{event.anchor} gives this a second name, which is not plain YAML."
            hint = f"Delete &{event.anchor} and write the value out wherever it is wanted."
            self.say(_at(event, len(event.anchor) + 1), "anchor", message, hint)
        if event.tag:
            name = event.tag.replace("tag:yaml.org,2002:", "!!").rstrip(",]}")
            hint = f"Delete {name}; what a value means follows from where it stands."
            if not name.startswith("!!"):
                hint = f"Delete the !; the opposite of a trigger is asked for with none_of: [{name[1:]}]."
            self.say(_at(event, len(name)), "yaml-tag", f"{name} is not plain YAML.", hint)

    def _text(self, event: Any) -> Text:
        place = _at(event, max(event.end_mark.index - event.start_mark.index, 1))
        if event.start_mark.line != event.end_mark.line:
            place = _at(event)
        is_quoted = event.style in ("'", '"', "|", ">")
        if not is_quoted and event.value.lower() in ("null", "~"):
            hint = f'Leave the line out, or write "{event.value}" in quotes if that text is meant.'
            self.say(place, "null", f"{event.value} means nothing here.", hint)
        if not is_quoted and (found := ODD_QUOTES.search(event.value)):
            message = f"{found[0]} is a typographic quote, which is a part of the text here."
            self.say(place, "odd-quote", message, f'Write plain quotes: "{event.value.strip("“”„‟«»‘’‚‹›")}".')
        self.problems += odd_text(event.value, place)
        return Text(event.value, place, is_quoted)

    def _list(self, start: yaml.Event, events: Iterator[yaml.Event], level: int) -> List:
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, level + 1, item=True))
        return List(tuple(items), _at(start))

    def _map(self, start: yaml.Event, events: Iterator[yaml.Event], level: int, *, in_list: bool) -> Map:
        entries: list[Entry] = []
        seen: dict[str, Entry] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, level + 1)
            value = self._node(next(events), events, level + 1)
            if isinstance(key, Text) and key.text in seen:
                hint = _twice((key, value), seen, entries[-1], level=level, in_list=in_list)
                self.say(key.place, "duplicate-key", f"{quoted(key.text)} stands here a second time.", hint)
                if in_list or _holds(entries[-1], seen):
                    # The rest is of another map: of each of its keys the same would be said.
                    seen = {key.text: (key, value)}
            elif isinstance(key, Text) and self._key(key, value):
                entries.append((key, value))
                seen[key.text] = key, value
            elif not isinstance(key, Text):
                hint = 'Put the value in quotes if text was meant: "{plan}".'
                if name := _in_braces(key):
                    hint = f"Write {name} alone: a variable has no braces. If text was meant, put it in quotes."
                if isinstance(key, Map) and any(value != Text("", value.place) for _, value in key.entries):
                    hint = "Write one brace where there are two: { … }."
                self.say(key.place, "key", "A key must be one word.", hint)
        return Map(tuple(entries), _at(start))

    def _key(self, key: Text, value: Node) -> bool:
        is_cut = isinstance(value, Text) and not value.text and not value.quoted and not key.quoted
        if is_cut and (found := _GLUED.fullmatch(key.text)):
            hint = f"Write {found[1]}: {found[2]}"
            self.say(key.place, "yaml", "A space is missing behind the colon.", hint)
            return False
        if key.text == "<<" and not key.quoted:
            message = "<< merges another map in, which is not plain YAML."
            self.say(key.place, "merge-key", message, "Write its lines out.")
            return False
        return True


def _twice(entry: Entry, seen: Mapping[str, Entry], above: Entry, *, level: int, in_list: bool) -> str:
    """What to do about a key that is there already. `above`: the entry before it."""
    key, value = entry
    first, other = seen[key.text]
    line = first.place.line
    if level == 1 and not isinstance(value, Text):
        return twice.section(line)
    if in_list and key.text == next(iter(seen)):
        return twice.next_item(line)
    if _holds(above, seen):
        return twice.too_deep(line, above[0].text, above[0].place.line)
    listed = list(dict.fromkeys([*_words(other), *_words(value)]))
    is_list = key.text in twice.LISTS or isinstance(other, List) or isinstance(value, List)
    return twice.one_list(key.text, line, listed) if is_list and all(listed) else twice.one_of_both(line)


def _in_braces(key: Node) -> str:
    """For `{{plan}}`, as other tag managers write it."""
    words = [word for word, value in key.entries if value == Text("", value.place)] if isinstance(key, Map) else []
    return words[0].text if len(words) == 1 else ""


def _words(node: Node) -> list[str]:
    """What it gives to a list; an empty text where it is none."""
    return [item.text if isinstance(item, Text) else "" for item in (node.items if isinstance(node, List) else (node,))]


def _holds(entry: Entry, names: Container[str]) -> bool:
    """Whether there is a map of lines below a key, with one of these names in it."""
    key, value = entry
    if not isinstance(value, Map) or value.place.line == key.place.line:
        return False
    return any(inner.text in names for inner, _ in value.entries)


def _at(event: Any, width: int = 1) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1, width)


def _one(place: Place, code: str, message: str, hint: str) -> NotPlain:
    return NotPlain((Problem(place=place, code=code, message=message, hint=hint),))
