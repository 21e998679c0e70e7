"""POST /preview/{container} and what a page loads from there: everything for who has the token, nothing for others."""

import io
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.model import Json
from gateway.settings import Limits
from gateway.web.preview.drafts import FOLDER, LONGEST_SECONDS, OwnDrafts, clean, put
from gateway.web.preview.token import FOR_SCRIPTS, RUNNING, Leave, Seal, Token

from .asgi import Answer
from .gate import GRANTED, HOUR, OWN, REFUSED, SECRETS, START, Gate, shop

HERE = {"origin": "https://shop.example.com", "user-agent": "Mozilla/5.0 Firefox/140"}
PERSON = "ada.4711-zz"


def token(version: str = RUNNING, container: str = "shop", until: int = START + HOUR, own: bytes = OWN) -> str:
    return str(Token(container, Seal(own, container).write(Leave(version, until))))


async def ask(
    gate: Gate, said: Mapping[str, Any], headers: Mapping[str, str] = HERE, name: str = "shop", **more: Any
) -> Answer:
    return await gate.web.ask("POST", f"/preview/{name}", dict(said), headers, **more)


def hit(gate: Gate, event: str = "page_view", **more: Any) -> dict[str, Any]:
    return {"event": event, "at": gate.clock(), "page": "page-number-0001", "consent": GRANTED, **more}


async def visit(gate: Gate, with_token: str, *hits: Mapping[str, Any], **more: Any) -> list[dict[str, Json]]:
    """What is shown of each."""
    body = json.dumps({"hits": list(hits), "sent_at": gate.clock()})
    answer = await ask(gate, {"token": with_token, "tab": "one", "hits": body, **more})
    assert answer.status == 200, answer.body
    found: list[dict[str, Json]] = answer.json["hits"]
    return found


def draft(gate: Gate, old: str = "attach: [matomo], hash: [partner]", new: str = "hash: [matomo, partner]") -> str:
    """An unpublished version in which Matomo gets something else; its revision."""
    source = shop(gate.matomo.url + "/", gate.hooks.url).replace(old, new).encode()
    revision = gate.loader.compile(source, "shop", "draft.yaml").container
    assert revision is not None
    put(gate.settings.data, "shop", revision.revision, source)
    return revision.revision


BAD = {
    "none": "",
    "no token": "shop",
    "another text": "shop." + "A" * 43,
    "not base64": "shop.äöü",
    "too short": "shop.AAAA",
    "another container's": token(container="blog"),
    "another container's, renamed": token(container="blog").replace("blog.", "shop."),
    "without its container": token().removeprefix("shop."),
    "another gateway's": token(own=b"x" * 32),
    "a script's": "shop." + Seal(OWN, "shop", FOR_SCRIPTS).write(Leave(RUNNING, START + HOUR)),
    "ended": token(until=START),
    "longer than it was made": "shop." + Seal(OWN, "shop").write(Leave(RUNNING, START)).replace("AAAB", "AAAC", 1),
}


@pytest.mark.parametrize("said", BAD.values(), ids=BAD)
async def test_without_a_good_token_there_is_nothing(gate: Gate, said: str) -> None:
    told: tuple[dict[str, str], ...] = ({}, {"hits": json.dumps({"hits": [hit(gate)]})})
    for more in told:
        answer = await ask(gate, {"token": said, **more})
        assert (answer.status, answer.error) == (403, "wrong_token")
        assert set(answer.json) == {"error", "detail"}
    assert await gate.counts() == {}


def test_a_token_says_what_it_is_for_and_shows_nothing() -> None:
    seal = Seal(OWN, "shop")
    for version in (RUNNING, "0123456789abcdef"):
        assert seal.read(seal.write(Leave(version, START + 1)), START) == Leave(version, START + 1)
    assert Token.of("shop.a.b") == Token("shop", "a.b")
    assert "secret" not in repr(seal) + repr(Token("shop", "secret"))


