"""Matomo's Tracking API at the whole gateway: the answers its clients know, and what becomes of a User ID."""

import gzip
import json
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from receivers import status

from gateway.web.answers import GIF

from .asgi import Answer
from .gate import DIALECTS, SECRETS, TOKEN, Browser, Gate

TOKEN_AUTH = SECRETS["SHOP_TOKEN"]
ALICE = "alice.example-4711"
URL = "https://shop.example.com/a"
VISITOR = "0123456789abcdef"


@pytest.fixture
async def gate(gate: Gate) -> Gate:
    await gate.load(accept=DIALECTS)
    return gate


def query(**told: Any) -> str:
    return urlencode({"idsite": 1, "rec": 1, "url": URL, **told})


async def track(browser: Browser, path: str = "/matomo.php", extra: Any = None, **told: Any) -> Answer:
    """As matomo.js does: a GET from a page of the site."""
    headers = browser.headers(**(extra or {}))
    browser.gate.clock.now += 1000
    answer = await browser.gate.web.ask("GET", f"{path}?{query(**told)}", headers=headers, ip=browser.ip)
    return browser.keep(answer)


async def post(gate: Gate, body: Any, headers: Any = (), path: str = "/matomo.php") -> Answer:
    """As a server does."""
    gate.clock.now += 1000
    return await gate.web.ask("POST", path, body, headers, ip="198.51.100.1")


def bulk(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"requests": [f"?{query(**one)}" if isinstance(one, dict) else one for one in entries], **more}


# answers


@pytest.mark.parametrize("path", ["/matomo.php", "/piwik.php", "/js/tracker.php"])
async def test_a_hit_is_answered_with_the_gif_or_with_nothing(gate: Gate, path: str) -> None:
    browser = gate.browser()
    answer = await track(browser, path)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/gif", GIF)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example.com"
    assert answer.headers["cache-control"] == "no-store"
    quiet = await track(browser, path, send_image=0)
    assert (quiet.status, quiet.body) == (204, b"")
    form = await browser.gate.web.ask("POST", path, query(send_image=0), browser.headers())
    assert form.status == 204
    mixed = await browser.gate.web.ask("POST", path + "?send_image=0&idsite=5", query(idsite=9), browser.headers())
    assert mixed.status == 204, "the query wins"
    assert len(await gate.tracked()) == 4


