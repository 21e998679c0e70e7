"""A container while it is put together, and its text: each line knows whose it is."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from gateway.language.yaml_text import flow, plain, scalar
from gateway.model import Json

Owner = tuple[str, ...]
"""The section, the name, and within a tag the field."""
WIDTH = 110


class Draft(Struct, kw_only=True):
    """The sections that are written. `notes`: what stands as a comment beside or above a thing; `left_out`: comment
    lines at a section's end."""

    head: list[str]
    site: dict[str, Json]
    consent: dict[str, Json] = field(default_factory=dict)
    visitor: dict[str, Json] = field(default_factory=dict)
    events: dict[str, Json] = field(default_factory=dict)
    variables: dict[str, Json] = field(default_factory=dict)
    triggers: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    user_id: dict[str, Any] = field(default_factory=dict)
    guarantees: list[Json] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    notes: dict[Owner, str] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def note(self, owner: Owner, said: str) -> None:
        """A comment above what this owner has."""
        before = self.notes.get(owner)
        self.notes[owner] = f"{before} {said}" if before else said

    def leave_out(self, section: str, said: str) -> None:
        """A comment at the end of a section."""
        lines = self.left_out.setdefault(section, [])
        if said not in lines:
            lines.append(said)

    def text(self) -> str:
        """The file."""
        return "".join(f"{line}\n" for line, _ in self.lines())

    def lines(self) -> Iterator[tuple[str, Owner]]:
        """Each line of the file, and whose it is."""
        yield "# yaml-language-server: $schema=../static/container.schema.json", ()
        for said in self.head:
            yield from _comment(said, "")
        yield "version: 1", ()
        yield from self._short("site", self.site)
        yield from self._short("consent", self.consent)
        yield from self._short("visitor", self.visitor)
        yield from self._named("events", self.events)
        yield from self._named("variables", self.variables)
        yield from self._named("triggers", self.triggers)
        yield from self._tags()
        yield from self._user_id()
        yield from self._guarantees()
        yield from self._tests()

    def _short(self, section: str, body: Mapping[str, Json]) -> Iterator[tuple[str, Owner]]:
        if body:
            yield from self._begin(section)
            for key, value in body.items():
                yield from self._above((section, key), "  ")
                yield f"  {key}: {flow(value)}", (section, key)

    def _named(self, section: str, body: Mapping[str, Json]) -> Iterator[tuple[str, Owner]]:
        left = self.left_out.get(section, [])
        if body:
            yield from self._begin(section)
        elif left:
            yield "", ()
            yield f"# {section}:", ()
        for name, value in body.items():
            yield from self._above((section, name), "  ")
            yield f"  {name}: {flow(value)}", (section, name)
        for said in left:
            yield from _comment(said, "  ")

    def _begin(self, section: str) -> Iterator[tuple[str, Owner]]:
        yield "", ()
        yield from self._above((section,), "")
        yield f"{section}:", (section,)

    def _above(self, owner: Owner, indent: str) -> Iterator[tuple[str, Owner]]:
        if said := self.notes.get(owner):
            yield from _comment(said, indent)

    def _tags(self) -> Iterator[tuple[str, Owner]]:
        yield from self._begin("tags")
        for name, tag in self.tags.items():
            yield from self._above(("tags", name), "  ")
            yield f"  {name}:", ("tags", name)
            for key, value in tag.items():
                if key == "fields" and value:
                    yield "    fields:", ("tags", name)
                    for one, variable in value.items():
                        yield f"      {scalar(one)}: {flow(variable)}", ("tags", name, one)
                elif value:
                    yield f"    {key}: {flow(value)}", ("tags", name)
        for said in self.left_out.get("tags", []):
            yield from _comment(said, "  ")

    def _user_id(self) -> Iterator[tuple[str, Owner]]:
        left = self.left_out.get("user_id", [])
        if not self.user_id:
            if left:
                yield "", ()
            for said in left:
                yield from _comment(said, "")
            return
        yield from self._begin("user_id")
        for key, value in self.user_id.items():
            yield from self._above(("user_id", key), "  ")
            if key == "rules":
                yield "  rules:", ("user_id",)
                for number, rule in enumerate(value):
                    yield f"    - {flow(rule)}", ("user_id", "rules", str(number))
            else:
                yield f"  {key}: {flow(value)}", ("user_id",)

    def _guarantees(self) -> Iterator[tuple[str, Owner]]:
        if self.guarantees:
            yield from self._begin("guarantees")
            for guarantee in self.guarantees:
                yield f"  - {flow(guarantee)}", ("guarantees",)

    def _tests(self) -> Iterator[tuple[str, Owner]]:
        yield "", ()
        yield from self._above(("tests",), "")
        if not self.tests:
            yield "tests: []", ()
            return
        yield "tests:", ()
        for line in self.tests:
            yield line, ("tests",)


def _comment(said: str, indent: str) -> Iterator[tuple[str, Owner]]:
    line = f"{indent}#"
    for word in plain(said).split():
        if len(line) + len(word) >= WIDTH and line.strip() != "#":
            yield line, ()
            line = f"{indent}#  "
        line += f" {word}"
    yield line, ()