async def test_what_opens_a_preview(gate: Gate) -> None:
    told = (await ask(gate, {"token": token()})).json
    assert told["published"] is True
    assert (told["site"], told["purposes"]) == ("Acme Shop", ["analytics", "marketing"])
    assert told["revision"] == gate.runtimes["shop"].container.revision
    assert told["until"] == START + HOUR
    script = await gate.web.ask("GET", f"/preview/{told['script']}", b"", {})
    assert script.status == 200
    assert script.body.startswith(b"export const run=")
    assert script.headers["cache-control"] == "no-store"
    assert script.headers["access-control-allow-origin"] == "*"
    gate.clock.now += 61_000
    assert (await gate.web.ask("GET", f"/preview/{told['script']}", b"", {})).status == 404


async def test_only_pages_of_the_site(gate: Gate) -> None:
    for headers in ({}, {"origin": "https://elsewhere.example"}):
        answer = await ask(gate, {"token": token()}, headers)
        assert (answer.status, answer.error) == (403, "wrong_origin")
    answer = await ask(gate, {"token": token()})
    assert answer.headers["access-control-allow-origin"] == HERE["origin"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/preview/shop", 200),
        ("/preview/files/panel.js", 200),
        ("/preview/files/none.js", 404),
        ("/preview/nobody", 404),
        ("/preview/shop.js", 404),
        (f"/preview/shop.{token().removeprefix('shop.')}.js", 404),
    ],
)
async def test_what_can_be_loaded(gate: Gate, path: str, status: int) -> None:
    answer = await gate.web.ask("GET", path, b"", {})
    assert answer.status == status
    if status == 200:
        assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("body", "code"),
    [("{", "not_json"), ("[]", "wrong_type"), ('{"token":1}', "wrong_type"), ('{"token":"a","more":1}', "wrong_type")],
)
async def test_bodies_that_cannot_be_read(gate: Gate, body: str, code: str) -> None:
    answer = await gate.web.ask("POST", "/preview/shop", body, HERE)
    assert (answer.status, answer.error) == (400, code)


async def test_hits_of_the_running_version_are_as_real_as_ever(gate: Gate) -> None:
    (told,) = await visit(gate, token(), hit(gate, values={"account_id": PERSON, "plan": "gold"}))
    (entry,) = await gate.tracked()
    (partner,) = await gate.got("partner")
    tags = told["tags"]
    assert entry["uid"] == PERSON
    assert {name: tag["decision"] for name, tag in tags.items()} == {
        "matomo": "attach",
        "partner": "hash",
        "crm": "attach",
        "plain": "drop",
        "guests": None,
    }
    shown = tags["partner"]["request"]["body"]
    assert {key: shown[key] for key in ("id", "visitor", "user")} == {
        key: partner[key] for key in ("id", "visitor", "user")
    }
    assert "uid=" + PERSON in json.dumps(tags["matomo"]["request"]["body"])
    assert (tags["matomo"]["type"], tags["matomo"]["rule"]) == ("matomo", f"rule in line {tags['matomo']['line']}")
    assert tags["guests"]["rule"] == "send_when is not yes"
    assert told["identity"] == {"signed": "verified", "id": PERSON, "account": None, "refused": []}
    assert told["consent"] == {"analytics": "granted", "marketing": "granted"}
    assert told["cookie"] is True
    assert told["triggers"]["signed_in"]["answer"] == "yes"


async def test_the_visitor_gets_the_cookie(gate: Gate) -> None:
    body = json.dumps({"hits": [hit(gate)]})
    answer = await ask(gate, {"token": token(), "hits": body})
    assert [line.split("=")[0] for line in answer.set_cookies] == ["tg_shop"]


async def test_variables_of_each_kind_of_answer(gate: Gate) -> None:
    hits = [hit(gate, values={"account_id": None, "company_id": "c-9", "plan": None}, fields={"value": "many"}, url="")]
    (told,) = await visit(gate, token(), *hits)
    found = {one["name"]: one for one in told["variables"]}
    assert found["account_id"]["state"] == "absent"
    assert found["company_id"] == {
        "name": "company_id",
        "from": "data_layer: user.company",
        "personal": True,
        "state": "value",
        "value": "c-9",
    }
    assert found["value"]["state"] == "cannot tell"
    assert found["plan"]["value"] == "free"


