"""The commands as people and programs call them (interfaces.md): words, formats, exit codes."""

import json
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner
from web.gate import ENVIRONMENT, shop

from gateway.cli import app, main
from gateway.web.server import Server

GOOD = """\
version: 1
site: { name: Blog, domains: [blog.example.com] }
consent: { from: { cookie: choice }, purposes: { analytics: statistics, marketing: ads } }
variables:
  account_id: { data_layer: user.id }
  plan:       { cookie: plan, default: free }
  colours:    { data_layer: colours, type: set }
triggers:
  page_view:    { event: page_view }
  analytics_ok: { consent: { granted: analytics } }
  signed_in:    { account_id: { present: true } }
  red:          { colours: { contains: red } }
  paid:         { plan: { not_one_of: [free] } }
  view:         { all_of: [page_view, analytics_ok], none_of: [red, paid] }
tags:
  stats:
    type: matomo
    send_when: { all_of: [view] }
    settings: { url: https://stats.example.com/, site_id: 1, token: { secret: stats_token } }
user_id:
  from: account_id
  rules:
    - { when: { all_of: [signed_in, analytics_ok] }, attach: [stats] }
  otherwise: drop
tests:
  - name: A reader
    given:  { event: page_view, account_id: 007, consent: [analytics] }
    expect: { stats: attach }
  - name: Refused
    given:  { event: page_view, account_id: 007, consent: [] }
    expect: {}
  - name: Not asked yet
    given:  { event: page_view, account_id: 007 }
    expect: {}
"""
BROKEN = GOOD.replace("none_of: [red, paid]", "none_of: [rde, paid]")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tags").mkdir()
    (tmp_path / "tags" / "blog.yaml").write_text(GOOD)
    return tmp_path


# check


def test_a_container_that_is_fine(here: Path) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "tags/blog.yaml: fine, 3 tests passed, 1 warning" in result.stdout
    assert "[" in result.stdout.split("\n")[0]
    strict = run("check", "tags/blog.yaml", "--strict")
    assert strict.exit_code == 1
    assert "tags/blog.yaml: 1 warning, and --strict takes none" in strict.stdout


def test_what_is_wrong_is_said_with_place_and_hint(here: Path) -> None:
    (here / "tags" / "bad.yaml").write_text(BROKEN)
    result = run("check")
    assert result.exit_code == 1
    lines = result.stdout.split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("tags/bad.yaml:14:"))
    assert lines[at].endswith('There is no trigger called "rde". [unknown-trigger]')
    assert "^~~" in lines[at + 2]
    assert lines[at + 3] == '  → Did you mean "red"?'
    assert "tags/bad.yaml: 1 error" in result.stdout
    assert "tags/blog.yaml: fine" in result.stdout


def test_a_file_that_cannot_be_read_is_wrong_use(here: Path) -> None:
    for path in ("nowhere.yaml", "tags"):
        result = run("check", path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"{path}: ")


def test_a_file_that_is_called_otherwise(here: Path) -> None:
    (here / "empty").mkdir()
    said = {
        "tags": "Name a file in it, like tags/blog.yaml; check takes several: tags/*.yaml",
        "empty": "There is no .yaml in it.",
        "tags/blog": "Did you mean tags/blog.yaml?",
        "tags/blog.yml": "Did you mean tags/blog.yaml?",
        "tags/blogg.yaml": 'Did you mean "blog.yaml"?',
        "tags/nothing_like_it.yaml": "No such file or directory.",
        "nowhere/blog.yaml": "No such file or directory.",
        "blog": "Did you mean tags/blog.yaml?",
        "blog.yaml": "Did you mean tags/blog.yaml?",
        "-": "Standard input is not read: name a file.",
    }
    for path, hint in said.items():
        assert run("check", path).stderr.strip().endswith(hint)
    (here / "tags" / "blog.txt").write_bytes((here / "tags" / "blog.yaml").read_bytes())
    result = run("check", "tags/blog.txt")
    assert (result.exit_code, "Call it blog.yaml." in result.stderr) == (0, True)
    (here / "tags" / "blog.txt").rename(here / "tags" / "blog.yaml.txt")
    result = run("check", "tags/blog.yaml.txt")
    assert "Call the file blog.yaml." in result.stdout
    assert "Call it blog.yaml." in result.stderr