async def test_what_counts_nothing(gate: Gate) -> None:
    browser = gate.browser()
    landing = await gate.web.ask("GET", "/matomo.php")
    assert (landing.status, b"Tracking API" in landing.body) == (200, True)
    assert (await gate.web.ask("HEAD", f"/matomo.php?{query()}", headers=browser.headers())).status == 200
    allowed = await gate.web.ask("OPTIONS", "/matomo.php", headers=browser.headers())
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (204, "https://shop.example.com")
    other = await gate.web.ask("OPTIONS", "/matomo.php", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    assert (await gate.web.ask("DELETE", "/matomo.php")).headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert (await track(browser, rec=0)).status == 200
    assert (await track(browser, extra={"sec-purpose": "prefetch"})).status == 200
    assert (await post(gate, "")).error == "empty"
    assert await gate.tracked() == []


async def test_who_may_send(gate: Gate) -> None:
    browser = gate.browser()
    for headers in ({}, {"origin": "https://evil.example"}, {"referer": "https://evil.example/"}, {"origin": "null"}):
        answer = await gate.web.ask("GET", f"/matomo.php?{query()}", headers=headers)
        assert (answer.status, answer.error) == (403, "wrong_origin")
    assert (await track(browser, idsite=2)).error == "unknown_site"
    assert (await track(browser, idsite="")).error == "unknown_site"
    for wrong in ("no", "é", TOKEN_AUTH[:-1]):
        answer = await track(browser, token_auth=wrong)
        assert (answer.status, answer.error) == (401, "wrong_key")
        assert wrong.encode() not in answer.body.replace(b"not right", b"")
    assert (await track(browser, cip="192.0.2.7")).error == "needs_token"
    referred = await gate.web.ask("GET", f"/matomo.php?{query()}", headers={"referer": URL})
    assert referred.status == 200
    assert (await post(gate, query(token_auth=TOKEN_AUTH, cip="192.0.2.7"))).status == 200
    assert len(await gate.tracked()) == 2


async def test_a_container_without_token_takes_none(gate: Gate) -> None:
    await gate.load(accept="matomo: { site_ids: [1] }\n  ")
    assert (await post(gate, query(token_auth=TOKEN_AUTH))).error == "wrong_key"


async def test_a_site_that_two_containers_claim_is_nobodys(gate: Gate) -> None:
    await gate.load(name="blog", accept=DIALECTS.replace("[1, 5]", "[1, 7]"))
    assert (await track(gate.browser())).error == "unknown_site"
    assert (await track(gate.browser(), idsite=5)).status == 200
    assert (await track(gate.browser(), idsite=7)).status == 200
    assert await gate.accepted("plain") == 1


# who is signed in


async def test_a_browser_that_cannot_prove_who_is_signed_in_gets_nobody_anywhere(gate: Gate) -> None:
    await gate.load(accept=DIALECTS, verified_by=TOKEN)
    answer = await track(
        gate.browser(),
        consent=1,
        uid=ALICE,
        url=f"{URL}?user={quote(ALICE)}",
        urlref=f"{URL}?u={ALICE.upper()}",
        action_name=f"Hello {ALICE}",
        cvar=json.dumps({"1": ["who", ALICE]}),
        _cvar=json.dumps({"5": [ALICE, "is here"]}),
        dimension2=ALICE,
    )
    assert answer.status == 200
    (entry,) = await gate.tracked()
    assert "uid" not in entry
    assert json.loads(entry["cvar"]) == {"1": ["who", "(removed)"]}
    assert ALICE.encode() not in gate.everything_sent().lower()
    assert ALICE.encode() not in gate.stored().lower()


@pytest.mark.parametrize(
    "told",
    [
        {"e_c": "c", "e_a": "a", "e_n": f"for {ALICE}"},
        {"e_c": ALICE, "e_a": f"a {ALICE}"},
        {"search": ALICE, "search_cat": f"of {ALICE}"},
        {"link": f"https://a.example/{ALICE}"},
        {"download": f"https://a.example/?u={quote(quote(ALICE))}"},
        {"c_n": ALICE, "c_p": ALICE, "c_t": f"https://a.example/{ALICE}", "c_i": ALICE},
        {"idgoal": 0, "ec_id": "o1", "ec_items": json.dumps([["s", ALICE, [ALICE], 1, 1]])},
        {"_pks": ALICE, "_pkn": ALICE, "_pkc": json.dumps([ALICE])},
        {"uadata": json.dumps({"model": ALICE})},
        {"e_c": "c", "e_a": "a", "e_n": "of Zo&euml; Z", "uid": "Zoë Z", "action_name": "Zo&#235;&#32;Z"},
        {"e_c": "c", "e_a": "a", "e_n": "Zoë Z", "uid": "Zoë Z", "cvar": r'{"1":["a","Zo\u00eb Z"]}'},
    ],
)
async def test_wherever_a_client_puts_the_user_id_it_is_scrubbed(gate: Gate, told: dict[str, Any]) -> None:
    """Dropped, for nobody has agreed to anything."""
    assert (await track(gate.browser(), **{"uid": ALICE, **told})).status == 200
    assert len(await gate.tracked()) == 1
    sent = gate.everything_sent().decode("utf-8", "replace").lower()
    for name in (ALICE, "zoë z", "zo%c3%ab%20z", r"zo\u00eb z", "zo&euml; z", "zo&#235;"):
        assert name not in sent


NAMES = (
    "action_name url urlref e_n e_c e_a e_v search search_cat search_count link download c_n c_p c_t c_i ec_id "
    "ec_items revenue _pks _pkn _pkc _pkp cvar _cvar e_cvar uadata data dimension1 dimension999 res pf_net h pdf "
    "lang ua _id pv_id _idts _idvc _viewts _refts _rcn _rck _ref dp gt_ms cs rand r apiv bots debug ma_id whatever"
)
FORMS = {
    "plain": lambda user: user,
    "in a text": lambda user: f"for {user}, today",
    "quoted": lambda user: quote(user, safe=""),
    "base64": lambda user: b64encode(user.encode()).decode(),
    "hashed": lambda user: sha256(user.encode()).hexdigest(),
    "structured": lambda user: json.dumps({"1": ["who", user], user: [user]}),
    "in rows": lambda user: json.dumps([["s", user, [user], 1, 1]]),
}


@pytest.mark.parametrize("form", FORMS)
async def test_no_parameter_carries_the_user_id_past_a_drop(gate: Gate, form: str) -> None:
    """A name with letters that JSON and addresses write otherwise."""
    user = "zoë/älice 4711"
    kinds: list[dict[str, Any]] = [
        *({}, {"e_c": "c", "e_a": "a"}, {"search": "s"}, {"c_n": "n", "c_i": "i"}),
        *({"link": "https://a.example/"}, {"idgoal": 0, "ec_id": "o"}, {"_pks": "s"}, {"ping": 1}),
    ]
    names = NAMES.split()
    sent = 0
    for number, name in enumerate(names):
        told = {**kinds[number % len(kinds)], name: FORMS[form](user), "uid": user}
        if told.get("idgoal") == 0:
            told["ec_id"] = f"{told['ec_id']}{number}"
        answer = await track(gate.browser(), **told)
        assert answer.status == 200, name
        sent += 1
    assert len(await gate.tracked()) == sent
    text = gate.everything_sent().decode("utf-8", "replace").lower()
    spelt = {
        json.dumps(user)[1:-1],
        quote(user, safe=""),
        quote(quote(user, safe="")),
        *(FORMS[f](user) for f in FORMS),
    }
    assert [one for one in {user, *spelt} if one.lower() in text] == []


async def test_consent_attaches_and_hashes_as_the_rules_say(gate: Gate) -> None:
    browser = gate.browser()
    await track(browser, uid=ALICE, consent=1, url=f"{URL}?u={ALICE}")
    (entry,) = await gate.tracked()
    assert (entry["uid"], entry["url"]) == (ALICE, f"{URL}?u={ALICE}")
    (event,) = await gate.got("partner")
    assert event["user"] != ALICE
    assert ALICE not in json.dumps(event)
    assert await gate.got("crm") == [], "marketing is not what consent=1 stands for"
    assert await gate.got("guests") == []


async def test_without_a_purpose_consent_grants_nothing(gate: Gate) -> None:
    await gate.load(accept="matomo: { site_ids: [1] }\n  ")
    await track(gate.browser(), uid=ALICE, consent=1)
    assert "uid" not in (await gate.tracked())[0]


async def test_the_cookie_of_the_choice_is_read_from_browsers_only(gate: Gate) -> None:
    browser = gate.browser()
    browser.cookies["cookie_consent"] = quote('{"statistics": true, "ads": false}')
    await track(browser, uid=ALICE)
    assert (await gate.tracked())[0]["uid"] == ALICE
    browser.cookies["cookie_consent"] = quote('{"statistics": false, "ads": false}')
    await track(browser, uid=ALICE, consent=1)
    assert "uid" not in (await gate.tracked())[1], "a refusal in either wins"
    headers = {"cookie": "cookie_consent=" + quote('{"statistics": true}')}
    await post(gate, query(uid="bob", token_auth=TOKEN_AUTH), headers)
    assert "uid" not in (await gate.tracked())[2]


async def test_a_server_proves_who_is_signed_in_with_its_token(gate: Gate) -> None:
    await gate.load(accept=DIALECTS, verified_by=TOKEN)
    told = {"uid": ALICE, "consent": 1, "cip": "192.0.2.7", "ua": "Chrome", "lang": "de", "_id": VISITOR}
    assert (await post(gate, query(token_auth=TOKEN_AUTH, **told))).status == 200
    (entry,) = await gate.tracked()
    assert (entry["uid"], entry["cip"], entry["ua"], entry["lang"]) == (ALICE, "192.0.2.0", "Chrome", "de")
    assert entry["cid"] != VISITOR
    assert VISITOR.encode() not in gate.everything_sent()
    assert TOKEN_AUTH.encode() not in gate.everything_sent() + gate.stored()


async def test_apps_may_send_where_the_container_says_so(gate: Gate) -> None:
    """iOS's and Android's clients are no page and show no token."""
    app = {"user-agent": "Darwin/22"}
    await gate.load(accept=DIALECTS)
    assert (await post(gate, bulk({}), app)).error == "wrong_origin"
    await gate.load(accept=DIALECTS.replace("site_ids:", "apps: yes, site_ids:"))
    assert (await post(gate, bulk({"_id": VISITOR.upper(), "uid": ALICE, "consent": 1}), app)).json["tracked"] == 1
    assert (await gate.web.ask("GET", f"/matomo.php?{query()}", headers=app)).status == 200
    evil = "https://evil.example/"
    for page in ({"origin": evil[:-1]}, {"referer": evil}, {"sec-fetch-site": "cross-site"}):
        assert (await post(gate, bulk({}), {**app, **page})).error == "wrong_origin"
    assert (await post(gate, bulk({"cip": "192.0.2.7"}), app)).json["invalid"] == 1, "an app is no server"
    first, _ = await gate.tracked()
    assert (first["uid"], first["ua"]) == (ALICE, "Darwin/22")


async def test_a_server_may_tell_the_browser_and_the_language_in_its_headers(gate: Gate) -> None:
    """As Matomo's PHP client does; `ua` and `lang` come first."""
    await gate.load(accept=DIALECTS)
    headers = {"user-agent": "Firefox", "accept-language": "de-CH,de;q=0.9"}
    await post(gate, query(token_auth=TOKEN_AUTH, cip="192.0.2.7"), headers)
    await post(gate, query(token_auth=TOKEN_AUTH, ua="Chrome", lang="fr"), headers)
    await post(gate, query(token_auth=TOKEN_AUTH), {**headers, "accept-language": "*"})
    told = [(entry["ua"], entry.get("lang"), entry.get("cip")) for entry in await gate.tracked()]
    assert told == [("Firefox", "de-CH", "192.0.2.0"), ("Chrome", "fr", None), ("Firefox", None, None)]


@pytest.mark.parametrize("workers", [1, 2], indirect=True, ids=["one process", "two workers"])
@pytest.mark.parametrize("told", [{"uid": ""}, {"new_visit": 1}])
async def test_a_sign_out_is_an_empty_user_id_or_a_new_visit_of_nobody(gate: Gate, told: dict[str, Any]) -> None:
    browser = gate.browser()
    await track(browser, uid=ALICE, consent=1)
    await track(browser, consent=1, **told)
    await track(browser, consent=1, **told)
    before, after, later = await gate.tracked()
    assert "uid" not in after
    assert after["new_visit"] == "1"
    assert before["cid"] != after["cid"] == later["cid"]
    assert "new_visit" not in later


async def test_a_visitor_of_another_tool_is_remembered_only_with_consent(gate: Gate) -> None:
    browser = gate.browser()
    browser.keeps_cookies = False
    for consent in (1, 1, 0, 0):
        await track(browser, consent=consent, _id=VISITOR)
    first, second, third, fourth = [entry["cid"] for entry in await gate.tracked()]
    assert first == second != third
    assert third == fourth, "the day's number"
    await track(gate.browser(ip="203.0.113.10"), consent=0, _id=VISITOR)
    await track(gate.browser(ip="203.0.113.10"), consent=1, _id="f" * 16)
    assert len({first, third, *[entry["cid"] for entry in (await gate.tracked())[4:]]}) == 4


async def test_a_browser_gets_a_cookie_that_goes_on_from_the_visitor_it_was(gate: Gate) -> None:
    browser = gate.browser()
    assert (await track(browser, consent=1, _id=VISITOR)).set_cookies
    assert not (await track(browser, consent=1, _id=VISITOR)).set_cookies
    assert not (await track(browser, consent=1, _id="f" * 16)).set_cookies, "the cookie says who it is"
    assert len({entry["cid"] for entry in await gate.tracked()}) == 1


async def test_a_withdrawal_reaches_what_a_client_of_matomo_left_in_the_queue(gate: Gate) -> None:
    gate.matomo.answers(status(503))
    browser = gate.browser()
    await track(browser, uid=ALICE, consent=1, _id=VISITOR)
    await gate.matomo.arrived(1)
    refused = {"analytics": False, "marketing": False}
    assert (await browser.choose(refused)).status == 204
    gate.matomo.answers(None)
    await gate.delivered()
    assert await gate.tracked() == []
    assert not browser.cookie
    await track(browser, uid=ALICE, consent=1, _id=VISITOR)
    (entry,) = await gate.tracked()
    assert "uid" not in entry, "consent=1 has no time: it takes no refusal back"


async def test_what_a_client_measured_reaches_a_matomo_unchanged_and_its_claims_do_not(gate: Gate) -> None:
    told: dict[str, Any] = {"res": "1920x1080", "pf_net": 12, "h": 1, "m": 2, "s": 3, "cookie": 1, "pdf": 1}
    told |= {"dimension7": "gold", "uadata": '{"platform":"Linux"}', "cvar": '{"1":["a","b"]}'}
    claims = {"_id": VISITOR, "pv_id": "AbC123", "new_visit": 0, "_idts": 1, "_ref": URL, "rand": "1", "apiv": 1}
    await track(gate.browser(), **told, **claims)
    (entry,) = await gate.tracked()
    assert {name: entry.get(name) for name in told} == {name: str(value) for name, value in told.items()}
    assert entry["cid"] != VISITOR
    assert entry["pv_id"] != "AbC123"
    assert not {"_id", "_idts", "_ref", "rand", "new_visit"} & entry.keys()


# bulks


async def test_a_bulk_says_how_many(gate: Gate) -> None:
    answer = await post(gate, bulk({"action_name": "a"}, {"idsite": 9}, "odd", {"rec": 0}, token_auth=TOKEN_AUTH))
    assert answer.status == 200
    assert answer.json == {"status": "success", "tracked": 2, "invalid": 2, "invalid_indices": [1, 2]}
    assert len(await gate.tracked()) == 1
    assert 'taggate_hits_total{container="shop"} 1.0' in await gate.text_of_metrics()


async def test_the_token_of_a_bulk_stands_in_it_in_the_query_or_in_its_entries(gate: Gate) -> None:
    ip = {"cip": "192.0.2.7"}
    assert (await post(gate, bulk(ip), path=f"/matomo.php?token_auth={TOKEN_AUTH}")).json["tracked"] == 1
    answer = await post(gate, bulk({**ip, "token_auth": TOKEN_AUTH}, ip))
    assert answer.json == {"status": "success", "tracked": 1, "invalid": 1}
    wrong = await post(gate, bulk({**ip, "token_auth": TOKEN_AUTH}, token_auth="no"))
    assert (wrong.status, wrong.error) == (401, "wrong_key")
    nobody = await post(gate, bulk({}, {}))
    assert (nobody.status, nobody.error) == (403, "wrong_origin")
    assert len(await gate.tracked()) == 2


@pytest.mark.parametrize("workers", [1, 2], indirect=True, ids=["one process", "two workers"])
async def test_a_bulk_of_a_browser(gate: Gate) -> None:
    browser = gate.browser()
    body = json.dumps(bulk({"consent": 1}, {"consent": 1, "e_c": "a", "e_a": "b"}, send_image=0))
    form = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
    answer = browser.keep(await browser.post("/matomo.php", body, form))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert browser.cookie
    first, second = await gate.tracked()
    assert first["cid"] == second["cid"]
    bad = await browser.post("/matomo.php", bulk({"cip": "192.0.2.7"}, send_image=0))
    assert (bad.status, bad.json["invalid"]) == (400, 1)
    half = await browser.post("/matomo.php", bulk({"cip": "192.0.2.7"}, {}, send_image=0))
    assert (half.status, half.json["tracked"]) == (200, 1)
    none = await browser.post("/matomo.php", {"requests": []})
    assert none.json == {"status": "success", "tracked": 0, "invalid": 0}


async def test_a_bulk_for_several_sites_of_several_containers(gate: Gate) -> None:
    other = DIALECTS.replace("shop_token", "login_key").replace("[1, 5]", "[7]")
    await gate.load(name="blog", accept=other)
    await gate.load(name="news", accept=DIALECTS.replace("[1, 5]", "[8]"))
    entries = [{"idsite": site} for site in (1, 7, 5, 8)]
    answer = await post(gate, bulk(*entries, token_auth=TOKEN_AUTH))
    assert answer.json == {"status": "success", "tracked": 3, "invalid": 1, "invalid_indices": [1]}
    counts = await gate.counts()
    assert counts["shop", "plain"].accepted == 2
    assert counts["news", "plain"].accepted == 1
    assert ("blog", "plain") not in counts


async def test_hits_of_a_bulk_are_told_apart_by_who_vouches_for_them(gate: Gate) -> None:
    body = bulk({"token_auth": TOKEN_AUTH, "_id": VISITOR, "consent": 1}, {"consent": 1}, {"consent": 1})
    browser = gate.browser()
    answer = browser.keep(await browser.post("/matomo.php", body))
    assert answer.json["tracked"] == 3
    server, *own = [entry["cid"] for entry in await gate.tracked()]
    assert own[0] == own[1] != server
    assert browser.cookie


# once, late, too much


async def test_a_request_that_is_sent_again_is_counted_once(gate: Gate) -> None:
    browser = gate.browser()
    for number in ("123456", "123456", "654321"):
        assert (await track(browser, r=number, h=1, m=2, s=3)).status == 200
    for _ in range(2):
        assert (await track(browser, e_c="a", e_a="b")).status == 200
    assert len(await gate.tracked()) == 4


async def test_when_it_happened_is_what_a_receiver_gets(gate: Gate) -> None:
    at = gate.clock.now // 1000 - 30 * 3600
    assert (await post(gate, query(token_auth=TOKEN_AUTH, cdt=at))).status == 200
    assert (await track(gate.browser(), cdt=at)).error == "needs_token"
    (entry,) = await gate.tracked()
    assert entry["cdt"] == datetime.fromtimestamp(at, UTC).isoformat(" ", "seconds")[:19]


async def test_what_is_too_large_or_odd_is_refused_and_the_next_hit_is_not(gate: Gate) -> None:
    limit = gate.settings.limits.body
    headers = {"content-encoding": "gzip"}
    whole = json.dumps(bulk({}, token_auth=TOKEN_AUTH)).encode()
    odd: list[tuple[bytes, dict[str, str], int, str]] = [
        (b"x" * (limit + 1), {}, 413, "too_large"),
        (gzip.compress(b"x" * (limit + 1)), headers, 413, "too_large"),
        (gzip.compress(whole)[:-4], headers, 400, "not_gzip"),
        (gzip.compress(whole) + b"more", headers, 400, "not_gzip"),
        (b"no gzip", headers, 400, "not_gzip"),
        (whole, {"content-encoding": "br"}, 400, "unknown_encoding"),
        (b'{"requests":', {}, 400, "not_json"),
        (b"\xff\xfe\x00=1", {}, 400, "nul_character"),
        (b"\xff\xfe", {}, 400, "empty"),
    ]
    for body, more, code, error in odd:
        answer = await post(gate, body, more)
        assert (answer.status, answer.error) == (code, error)
        assert (await post(gate, gzip.compress(whole), headers)).json["tracked"] == 1
    assert len(await gate.tracked()) == len(odd)


async def test_a_hit_that_cannot_be_stored_is_no_hit(gate: Gate) -> None:
    browser = gate.browser()
    await gate.outbox.close()
    answer = await track(browser)
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert (await browser.post("/matomo.php", bulk({}, send_image=0))).status == 503