async def test_what_the_page_cannot_see_stays_covered(gate: Gate) -> None:
    """A personal value in a cookie that scripts cannot read, also within what receivers get."""
    text = shop(gate.matomo.url + "/", gate.hooks.url).replace(
        "email:      { trait: email, personal: true }", "email:      { cookie: member, personal: true }"
    )
    await gate.load(text)
    secret = "http-only-4711@example.com"
    body = json.dumps({"hits": [hit(gate, values={"account_id": PERSON})]})
    asked = {"token": token(), "hits": body}
    answer = await ask(gate, asked, {**HERE, "cookie": f"member={secret}"})
    assert secret not in answer.body.decode()
    (told,) = answer.json["hits"]
    assert next(one for one in told["variables"] if one["name"] == "email")["value"] == "(personal)"
    assert told["tags"]["crm"]["request"]["body"]["identifiers"] == {"email": "(personal)"}
    assert (await gate.got("crm"))[0]["identifiers"] == {"email": secret}
    said = json.dumps({"hits": [hit(gate, values={"account_id": PERSON, "email": secret})]})
    answer = await ask(gate, {"token": token(), "hits": said}, {**HERE, "cookie": f"member={secret}"})
    assert secret in answer.body.decode(), "the page told it itself"


async def test_no_secret_is_in_it_and_nothing_of_it_in_the_log(gate: Gate, logged: io.StringIO) -> None:
    gate.clock.now += 1
    with_token = token()
    body = json.dumps({"hits": [hit(gate, values={"account_id": PERSON})]})
    answer = await ask(gate, {"token": with_token, "hits": body})
    await gate.delivered()
    await ask(gate, {"token": with_token + "x"})
    for secret in SECRETS.values():
        assert secret not in answer.body.decode()
    for text in (with_token, PERSON):
        assert text not in logged.getvalue()
        for path in gate.folder.rglob("*"):
            if path.is_file() and text == with_token:
                assert with_token.encode() not in path.read_bytes(), path


async def test_a_hit_that_comes_again_is_not_counted_again(gate: Gate) -> None:
    one = hit(gate, id="0123456789abcdef0123456789abcdef")
    assert len(await visit(gate, token(), one)) == 1
    assert await visit(gate, token(), one) == []
    assert len(await gate.tracked()) == 1


async def test_hits_that_cannot_be_read_are_named(gate: Gate) -> None:
    body = json.dumps({"hits": [{"event": ""}, hit(gate)]})
    told = (await ask(gate, {"token": token(), "hits": body})).json
    assert told["rejected"] == [{"index": 0, "error": "bad_event", "detail": "event must have 1 to 8192 characters"}]
    assert len(told["hits"]) == 1


PIXEL = """\
  pixel:
    type: pixel
    send_when: { all_of: [any_event, marketing_ok] }
    settings: { url: "https://ads.example/p.gif" }
    fields: { plan: plan }
"""


async def test_tags_of_the_browser_run_where_hits_are_real(gate: Gate) -> None:
    text = shop(gate.matomo.url + "/", gate.hooks.url).replace("\nuser_id:", f"{PIXEL}\nuser_id:")
    assert PIXEL in text
    await gate.load(text)
    source = text.replace("name: Acme Shop", "name: Acme").encode()
    loaded = gate.loader.compile(source, "shop", "draft.yaml").container
    assert loaded is not None
    put(gate.settings.data, "shop", loaded.revision, source)
    for with_token, runs in ((token(), ["pixel"]), (token(loaded.revision), [])):
        one = hit(gate, id=uuid.uuid4().hex, values={"plan": "gold"})
        told = (await ask(gate, {"token": with_token, "tab": "one", "hits": json.dumps({"hits": [one]})})).json
        assert [found["tag"] for found in told["run"]] == runs
        assert told["hits"][0]["tags"]["pixel"]["request"]["method"] == "RUN"


async def test_an_unpublished_version_sends_and_keeps_nothing(gate: Gate) -> None:
    with_token = token(draft(gate))
    before = {path: path.read_bytes() for path in gate.settings.data.rglob("*") if path.suffix == ".yaml"}
    told = (await ask(gate, {"token": with_token})).json
    assert told["published"] is False
    body = json.dumps({"hits": [hit(gate, values={"account_id": PERSON})]})
    answer = await ask(gate, {"token": with_token, "tab": "one", "hits": body})
    (one,) = answer.json["hits"]
    assert one["tags"]["matomo"]["decision"] == "hash"
    assert one["tags"]["matomo"]["request"]["method"] == "POST"
    assert answer.set_cookies == ()
    await gate.delivered()
    assert await gate.counts() == {}
    assert gate.everything_sent() == b""
    assert (await gate.store.know("shop", [])).lives == {}
    assert gate.taken == []
    assert gate.metrics.sums["hits"] == {}
    assert {path: path.read_bytes() for path in before} == before
    (running,) = await visit(gate, token(), hit(gate, values={"account_id": PERSON}))
    assert running["tags"]["matomo"]["decision"] == "attach", "others are served by the version that runs"


