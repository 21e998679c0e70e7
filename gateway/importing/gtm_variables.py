"""Variables and built-in variables of a Google Tag Manager export."""

import re
from collections.abc import Iterator, Mapping

from gateway.importing.exported import named, text
from gateway.importing.gtm_parts import Parameters, is_on, parameters, rows, value, word
from gateway.importing.gtm_words import BUILT_IN, VARIABLES, built_in
from gateway.importing.selectors import quoted_attribute
from gateway.importing.source import SourceVariable, Table
from gateway.importing.templates import template
from gateway.importing.words import Read
from gateway.model import Json

BY_NAME = {
    "CLICK_ID": "id",
    "CLICK_CLASSES": "class",
    "FORM_ID": "id",
    "FORM_CLASSES": "class",
    "aev ID": "id",
    "aev CLASSES": "class",
}
"""A kind of variable → the attribute that a selector can ask for in its place."""
ELEMENTS = ("CLICK_ELEMENT", "FORM_ELEMENT", "aev ELEMENT")
EVENT = "_event"
_LITERAL = re.compile(r"\^?([^\\^$.|?*+()\[\]{}]+)\$?")
_OWN_CODE = Read(why="it is a template of your own or of the gallery: JavaScript, which is not run here")
_UNKNOWN = Read(why="the importer does not know this type of variable")


def variables(found: Json) -> Iterator[SourceVariable]:
    """Those that somebody made."""
    for one in named(found, "variable"):
        kind, said = text(one, "type"), parameters(one)
        row = _OWN_CODE if kind.startswith("cvt_") else VARIABLES.get(kind, _UNKNOWN)
        reads, why = _reads(kind, row, said)
        yield SourceVariable(
            name=one["name"],
            type=f"aev {word(value(said, 'varType'))}" if kind == "aev" else kind,
            reads=reads,
            why=why,
            changed="; ".join(filter(None, (row.changed, *_changes(one, said)))),
            default=value(said, "defaultValue") if _has_default(kind, said) else "",
            table=_table(said, whole=kind == "smm") if row.kind == "lookup" else None,
            mentions=template(value(said, "javascript")).names,
            is_event=row.is_event,
            is_element=kind == "aev" and word(value(said, "varType")) == "ELEMENT",
        )


def built_ins(found: Json) -> Iterator[SourceVariable]:
    """Those that come with the tag manager: as the export names them, else as they are called in English."""
    listed = {word(text(one, "type")): one["name"] for one in named(found, "builtInVariable")}
    for kind in dict.fromkeys([*listed, *BUILT_IN]):
        row = built_in(kind)
        yield SourceVariable(
            name=listed.get(kind) or _english(kind),
            type=kind,
            what="built-in variable",
            listed=kind in listed,
            reads={row.kind: row.source} if row.kind else None,
            why=row.why,
            changed=row.changed,
            is_event=row.is_event,
            is_element=row.is_element,
        )
    yield SourceVariable(name=EVENT, type=EVENT, what="built-in variable", listed=False, why="", is_event=True)


def _english(kind: str) -> str:
    words = kind.replace("_", " ").title()
    return re.sub(r"\b(Url|Id|Html)\b", lambda found: found[0].upper(), words)


def _has_default(kind: str, said: Parameters) -> bool:
    return is_on(said, "setDefaultValue") if kind in ("v", "smm", "remm") else "defaultValue" in said


def _changes(found: Mapping[str, Json], said: Parameters) -> Iterator[str]:
    if found.get("formatValue"):
        yield "the value is not changed on the way (capitals, what is empty)"
    if value(said, "dataLayerVersion") == "1":
        yield "its name is a path here: a.b is b in a"
    if is_on(said, "stripWww"):
        yield "www. stays"


def _reads(kind: str, row: Read, said: Parameters) -> tuple[Mapping[str, Json] | None, str]:
    if kind == "u" and value(said, "customUrlSource"):
        return None, "it takes apart another address than the page's"
    if kind == "u" and word(value(said, "component")) == "QUERY" and value(said, "queryKey"):
        return {"query": value(said, "queryKey")}, ""
    if kind == "d":
        attribute = value(said, "attributeName")
        css = word(value(said, "selectorType")).startswith("CSS")
        where = value(said, "elementSelector") if css else quoted_attribute("id", value(said, "elementId"))
        return (
            ({"element": where} | ({"attribute": attribute} if attribute else {}), "")
            if where
            else (None, "it names no element")
        )
    if row.parts:
        part = row.parts.get(word(value(said, row.parameter)) or "URL")
        return ({part[0]: part[1]}, "") if part else (None, row.why)
    if row.kind == "lookup":
        of = template(value(said, "input")).only
        return ({"lookup": of}, "") if of else (None, "what it looks up is not one variable")
    if row.source is not None:
        return {row.kind: row.source}, ""
    if not row.kind:
        return None, row.why
    name = value(said, row.parameter)
    if kind == "j" and name:
        name = name if name.startswith("window.") else f"window.{name}"
    return ({row.kind: name}, "") if name else (None, "it does not say what it reads")


def _table(said: Parameters, *, whole: bool) -> Table:
    """Of a table of patterns the rows that are plain texts, where the whole text must fit."""
    all_rows = [(row.get("key", ""), row.get("value", "")) for row in rows(said, "map")]
    fits_whole = "fullMatch" not in said or is_on(said, "fullMatch")
    kept: dict[str, str] = {}
    for key, out in all_rows:
        literal = _LITERAL.fullmatch(key)
        bound = key.startswith("^") and key.endswith("$")
        if whole:
            kept.setdefault(key, out)
        elif literal and (fits_whole or bound):
            kept.setdefault(literal[1], out)
    rows_kept = tuple((key, out) for key, out in kept.items() if "{{" not in out and "{{" not in key)
    return Table(rows_kept, len(all_rows) - len(rows_kept), template(value(said, "input")).only)
