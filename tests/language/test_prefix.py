"""A file that is cut off: it is refused, or lets out no User ID that the whole file holds back."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide.decide import Decider
from gateway.decide.suppose import judge, suppose
from gateway.destinations import TYPES
from gateway.language.container import Container, Given
from gateway.language.load import Loader
from gateway.model import Consent, Form
from tests.language.drawn import models, sections
from tests.language.small import LOADER, TEXT, container

TAGS = Path(__file__).parents[2] / "tags"
SHIPPED = Loader(TYPES, judge)
pytestmark = pytest.mark.untraced
FILES = {path.name: path.read_text("utf-8") for path in sorted(TAGS.glob("*.yaml"))} | {"small": TEXT}
IDS = ("007", "", "guest")


def hits(of: Container) -> st.SearchStrategy[Given]:
    """Hits in the words of a test, with what the file asks for."""
    asked = {m.wanted for t in of.triggers.values() for line in t.lines for m in line.matchers}
    values = sorted({str(word) for wanted in asked for word in (wanted if isinstance(wanted, tuple) else (wanted,))})
    purposes = of.consent.purposes if of.consent else ()
    names = [v.name for v in of.variables.values() if v.kind != "constant"]
    return st.builds(
        Given,
        event=st.sampled_from((*values, "other")),
        values=st.fixed_dictionaries({}, optional={name: st.sampled_from((*IDS, *values)) for name in names}),
        consent=st.fixed_dictionaries({}, optional={p: st.sampled_from(Consent) for p in purposes}),
        gpc=st.booleans(),
        signed=st.booleans(),
    )


def forms(of: Container, hit: Given) -> dict[str, Form]:
    """The form in which each tag gets the User ID."""
    return {tag.tag: tag.form for tag in Decider(of).decide(suppose(of, hit)).tags if tag.sent}


def lets_out_more(part: Container, whole: Container, hit: Given) -> list[str]:
    """The tags that get more of the User ID from a part of the file than from the whole."""
    full = forms(whole, hit)
    return [name for name, form in forms(part, hit).items() if form > full.get(name, Form.NONE)]


def cuts(loader: Loader, text: str) -> list[Container]:
    """What loads of a file cut behind each of its lines."""
    ends = [at + 1 for at, letter in enumerate(text) if letter == "\n"]
    loaded = [loader.compile(text[:end].encode(), "cut", "cut.yaml").container for end in ends]
    return [part for part in loaded if part]


@pytest.mark.parametrize("name", FILES)
def test_cut_behind_a_line(name: str) -> None:
    loader = LOADER if name == "small" else SHIPPED
    parts = cuts(loader, FILES[name])
    whole = parts[-1]
    assert len(parts) >= len(whole.tests) - 1

    @settings(max_examples=60, deadline=None)
    @given(hits(whole))
    def holds(hit: Given) -> None:
        for part in parts:
            assert lets_out_more(part, whole, hit) == []

    holds()


@pytest.mark.parametrize("name", FILES)
def test_cut_within_a_line_is_refused(name: str) -> None:
    text = FILES[name]
    for at, letter in enumerate(text):
        if letter != "\n":
            loaded = SHIPPED.compile(text[: at + 1].encode(), "cut", "cut.yaml")
            assert [problem.code for problem in loaded.problems] == ["no-line-end"]
            assert loaded.container is None


def test_cut_within_a_letter_is_refused() -> None:
    source = TEXT.replace("Shop", "Café").encode()
    cut = source[: source.index(b"\xa9")]
    assert [problem.code for problem in SHIPPED.compile(cut, "cut", "cut.yaml").problems] == ["not-utf-8"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_file_cut_behind_a_line(data: st.DataObject) -> None:
    text = _dumped(sections(data.draw(models())))
    whole = container(text)
    lines = text.splitlines(keepends=True)
    part = LOADER.compile("".join(lines[: data.draw(st.integers(0, len(lines)))]).encode(), "cut", "cut.yaml").container
    assert part is None or lets_out_more(part, whole, data.draw(hits(whole))) == []


def _dumped(said: dict[str, Any]) -> str:
    """In the block style; every part anew, so that none is an alias of another."""
    return str(yaml.safe_dump(json.loads(json.dumps(said)), sort_keys=False))
