"""Exports in which anything stands anywhere: a container that passes, or plain words; never anything else."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.importing import gtm, matomo
from gateway.importing.source import BadExport, Export
from tests.importing import gtm_made, matomo_made
from tests.importing.proving import imported

ODD = st.sampled_from(
    [
        *(
            "",
            " ",
            "{{",
            "}}",
            "{{ }}",
            "{{a}}{{b}}",
            "{{Page Path}}",
            "\x00\x1b[31m",
            "\u202e",
            "\ud800",
            "*&!%@`|>",
            "a: b #c",
        ),
        *(
            "no",
            "null",
            "007",
            "-1",
            "1e999",
            "[",
            "(",
            "https://[",
            "//x",
            "http://x y/",
            "x" * 5000,
            "\n- a\n",
            "ünï",
            '"\\',
        ),
        *(None, True, 7, -1, 10**30, 0.5, [], {}, [None], {"a": [1]}),
    ]
)
READ = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _places(found: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [way, *(place for key, one in items for place in _places(one, (*way, key)))]


def _put(found: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    out = dict(found) if isinstance(found, dict) else list(found)
    out[way[0]] = _put(out[way[0]], way[1:], value)
    return out


def _encoded(found: Any) -> bytes:
    try:
        return msgspec.json.encode(found)
    except (UnicodeEncodeError, OverflowError):
        return b"{}"


EXPORTS = [(matomo.read, msgspec.json.decode(data)) for data in matomo_made.MADE.values()]
EXPORTS += [(gtm.read, msgspec.json.decode(data)) for data in gtm_made.MADE.values()]
SMALL = [(read, found) for read, found in EXPORTS if len(_places(found)) < 900]


@READ
@given(st.data())
def test_anything_anywhere(data: st.DataObject) -> None:
    read, found = data.draw(st.sampled_from(SMALL))
    for _ in range(data.draw(st.integers(1, 6))):
        places = _places(found)
        found = _put(found, places[data.draw(st.integers(0, len(places) - 1))], data.draw(ODD))
    _try(read, found)


def _try(read: Callable[[bytes], Export], found: Any) -> None:
    try:
        imported(read(_encoded(found)))
    except BadExport as error:
        assert str(error)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_names_that_are_the_same_here_stay_apart(number: int) -> None:
    names = [["A b", "a-b", "A_B"], ["日本", "世界", "\u202e"], ["event", "consent", "user_id"]][number]
    variables = [matomo_made.variable(name, "DataLayer", {"dataLayerName": f"v{i}"}) for i, name in enumerate(names)]
    dimensions = [{"index": str(i), "value": "{{" + name + "}}"} for i, name in enumerate(names, 1)]
    page = matomo_made.matomo("Page", [1], kind="pageview", parameters={"customDimensions": dimensions})
    data = matomo_made.export([page], [matomo_made.trigger(1, "PageView")], [matomo_made.configuration(), *variables])
    made = imported(matomo.read(data))
    assert sorted(one.source for one in made.container.variables.values()) == ["v0", "v1", "v2"]
