"""`taggate try --from`, `--as-test`, the requests, and `taggate check --suggest-tests`."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app

SHOP = (Path(__file__).parents[2] / "tags" / "shop.yaml").read_text("utf-8")
HIT: dict[str, Any] = {
    "event": "purchase",
    "at": 1_780_000_000_000,
    "url": "https://shop.example.com/thanks?mail=ada@example.com",
    "title": "Thank you c-999",
    "fields": {"value": 59.9, "order_id": "A-17"},
    "values": {"account_id": "c-999", "plan": "gold", "proof": "e.y.J", "company_id": None},
    "consent": {"analytics": True, "marketing": True},
    "traits": {"email": "ada@example.com"},
}
WORDS = ("event=purchase", "order_value=59.90", "account_id=007", "consent=analytics,marketing")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(SHOP, "utf-8")
    (tmp_path / "hit.json").write_text(json.dumps(HIT))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_rule_its_line_and_the_request(here: Path) -> None:
    result = run("try", "shop.yaml", *WORDS)
    assert result.exit_code == 0
    assert "crm would get (visitor IDs are made up):\n" in result.stdout
    number = next(n for n, line in enumerate(SHOP.split("\n"), 1) if "attach: [crm]" in line)
    assert (
        f"  {number} |     - {{ when: {{ all_of: [login_detected, marketing_ok] }}, attach: [crm] }}" in result.stdout
    )
    assert "POST https://hooks.example.com/track" in result.stdout
    assert "uid=007" in result.stdout
    assert "SECRET-matomo_token" in result.stdout


def test_the_request_as_json(here: Path) -> None:
    found = json.loads(run("try", "shop.yaml", *WORDS, "--format", "json").stdout)
    crm = found["tags"]["crm"]["request"]
    assert (crm["method"], crm["to"]) == ("POST", "https://hooks.example.com/track")
    assert crm["body"]["user"] == {"form": "attach", "id": "007"}
    nothing = json.loads(run("try", "shop.yaml", "event=x", "--format", "json").stdout)
    assert {tag["request"] for tag in nothing["tags"].values()} == {None}


def test_a_test_that_passes_where_it_is_pasted(here: Path) -> None:
    result = run("try", "shop.yaml", *WORDS, "--as-test")
    assert result.stdout == (
        "  - name: purchase, signed in, agreed to analytics and marketing\n"
        "    given:  { event: purchase, order_value: 59.90, account_id: 007, consent: [analytics, marketing] }\n"
        "    expect: { matomo: attach, warehouse: hash, crm: attach }\n"
    )
    (here / "shop.yaml").write_text(SHOP + result.stdout, "utf-8")
    assert run("check", "shop.yaml").exit_code == 0
    found = json.loads(run("try", "shop.yaml", *WORDS, "--as-test", "--format", "json").stdout)
    assert found["expect"] == {"matomo": "attach", "warehouse": "hash", "crm": "attach"}
    assert found["given"]["account_id"] == "007"


NAMES = {
    ("event=x",): "x, a guest, no answer yet",
    ("event=x", "consent="): "x, a guest, refused",
    ("event=x", "account_id=1", "signed=no", "granted=marketing", "gpc=yes"): (
        "x, signed in without proof, agreed to marketing, Global Privacy Control"
    ),
}


@pytest.mark.parametrize("words", NAMES)
def test_the_names_of_tests(here: Path, words: tuple[str, ...]) -> None:
    assert run("try", "shop.yaml", *words, "--as-test").stdout.startswith(f"  - name: {NAMES[words]}\n")


def test_a_recorded_hit_shows_nobody(here: Path) -> None:
    result = run("try", "shop.yaml", "--from", "hit.json")
    assert result.exit_code == 0
    assert "matomo: attach" in result.stdout
    assert "The hit's proof is taken as valid" in result.stdout
    for personal in ("c-999", "ada@example.com", "ada%40example.com", "e.y.J"):
        assert personal not in result.stdout
    assert "Thank you (personal)" in result.stdout
    assert "2026-05-28" in result.stdout


def test_a_recorded_hit_as_a_test(here: Path) -> None:
    result = run("try", "shop.yaml", "--from", "hit.json", "--as-test")
    assert "c-999" not in result.stdout
    assert "account_id: c-4711" in result.stdout
    (here / "shop.yaml").write_text(SHOP + result.stdout, "utf-8")
    assert run("check", "shop.yaml").exit_code == 0


def test_batches_and_servers(here: Path) -> None:
    (here / "hit.json").write_text(json.dumps({"hits": [HIT], "sent_at": HIT["at"] + 5}))
    assert "crm: attach" in run("try", "shop.yaml", "--from", "hit.json").stdout
    (here / "hit.json").write_text(json.dumps({**HIT, "ip": "203.0.113.7"}))
    server = run("try", "shop.yaml", "--from", "hit.json")
    assert "crm: attach" in server.stdout
    assert "taken as valid" not in server.stdout
    (here / "hit.json").write_text(json.dumps({"event": "page_view"}))
    assert "matomo: drop" in run("try", "shop.yaml", "--from", "hit.json").stdout


BAD = {
    "": "the file is empty",
    '{"event": "pa': "line 1, column 11: it ends in the middle",
    '{"event": ': "it ends in the middle",
    "<html></html>": "this is HTML",
    "{'event': 'x'}": "line 1, column 2: texts and names stand in plain double quotes",
    '{\n"event": "x",\n}': "line 3, column 1: expecting property name",
    "[" * 100_000: "no hit as POST /collect takes it",
    '{"event": "x", "event": "y"}': "no hit as POST /collect takes it",
    "[]": "no hit as POST /collect takes it",
    '{"hits": []}': "no hit as POST /collect takes it",
    '{"event": "x", "nonsense": 1}': "Not known: nonsense.",
    '{"event": "x", "ip": 5, "odd": 1}': "Not known: odd.",
    json.dumps({"hits": [HIT, HIT]}): "there are 2 hits in it",
}


@pytest.mark.parametrize("body", BAD)
def test_what_is_no_hit(here: Path, body: str) -> None:
    (here / "bad.json").write_text(body)
    result = run("try", "shop.yaml", "--from", "bad.json")
    assert (result.exit_code, BAD[body] in result.stderr) == (2, True)


def test_a_byte_order_mark_is_the_editors(here: Path) -> None:
    (here / "hit.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(HIT).encode())
    assert "matomo: attach" in run("try", "shop.yaml", "--from", "hit.json").stdout


def test_a_file_and_words_together_and_a_file_that_is_not_there(here: Path) -> None:
    assert "Leave the words" in run("try", "shop.yaml", "event=x", "--from", "hit.json").stderr
    assert run("try", "shop.yaml", "--from", "hit.json", "--at", "2026-01-01").exit_code == 2
    assert run("try", "shop.yaml", "--from", "nowhere.json").exit_code == 2


def test_the_missing_tests_pass_where_they_are_pasted(here: Path) -> None:
    result = run("check", "shop.yaml", "--suggest-tests")
    assert result.exit_code == 0
    first, rest = result.stdout.split("\n", 1)
    assert first.startswith("# shop.yaml: 4 tests to paste")
    (here / "shop.yaml").write_text(SHOP + rest, "utf-8")
    assert run("check", "shop.yaml").exit_code == 0
    assert run("check", "shop.yaml", "--suggest-tests").stdout.startswith("# shop.yaml: 0 tests")


def test_the_missing_tests_as_json(here: Path) -> None:
    [found] = json.loads(run("check", "shop.yaml", "--suggest-tests", "--format", "json").stdout)
    assert found["file"] == "shop.yaml"
    assert set(found["tests"][0]) == {"name", "given", "expect"}


def test_nothing_is_suggested_for_a_file_with_errors(here: Path) -> None:
    (here / "shop.yaml").write_text("version: 1\n")
    text = run("check", "shop.yaml", "--suggest-tests")
    assert (text.exit_code, "[missing-key]" in text.stdout) == (1, True)
    assert "tests are suggested when there is none" in text.stdout
    assert (
        json.loads(run("check", "shop.yaml", "--suggest-tests", "--format", "json").stdout)[0]["code"] == "missing-key"
    )


def test_a_tag_that_reads_the_page_says_what_it_counts_as(here: Path) -> None:
    script = '    type: script\n    settings: { url: "https://chat.example.com/w.js" }\n'
    tag = f"  chat:\n{script}    send_when: {{ all_of: [purchase, marketing_ok] }}\nuser_id:\n"
    (here / "shop.yaml").write_text(SHOP.replace("user_id:\n", tag, 1), "utf-8")
    said = run("try", "shop.yaml", *WORDS).stdout
    assert "chat: drop  (otherwise: drop; it counts as attach: it runs in the page, where it can" in said
    assert "RUN https://chat.example.com/w.js" in said
    found = json.loads(run("try", "shop.yaml", *WORDS, "--format", "json").stdout)["tags"]
    assert [found[name]["counts_as"] for name in ("crm", "chat")] == ["attach", "attach"]
    assert found["chat"]["request"]["body"] == {"data": {}}
    guest = json.loads(run("try", "shop.yaml", *WORDS[:2], WORDS[3], "--format", "json").stdout)["tags"]
    assert guest["chat"]["counts_as"] == "drop"


def test_what_nobody_can_tell_is_said_so_in_the_test(here: Path) -> None:
    hit = {**HIT, "ip": "203.0.113.7", "values": {"account_id": "c-999", "plan": "gold"}}
    (here / "hit.json").write_text(json.dumps(hit))
    result = run("try", "shop.yaml", "--from", "hit.json", "--as-test")
    assert "cannot_tell: [internal]" in result.stdout
    assert "plan: gold" in result.stdout
    (here / "shop.yaml").write_text(SHOP + result.stdout, "utf-8")
    assert run("check", "shop.yaml").exit_code == 0


def test_what_hides_with_an_id_without_proof_is_not_said(here: Path) -> None:
    hit = {**HIT, "values": {"account_id": "c-999"}}
    (here / "hit.json").write_text(json.dumps(hit))
    result = run("try", "shop.yaml", "--from", "hit.json", "--as-test")
    assert "signed: false" in result.stdout
    assert "cannot_tell" not in result.stdout


def test_parts_of_what_is_asked_for_cannot_be_told_either(here: Path) -> None:
    more = SHOP.replace("  plan:  ", '  shown: { text: "{plan}!" }\n  unasked: { cookie: other }\n  plan:  ')
    more = more.replace("  staff:   ", "  golden: { shown: gold! }\n  staff:   ")
    (here / "shop.yaml").write_text(more, "utf-8")
    (here / "hit.json").write_text(json.dumps({"event": "page_view", "consent": {"analytics": True}}))
    assert "cannot_tell: [account_id, plan]" in run("try", "shop.yaml", "--from", "hit.json", "--as-test").stdout


def test_a_page_sends_nothing_before_the_answer(here: Path) -> None:
    holds = "Before the banner is answered, pages send nothing"
    assert holds in run("try", "shop.yaml", "event=page_view").stdout
    assert holds not in run("try", "shop.yaml", "event=page_view", "consent=").stdout
    (here / "shop.yaml").write_text(SHOP.replace("while_unknown: hold", "while_unknown: send"), "utf-8")
    assert holds not in run("try", "shop.yaml", "event=page_view").stdout


def test_headers_are_not_in_a_recorded_hit(here: Path) -> None:
    assert "taken as not there: internal" in run("try", "shop.yaml", "--from", "hit.json").stdout
    (here / "hit.json").write_text(json.dumps({**HIT, "ip": "203.0.113.7"}))
    assert "taken as not there" not in run("try", "shop.yaml", "--from", "hit.json").stdout


@pytest.mark.parametrize("measurement", ["UA-12345-6", "AW-1", "GTM-ABC1234", "g-abc"])
def test_what_is_no_web_stream_is_an_error_that_leads_on(here: Path, measurement: str) -> None:
    tag = (
        "  ga4:\n    type: ga4\n    send_when: { all_of: [analytics_ok, page_view] }\n    settings: { measurement_id: "
    )
    text = SHOP.replace("\nuser_id:", f"\n{tag}{measurement}, api_secret: {{ secret: ga4_secret }} }}\n\nuser_id:", 1)
    (here / "shop.yaml").write_text(text, "utf-8")
    said = run("check", "shop.yaml").stdout
    assert "[bad-format]" in said
    assert "Admin, Data streams" in said


SPOKEN = SHOP.replace(
    "\n  server: {",
    "\n  matomo: { site_ids: [1], server_token: { secret: shop_token }, consent_purpose: analytics }\n"
    "  segment: { browser_key: shop-web, server_key: { secret: shop_segment } }\n  server: {",
).replace('staff:          { internal: "on" }', "staff:          { event: staff }")
TOKEN = "0123456789abcdef0123456789abcdef"
PAGE = "idsite=1&rec=1&action_name=Shoes&url=https%3A%2F%2Fshop.example.com%2Fwomen%2F&consent=1&uid=c-999"
TRACK = {"type": "track", "event": "Order Completed", "userId": "c-999", "properties": {"revenue": 25}}
DIALECTS: dict[str, tuple[str, str]] = {
    "a request of Matomo's": (PAGE, "drop"),
    "its address": (f"https://tg.example.com/matomo.php?{PAGE}", "drop"),
    "one with a token": (f"{PAGE}&token_auth={TOKEN}", "attach"),
    "a bulk": (json.dumps({"requests": [f"?{PAGE}"], "token_auth": TOKEN}), "attach"),
    "a page of Segment's": (json.dumps({"type": "page", "userId": "c-999", "writeKey": "shop-web"}), "drop"),
    "a batch of its server's": (
        json.dumps({"batch": [{"type": "page", "userId": "c-999"}], "writeKey": "secret"}),
        "drop",
    ),
}


@pytest.mark.parametrize(("body", "form"), DIALECTS.values(), ids=list(DIALECTS))
def test_hits_of_other_tools(here: Path, body: str, form: str) -> None:
    (here / "shop.yaml").write_text(SPOKEN, "utf-8")
    (here / "hit.txt").write_text(body)
    result = run("try", "shop.yaml", "--from", "hit.txt")
    assert f"matomo: {form}" in result.stdout, result.output
    assert "c-999" not in result.stdout
    assert TOKEN not in result.stdout
    assert ("a server that showed its secret" in result.stdout) is ("token" in body or "secret" in body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps({"requests": []}), "requests is empty"),
        (json.dumps({"requests": ["nothing"]}), "no hit as Matomo's Tracking API takes it"),
        (json.dumps({"batch": []}), "no hit as Segment's HTTP API takes it"),
        (json.dumps({"batch": [TRACK, TRACK]}), "there are 2 hits in it"),
    ],
)
def test_what_is_no_hit_of_other_tools(here: Path, body: str, said: str) -> None:
    (here / "shop.yaml").write_text(SPOKEN, "utf-8")
    (here / "hit.txt").write_text(body)
    result = run("try", "shop.yaml", "--from", "hit.txt")
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_hits_of_tools_that_the_container_does_not_take(here: Path) -> None:
    other = json.dumps({"requests": [{"idsite": "4"}]})
    for body, said in (
        (PAGE, "matomo: { site_ids: [1] }"),
        (other, "matomo: { site_ids: [4] }"),
        (json.dumps(TRACK), "segment: { browser_key: shop-web }"),
    ):
        (here / "hit.txt").write_text(body)
        result = run("try", "shop.yaml", "--from", "hit.txt")
        assert (result.exit_code, f"Add accept: {{ {said} }}" in result.stderr) == (2, True), result.stderr


def test_a_site_that_the_container_does_not_take(here: Path) -> None:
    (here / "shop.yaml").write_text(SPOKEN, "utf-8")
    (here / "hit.txt").write_text(PAGE.replace("idsite=1", "idsite=4"))
    result = run("try", "shop.yaml", "--from", "hit.txt")
    assert (result.exit_code, "Write site_ids: [1, 4]" in result.stderr) == (2, True), result.stderr


def test_what_is_seldom_meant_is_said(here: Path) -> None:
    result = run("try", "shop.yaml", "event=purchas", "order_value=2.500,00")
    assert 'No trigger asks for the event "purchas". Did you mean "purchase"' in result.stdout
    assert '"2.500,00" is no number' in result.stdout
    assert "or cannot_tell=order_value." in result.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shop.yaml", "event=x", "--at", "2026-12-24", "18:00"], '--at "2026-12-24 18:00"'),
        (["event=x", "shop.yaml"], "The file stands first"),
        (["shop.yaml", "event=x", "user_id=7"], "The User ID is given as account_id."),
    ],
)
def test_words_in_another_place(here: Path, words: list[str], said: str) -> None:
    result = run("try", *words)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_nothing_of_a_reason_is_cut_off(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    long = "readers_of_the_offers_that_" + "x" * 60 + "_end"
    (here / "long.yaml").write_text(SHOP.replace("shopping", long))
    said = run("try", "long.yaml", *WORDS).stdout.partition("\ntrigger ")[2].partition("\n\n")[0]
    assert "…" not in said
    assert long in "".join(line[:20].split(" ")[0] for line in said.splitlines())
