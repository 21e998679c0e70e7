"""Proof, conflicts, odd IDs and scrubbing: what receivers get, and what is nowhere (identity.md)."""

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from receivers import status

from gateway.decide.effort import Effort

from .gate import DIALECTS, GRANTED, HOUR, LOGIN_KEY, REFUSED, SECRETS, SIGNATURE, TOKEN, Gate, shop, signature

ALICE = "alice.example-4711"


def token(gate: Gate, user: str = ALICE, **claims: Any) -> str:
    now = gate.clock.now // 1000
    told = {"sub": user, "aud": "shop", "exp": now + 600, **claims}
    return jwt.encode({"alg": "HS256"}, told, OctKey.import_key(LOGIN_KEY))


async def attached(gate: Gate) -> list[str | None]:
    return [entry.get("uid") for entry in await gate.tracked()]


# proof


async def test_a_token_proves_who_is_signed_in(gate: Gate) -> None:
    await gate.load(verified_by=TOKEN)
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=ALICE, proof=token(gate))
    await browser.see(values={"account_id": ALICE, "proof": token(gate)})
    await browser.see(user_id=ALICE, proof=token(gate, aud=["blog", "shop"]))
    assert await attached(gate) == [ALICE] * 3
    assert token(gate).encode() not in gate.everything_sent()


async def test_a_token_that_is_not_in_order_proves_nothing(gate: Gate) -> None:
    await gate.load(verified_by=TOKEN)
    browser = gate.browser(consent=GRANTED)
    now = gate.clock.now // 1000
    other = OctKey.import_key("x" * 32)
    none = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, {"sub": ALICE, "aud": "shop", "exp": now + 600})
    )
    bad = [
        token(gate, user="bob"),
        token(gate, aud="blog"),
        token(gate, exp=now - 301),
        jwt.encode({"alg": "HS256"}, {"sub": ALICE, "aud": "shop", "exp": now + 600}, other),
        none + ".",
        token(gate)[:-2],
        "",
        "x",
    ]
    for proof in bad:
        await browser.send(browser.hit(user=ALICE, proof=proof, url=f"https://shop.example.com/{ALICE}?t={proof}"))
    await browser.send(browser.hit(user=ALICE))
    assert await attached(gate) == [None] * 9
    assert await gate.got("guests") == []
    for tag in ("partner", "crm", "plain"):
        assert all("user" not in event for event in await gate.got(tag))
    sent = gate.everything_sent()
    assert ALICE.encode() not in sent
    assert not any(len(proof) > 5 and proof.encode() in sent for proof in bad)
    assert 'taggate_user_ids_refused_total{container="shop",reason="no_proof"} 9.0' in await gate.text_of_metrics()


async def test_a_token_counts_by_the_time_of_arrival(gate: Gate) -> None:
    await gate.load(verified_by=TOKEN)
    browser = gate.browser(consent=GRANTED)
    exp = gate.clock.now // 1000
    proof = token(gate, exp=exp)
    gate.clock.now += 299_000
    await browser.send(browser.hit(user=ALICE, proof=proof))
    gate.clock.now += 2_000
    await browser.send(browser.hit(user=ALICE, proof=proof, at=gate.clock.now - HOUR))
    assert await attached(gate) == [ALICE, None]


async def test_a_signature_proves_who_is_signed_in(gate: Gate) -> None:
    await gate.load(verified_by=SIGNATURE)
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=f"  {ALICE}\ufeff", proof=signature(ALICE))
    await browser.see(user=ALICE, proof=signature(ALICE).upper())
    await browser.see(user=ALICE, proof=signature("bob"))
    await browser.see(user=ALICE)
    await browser.see(user=4711, proof=signature("4711"))
    assert await attached(gate) == [ALICE, ALICE, None, None, "4711"]
    assert signature(ALICE).encode() not in gate.everything_sent().lower()


async def test_the_servers_key_is_proof_enough(gate: Gate) -> None:
    await gate.load(verified_by=TOKEN)
    await gate.server({"event": "x", "user_id": ALICE, "account": "acme", "consent": GRANTED})
    await gate.server({"event": "y", "values": {"account_id": ALICE, "company_id": "acme"}, "consent": GRANTED})
    assert await attached(gate) == [ALICE] * 2
    assert [event["account"] for event in await gate.got("crm")] == ["acme"] * 2
    assert {len(event["account"]) for event in await gate.got("partner")} == {64}


