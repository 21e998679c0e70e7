"""The documentation is executed: every YAML block is a whole file that passes, every code and setting is there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli.output import loader
from gateway.destinations import TABLE
from gateway.language.codes import ERRORS, WARNINGS
from gateway.problems import Severity
from gateway.settings import SCHEMA, read_settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "tags/README.md",
    "tags/CALLS.md",
    "tags/REFERENCE.md",
    "config/README.md",
    "gateway/README.md",
    "CHANGELOG.md",
)


def blocks(language: str) -> list[tuple[str, str]]:
    """(page:line, text) of every block of a language."""
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            found.append((f"{page}:{text.count(chr(10), 0, match.start()) + 1}", match[1]))
    return found


YAML = blocks("yaml")


@pytest.mark.parametrize(("where", "text"), YAML, ids=[where for where, _ in YAML])
def test_every_yaml_block_passes_check(where: str, text: str, tmp_path: Path) -> None:
    if "\nlisten:" in text:
        path = tmp_path / "config" / "gateway.yaml"
        path.parent.mkdir()
        path.write_text(text)
        assert read_settings(path).containers == tmp_path / "tags"
        return
    loaded = loader().compile(text.encode(), "shop", where)
    assert [p for p in loaded.problems if p.severity is Severity.ERROR] == [], "\n".join(loaded.report())


def test_there_are_yaml_blocks_to_check() -> None:
    assert len(YAML) >= 5


def test_the_outputs_shown_are_what_check_and_try_print(tmp_path: Path) -> None:
    page = (ROOT / "tags/README.md").read_text("utf-8")
    containers = [text for where, text in YAML if where.startswith("tags/")]
    (tmp_path / "tags").mkdir()
    for command, container in (("check", containers[0]), ("try", containers[2])):
        (tmp_path / "tags" / "acme.yaml").write_text(container)
        match = re.search(rf"^\$ (taggate {command} .*)\n((?:(?!```).*\n)+)", page, re.MULTILINE)
        assert match
        words = [sys.executable, "-m", "gateway.cli", *match[1].split()[1:]]
        said = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert said.startswith(match[2])


def test_every_code_of_a_message_is_explained() -> None:
    explained = {*ERRORS, *WARNINGS}
    said = {
        code
        for pair in (ROOT / "tests/language/broken").glob("*.txt")
        for code in re.findall(r"^\S+:\d+:\d+: .* \[([a-z0-9-]+)\]$", pair.read_text("utf-8"), re.MULTILINE)
    }
    # Too large to lie in a pair of files, or about what is no text.
    odd = {"too-large", "too-hard", "not-utf-8", "bad-file-name"}
    assert explained >= odd
    assert explained - odd == said - odd


def test_every_setting_is_documented() -> None:
    page = (ROOT / "config/README.md").read_text("utf-8")
    names = [*SCHEMA["properties"], *SCHEMA["properties"]["limits"]["properties"], "traces.endpoint", "traces.sample"]
    names += ["country.header", "country.database"]
    assert [name for name in names if name not in page] == []


def test_the_age_of_each_tag_type_is_documented() -> None:
    page = (ROOT / "config/README.md").read_text("utf-8")
    said = {name: int(hours) for name, hours in re.findall(r"^\| `(\w+)` \| (\d+) h \|", page, re.MULTILINE)}
    assert said == {name: destination.oldest / 3600 for name, destination in TABLE.items()}


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / page).read_text("utf-8")):
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"
