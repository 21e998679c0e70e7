"""The chapter of the kinds of variable."""

from collections.abc import Iterator, Mapping

from gateway.language.reference.keys import keys
from gateway.language.reference.page import code, codes, table
from gateway.language.schema.variables import options
from gateway.language.tag_types import TagType
from gateway.language.values import called
from gateway.language.variable_kind import Case, Reader, VariableKind
from gateway.language.variables import KINDS, PRIVATE_HEADERS

_READERS = {Reader.BROWSER: "read in the browser", Reader.GATEWAY: "read or worked out by the gateway"}


def kinds(_: Mapping[str, TagType]) -> Iterator[str]:
    """Every kind, and what may stand beside it."""
    yield "## Variables"
    yield "One key says the kind, its value says where. Beside every kind may stand:"
    yield keys({"properties": options()})
    for reader in Reader:
        yield f"These are {_READERS[reader]}:"
        rows = (kind for kind in KINDS.values() if kind.reader is reader)
        yield table(
            ("kind", "reads"), ((code(f"{kind.name}: {_quoted(kind.example)}"), kind.description) for kind in rows)
        )
    for kind in KINDS.values():
        yield from _kind(kind)


def _kind(kind: VariableKind) -> Iterator[str]:
    yield f"### {kind.name}"
    yield kind.description
    yield " ".join(_more(kind))
    rows = ((code(_written(kind, case)), code(case.seen), code(case.value or "") or "not there") for case in kind.cases)
    yield table(("written", "there is", "its value"), rows)


def _more(kind: VariableKind) -> Iterator[str]:
    if kind.choices:
        yield f"Possible are {codes(kind.choices)}."
    for source, by_itself in kind.types.items():
        whose = "It" if source == "*" else code(source)
        yield f"{whose} is {_a(by_itself)} by itself."
    for source, values in kind.values.items():
        yield f"{code(source)} is one of {codes(values)}."
    for source in kind.choices:
        if numbers := kind.numbers(source):
            yield f"{code(source)} is a whole number from {numbers[0]} to {numbers[-1]}."
    for option in kind.options:
        yield f"Beside it {'must' if option in kind.needs else 'may'} stand {code(f'{option}:')}."
    if kind.tells_who:
        yield "The User ID, its account and its proof can be read this way."
    if kind.name == "header":
        yield f"Private are {codes(sorted(PRIVATE_HEADERS))}."


def _a(value_type: str) -> str:
    return "true or false" if value_type == "true_false" else f"a {called(value_type)}"


def _written(kind: VariableKind, case: Case) -> str:
    source, comma, rest = case.source.partition(", ") if kind.options else (case.source, "", "")
    return f"{{ {kind.name}: {_quoted(source)}{comma}{rest} }}"


def _quoted(source: str) -> str:
    return f'"{source}"' if source[0] in "{#[" else source