async def test_an_unverified_claim_reaches_nothing_and_is_nobodys_logout(gate: Gate) -> None:
    await gate.load(verified_by=SIGNATURE)
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=ALICE, proof=signature(ALICE))
    cookie = browser.cookie
    company = {"account_id": "bob-the-builder", "company_id": "builders-inc"}
    url = "https://shop.example.com/builders-inc/bob-the-builder"
    await browser.see(values=company, url=url, account="builders-inc", title="for builders-inc")
    await browser.see(user=ALICE, proof=signature(ALICE))
    assert browser.cookie == cookie
    first, unverified, again = await gate.tracked()
    assert first["cid"] == again["cid"] != unverified["cid"]
    assert await gate.got("guests") == []
    assert b"builders-inc" not in gate.everything_sent()
    assert b"bob-the-builder" not in gate.everything_sent()


# claims


@pytest.mark.parametrize(
    "claims",
    [
        {"user_id": ALICE, "user": "bob"},
        {"user_id": None, "user": ALICE},
        {"user_id": ALICE, "user": None},
        {"user_id": ALICE, "user": "undefined"},
    ],
)
async def test_two_claims_that_differ_are_nobody(gate: Gate, claims: dict[str, Any]) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(**claims, url=f"https://shop.example.com/{ALICE}")
    assert await attached(gate) == [None]
    assert len(await gate.got("guests")) == 1
    assert ALICE.encode() not in gate.everything_sent()
    assert 'reason="conflict"} 1.0' in await gate.text_of_metrics()


async def test_two_claims_that_agree_are_one(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user_id="4711", user=4711)
    await browser.see(user_id=" Zoe\u0308 ", user="Zoë")
    assert await attached(gate) == ["4711", "Zoë"]


JUNK = [
    *("", "  ", "null", "undefined", "FALSE", "NaN", "0", "-1", "none", "Anonymous", "guest", "[object Object]"),
    *("{{UserId}}", "${user.id}", "0000", "00000000-0000-0000-0000-000000000000", "x" * 201, "a\u0007b", True),
    *(["alice"], {"id": "alice"}, 1.5, 2**53, "\ufeff"),
]


async def test_what_is_no_id_is_nobody(gate: Gate) -> None:
    for junk in JUNK:
        browser = gate.browser(consent=GRANTED)
        await browser.see(user=junk)
        await browser.see(user_id=junk)
    assert await attached(gate) == [None] * 2 * len(JUNK)
    assert len(await gate.got("guests")) == 2 * len(JUNK)
    assert len(await gate.got("partner")) == 2 * len(JUNK)
    assert all("user" not in event for event in await gate.got("partner"))


# scrubbing


def spellings(text: str) -> list[str]:
    raw = text.encode()
    return [
        text,
        text.upper(),
        quote(text, safe=""),
        quote(quote(text, safe=""), safe=""),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        hashlib.md5(raw, usedforsecurity=False).hexdigest(),
        hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
        hashlib.sha256(raw).hexdigest(),
    ]


PLACES: dict[str, Any] = {
    "path": lambda text: {"url": f"https://shop.example.com/u/{text}/edit"},
    "query": lambda text: {"url": f"https://shop.example.com/?section={quote(text)}&b=1"},
    "fragment": lambda text: {"url": f"https://shop.example.com/#/u/{text}"},
    "referrer": lambda text: {"referrer": f"https://shop.example.com/u/{text}?q={text}"},
    "title": lambda text: {"title": f"Orders of {text}, page 2"},
    "field": lambda text: {"fields": {"value": text, "name": f"of {text}", "category": [text]}},
    "plan": lambda text: {"values": {"plan": f"gold {text}"}},
}


@pytest.mark.parametrize("place", PLACES)
async def test_the_id_is_in_nothing_that_may_not_have_it(gate: Gate, place: str) -> None:
    browser = gate.browser(consent=REFUSED)
    for text in spellings(ALICE):
        told = PLACES[place](text)
        told["values"] = {**told.get("values", {}), "account_id": ALICE}
        await browser.see("download", **told)
    await gate.delivered()
    assert len(gate.matomo.recorded) == len(spellings(ALICE))
    sent = gate.everything_sent().lower()
    for text in spellings(ALICE):
        assert text.lower().encode() not in sent, text


