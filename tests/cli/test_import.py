"""`taggate import` from outside: files, what is said where, exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.importing import gtm_made, matomo_made

REAL = (Path(__file__).parents[1] / "importing" / "matomo_export.json").read_bytes()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export.json").write_bytes(REAL)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["import", *words])


def test_the_container_on_the_screen_and_the_report_beside_it(here: Path) -> None:
    result = run("matomo", "export.json")
    assert result.exit_code == 0
    assert "version: 1\n" in result.stdout
    assert "Carried over" not in result.stdout
    for heading in ("Carried over (", "Changed in meaning (", "Not possible (", "To decide (", "Secrets to set ("):
        assert heading in result.stderr
    (here / "shop.yaml").write_text(result.stdout)
    assert CliRunner().invoke(app, ["check", "shop.yaml"]).exit_code == 0


def test_the_container_in_a_file_that_is_never_replaced_unasked(here: Path) -> None:
    assert run("matomo", "export.json", "--output", "shop.yaml").exit_code == 0
    written = (here / "shop.yaml").read_text("utf-8")
    assert CliRunner().invoke(app, ["check", "shop.yaml"]).exit_code == 0
    (here / "shop.yaml").write_text("mine\n")
    result = run("matomo", "export.json", "-o", "shop.yaml")
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert (here / "shop.yaml").read_text() == "mine\n"
    assert run("matomo", "export.json", "-o", "shop.yaml", "--overwrite").exit_code == 0
    assert (here / "shop.yaml").read_text("utf-8") == written


def test_the_report_as_json(here: Path) -> None:
    found = json.loads(run("matomo", "export.json", "--format", "json").stdout)
    assert set(found) == {"report", "container"}
    assert {"what": "trigger", "name": "Login event", "said": ""} in found["report"]["carried_over"]
    to_file = json.loads(run("matomo", "export.json", "--format", "json", "-o", "shop.yaml").stdout)
    assert to_file == {"report": found["report"]}
    assert (here / "shop.yaml").read_text("utf-8") == found["container"]


@pytest.mark.parametrize("name", ["Shop.yaml", "shop.yml", "7.yaml"])
def test_a_name_that_no_container_can_have(here: Path, name: str) -> None:
    result = run("matomo", "export.json", "-o", name)
    assert (result.exit_code, "is called like shop.yaml" in result.stderr) == (2, True)


def test_files_that_cannot_be_read_or_written(here: Path) -> None:
    assert run("matomo", "nowhere.json").exit_code == 2
    folder = run("matomo", ".")
    assert folder.exit_code == 2
    assert ". is a folder; the file is wanted that the tag manager exported." in folder.stderr
    assert run("matomo", "export.json", "-o", "nowhere/shop.yaml").exit_code == 2
    assert run("matomo").exit_code == 2


def test_what_is_no_export(here: Path) -> None:
    (here / "bad.json").write_text('{"a": "\x1b[31m"')
    result = run("matomo", "bad.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "bad.json: This file is not JSON. Export the container again, and take the file as it is.\n"
    assert json.loads(run("matomo", "bad.json", "--format", "json").stdout)["error"].startswith("This file is not JSON")


def test_an_export_of_which_nothing_can_be_kept_still_gets_its_report(here: Path) -> None:
    (here / "chat.json").write_text('{"tags": [{"type": "Drift", "name": "Chat\\u001b[31m"}]}')
    result = run("matomo", "chat.json", "-o", "shop.yaml")
    assert result.exit_code == 1
    assert "No tag of this export can be carried over" in result.stderr
    assert "tag “Chat[31m”: it is a program that runs in the page" in result.stderr
    assert not (here / "shop.yaml").exists()
    assert json.loads(run("matomo", "chat.json", "--format", "json").stdout)["report"]["not_possible"]


CASES = [("matomo", data) for data in matomo_made.MADE.values()] + [("gtm", data) for data in gtm_made.MADE.values()]


@pytest.mark.parametrize(("of", "data"), CASES)
def test_every_hand_made_export_passes_check(here: Path, of: str, data: bytes) -> None:
    (here / "made.json").write_bytes(data)
    assert run(of, "made.json", "-o", "made.yaml").exit_code == 0
    assert CliRunner().invoke(app, ["check", "made.yaml"]).exit_code == 0
