"""What fires here fired there: triggers against a model of how the other tag managers compare."""

import re
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.decide.sample import agreed
from gateway.decide.suppose import judge
from gateway.importing import gtm, matomo
from gateway.importing.assemble import Imported, assemble
from gateway.language.container import Given
from tests.importing import gtm_made, matomo_made
from tests.importing.proving import LOADER, TYPES

VALUES = (None, "", "Shop", "shop", "x", "shopping")
WANTED = ("shop", "Shop", "x", "op")
NAMES = ("a", "b")
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Asked = tuple[str, str, str]
"""Variable, comparison, wanted."""


def _matomo_says(value: str | None, comparison: str, wanted: str) -> bool:
    """As Matomo's tagmanager.js compares; what is missing is an empty text there."""
    if comparison.startswith("not_"):
        return not _matomo_says(value, comparison.removeprefix("not_"), wanted)
    seen = value or ""
    low, wanted_low = seen.lower(), wanted.lower()
    return {
        "equals": low == wanted_low,
        "equals_exactly": seen == wanted,
        "contains": wanted_low in low,
        "starts_with": low.startswith(wanted_low),
        "ends_with": low.endswith(wanted_low),
        "regexp": re.search(wanted, seen) is not None,
        "regexp_ignore_case": re.search(wanted, seen, re.IGNORECASE) is not None,
    }[comparison]


_TEXT = ("equals", "equals_exactly", "contains", "starts_with", "ends_with", "regexp", "regexp_ignore_case")
_COMPARISONS = [f"{no}{word}" for word in _TEXT for no in ("", "not_")]
_ASKED = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(_COMPARISONS), st.sampled_from(WANTED)), max_size=3)


def _sent(made: Imported, values: dict[str, str | None]) -> bool:
    given_values = {
        name: value for name, value in values.items() if value is not None and name in made.container.variables
    }
    return bool(judge(made.container)(Given(event="go", values=given_values, consent=agreed(made.container))))


@SLOW
@given(fires=st.lists(_ASKED, min_size=1, max_size=2), blocks=st.lists(_ASKED.filter(bool), max_size=2))
def test_matomo(fires: list[list[Asked]], blocks: list[list[Asked]]) -> None:
    triggers = [matomo_made.trigger(n, "CustomEvent", *asked, eventName="go") for n, asked in enumerate(fires)]
    triggers += [matomo_made.trigger(10 + n, "PageView", *asked) for n, asked in enumerate(blocks)]
    tag = matomo_made.matomo("T", list(range(len(fires))), [10 + n for n in range(len(blocks))])
    variables = [matomo_made.variable(name, "DataLayer", {"dataLayerName": name}) for name in NAMES]
    data = matomo_made.export([tag], triggers, [matomo_made.configuration(), *variables])
    made = assemble(matomo.read(data), LOADER, TYPES)
    for values in (dict(zip(NAMES, combination, strict=True)) for combination in product(VALUES, repeat=len(NAMES))):
        fired = any(all(_matomo_says(values[v], c, w) for v, c, w in asked) for asked in fires)
        blocked = any(all(_matomo_says(values[v], c, w) for v, c, w in asked) for asked in blocks)
        assert _sent(made, values) == (fired and not blocked), (values, made.text)


_FILTERS = ("EQUALS", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "MATCH_REGEX")


def _google_says(value: str | None, comparison: str, wanted: str, negate: bool) -> bool:
    """As gtm.js compares: with capitals; what is missing is the text undefined, which is none of those wanted."""
    seen = "undefined" if value is None else value
    says = {
        "EQUALS": seen == wanted,
        "CONTAINS": wanted in seen,
        "STARTS_WITH": seen.startswith(wanted),
        "ENDS_WITH": seen.endswith(wanted),
        "MATCH_REGEX": re.search(wanted, seen) is not None,
    }[comparison]
    return says != negate


_FILTER = st.tuples(st.sampled_from(NAMES), st.sampled_from(_FILTERS), st.sampled_from(WANTED), st.booleans())


@SLOW
@given(fires=st.lists(_FILTER, max_size=3), blocks=st.lists(_FILTER, max_size=2))
def test_google(fires: list[tuple[str, str, str, bool]], blocks: list[tuple[str, str, str, bool]]) -> None:
    def filters(asked: list[tuple[str, str, str, bool]]) -> list[dict[str, object]]:
        return [gtm_made.condition(kind, variable, wanted, negate=no) for variable, kind, wanted, no in asked]

    triggers = [gtm_made.trigger(1, "CUSTOM_EVENT", *filters(fires), event="go")]
    triggers.append(
        gtm_made.trigger(2, "CUSTOM_EVENT", *filters(blocks), event=gtm_made.condition("MATCH_REGEX", "_event", ".*"))
    )
    tag = gtm_made.event("T", [1], [2] if blocks else [], "go")
    variables = [gtm_made.variable(name, "v", name=name) for name in NAMES]
    made = assemble(gtm.read(gtm_made.export(tag=[tag], trigger=triggers, variable=variables)), LOADER, TYPES)
    for values in (dict(zip(NAMES, combination, strict=True)) for combination in product(VALUES, repeat=len(NAMES))):
        fired = all(_google_says(values[v], kind, wanted, no) for v, kind, wanted, no in fires)
        blocked = bool(blocks) and all(_google_says(values[v], kind, wanted, no) for v, kind, wanted, no in blocks)
        assert _sent(made, values) == (fired and not blocked), (values, made.text)
