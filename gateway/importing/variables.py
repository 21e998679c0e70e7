"""Variables of an export → variables of the container, each when something first needs it."""

from collections.abc import Iterable, Mapping

from gateway.importing.draft import Draft
from gateway.importing.exported import Constants
from gateway.importing.naming import Namer
from gateway.importing.offers import Offers, Refused
from gateway.importing.report import Fate, Report
from gateway.importing.secretive import personal, secretive
from gateway.importing.source import Export, SourceVariable, Table
from gateway.importing.templates import template
from gateway.language.variables import RESERVED
from gateway.language.yaml_text import plain
from gateway.model import Json

Named = str | Refused
PERSON = "it seems to say who somebody is; such a value goes out only as User ID or under identifiers"
NUMBERS_ALREADY = frozenset({"time", "screen", "performance", "random"})

_PEOPLE = frozenset(
    {"data_layer", "cookie", "trait", "event", "query", "js", "element", "local_storage", "session_storage"}
)


class Variables:
    """The container's variables."""

    def __init__(self, export: Export, draft: Draft, offers: Offers, report: Report) -> None:
        self.sources = {variable.name: variable for variable in export.variables}
        self.constants = Constants(export.variables)
        self._inlined = export.inlined
        self._draft, self._offers, self._report = draft, offers, report
        self._namer = Namer("variable", (*RESERVED, "user_id"))
        self._made: dict[tuple[str, bool], Named] = {}
        self._texts: dict[str, Named] = {}

    def use(self, name: str, *, number: bool = False) -> Named:
        """The variable's name in the container, or why it has none."""
        key = (name, number)
        if key not in self._made:
            source = self.sources.get(name)
            if source is None:
                self._made[key] = Refused(f"there is no variable “{plain(name)}” in the export")
            else:
                self._made[key] = self._make(source, number=number)
                self._tell(source, self._made[key])
        return self._made[key]

    def of_text(self, said: str, hint: str, *, number: bool = False) -> Named:
        """The variable that holds a text with `{{names}}` in it; `hint`: how to call it."""
        found = template(said)
        if found.only is not None:
            return self.use(found.only, number=number)
        if said not in self._texts:
            constant = self.constants.text(said)
            self._texts[said] = self._constant(hint, constant) if constant is not None else self._joined(hint, said)
        return self._texts[said]

    def definition(self, name: str) -> Mapping[str, Json]:
        """How a variable of the container is defined."""
        found: Mapping[str, Json] = self._draft.variables[name]
        return found

    def _made_of(self, name: str) -> dict[str, Mapping[str, Json]]:
        """A variable of the container, and those that it looks up."""
        found: dict[str, Mapping[str, Json]] = {}
        while name not in found and name in self._draft.variables:
            found[name] = self.definition(name)
            name = str(found[name].get("lookup"))
        return found

    def may_be_absent(self, name: str) -> bool:
        """Whether it can be looked for and not found."""
        found = self.definition(name)
        sure = (("url", "href"), ("url", "host"), ("url", "path"))
        return "default" not in found and "constant" not in found and not any(found.get(k) == v for k, v in sure)

    def finish(self) -> None:
        """Tells of every variable that nothing needed."""
        used = {name for name, _ in self._made}
        inlined = self._inlined | self.constants.used if self._draft.tags else frozenset()
        for source in self.sources.values():
            if source.name in used or not source.listed:
                continue
            if source.name in inlined:
                self._report.say(Fate.CARRIED, source.what, source.name, "its text stands wherever it was named")
            elif source.reads is None:
                self._report.say(Fate.NOT_POSSIBLE, source.what, source.name, source.why)
                self._draft.leave_out("variables", f"LEFT OUT {plain(source.name)}: {source.why}.")
            else:
                self._unused(source)

    def use_as_user_id(self, name: str) -> Named:
        """The variable, which alone may be called user_id, without what stands in where it is not there."""
        source = self.sources[name]
        self._namer.free("user_id")
        if not plain(source.default):
            made = self.use(name)
            self._namer.take("user_id")
            return made
        reads = source.reads or {}
        made = self.add(name, {key: plain(one) if isinstance(one, str) else one for key, one in reads.items()})
        self._namer.take("user_id")
        self._made[name, False] = made
        self._report.say(Fate.CHANGED, source.what, name, "without its default: else everybody would be signed in")
        return made

    def unused(self, names: Iterable[str]) -> None:
        """These are not in the container after all."""
        gone = set(names)
        for (name, number), made in self._made.items():
            if made in gone and self._made.get((name, not number), made) in gone:
                self._unused(self.sources[name])

    def _unused(self, source: SourceVariable) -> None:
        self._report.unused(source.what, source.name)
        if source.what == "variable":
            self._draft.leave_out("variables", f"LEFT OUT {plain(source.name)}: nothing here uses it.")

    def add(self, hint: str, definition: Mapping[str, Json]) -> Named:
        """A variable more, if the language takes it."""
        if refused := self._offers.variable(definition):
            return refused
        name = self._namer.name(hint)
        self._draft.variables[name] = dict(definition)
        return name

    def _make(self, source: SourceVariable, *, number: bool) -> Named:
        if source.reads is None:
            return Refused(source.why)
        if source.table is not None:
            return self._looked_up(source)
        said = next(iter(source.reads.values()))
        if "constant" in source.reads and secretive(source.name, str(said)):
            return Refused("it looks like a secret, which no container may hold")
        definition = {key: plain(one) if isinstance(one, str) else one for key, one in source.reads.items()}
        if number and not NUMBERS_ALREADY & definition.keys():
            definition["type"] = "number"
        if _PEOPLE & definition.keys() and personal(source.name, *map(str, source.reads.values())):
            definition["personal"] = True
        if default := plain(source.default):
            if number and self._offers.variable({**definition, "default": default}):
                default = ""
            definition |= {"default": default} if default else {}
        return self.add(
            f"{source.name}_number" if number and (source.name, False) in self._made else source.name, definition
        )

    def _looked_up(self, source: SourceVariable) -> Named:
        """A lookup table: what is looked up is a variable of its own."""
        table = source.table
        if table is None or source.reads is None:
            return Refused(source.why)
        looked = self.sources.get(table.of or "")
        if looked is not None and looked.is_event:
            inner: Named = "event"
        elif table.of is not None:
            inner = self.use(table.of)
        else:
            inner = self.add(
                f"{source.name}_key", {k: plain(v) if isinstance(v, str) else v for k, v in source.reads.items()}
            )
        if isinstance(inner, Refused):
            return inner
        if inner != "event" and "personal" in self.definition(inner):
            return Refused(PERSON)
        rows = {plain(key): plain(value) for key, value in table.rows if plain(key) and plain(value)}
        if not rows:
            return self._without(table, inner, Refused("no row of its lookup table can be kept"))
        definition: dict[str, Json] = {"lookup": inner, "table": rows}
        if default := plain(source.default):
            definition["default"] = default
        refused = self._offers.variable(definition, {} if inner == "event" else self._made_of(inner))
        if refused:
            return self._without(table, inner, refused)
        name = self._namer.name(source.name)
        self._draft.variables[name] = definition
        return name

    def _without(self, table: Table, inner: str, refused: Refused) -> Refused:
        """The variable that was made only to be looked up is not needed."""
        if table.of is None:
            del self._draft.variables[inner]
        return refused

    def _constant(self, hint: str, said: str) -> Named:
        if secretive(hint, said):
            return Refused("it looks like a secret, which no container may hold")
        return self.add(f"constant {said}", {"constant": plain(said)}) if plain(said) else Refused("it is empty")

    def _joined(self, hint: str, said: str) -> Named:
        parts: list[str] = []
        beside: dict[str, Mapping[str, Json]] = {}
        for is_name, piece in template(said).pieces:
            if not is_name:
                if "{" in piece or "}" in piece:
                    return Refused("a text with braces in it cannot be put together")
                parts.append(
                    " " * piece[:1].isspace() + plain(piece) + " " * (piece[-1:].isspace() and piece.strip() != "")
                )
                continue
            found = self.sources.get(piece)
            if found is not None and found.is_event:
                parts.append("{event}")
                continue
            name = self.use(piece)
            if isinstance(name, Refused):
                return name
            beside |= self._made_of(name)
            if "personal" in beside[name]:
                return Refused(PERSON)
            parts.append(f"{{{name}}}")
        definition = {"text": "".join(parts)}
        if refused := self._offers.variable(definition, beside):
            return refused
        made = self._namer.name(hint)
        self._draft.variables[made] = definition
        self._draft.note(
            ("variables", made), "CHANGED where a part is missing there is none; there it was put together without."
        )
        return made

    def _tell(self, source: SourceVariable, made: Named) -> None:
        if isinstance(made, Refused):
            self._report.say(Fate.NOT_YET if made.yet else Fate.NOT_POSSIBLE, source.what, source.name, made.said)
            self._draft.leave_out("variables", f"LEFT OUT {plain(source.name)}: {made.said}")
            return
        said = [source.changed] if source.changed else []
        if source.table is not None:
            said.append("the table compares exactly; what stands in no row is its default, else absent")
            if source.table.skipped:
                said.append(f"{source.table.skipped} of its rows compare in another way and are left out")
        self._report.say(Fate.CHANGED if said else Fate.CARRIED, source.what, source.name, "; ".join(said))
        if said:
            self._draft.note(("variables", made), f"CHANGED {'; '.join(said)}.")