def test_a_file_that_nobody_can_read_hides_no_other(here: Path) -> None:
    (here / "tags" / "old.yaml").symlink_to("gone.yaml")
    (here / "tags" / "shop.yml").touch()
    result = run("check")
    assert (result.exit_code, "tags/blog.yaml: fine" in result.stdout) == (1, True)
    assert "tags/old.yaml:1:1: The file cannot be read: No such file or directory. [unreadable]" in result.stdout
    assert result.stderr == "tags/shop.yml: the gateway reads no file that is called so. Call it shop.yaml.\n"
    named = run("check", "tags/old.yaml")
    assert (named.exit_code, named.stderr.endswith("It is a link to gone.yaml.\n")) == (2, True)
    for path in (here / "tags").glob("*.yaml"):
        path.unlink()
    assert "Call tags/shop.yml shop.yaml." in run("check").stderr


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["validate", "x"], "check"),
        (["import", "google", "x.json"], "import gtm"),
        (["version"], "--version"),
        (["help", "check"], "--help"),
    ],
)
def test_commands_by_other_names(
    words: list[str], meant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["taggate", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"Did you mean taggate {meant}?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (["person", "erase", "c-4711"], "tags/README.md"),
        (["publish"], "taggate check"),
        (["replay", "x.yaml"], "taggate explain --diff"),
    ],
)
def test_commands_that_do_not_exist_yet(
    words: list[str], instead: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["taggate", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, instead in said, "c-4711" in said) == (2, True, False)


@pytest.mark.parametrize(
    "words", [["import", "gtm", "-"], ["try", "tags/blog.yaml", "--from", "-"], ["doctor", "--config", "-"]]
)
def test_standard_input_is_no_file(here: Path, words: list[str]) -> None:
    assert run(*words).stderr == "-: No such file or directory. Standard input is not read: name a file.\n"


def test_which_version_it_is() -> None:
    result = run("--version")
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["version"]
    assert (result.exit_code, result.stdout) == (0, f"taggate {declared}\n")


def test_without_a_tags_folder_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("check")
    assert result.exit_code == 2
    assert "taggate check FILE" in result.stderr
    assert run("check", "--format", "xml").exit_code == 2
    assert run("nonsense").exit_code == 2


def test_json_for_programs(here: Path) -> None:
    (here / "tags" / "bad.yaml").write_text(BROKEN)
    result = run("check", "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    [error] = [problem for problem in found if problem["severity"] == "error"]
    assert set(error) == {"file", "line", "column", "severity", "code", "message", "hint"}
    assert (error["file"], error["line"], error["code"]) == ("tags/bad.yaml", 14, "unknown-trigger")
    assert json.loads(run("check", "tags/blog.yaml", "--format", "json").stdout)[0]["severity"] == "warning"


def test_annotations_for_github(here: Path) -> None:
    path = here / "tags" / "bad.yaml"
    path.write_text(BROKEN)
    result = run("check", "tags/bad.yaml", "--format", "github")
    assert result.exit_code == 1
    [line] = [line for line in result.stdout.splitlines() if line.startswith("::error")]
    assert line.startswith("::error file=tags/bad.yaml,line=14,col=")
    assert 'title=unknown-trigger::There is no trigger called "rde". Did you mean "red"?' in line


def test_github_lines_cannot_be_broken_out_of(here: Path) -> None:
    odd = here / "tags" / "a,b:c%.yaml"
    odd.write_text(GOOD)
    result = run("check", odd, "--format", "github")
    assert result.exit_code == 1
    assert all(line.startswith("::") for line in result.stdout.splitlines())
    assert "a%2Cb%3Ac%25.yaml" in result.stdout


def test_a_container_that_fails_its_own_test(here: Path) -> None:
    (here / "tags" / "blog.yaml").write_text(GOOD.replace("{ stats: attach }", "{ stats: drop }"))
    result = run("check")
    assert result.exit_code == 1
    assert "[test-failed]" in result.stdout
    hint = next(line for line in result.stdout.splitlines() if "taggate try" in line)
    words = hint.split("taggate ", 1)[1].split()
    assert run(*words).exit_code == 0


def test_no_secret_is_needed_to_check_and_try(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    (here / "tags" / "shop.yaml").write_text(shop())
    assert run("check", "tags/shop.yaml").exit_code == 0
    assert run("try", "tags/shop.yaml", "event=x").exit_code == 0


# try


def test_try_says_the_decision_and_every_reason(here: Path) -> None:
    result = run("try", "tags/blog.yaml", "event=page_view", "account_id=007", "consent=analytics")
    assert result.exit_code == 0
    assert "stats: attach  (rule in line" in result.stdout
    assert "cookie: no" in result.stdout
    for trigger in ("page_view", "analytics_ok", "signed_in", "red", "view"):
        assert f"\n{trigger} " in result.stdout
    trace, _, requests = result.stdout.partition("stats would get")
    assert "007" not in trace
    assert "uid=007" in requests


def test_try_as_json(here: Path) -> None:
    words = ("event=page_view", "account_id=007", "consent=analytics", "--format", "json")
    found = json.loads(run("try", "tags/blog.yaml", *words).stdout)
    stats = found["tags"]["stats"]
    assert (stats["sent"], stats["decision"]) == (True, "attach")
    assert stats["rule"].startswith("rule in line ")
    assert {"view", "page_view", "analytics_ok", "red", "signed_in"} <= {one["trigger"] for one in stats["because"]}
    assert {one["answer"] for one in found["triggers"].values()} <= {"yes", "no", "cannot tell"}
    [line] = found["triggers"]["signed_in"]["lines"]
    assert (line["variable"], line["wanted"], line["answer"]) == ("account_id", "present: true", "yes")
    assert line["seen"].startswith("(personal, ")
    nothing = json.loads(run("try", "tags/blog.yaml", "event=page_view", "--format", "json").stdout)
    assert nothing["tags"]["stats"]["sent"] is False
    assert nothing["triggers"]["analytics_ok"]["answer"] == "cannot tell"


def test_try_at_a_time(here: Path) -> None:
    limits = "schedule: { until: 2026-12-24 }\n    sample: 10%"
    (here / "tags" / "blog.yaml").write_text(GOOD.replace("  stats:\n", f"  stats:\n    {limits}\n"))
    words = ("try", "tags/blog.yaml", "event=page_view", "consent=analytics")
    assert "; only until 2026-12-24, only of 10% of the visitors)" in run(*words).stdout
    assert "stats: drop" in run(*words, "--at", "2026-12-24 23:59").stdout
    late = run(*words, "--at", "2026-12-25").stdout
    assert "stats: nothing  (outside its schedule (until 2026-12-24))" in late
    refused = run("try", "tags/blog.yaml", "event=page_view", "--at", "2026-12-25")
    assert "stats: nothing  (send_when is not yes)" in refused.stdout
    wrong = run(*words, "--at", "christmas")
    assert wrong.exit_code == 2
    assert '"christmas" is not a time' in wrong.output


def test_try_at_a_time_knows_the_hour_unless_it_is_typed(here: Path) -> None:
    late = GOOD.replace("triggers:\n", "  hour:       { time: hour }\ntriggers:\n  late: { hour: { at_least: 22 } }\n")
    (here / "tags" / "blog.yaml").write_text(late)
    assert answer("event=page_view")["late"] == "no"
    assert answer("event=page_view", "--at", "2026-12-24 22:30")["late"] == "yes"
    assert answer("event=page_view", "hour=9", "--at", "2026-12-24 22:30")["late"] == "no"


def answer(*words: str) -> dict[str, str]:
    result = run("try", "tags/blog.yaml", *words, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return {name: one["answer"] for name, one in found["triggers"].items()}


def test_the_words_of_try(here: Path) -> None:
    assert answer("event=x", "colours=blue,red")["red"] == "yes"
    assert answer("event=x", "colours=blue")["red"] == "no"
    assert answer("event=x")["red"] == "no"
    assert answer("event=x", "plan=")["paid"] == "no"
    assert answer("event=x", "plan=a=b")["paid"] == "yes"
    assert answer("event=x", "consent=")["analytics_ok"] == "no"
    assert answer("event=x", "granted=analytics")["analytics_ok"] == "yes"
    assert answer("event=x", "refused=analytics")["analytics_ok"] == "no"
    assert answer("event=x", "consent=analytics,marketing", "gpc=yes")["analytics_ok"] == "no"
    assert answer("event=x", "consent=analytics", "gpc=no")["analytics_ok"] == "yes"


BAD_WORDS = {
    "page_view": "has no =",
    "account_id=1": "event=page_view",
    "event=x plna=gold": "plan",
    "event=x consent=analitics": "analytics",
    "event=x gpc=maybe": "gpc=yes",
    "event=x signed=perhaps": "signed=yes",
    "event=x event=y": "twice",
    "event=x consent=analytics granted=marketing": "consent",
    "event=x =y": 'There is no variable called ""',
    "event=": "event=page_view",
}


@pytest.mark.parametrize("words", BAD_WORDS)
def test_words_that_try_does_not_understand(here: Path, words: str) -> None:
    result = run("try", "tags/blog.yaml", *words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert BAD_WORDS[words] in result.stderr
    assert "Traceback" not in result.stderr


def test_try_without_words_and_without_a_file(here: Path) -> None:
    assert run("try", "tags/blog.yaml").exit_code == 2
    assert run("try").exit_code == 2
    assert run("try", "nowhere.yaml", "event=x").exit_code == 2


def test_try_on_a_container_with_errors(here: Path) -> None:
    (here / "tags" / "blog.yaml").write_text(BROKEN)
    result = run("try", "tags/blog.yaml", "event=x")
    assert result.exit_code == 1
    assert "[unknown-trigger]" in result.stdout
    found = json.loads(run("try", "tags/blog.yaml", "event=x", "--format", "json").stdout)
    assert "unknown-trigger" in [problem["code"] for problem in found]


def test_the_terminal_cannot_be_steered_by_a_word(here: Path) -> None:
    result = run("try", "tags/blog.yaml", "event=x", "plan=[red]\x1b[31mred[/red]")
    assert result.exit_code == 0
    assert "\x1b[31m" not in result.stdout


# schema


def test_schema_prints_what_editors_read() -> None:
    result = run("schema")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["properties"]["tags"]
    assert "$schema" in found


# serve


def serve_fails(*words: str | Path) -> tuple[int, str]:
    result = run("serve", *words)
    assert "Traceback" not in result.output
    assert not result.exception or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stderr


def test_serve_says_what_is_wrong_with_its_file(here: Path) -> None:
    config = here / "config" / "gateway.yaml"
    config.parent.mkdir()
    config.write_text("version: 1\nlisen: 127.0.0.1:80\n")
    for words in ((), ("--config", config)):
        code, said = serve_fails(*words)
        assert code == 1
        assert "gateway.yaml:2:1: " in said
        assert 'Did you mean "listen"?' in said
        assert "2 | lisen: 127.0.0.1:80" in said
    code, said = serve_fails("--config", "nowhere.yaml")
    assert code == 2
    assert said.startswith("nowhere.yaml: ")


def test_serve_without_a_file_works_on_tags_beside_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAGGATE_SECRET_STATS_TOKEN", raising=False)
    code, said = serve_fails()
    assert code == 1
    assert 'No secret "stats_token"' in said
    assert said.endswith("\n\nThe gateway did not start: no container can run.\n")
    assert (here / "data").is_dir()
    (here / "tags" / "news.yaml").write_text(GOOD.replace(", token: { secret: stats_token }", ""))
    code, said = serve_fails()
    assert (code, said.count('No secret "stats_token"')) == (1, 1)
    assert said.endswith("\n\nThe gateway did not start: a secret cannot be used.\n")
    for file in (here / "tags").iterdir():
        file.unlink()
    code, said = serve_fails()
    assert (code, "There is no container in" in said) == (1, True)
    (here / "tags").rmdir()
    code, said = serve_fails()
    assert (code, "cannot be read" in said) == (1, True)


def test_serve_says_which_port_is_in_use(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGGATE_SECRET_STATS_TOKEN", "t")
    (here / "config").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (here / "config" / "gateway.yaml").write_text(f"version: 1\nlisten: 127.0.0.1:{port}\n")
        code, said = serve_fails()
    assert (code, f"127.0.0.1:{port} cannot be listened on" in said) == (1, True)
    (here / "config" / "gateway.yaml").write_text("version: 1\nlisten: 127.0.0.1:99999\n")
    code, said = serve_fails()
    assert code == 1
    assert said.splitlines()[0] == "config/gateway.yaml:2:9: There is no port 99999. [bad-port]"
    assert said.splitlines()[2].lstrip(" |") == "^" + "~" * 14


def test_serve_ends_badly_when_storage_failed(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def badly(_: Server) -> bool:
        return False

    monkeypatch.setattr(Server, "run", badly)
    assert run("serve").exit_code == 1


# snippet


def test_what_a_website_embeds(here: Path) -> None:
    (here / "gateway.yaml").write_text("version: 1\npublic_url: https://tg.example.com/\n")
    result = run("snippet", "tags/blog.yaml", "--config", "gateway.yaml")
    assert result.exit_code == 0
    assert '<script async src="https://tg.example.com/t/blog.js"></script>' in result.stdout
    told = json.loads(run("snippet", "tags/blog.yaml", "--config", "gateway.yaml", "--format", "json").stdout)
    assert told["address"] == "https://tg.example.com/t/blog.js"
    pinned = f'<script async crossorigin src="{told["version_address"]}" integrity="{told["integrity"]}"></script>'
    assert pinned in result.stdout
    assert told["bytes"]["brotli"] < told["bytes"]["gzip"] < told["bytes"]["plain"]
    assert 'src="http://127.0.0.1:8080/t/blog.js' in run("snippet", "tags/blog.yaml").stdout


def test_what_is_wrong_has_no_snippet(here: Path) -> None:
    (here / "tags" / "bad.yaml").write_text(BROKEN)
    result = run("snippet", "tags/bad.yaml")
    assert result.exit_code == 1
    assert "<script" not in result.stdout