async def test_an_unpublished_version_follows_a_visit(gate: Gate) -> None:
    """Signed in, out and in again, as if it were kept."""
    with_token, seen = token(draft(gate)), []
    for number, person in enumerate([None, PERSON, PERSON, None]):
        gate.clock.now += 1_000
        more = {"reset": True} if number == 3 else {}
        (told,) = await visit(gate, with_token, hit(gate, values={"account_id": person}, **more))
        request = told["tags"]["matomo"]["request"]["body"]["requests"][0]
        seen.append((told["identity"]["signed"], told["cookie"], "new_visit=1" in request))
    if gate.workers == 1:
        assert seen == [
            ("nobody", True, False),
            ("verified", True, True),
            ("verified", True, False),
            ("nobody", True, True),
        ]
    other = await visit(gate, with_token, hit(gate, values={"account_id": PERSON}), tab="two")
    assert other[0]["tags"]["matomo"]["decision"] == "hash"


async def test_a_version_that_is_gone_or_wrong(gate: Gate, tmp_path: Path) -> None:
    data = gate.settings.data
    answer = await ask(gate, {"token": token("0123456789abcdef")})
    assert (answer.status, answer.error) == (409, "cannot_preview")
    put(data, "shop", "fedcba9876543210", b"version: 1\n")
    answer = await ask(gate, {"token": token("fedcba9876543210")})
    assert (answer.status, answer.json["detail"]) == (409, "the file has errors: see taggate check")
    revision = draft(gate, "secret: user_id_key", "secret: other_key")
    answer = await ask(gate, {"token": token(revision)})
    assert answer.json["detail"] == "a secret that the file names is missing, or is no key"
    revision = draft(gate)
    (data / FOLDER / revision / "shop.yaml").unlink()
    (data / FOLDER / revision / "shop.yaml").mkdir()
    assert (await ask(gate, {"token": token(revision)})).status == 409
    seal = Seal(OWN, "shop", FOR_SCRIPTS).write(Leave(revision, START + HOUR))
    assert (await gate.web.ask("GET", f"/preview/shop.{seal}.js", b"", {})).status == 404


async def test_what_no_token_can_name_any_more_is_removed(gate: Gate) -> None:
    data, revision = gate.settings.data, draft(gate)
    written = (data / FOLDER / revision / "shop.yaml").stat()
    assert written.st_mode & 0o077 == 0
    assert clean(data, written.st_mtime - 1) == 0
    assert clean(data, written.st_mtime + LONGEST_SECONDS) == 1
    assert list((data / FOLDER).iterdir()) == []


async def test_few_are_kept_ready(gate: Gate) -> None:
    drafts = OwnDrafts(gate.settings.data, OWN, lambda _: b"k" * 32, None)
    found = [await drafts.find("shop", draft(gate, "days: 390", f"days: {days}")) for days in range(1, 11)]
    again = await drafts.find("shop", found[-1].container.revision)
    assert again is found[-1]
    assert await drafts.find("shop", found[0].container.revision) is not found[0]


async def test_requests_are_limited(quick_path: Path) -> None:
    async with Gate(quick_path, Limits(per_address=0, per_container=0, disk_reserve=0)) as gate:
        answers = [(await ask(gate, {"token": "shop.x"})).status for _ in range(60)]
    assert 429 in answers
    assert set(answers) == {403, 429}


async def test_a_refusal_reaches_the_gateway_by_a_hit(gate: Gate) -> None:
    (told,) = await visit(gate, token(), hit(gate, values={"account_id": PERSON}, consent=REFUSED))
    assert told["consent"] == {"analytics": "refused", "marketing": "refused"}
    assert told["cookie"] is False
    assert told["tags"]["matomo"]["decision"] == "drop"
