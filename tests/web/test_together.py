"""Requests that come at once give what they give one after the other, whoever they are of and whatever they change."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.outbox.codec import decode
from gateway.outbox.protocol import DiskLow, Full
from gateway.store.protocol import StoreError
from gateway.web import flow

from .asgi import Answer
from .gate import GRANTED, REFUSED, Browser, Gate, shop
from .test_ingest_once import EVENTS

GROUPS, VISITORS = 12, 5
PEOPLE = ("alice", "bob", None, "left out")
SAID = (GRANTED, GRANTED, REFUSED, {"analytics": True}, None)
KINDS = ("page_view", "half_read", "newsletter")

Request = tuple[int, str, dict[str, Any]]
"""Which browser, which container, and its body."""


class OneByOne(Gate):
    """Takes each request by itself."""

    together = False


def groups(seed: int) -> list[tuple[int, list[Request]]]:
    """Groups of requests of different visitors, each group with the time when it comes."""
    random, pages, ids, at = Random(seed), list(range(VISITORS)), [list[str]() for _ in range(VISITORS)], 0
    found = []
    for number in range(GROUPS):
        requests = []
        for who in random.sample(range(VISITORS), random.randint(2, VISITORS)):
            if random.random() < 0.2:
                pages[who] += VISITORS
            hits = []
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                at += 1
                hits.append(_hit(random, at, who, (f"{pages[who]:032x}", ids[who])))
            requests.append((who, random.choice(("shop", "shop", "blog")), {"hits": hits}))
        found.append((number * random.choice((1_000, 60_000, 1_900_000)), requests))
    return found


def _hit(random: Random, at: int, who: int, known: tuple[str, list[str]]) -> dict[str, Any]:
    page, ids = known
    told: dict[str, Any] = {"event": random.choice(KINDS), "at": at, "page": page, "values": {}}
    if (person := random.choice(PEOPLE)) != "left out":
        told["values"]["account_id"] = person and f"{person}-{who}"
    if (consent := random.choice(SAID)) is not None:
        told["consent"] = dict(consent)
        if random.random() < 0.5:
            told["consent_at"] = at
    if random.random() < 0.1:
        told["reset"] = True
    if random.random() < 0.8:
        again = ids and random.random() < 0.1
        told["id"] = random.choice(ids) if again else f"{random.getrandbits(128):032x}"
        ids.append(told["id"])
    return told


def timed(requests: Sequence[Request], now: int) -> list[Request]:
    """Each hit a millisecond of its own, which tells it from all others."""

    def hit(told: dict[str, Any]) -> dict[str, Any]:
        choice = {"consent_at": now + told["consent_at"]} if "consent_at" in told else {}
        return {**told, "at": now + told["at"], **choice}

    return [(who, name, {"hits": list(map(hit, body["hits"]))}) for who, name, body in requests]


async def walked(gate: Gate, seed: int) -> dict[str, Any]:
    """Everything that came of it, by the times of hits, and who was taken for whom."""
    begin, answers = gate.clock.now, list[list[tuple[int, bytes, bool]]]()
    browsers = [gate.browser(ip=f"203.0.113.{who}") for who in range(VISITORS)]
    owners: dict[int, int] = {}
    for later, requests in groups(seed):
        gate.clock.now = max(gate.clock.now, begin + later) + 1_000
        told = timed(requests, gate.clock.now - 500)
        owners |= {hit["at"]: who for who, _, body in told for hit in body["hits"]}
        posts = [browsers[who].post(f"/collect/{name}", body) for who, name, body in told]
        got = await asyncio.gather(*posts) if gate.together else [await post for post in posts]
        for (who, *_), answer in zip(told, got, strict=True):
            browsers[who].keep(answer)
        answers.append([(answer.status, answer.body, bool(answer.set_cookies)) for answer in got])
    if gate.office:
        await gate.office.count()
    return {
        "answers": answers,
        "cookies": [sorted(browser.cookies) for browser in browsers],
        "sums": {name: dict(sums) for name, sums in gate.metrics.sums.items()},
        **await sent(gate, owners),
    }


async def sent(gate: Gate, owners: Mapping[int, int]) -> dict[str, Any]:
    rows = read(gate)
    visitors: dict[tuple[str, str], int] = {}
    deliveries, order = {}, {}
    for tag, body in sorted(rows, key=lambda row: decode(row[1]).at):
        made = decode(body)
        same = visitors.setdefault((tag, made.visitor), made.at)
        about = (made.form, made.user, made.account, made.new_visit, made.event, made.page_view)
        deliveries[tag, made.at] = (*about, same, dict(made.fields), dict(made.details))
    for tag, body in rows:
        at = decode(body).at
        order.setdefault((tag, owners[at]), []).append(at)
    counts = {key: (one.accepted, one.dropped) for key, one in (await gate.counts()).items()}
    return {"deliveries": deliveries, "order": order, "counts": counts}


def read(gate: Gate) -> list[tuple[str, bytes]]:
    with sqlite3.connect(gate.folder / "data" / "queue.db") as connection:
        return connection.execute("SELECT tag, body FROM parcels ORDER BY seq").fetchall()


async def of(kind: type[Gate], folder: Path, seed: int) -> dict[str, Any]:
    folder.mkdir()  # noqa: ASYNC240 - once a test
    async with kind(folder, delivers=False) as gate:
        without = {} if seed % 2 else {"without_cookie": "none"}
        for name in ("shop", "blog"):
            await gate.load(shop(**without).replace("variables:\n", EVENTS, 1), name)
        return await walked(gate, seed)


@pytest.mark.parametrize("seed", range(6))
async def test_what_comes_at_once_is_what_comes_one_after_the_other(quick_path: Path, seed: int) -> None:
    at_once = await of(Gate, quick_path / "once", seed)
    in_turn = await of(OneByOne, quick_path / "turn", seed)
    for what, found in at_once.items():
        assert found == in_turn[what], what


async def at_once(browser: Browser, *hits: Mapping[str, Any]) -> list[Answer]:
    return await asyncio.gather(*[browser.send(hit) for hit in hits])


async def users(gate: Gate) -> list[str | None]:
    """What Matomo is to get, in order."""
    return [decode(body).user for tag, body in read(gate) if tag == "matomo"]


@pytest.fixture
async def still(quick_path: Path) -> Any:
    """A gateway that keeps what it takes."""
    async with Gate(quick_path, delivers=False) as gate:
        yield gate


async def known(gate: Gate, number: int) -> list[Browser]:
    """So many visitors, each with a cookie and signed in."""
    browsers = [gate.browser(ip=f"203.0.113.{who}", consent=GRANTED) for who in range(number)]
    for who, browser in enumerate(browsers):
        await browser.see(user=f"member-{who}")
    return browsers


async def seen(browsers: Sequence[Browser], **told: Any) -> list[int]:
    """The answers to a hit of each, at once."""
    asked = [browser.send(browser.hit(user=f"member-{who}", **told)) for who, browser in enumerate(browsers)]
    return [answer.status for answer in await asyncio.gather(*asked)]


async def test_one_id_twice_at_the_same_moment_is_one_hit(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    (browser,) = await known(still, 1)
    hit = browser.hit(user="member-0", id="0" * 32)
    assert [answer.status for answer in await at_once(browser, hit, hit, browser.hit())] == [204] * 3
    assert 'taggate_hits_total{container="shop"} 3.0' in await still.text_of_metrics()


async def test_a_hit_that_comes_again_in_the_next_visit_does_not_count_there(still: Gate) -> None:
    await still.load(shop().replace("variables:\n", EVENTS, 1))
    browser = still.browser(consent=GRANTED)
    hit = browser.hit("half_read", id="0" * 32)
    await browser.send(hit)
    still.clock.now += 31 * 60_000
    await at_once(browser, hit)
    await browser.see("half_read")
    assert [decode(body).event for tag, body in read(still) if tag == "plain"] == ["half_read"] * 2


async def test_a_body_that_cannot_be_read_is_nobody_elses_fault(still: Gate) -> None:
    (browser,) = await known(still, 1)
    answers = await at_once(browser, browser.hit(), {"event": ""}, browser.hit())
    assert [answer.status for answer in answers] == [204, 400, 204]


async def test_a_hit_that_nobody_foresaw_fails_alone(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = await known(still, 3)
    ready = flow._ready

    def fails(decided: flow.Decided) -> Any:
        if decided.came.caller.hit.event == "odd":
            raise ZeroDivisionError
        return ready(decided)

    monkeypatch.setattr(flow, "_ready", fails)
    hits = [browser.hit("odd" if who == 1 else "page_view") for who, browser in enumerate(browsers)]
    errors = list[dict[str, Any]]()
    asyncio.get_running_loop().set_exception_handler(lambda _, error: errors.append(error))
    asked = [browser.send(hit) for browser, hit in zip(browsers, hits, strict=True)]
    one, odd, other = await asyncio.gather(*asked, return_exceptions=True)
    assert (one.status, other.status) == (204, 204)  # type: ignore[union-attr]
    assert isinstance(odd, ZeroDivisionError)
    assert len(await users(still)) == 5


async def test_where_nothing_can_be_stored_all_are_told_and_no_visit_began(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers = [still.browser(ip=f"203.0.113.{who}", consent=GRANTED) for who in range(3)]
    await seen(browsers)
    still.clock.now += 3_600_000

    async def full(*_: Any) -> Any:
        raise DiskLow("x")

    with monkeypatch.context() as patched:
        patched.setattr(still.outbox, "put", full)
        assert await seen(browsers) == [503] * 3
        twice = [browsers[0].hit(user="member-0")] * 2
        assert [answer.status for answer in await at_once(browsers[0], *twice)] == [503] * 2
    assert await seen(browsers) == [204] * 3
    last = [decode(body).new_visit for tag, body in read(still) if tag == "matomo"][-3:]
    assert last == [True] * 3


async def test_a_bulk_for_which_there_is_no_room_takes_none_from_others(
    still: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsers, put = await known(still, 3), still.outbox.put

    async def narrow(arrivals: Sequence[Any], ticket: int) -> Sequence[bool]:
        if len(arrivals) > 2:
            raise Full("x")
        return await put(arrivals, ticket)

    monkeypatch.setattr(still.outbox, "put", narrow)
    hits = [browser.hit(user=f"member-{who}") for who, browser in enumerate(browsers)]
    bulk = browsers[1].send(*[hits[1]] * 3)
    answers = await asyncio.gather(browsers[0].send(hits[0]), bulk, browsers[2].send(hits[2]))
    assert [answer.status for answer in answers] == [204, 503, 204]


async def test_where_nobody_can_be_looked_up_all_are_told(still: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    browsers = await known(still, 3)

    async def broken(*_: Any) -> Any:
        raise StoreError("x")

    monkeypatch.setattr(still.store, "know", broken)
    for browser in browsers[:2]:
        browser.new_page()
    assert await seen(browsers) == [503, 503, 204]


async def test_who_goes_away_holds_nobody_up(still: Gate) -> None:
    browsers = await known(still, 2)
    gone = asyncio.create_task(browsers[0].send(browsers[0].hit()))
    asyncio.get_running_loop().call_soon(gone.cancel)
    answer = await browsers[1].send(browsers[1].hit())
    assert answer.status == 204
    assert gone.cancelled()
    assert len(await users(still)) == 3


async def test_a_cookie_that_a_hit_brings_is_that_of_the_next_one(still: Gate) -> None:
    browser = still.browser(consent=GRANTED)
    hit = {**browser.hit(), "page": None}
    assert (await browser.send(hit, hit)).status == 204
    assert len({decode(body).visitor for tag, body in read(still) if tag == "matomo"}) == 1


async def test_a_visit_that_leaves_takes_nobody_elses_along(still: Gate) -> None:
    """Guests behind one address are one visit, and what counts once in it counts once."""
    await still.load(shop().replace("variables:\n", EVENTS, 1))
    refusing, other, third = (still.browser() for _ in range(3))
    await asyncio.gather(
        refusing.send(refusing.hit(consent=REFUSED, consent_at=still.clock.now, user="alice")),
        other.send(other.hit("half_read", consent=REFUSED)),
    )
    await third.send(third.hit("half_read", consent=REFUSED))
    assert [decode(body).event for tag, body in read(still) if tag == "plain"].count("half_read") == 1


async def test_what_counts_once_counts_for_who_waited(still: Gate) -> None:
    await still.load(shop().replace("variables:\n", EVENTS, 1))
    browser = still.browser(consent=GRANTED)
    await browser.see()
    await at_once(browser, browser.hit(user="alice"), browser.hit("half_read"))
    assert [decode(body).event for tag, body in read(still) if tag == "plain"].count("half_read") == 1
