"""`taggate preview`: a token, for the version that runs or for a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.secrets import own_secret
from gateway.web.preview.drafts import FOLDER
from gateway.web.preview.token import RUNNING, Seal, Token

SHOP = (Path(__file__).parents[2] / "tags" / "shop.yaml").read_text("utf-8")
HOUR = 3_600_000


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one container, in which a gateway has run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tags").mkdir()
    (tmp_path / "tags" / "shop.yaml").write_text(SHOP, "utf-8")
    (tmp_path / "data").mkdir(mode=0o700)
    own_secret(tmp_path / "data", "gateway_secret")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["preview", *words])


def made(*words: str) -> dict[str, Any]:
    result = run(*words, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_token_for_the_version_that_runs(here: Path) -> None:
    found = made("shop", "--for", "30m")
    token = Token.of(found["token"])
    leave = Seal(own_secret(here / "data", "gateway_secret"), "shop").read(token.seal, found["until"] - HOUR // 2)
    assert leave is not None
    assert (token.container, leave.version, leave.until) == ("shop", RUNNING, found["until"])
    assert found["published"] is True
    assert found["address"].endswith(f"/?taggate_preview={token}")
    assert not (here / "data" / FOLDER).exists()


def test_a_token_for_a_file(here: Path) -> None:
    draft = here / "next.yaml"
    draft.write_text(SHOP.replace("name: Acme Shop", "name: Acme"), "utf-8")
    found = made("shop", "--file", "next.yaml")
    kept = here / "data" / FOLDER / found["revision"] / "shop.yaml"
    assert kept.read_bytes() == draft.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    assert found["published"] is False


def test_for_people(here: Path) -> None:
    said = run("shop").stdout
    assert "?taggate_preview=shop." in said
    assert "It shows the version that runs. Your hits are real: they are sent as ever." in said
    said = run("shop", "--file", "tags/shop.yaml").stdout
    assert "It shows tags/shop.yaml (revision " in said
    assert "Nothing is sent to any receiver, nothing is kept." in said


def test_a_file_with_errors_gets_none(here: Path) -> None:
    (here / "next.yaml").write_text(SHOP.replace("any_of: [page_view", "any_of: [page_veiw"), "utf-8")
    result = run("shop", "--file", "next.yaml")
    assert result.exit_code == 1
    assert "page_veiw" in result.stdout
    assert not (here / "data" / FOLDER).exists()


WRONG = {
    ("shops",): (2, 'There is no container "shops" in tags. Did you mean "shop"?'),
    ("tags/shop.yaml",): (2, 'There is no container "tags/shop.yaml" in tags. Write its name alone: shop.'),
    ("shop", "--for", "2 days"): (2, '--for: "2 days" is no time up to 24h. Write it like 30m or 2h.'),
    ("shop", "--for", "25h"): (2, '--for: "25h" is no time up to 24h. Write it like 30m or 2h.'),
    ("shop", "--for", "0h"): (2, '--for: "0h" is no time up to 24h. Write it like 30m or 2h.'),
    ("shop", "--file", "none.yaml"): (2, "none.yaml: No such file or directory."),
}


@pytest.mark.parametrize(("words", "expected"), WRONG.items(), ids=[" ".join(words) for words in WRONG])
def test_what_cannot_be_done(words: tuple[str, ...], expected: tuple[int, str]) -> None:
    result = run(*words)
    assert (result.exit_code, result.stderr.strip().replace(f"{Path.cwd()}/", "")) == expected


def test_where_no_gateway_has_run(here: Path) -> None:
    (here / "data" / "gateway_secret").unlink()
    result = run("shop")
    assert result.exit_code == 1
    assert (
        result.stderr.strip().replace(f"{here}/", "")
        == "There is no gateway in data yet: start it once with taggate serve."
    )


def test_a_damaged_secret(here: Path) -> None:
    (here / "data" / "gateway_secret").write_text("nothing")
    result = run("shop")
    assert result.exit_code == 1
    assert "cannot be read" in result.stderr


def test_a_running_version_with_errors(here: Path) -> None:
    (here / "tags" / "shop.yaml").write_text("version: 1\n")
    assert run("shop").exit_code == 1
