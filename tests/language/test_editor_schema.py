"""The schema that editors read: valid, up to date, and every shipped container fits it."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gateway.destinations import TYPES as REAL
from gateway.language.matchers import words
from gateway.language.schema import SECTIONS, for_editors
from gateway.language.variables import KINDS
from tests.language.small import TEXT, TYPES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "static" / "container.schema.json"
SCHEMA = for_editors(REAL)
SMALL = for_editors(TYPES)


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: only true and false, decimal numbers; everything else is text."""


Core.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


def mistakes(schema: Any, text: str) -> list[str]:
    """What an editor would underline."""
    loaded = yaml.load(text, Loader=Core)  # noqa: S506
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(loaded)]


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_file_is_up_to_date() -> None:
    text = json.dumps(SCHEMA, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert FILE.read_text("utf-8") == text, "run: taggate schema > static/container.schema.json"


@pytest.mark.parametrize("path", sorted((ROOT / "tags").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_container_fits(path: Path) -> None:
    text = path.read_text("utf-8")
    assert mistakes(SCHEMA, text) == []
    assert text.startswith("# yaml-language-server: $schema=../static/container.schema.json\n")


def test_the_small_container_fits() -> None:
    assert mistakes(SMALL, TEXT) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("type: webhook", "type: webhok"),
        ("send_when:", "send_wen:"),
        ("{ url: https://hooks.example.com/ }", "{ url: hooks.example.com }"),
        ("{ url: https://hooks.example.com/ }", "{}"),
        ("{ cookie: plan }", "{ cookie: plan, data_layer: plan }"),
        ("{ cookie: plan }", "{ indexed_db: plan }"),
        ("at_least: 100", "at_leats: 100"),
        ("at_least: 100", "at_least: many"),
        ("present: true", "present: maybe"),
        ("{ granted: analytics }", "{ given: analytics }"),
        ("page_view: { event: page_view }", "Page-View: { event: page_view }"),
        ("otherwise: drop", "otherwise: attach"),
        ("hash_with: { secret: user_id_key }", "hash_with: abc"),
        ("{ crm: attach }", "{ crm: nothing }"),
        (", attach: [crm]", ""),
    ],
)
def test_an_editor_underlines_what_check_refuses(old: str, new: str) -> None:
    assert old in TEXT
    assert mistakes(SMALL, TEXT.replace(old, new)) != []


def _described(part: Any, where: str = "") -> list[str]:
    """The keys a person may type that say nothing of what they mean."""
    silent = []
    for key, value in part.get("properties", {}).items():
        at = f"{where}.{key}"
        silent += ([] if value.get("description") or "then" in where else [at]) + _described(value, at)
    for key in ("additionalProperties", "items"):
        if isinstance(part.get(key), dict):
            silent += _described(part[key], f"{where}.{key}")
    return silent


def test_every_word_says_what_it_means() -> None:
    assert _described(SCHEMA) == []


def _without_example(part: Any, where: str = "") -> list[str]:
    """The texts that nobody is shown how to write."""
    parts = {**part.get("properties", {}), "": part.get("additionalProperties"), "-": part.get("items")}
    found = {f"{where}.{key}": value for key, value in parts.items() if isinstance(value, dict)}
    shown = [at for at, value in found.items() if "string" in value.get("type", ()) and not value.get("examples")]
    return shown + [at for key, value in found.items() for at in _without_example(value, key)]


def test_every_text_has_an_example() -> None:
    assert _without_example(SCHEMA) == []


def test_every_row_of_the_tables_is_in_it() -> None:
    variable = SCHEMA["properties"]["variables"]["additionalProperties"]["properties"]
    assert set(KINDS) <= set(variable)
    trigger = SCHEMA["properties"]["triggers"]["additionalProperties"]
    assert set(words()) <= set(trigger["additionalProperties"]["properties"])
    assert set(SCHEMA["properties"]["tags"]["additionalProperties"]["properties"]["type"]["enum"]) == set(REAL)
    assert set(SCHEMA["properties"]) <= set(SECTIONS)


def test_words_for_the_check_alone_stay_with_us() -> None:
    assert '"x-' not in FILE.read_text("utf-8")
