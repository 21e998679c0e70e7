"""Variables and built-in variables of a Google Tag Manager export."""

import re
from collections.abc import Iterator, Mapping

from gateway.importing.exported import MOST, maps, named, text
from gateway.importing.gtm_parts import Parameters, is_on, parameters, rows, value, word
from gateway.importing.gtm_words import BUILT_IN, VARIABLES, built_in
from gateway.importing.listened import COUNT
from gateway.importing.selectors import quoted_attribute
from gateway.importing.source import SourceVariable, Table
from gateway.importing.templates import template
from gateway.importing.words import Read, unknown
from gateway.language.pattern import found, wrong
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
_UNKNOWN = Read(why=unknown("type of variable"))


def variables(export: Json) -> Iterator[SourceVariable]:
    """Those that somebody made."""
    for one in named(export, "variable"):
        kind, said = text(one, "type"), parameters(one)
        row = _OWN_CODE if kind.startswith("cvt_") else VARIABLES.get(kind, _UNKNOWN)
        reads, why = _reads(kind, row, said)
        yield SourceVariable(
            name=one["name"],
            type=f"aev {word(value(said, 'varType'))}" if kind == "aev" else kind,
            reads=reads,
            why=why,
            changed="; ".join(filter(None, (row.changed, *_changes(one, said)))),
            other=row.other or any(_changes(one, said)),
            default=value(said, "defaultValue") if _has_default(kind, said) else "",
            table=_table(said, whole=kind == "smm") if row.kind == "lookup" else None,
            mentions=template(value(said, "javascript")).names,
            is_event=row.is_event,
            is_element=kind == "aev" and word(value(said, "varType")) == "ELEMENT",
        )


def built_ins(export: Json) -> Iterator[SourceVariable]:
    """Those that come with the tag manager: as the export names them, else as they are called in English."""
    listed = {word(text(one, "type")): text(one, "name").strip() for one in maps(export, "builtInVariable")[:MOST]}
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
            other=row.other,
            is_event=row.is_event,
            is_element=row.is_element,
        )
    yield COUNT
    yield SourceVariable(name=EVENT, type=EVENT, what="built-in variable", listed=False, why="", is_event=True)


def _english(kind: str) -> str:
    words = kind.replace("_", " ").title()
    return re.sub(r"\b(Url|Id|Html)\b", lambda word: word[0].upper(), words)


def _has_default(kind: str, said: Parameters) -> bool:
    return is_on(said, "setDefaultValue") if kind in ("v", "smm", "remm") else "defaultValue" in said


def _changes(one: Mapping[str, Json], said: Parameters) -> Iterator[str]:
    if one.get("formatValue"):
        yield "the value is not changed on the way (capitals, what is empty)"
    if value(said, "dataLayerVersion") == "1" and "." in value(said, "name"):
        yield "its name is a path here: a.b is b in a"
    if is_on(said, "stripWww"):
        yield "www. stays"


def _reads(kind: str, row: Read, said: Parameters) -> tuple[Mapping[str, Json] | None, str]:
    if kind == "u" and value(said, "customUrlSource"):
        return None, "it takes apart another address than the page's"
    if kind == "aev" and word(value(said, "component")) not in ("", "URL"):
        return None, "of the address of what was clicked only the whole can be read here"
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
    """Of a table of patterns the rows that are plain texts, where the whole text must fit and no row above does."""
    folds = not whole and ("ignoreCase" not in said or is_on(said, "ignoreCase"))
    fits_whole = "fullMatch" not in said or is_on(said, "fullMatch")
    kept: dict[str, str] = {}
    above: list[str] = []
    skipped = 0
    for key, out in ((row.get("key", ""), row.get("value", "")) for row in rows(said, "map")):
        literal = key if whole else _literal(key, fits_whole=fits_whole)
        known = {one.casefold() if folds else one for one in kept}
        if literal is None or "{{" in key or "{{" in out or any(_may_fit(one, literal) for one in above):
            skipped += 1
            above.append(key)
        elif (literal.casefold() if folds else literal) not in known:
            kept[literal] = out
    exact = not skipped and not folds
    return Table(tuple(kept.items()), skipped, template(value(said, "input")).only, exact=exact)


def _literal(key: str, *, fits_whole: bool) -> str | None:
    """The text that a pattern is, if it is one and nothing may stand around it."""
    literal = _LITERAL.fullmatch(key)
    bound = key.startswith("^") and key.endswith("$")
    return literal[1] if literal and (fits_whole or bound) else None


def _may_fit(key: str, text: str) -> bool:
    """Whether a row that could not be kept may take this text."""
    return "{{" in key or bool(wrong(key)) or found(key, fold=True)(text)
