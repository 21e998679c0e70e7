"""The reference is what the tables say, and leaves nothing out."""

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.destinations import TYPES as REAL
from gateway.language.choices import BANNERS
from gateway.language.choices import KINDS as SOURCES
from gateway.language.codes import ERRORS, WARNINGS
from gateway.language.container import Event
from gateway.language.events import KINDS as EVENTS
from gateway.language.events import LIMITS
from gateway.language.matchers import CONSENT_WORDS, words
from gateway.language.reference import reference
from gateway.language.reference.page import code, page, table
from gateway.language.schema import for_editors
from gateway.language.variables import KINDS
from gateway.problems import Place
from tests.language.small import TEXT, TYPES, container

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "tags" / "REFERENCE.md").read_text("utf-8")


def test_the_page_is_up_to_date() -> None:
    assert reference(REAL) == PAGE, "run: taggate schema --format markdown > tags/REFERENCE.md"


def _keys(part: Any) -> set[str]:
    """Every word that a person may type as a key, wherever it stands."""
    if isinstance(part, list):
        return set().union(*map(_keys, part))
    if not isinstance(part, dict):
        return set()
    below = set().union(*(_keys(value) for value in part.values()))
    properties = part.get("properties", {})
    return below | (set(properties) if isinstance(properties, dict) else set())


def test_no_word_is_left_out() -> None:
    mentioned = set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]*)`", PAGE))))
    mentioned |= set(re.findall(r"^### ([a-z_]+)$", PAGE, re.MULTILINE))
    settings = {setting for kind in REAL.values() for setting in kind.settings}
    wanted = {*_keys(for_editors(REAL)), *KINDS, *words(), *CONSENT_WORDS, *EVENTS, *LIMITS, *SOURCES, *BANNERS, *REAL}
    assert (wanted | settings) - mentioned == set()


@pytest.mark.parametrize("name", [*ERRORS, *WARNINGS])
def test_each_code_stands_where_it_belongs(name: str) -> None:
    assert f"| `{name}` | " in PAGE.partition("## Codes of messages")[2]


def test_every_kind_says_what_it_reads() -> None:
    for kind in KINDS.values():
        assert PAGE.partition(f"### {kind.name}\n\n")[2].partition("\n\n")[0] == kind.description


def test_a_type_that_takes_no_user_id_or_nothing_without_one_says_so() -> None:
    said = reference(TYPES)
    assert "It takes no User ID." in said
    assert "It gets nothing where the User ID is dropped." in said
    assert "No deletion of a person is known for it." in said


def test_the_parts_of_a_page() -> None:
    assert code("a`b") == "``a`b``"
    assert code("") == ""
    assert table(("a", "b"), [("x|y", "z")]) == "| a | b |\n| --- | --- |\n| x\\|y | z |"
    assert table(("a",), []) == ""
    assert page(["a", "", "b"]) == "a\n\nb\n"


def _below(part: Any) -> Any:
    return part.get("additionalProperties") or part


def test_what_stands_for_what_is_not_said_is_what_is_done() -> None:
    parts = for_editors(TYPES)["properties"]
    made = container(TEXT)
    tag, user = made.tags["crm"], made.user_id
    assert made.consent
    assert user
    done = {
        ("site", "timezone"): made.site.timezone,
        ("consent", "while_unknown"): made.consent.while_unknown,
        ("visitor", "days"): made.visitor.days,
        ("visitor", "without_cookie"): made.visitor.without_cookie,
        ("user_id", "at_login"): user.at_login,
        ("user_id", "at_logout"): user.at_logout,
        ("tags", "ip"): tag.ip,
        ("tags", "page"): tag.page,
        ("events", "limit"): Event(name="a", kind="click", place=Place(1, 1)).limit,
    }
    said = {(section, key): _below(parts[section])["properties"][key]["default"] for section, key in done}
    assert said == done