async def test_the_id_stays_where_it_is_attached_and_is_the_pseudonym_where_it_is_hashed(gate: Gate) -> None:
    browser = gate.browser(consent={"analytics": True, "marketing": False})
    url = f"https://shop.example.com/u/{ALICE}"
    await browser.see(user=ALICE, url=url, referrer=url, values={"account_id": ALICE, "plan": ALICE})
    [entry] = await gate.tracked()
    assert (entry["uid"], entry["url"], entry["urlref"]) == (ALICE, url, url)
    [partner] = await gate.got("partner")
    assert partner["page"]["url"] == f"https://shop.example.com/u/{partner['user']['id']}"
    assert partner["fields"]["plan"] == partner["user"]["id"]
    assert ALICE not in json.dumps(partner)


async def test_personal_values_leave_only_as_identifiers(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    told = {"traits": {"email": "Alice@Example.com"}, "url": "https://shop.example.com/?mail=alice%40example.com"}
    await browser.see(user=ALICE, **told)
    await browser.see(user=None, **told)
    [first, second] = await gate.got("crm")
    assert first["identifiers"] == {"email": "Alice@Example.com"}
    assert "identifiers" not in second
    for tag in ("partner", "plain", "guests"):
        assert b"alice@" not in json.dumps(await gate.got(tag)).lower().encode()
        assert b"alice%40" not in json.dumps(await gate.got(tag)).lower().encode()


async def test_the_hits_of_one_request_have_one_effort(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class NoEffort(Effort):
        def __init__(self) -> None:
            super().__init__(patterns=0, windows=0)
            made.append(self)

    monkeypatch.setattr("gateway.web.ingest.Effort", NoEffort)
    browser = gate.browser(consent=GRANTED)
    await browser.send(*[browser.hit(user=ALICE, title=f"Hello {ALICE}") for _ in range(3)])
    await gate.delivered()
    said = json.dumps(await gate.got("plain"))
    assert said.count('"(removed)"') == 3
    assert "Hello" not in said
    assert len(made) == 1


async def test_a_browsers_long_name_keeps_no_half_of_an_id(gate: Gate) -> None:
    browser, long = gate.browser(consent=GRANTED), f"{ALICE}-customer-of-the-shop"
    for first in range(0, len(long), 9):
        browser.agent = "-" * first + f" {long}" * (4200 // len(long))
        await browser.see(user=long)
    await gate.delivered()
    said = [one["user_agent"] for one in await gate.got("plain")]
    assert len(said) == len(range(0, len(long), 9))
    assert not [text for text in said if ALICE[:5] in text]


async def test_after_a_logout_the_identity_before_is_in_no_referrer(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=ALICE)
    for text in spellings(ALICE):
        told = PLACES["path"](text) | PLACES["referrer"](text)
        await browser.see(user=None, **told)
        await browser.see(**told)
    await browser.see(user="bob", **PLACES["referrer"](ALICE))
    await gate.delivered()
    for event in [*(await gate.tracked())[1:], *(await gate.got("plain"))[1:], *(await gate.got("crm"))[1:]]:
        said = json.dumps(event).lower()
        assert not [text for text in spellings(ALICE) if text.lower() in said]


async def test_both_normal_forms_of_an_id_are_found_encoded_too(gate: Gate) -> None:
    composed = "Zoë Müller"
    other = normalize("NFD", composed)
    told = {
        "title": " ".join(spellings(composed)),
        "referrer": "https://shop.example.com/" + "/".join(spellings(other)),
    }
    browser = gate.browser(consent={"analytics": False, "marketing": True})
    await browser.see(user=other, **told)
    await browser.see(user=None, **told)
    plain = json.dumps(await gate.got("plain"), ensure_ascii=False).lower()
    assert len(await gate.got("plain")) == 2
    assert not [text for name in (composed, other) for text in spellings(name) if text.lower() in plain]


@pytest.mark.parametrize("keeps_cookies", [True, False])
async def test_a_hit_that_leaves_the_id_out_does_not_tell_it_by_its_address(gate: Gate, keeps_cookies: bool) -> None:
    browser = gate.browser(consent=GRANTED)
    browser.keeps_cookies = keeps_cookies
    await browser.see(user=ALICE)
    await browser.see(**PLACES["path"](ALICE))
    assert ALICE not in (await gate.tracked())[1]["url"]
    headers = {**browser.headers(), "referer": f"https://shop.example.com/{ALICE}"}
    await gate.web.ask("GET", "/collect/shop.gif", b"", headers)
    if keeps_cookies:
        assert ALICE not in (await gate.tracked())[2]["url"]


async def test_who_comes_back_may_stand_in_an_address_again(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    for user in (ALICE, None, ALICE):
        await browser.see(user=user, **PLACES["path"](ALICE))
    urls = [entry["url"] for entry in await gate.tracked()]
    assert [ALICE in url for url in urls] == [True, False, True]


async def test_a_withdrawal_in_the_page_does_not_forget_who_was_signed_in(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=ALICE)
    # What still waits when consent is refused is not sent at all.
    assert len(await gate.tracked()) == 1
    browser.consent = REFUSED
    await browser.see(**PLACES["referrer"](ALICE))
    assert browser.cookie is None
    # From now on the page alone is known.
    await browser.see(user=None, **PLACES["referrer"](ALICE))
    _, same, left = await gate.tracked()
    assert ALICE not in same["urlref"] + left["urlref"]
    assert left["new_visit"] == "1"
    assert left["cid"] != same["cid"]


@pytest.mark.parametrize("told", [{"user": None}, {"reset": True}, {}])
async def test_a_withdrawal_by_itself_does_not_forget_who_was_signed_in(gate: Gate, told: dict[str, Any]) -> None:
    """Also on another page than the one that the cookie is from, and where it is told twice."""
    browser = gate.browser(consent=GRANTED)
    await browser.see(user=ALICE)
    await gate.delivered()
    browser.new_page()
    cookies = dict(browser.cookies)
    await browser.choose(REFUSED)
    assert browser.cookie is None
    await browser.see(**told, **PLACES["query"](ALICE), **PLACES["referrer"](ALICE))
    browser.cookies = cookies
    await browser.choose(REFUSED)
    await browser.see(**PLACES["query"](ALICE), **PLACES["referrer"](ALICE))
    first, second = (await gate.tracked())[1:]
    assert ALICE not in str(first) + str(second)
    assert (first["new_visit"], "new_visit" in second) == ("1", False)
    assert first["cid"] == second["cid"]


async def test_half_an_id_is_not_left_where_a_text_is_cut(gate: Gate) -> None:
    browser = gate.browser(consent=REFUSED)
    for before in range(2030, 2049, 3):
        await browser.see(user=ALICE, title="-" * before + ALICE + " and more" * 50)
    for event in await gate.got("plain"):
        assert len(event["page"]["title"]) <= 2048
        assert "ali" not in event["page"]["title"]


async def test_drop_query_comes_before_everything(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    url = "https://shop.example.com/?reset_token=5ae1f0&section=news#reset_token=5ae1f0"
    await browser.see(url=url, referrer=url)
    await gate.delivered()
    assert b"5ae1f0" not in gate.everything_sent()
    assert (await gate.got("partner"))[0]["fields"]["came_from"] == "https://shop.example.com/?section=news"


ADDRESS = "https://shop.example.com/a?reset_token=5ae1f0&b=2"


async def test_drop_query_is_taken_out_of_every_address_that_a_hit_tells(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    browser.cookies["plan"] = ADDRESS
    await browser.see("outlink", fields={"href": ADDRESS})
    await browser.see("content_impression", fields={"content": "x", "target": ADDRESS, "more": [{"at": ADDRESS}]})
    assert [hit.get("link") or hit["c_t"] for hit in await gate.tracked()] == ["https://shop.example.com/a?b=2"] * 2
    assert {event["fields"]["plan"] for event in await gate.got("partner")} == {"https://shop.example.com/a?b=2"}
    assert b"5ae1f0" not in gate.everything_sent() + gate.stored()


async def test_drop_query_is_taken_out_of_what_other_tools_tell(gate: Gate) -> None:
    await gate.load(accept=DIALECTS)
    quoted = quote(ADDRESS, safe="")
    for said in (f"link={quoted}", f"e_c=JavaScript+Errors&e_a={quoted}%3A12", f"dimension1={quoted}"):
        query = f"idsite=1&rec=1&consent=1&{said}"
        answer = await gate.web.ask("GET", f"/matomo.php?{query}", headers=gate.browser().headers())
        assert answer.status == 200
    call = {"writeKey": "shop-web", "event": "outlink", "properties": {"href": ADDRESS}}
    assert (await gate.web.ask("POST", "/v1/track", call, gate.browser().headers())).status == 200
    assert len(await gate.tracked()) == 4
    assert b"5ae1f0" not in gate.everything_sent() + gate.stored()


async def test_a_claim_for_what_the_gateway_reads_itself_is_ignored(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(url="https://shop.example.com/", values={"section": "claimed", "nobody": "reads", "this": 1})
    [event] = await gate.got("partner")
    assert "fields" not in event
    assert b"claimed" not in gate.everything_sent()
    assert 'taggate_unknown_names_total{container="shop"} 2.0' in await gate.text_of_metrics()


async def test_a_page_of_an_older_version_that_tells_who_it_is_by_another_name(gate: Gate) -> None:
    """Its variable has a new name, or is gone: what it read stands in no address, as it did not before."""
    names = {"account_id": "member_id", "{ data_layer: user.id }": "{ data_layer: member.id }"}
    text = shop(gate.matomo.url + "/", gate.hooks.url)
    for old, new in names.items():
        text = text.replace(old, new)
    await gate.load(text=text)
    browser = gate.browser(consent=GRANTED)
    address = "https://shop.example.com/u/alice-4711/gold?of=team-5ae1f0&page=guest"
    told = {
        "account_id": "alice-4711",
        "teams": ["team-5ae1f0", None],
        "role": "guest",
        "found": True,
        "rest": {"a": 1},
    }
    await browser.see(url=address, title="alice-4711", values=told)
    await gate.delivered()
    assert b"alice-4711" not in gate.everything_sent() + gate.stored()
    assert b"5ae1f0" not in gate.everything_sent()
    assert b"/gold?of=(removed)&page=guest" in gate.everything_sent()
    # A server may tell more than is asked for; what it tells is no page's.
    await gate.server({"event": "page_view", "url": address, "values": {"section": "x", "colour": "gold"}})
    await gate.delivered()
    assert b"/u/alice-4711/gold" in gate.everything_sent()


# nowhere


async def test_what_no_receiver_may_have_is_in_no_file_log_or_metric(quick_path: Path, logged: io.StringIO) -> None:
    async with Gate(quick_path) as gate:
        gate.hooks.answers(status(503))
        gate.matomo.answers(status(503))
        browser = gate.browser(consent=REFUSED, ip="198.51.100.77")
        await browser.see(user=ALICE, account="acme-inc", **PLACES["query"](ALICE))
        await browser.see(user=ALICE, account="acme-inc", **PLACES["path"](ALICE))
        await browser.see(user=None, **PLACES["referrer"](ALICE))
        hashed = gate.browser(consent={"analytics": True, "marketing": False}, ip="198.51.100.78")
        await gate.load(text=without_attach(gate), name="shop")
        await hashed.see(user=ALICE, account="acme-inc", traits={"email": "alice@example.com"})
        await hashed.choose(REFUSED, user_id=ALICE)
        await gate.web.ask("POST", "/collect/shop", f'{{"event": "{ALICE}', hashed.headers())
        metrics = await gate.text_of_metrics()
        stored = gate.stored()
        page, cookies = hashed.page, (await gate.browser(consent=GRANTED).see()).set_cookies
        await gate.close()
        stored += gate.stored()
        await gate.open()
    said = logged.getvalue()
    assert "sender" in said
    for secret in (ALICE, "acme-inc", "alice@example.com", "198.51.100.77", "198.51.100.78", *SECRETS.values(), page):
        for where in (stored, metrics.encode(), said.encode()):
            assert secret.encode() not in where, secret
    assert cookies[0].split("=")[1].split(";")[0].encode() not in stored
    assert hashlib.sha256(ALICE.encode()).digest() not in stored


def without_attach(gate: Gate) -> str:
    from .gate import shop

    text = shop(gate.matomo.url + "/", gate.hooks.url)
    text = text.replace("attach: [matomo], hash: [partner]", "hash: [matomo, partner]")
    return text.replace("    - { when: customer, attach: [crm] }\n", "").replace(
        "    identifiers: { email: email }\n", ""
    )
