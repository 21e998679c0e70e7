"""taggate explain: text, JSON, a page, annotations; and what changes between two versions."""

import json
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.language.load import Loaded
from gateway.language.proof import circuit

SHOP = Path(__file__).parents[2] / "tags" / "shop.yaml"
RUN = CliRunner()
explaining = import_module("gateway.cli.explain")


def run(*words: str, code: int = 0) -> str:
    """What the command prints."""
    result = RUN.invoke(app, ["explain", *words])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def wider(tmp_path: Path) -> Path:
    """The shop's container without its tests, with a tag that no longer asks for consent."""
    text = SHOP.read_text("utf-8").replace("{ all_of: [purchase, marketing_ok] }", "purchase")
    lines = [line for line in text.splitlines(keepends=True) if "never: send, to: [crm]" not in line]
    path = tmp_path / "shop.yaml"
    path.write_text("".join(lines).partition("\ntests:")[0] + "\ntests: []\n")
    return path


def test_every_tag_and_what_it_can_get() -> None:
    said = run(str(SHOP))
    assert "the User ID as it is" in said
    assert "Proved: never send to crm, unless marketing_ok." in said
    assert "Before the visitor has answered: matomo." in said
    assert "No person can be deleted at: warehouse, crm." in said
    assert "granted=analytics,marketing" in said


def test_where_everybody_can_be_deleted(tmp_path: Path) -> None:
    text = (SHOP.parent / "README.md").read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    path = tmp_path / "acme.yaml"
    path.write_text(text)
    assert "At every receiver a person can be deleted." in run(str(path))


@pytest.mark.parametrize("way", ["text", "html"])
def test_what_goes_to_a_receiver_beside_the_user_id(way: str) -> None:
    said = " ".join(run(str(SHOP), "--format", way).replace("&#39;", "'").split())
    assert said.count("The visitor's address: shortened. The page's address: in full.") == 3
    assert "User ID and account in the form decided" in said
    assert "Further values: total (from order_value), plan (from plan)." in said
    assert "With the User ID as it is also: email (from email)." in said


def test_where_pages_wait_for_the_answer_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP.read_text("utf-8").replace("while_unknown: hold", "while_unknown: send"))
    for way in ("text", "html"):
        assert "Pages hold their hits until the answer" in " ".join(run(str(SHOP), "--format", way).split())
        assert "Pages hold" not in run(str(path), "--format", way)


def test_for_programs() -> None:
    said = json.loads(run(str(SHOP), "--format", "json"))
    assert said["sha256"] == sha256(SHOP.read_bytes()).hexdigest()
    crm = said["explanation"]["receivers"][2]
    assert crm["reach"]["ever"]["gets"] == "attach"
    assert crm["reach"]["before the answer"]["gets"] == "nothing"


def test_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP.read_text("utf-8").replace("name: Acme Shop", 'name: "<script>Acme & Co"'))
    said = run(str(path), "--format", "html")
    assert sha256(path.read_bytes()).hexdigest() in said
    assert "&lt;script&gt;Acme &amp; Co" in said
    assert "<script" not in said
    assert "src=" not in said
    assert "href=" not in said


def test_annotations() -> None:
    said = run(str(SHOP), "--format", "github").splitlines()
    assert said[1].endswith(
        "title=warehouse::The most it can ever get: hash (event page_view, signed in, analytics granted)."
    )


def test_what_changes_for_whom(wider: Path) -> None:
    said = run("--diff", str(SHOP), str(wider))
    assert said.startswith("+ crm now also gets hits without User ID, when nothing is granted")
    assert "+ It is no longer promised: never send to crm, unless marketing_ok." in said
    assert run("--diff", str(SHOP), str(SHOP)) == "Nothing changes for anybody.\n"
    assert json.loads(run("--diff", str(SHOP), str(wider), "--format", "json"))[0]["wider"]


def test_what_is_wider_is_refused_in_review(wider: Path) -> None:
    run("--diff", str(SHOP), str(wider), "--no-wider", code=1)
    run("--diff", str(wider), str(SHOP), "--no-wider")
    assert run("--diff", str(SHOP), str(wider), "--format", "github").startswith("::warning ")
    assert run("--diff", str(SHOP), str(wider), "--format", "github", "--no-wider", code=1).startswith("::error ")


def test_wrong_use_and_wrong_files(tmp_path: Path) -> None:
    run(str(SHOP), "--no-wider", code=2)
    run("--diff", str(SHOP), str(SHOP), "--format", "html", code=2)
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP.read_text("utf-8").replace("to: [crm], unless: marketing_ok", "to: [crm]"))
    assert "[guarantee-failed]" in run(str(path), code=1)
    assert json.loads(run(str(path), "--format", "json", code=1))[0]["code"] == "guarantee-failed"
    assert run(str(path), "--format", "github", code=1).startswith("::error ")
    assert "It is now promised" in run("--diff", str(path), str(SHOP))


PIGEONS = """version: 1
site: {{ name: S, domains: [a.example] }}
consent: not_needed
variables:
{variables}triggers:
  page_view: {{ event: page_view }}
{triggers}tags:
  crm:
    type: webhook
    send_when: {{ {join} }}
    settings: {{ url: https://a.example/ }}
tests: []
"""


def _pigeons(path: Path, join: str) -> Path:
    """Seven pigeons in six holes: easy to say, hard to refute."""
    triggers = {f"p{n}h{m}": f"{{ v{n}: h{m} }}" for n in range(7) for m in range(6)}
    nests = {f"in{n}": f"{{ any_of: [{', '.join(f'p{n}h{m}' for m in range(6))}] }}" for n in range(7)}
    pairs = [(n, m, o) for m in range(6) for n in range(7) for o in range(n)]
    crowds = {f"two{n}{m}{o}": f"{{ all_of: [p{n}h{m}, p{o}h{m}] }}" for n, m, o in pairs}
    variables = "".join(f"  v{n}: {{ data_layer: a{n} }}\n" for n in range(7))
    said = "".join(f"  {name}: {asked}\n" for name, asked in {**triggers, **nests, **crowds}.items())
    join = join.format(nests=", ".join(nests), crowds=", ".join(crowds))
    path.write_text(PIGEONS.format(variables=variables, triggers=said, join=join))
    return path


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_what_is_too_hard_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Each version alone is easy; the two together, and what the first can get, are not within the budget."""
    hard = _pigeons(tmp_path / "hard.yaml", "all_of: [page_view, {nests}], none_of: [{crowds}]")
    easy = _pigeons(tmp_path / "easy.yaml", "all_of: [page_view]")
    reading = explaining.load

    def load(path: Path, *judge: None) -> Loaded:
        monkeypatch.setattr(circuit, "MOST_CONFLICTS", 500_000)
        loaded = reading(path, *judge)
        monkeypatch.setattr(circuit, "MOST_CONFLICTS", 1)
        return loaded

    monkeypatch.setattr(explaining, "load", load)
    for words in ([str(hard)], ["--diff", str(easy), str(hard)], ["--diff", str(hard), str(easy), "--no-wider"]):
        said = run(*words, "--format", form, code=1)
        assert "too-hard" in said
        assert "stand on one another in too many ways to be worked out." in said
