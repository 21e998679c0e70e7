"""Whether what is asked of a variable here is answered as it was there: where it is not, an import could get wider."""

from collections.abc import Mapping

from gateway.importing.source import Condition, SourceVariable
from gateway.language.container import Matcher
from gateway.language.matchers import KINDS, Wants, predicate
from gateway.language.yaml_text import plain

Sources = Mapping[str, SourceVariable]
OTHER = "its values are others here than there"
TABLE = "its lookup table compares in another way there"


def alike(sources: Sources, name: str) -> bool:
    """Whether a variable has the same values here as there."""
    source = sources.get(name)
    if source is None or source.is_event:
        return True
    if source.other or (source.table is not None and not source.table.exact):
        return False
    return source.table is None or source.table.of is None or alike(sources, source.table.of)


def wider(sources: Sources, condition: Condition, wanted: str) -> str:
    """Why a condition may be true here where it was not there; nothing where it cannot."""
    if alike(sources, condition.variable):
        return ""
    source = sources[condition.variable]
    table = source.table
    if table is None:
        return OTHER
    if source.other or not (table.of is None or alike(sources, table.of)):
        return OTHER
    # A text that stands in a row is found there too; of what is in no row nobody knows what it was there.
    if condition.negated or KINDS[condition.word].wants not in (Wants.VALUE, Wants.TEXT):
        return TABLE
    says = predicate(Matcher(word=condition.word, wanted=wanted, ignore_case=condition.ignore_case))
    return TABLE if plain(source.default) and says(plain(source.default)) else ""
