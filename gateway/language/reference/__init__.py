"""The tables and the schema of the language → its reference, a page in Markdown.

A chapter is a function: the tag types in, parts of the page out. What the schema says of a section comes by itself.
"""

from collections.abc import Callable, Iterator, Mapping

from gateway.language.codes import ERRORS, WARNINGS
from gateway.language.reference.happenings import happenings
from gateway.language.reference.keys import keys
from gateway.language.reference.kinds import kinds
from gateway.language.reference.page import code, page, table
from gateway.language.reference.questions import questions
from gateway.language.reference.receivers import receivers
from gateway.language.reference.rules import rules
from gateway.language.schema import SECTIONS, schema
from gateway.language.tag_types import TagType

Chapter = Callable[[Mapping[str, TagType]], Iterator[str]]

_HEAD = """\
<!-- Made by: taggate schema --format markdown > tags/REFERENCE.md -->

# The container language: reference

Everything that can be written, made from the tables that the check reads. [README.md](README.md) teaches it."""
_OWN = ("variables", "triggers")
"""The sections that have chapters of their own."""


def reference(types: Mapping[str, TagType]) -> str:
    """The whole page, of these tag types."""
    return page([_HEAD, *(part for chapter in CHAPTERS for part in chapter(types))])


def sections(types: Mapping[str, TagType]) -> Iterator[str]:
    """Every key of every section, in the order of the file."""
    yield "## Sections"
    yield f"They stand in this order: {', '.join(map(code, SECTIONS))}."
    parts = schema(types)["properties"]
    for name in (name for name in SECTIONS if name in parts):
        part = parts[name]
        yield f"### {name}"
        yield part["description"]
        if name not in _OWN:
            below = part.get("additionalProperties") or part.get("items") or part
            yield keys(below if isinstance(below, dict) else part)


def codes(_: Mapping[str, TagType]) -> Iterator[str]:
    """Every code of a message."""
    yield "## Codes of messages"
    yield "Each message of `taggate check` ends with its code. Errors keep a file out:"
    yield table(("code", "what is wrong"), ((code(name), about) for name, about in ERRORS.items()))
    yield "Warnings do so only with `--strict`:"
    yield table(("code", "what is doubtful"), ((code(name), about) for name, about in WARNINGS.items()))


CHAPTERS: tuple[Chapter, ...] = (rules, sections, happenings, kinds, questions, receivers, codes)
