"""The small parts behind the addresses: rates, repeats, senders, the fleet's corners."""

import json
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

import pytest
from msgspec import structs
from starlette.types import Message

from gateway.decide.suppose import judge
from gateway.delivery.senders import Route
from gateway.destinations import TABLE, TYPES
from gateway.destinations.protocol import Target
from gateway.language.load import Loader
from gateway.model import Fault, Hit, Reply
from gateway.secrets import Secrets
from gateway.web.asked import Asked, client_ip, is_https
from gateway.web.fleet import Fleet, Status
from gateway.web.messages import of_exchange, of_hit, of_status
from gateway.web.rates import Rate
from gateway.web.repeats import KEPT_MS, Repeats
from gateway.web.runtime import Runtime, rooted
from gateway.web.senders import cookies, named

from .gate import ENVIRONMENT, GRANTED, OWN, START, Clock, Gate, shop

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def request(headers: list[tuple[str, str]], client: str | None = "10.0.0.1", scheme: str = "http") -> Asked:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "headers": raw, "scheme": scheme, "path": "/", "query_string": b"", "server": ("h", 1)}
    return Asked({**scope, "client": (client, 1) if client else None, "method": "GET"}, _nothing)


# rates


def test_a_rate_allows_bursts_of_two_seconds_and_fills_up_again() -> None:
    clock = Clock()
    rate = Rate(5, clock.seconds)
    assert [rate.allows("a") for _ in range(12)] == [True] * 10 + [False] * 2
    assert rate.allows("b")
    clock.now += 400
    assert [rate.allows("a") for _ in range(3)] == [True, True, False]
    clock.now += 3_600_000
    assert [rate.allows("a") for _ in range(11)] == [True] * 10 + [False]


def test_a_clock_that_jumps_back_locks_nobody_out_for_long() -> None:
    clock = Clock()
    rate = Rate(1, clock.seconds)
    assert rate.allows("a")
    clock.now -= 1000
    rate.allows("a")
    clock.now += 3000
    assert rate.allows("a")


def test_a_rate_of_0_is_no_limit_and_buckets_are_bounded() -> None:
    assert all(Rate(0, Clock().seconds).allows("a") for _ in range(1000))
    rate = Rate(1, Clock().seconds, most=2)
    for key in "aabc":
        rate.allows(key)
    assert rate.allows("a")


# repeats


def hit(id: str | None, arrived: int = START, container: str = "shop") -> Hit:
    return Hit(container=container, event="x", at=arrived, arrived=arrived, id=id)


def test_a_repeat_is_one_for_48_hours_and_within_its_container() -> None:
    repeats = Repeats(most=2)
    repeats.add([hit("a"), hit(None), hit("a", START + 5)])
    assert repeats.has(hit("a", START + KEPT_MS))
    assert not repeats.has(hit("a", START + KEPT_MS + 1))
    assert not repeats.has(hit("a", container="blog"))
    assert not repeats.has(hit(None))
    repeats.add([hit("a", START + 2 * KEPT_MS), hit("b"), hit("c")])
    assert [repeats.has(hit(id)) for id in "abc"] == [False, True, True]


# who sends

FORWARDED = {
    "nobody between": ([], "10.0.0.1"),
    "one proxy": ([("x-forwarded-for", "203.0.113.9")], "203.0.113.9"),
    "two proxies": ([("x-forwarded-for", "203.0.113.9, 10.2.2.2")], "203.0.113.9"),
    "a lie in front": ([("x-forwarded-for", "1.2.3.4, 203.0.113.9")], "203.0.113.9"),
    "two lines": ([("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "203.0.113.9, 10.2.2.2")], "203.0.113.9"),
    "an empty end": ([("x-forwarded-for", "203.0.113.9, ")], "10.0.0.1"),
    "only proxies": ([("x-forwarded-for", "10.3.3.3")], "10.3.3.3"),
    "with a port": ([("x-forwarded-for", "203.0.113.9:51234, 10.2.2.2:443")], "203.0.113.9"),
    "brackets": ([("x-forwarded-for", "[2001:db8::9]:51234")], "2001:db8::9"),
    "brackets alone": ([("x-forwarded-for", "[2001:db8::9]")], "2001:db8::9"),
    "no port": ([("x-forwarded-for", "2001:db8::9")], "2001:db8::9"),
    "a proxy in IPv6": ([("x-forwarded-for", "203.0.113.9, ::ffff:10.2.2.2")], "203.0.113.9"),
    "no address": ([("x-forwarded-for", "unknown")], "unknown"),
}


@pytest.mark.parametrize("name", FORWARDED)
def test_the_visitors_address_behind_proxies(name: str) -> None:
    headers, wanted = FORWARDED[name]
    assert client_ip(request(headers), PROXIES) == wanted
    assert client_ip(request(headers, client="203.0.113.1"), PROXIES) == "203.0.113.1"
    assert client_ip(request(headers, client=None), PROXIES) is None


def test_whether_the_visitors_connection_is_encrypted() -> None:
    https = [("x-forwarded-proto", "http, https")]
    assert is_https(request(https), PROXIES)
    assert not is_https(request([("x-forwarded-proto", "https, http")], scheme="https"), PROXIES)
    assert not is_https(request(https, client="203.0.113.1"), PROXIES)
    assert is_https(request([], scheme="https"), PROXIES)
    assert not is_https(request(https, client=None), PROXIES)


def test_cookies_are_read_by_name_and_the_first_counts() -> None:
    lines = [("cookie", 'a=1; b="2";c ; a=3; tg=x=y'), ("cookie", "d=4; b=5")]
    jar = cookies(request(lines).header(b"cookie"))
    assert named(jar, frozenset({"a", "b", "c", "tg", "d"})) == {
        "a": "1",
        "b": "2",
        "tg": "x=y",
        "d": "4",
    }
    assert named(jar, frozenset()) == {}


async def test_of_two_visitor_cookies_the_one_with_our_mac_counts(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see()
    good = browser.cookie
    answer = await browser.send(browser.hit(), extra={"cookie": f"tg_shop=junk; tg_shop={good}; x=1"})
    assert not answer.set_cookies


# the fleet


def fleet(folder: Path, environment: Mapping[str, str] = ENVIRONMENT, only: str | None = None) -> Fleet:
    secrets = Secrets(folder / "secrets", environment)

    def prepare(loaded: object) -> Runtime:
        container = loaded.container  # type: ignore[attr-defined]
        return Runtime.of(container, OWN, secrets.key)

    return Fleet(folder, Loader(TYPES, judge), prepare, only)


def test_only_one_container_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(shop())
    (tmp_path / "blog.yaml").write_text(shop())
    both, one = fleet(tmp_path), fleet(tmp_path, only="blog")
    both.load_all()
    one.load_all()
    assert (set(both.runtimes), set(one.runtimes)) == ({"shop", "blog"}, {"blog"})


def test_what_changed_is_found_whatever_was_told(tmp_path: Path) -> None:
    for name, site in (("..one", "Acme Shop"), ("..two", "Other Shop")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "shop.yaml").write_text(shop().replace("Acme Shop", site))
    (tmp_path / "..data").symlink_to("..one")
    (tmp_path / "shop.yaml").symlink_to("..data/shop.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    made = fleet(tmp_path)
    first = made.load_all()[-1]
    assert made.changed() == []
    (tmp_path / "..tmp").symlink_to("..two")
    (tmp_path / "..tmp").replace(tmp_path / "..data")
    assert made.changed() == [tmp_path / "shop.yaml"]
    assert made.reload(made.changed())[0].revision != first.revision
    (tmp_path / "shop.yaml").unlink()
    assert made.changed() == [tmp_path / "shop.yaml"]
    made.reload(made.changed())
    assert list(made.runtimes) == ["shop"], "until it is swapped"
    made.swap()
    assert (made.changed(), dict(made.runtimes)) == ([], {})


def test_what_editors_and_copiers_keep_beside_is_no_container(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(shop())
    (tmp_path / "._shop.yaml").write_bytes(b"\0\5\x16\7")
    made = fleet(tmp_path)
    assert [status.name for status in made.load_all()] == ["shop"]


def test_a_key_that_is_no_key_keeps_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(shop())
    made = fleet(tmp_path)
    [first] = made.load_all()
    assert first.ok
    path.write_text(shop(verified_by="  verified_by: { token: proof, key: { secret: bad_key } }\n"))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "bad_key").write_text("-----BEGIN PUBLIC KEY-----\nnonsense, longer than 32 bytes\n")
    [second] = made.reload([path])
    made.swap()
    assert (second.ok, second.revision) == (False, first.revision)
    assert "nonsense" not in second.report[0]
    assert made.runtimes["shop"].container.revision == first.revision
    path.unlink()
    [gone] = made.reload([path])
    made.swap()
    assert (gone.ok, made.runtimes, dict(made.statuses)) == (True, {}, {})
    assert made.reload([path])[0].ok
    assert made.reload([tmp_path / "x.txt"]) == []


# what the live page is told


async def test_messages_of_hits_statuses_and_exchanges(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    url = "https://shop.example.com/orders/7?q=1"
    await browser.see(user="alice", url=url, title="Orders", traits={"email": "alice@example.com"})
    await browser.see(user="alice")
    runtime = gate.runtimes["shop"]
    first, second = (of_hit(runtime, taken) for taken in gate.taken)
    assert (first["kind"], first["event"], first["title"], first["path"]) == ("hit", "page_view", "Orders", "/orders/7")
    assert (second["title"], second["path"]) == ("", "/")
    assert (first["signed"], first["cookie"], first["new_session"]) == ("verified", True, True)
    assert second["new_session"] is False
    assert first["consent"] == {"analytics": "granted", "marketing": "granted"}
    tags = {tag["tag"]: tag for tag in first["tags"]}
    assert {name: tag["decision"] for name, tag in tags.items()} == {
        "matomo": "attach",
        "partner": "hash",
        "crm": "attach",
        "plain": "drop",
        "guests": "none",
    }
    assert tags["matomo"]["because"][0]["trigger"] == "any_event"
    assert "alice" not in json.dumps([first, second])
    bare = of_hit(
        runtime, structs.replace(gate.taken[0], hit=structs.replace(gate.taken[0].hit, url="https://x.example"))
    )
    assert bare["path"] == "/"
    good = Status(name="shop", file="tags/shop.yaml", revision="r")
    assert of_status(good) == {"kind": "container", "state": "ok", "revision": "r", "file": good.file, "report": []}
    assert of_status(structs.replace(good, report=("x",)))["state"] == "broken"
    target = Target(container="shop", tag="crm", settings={})
    assert of_exchange(target, Reply(204)) == {
        "kind": "delivery",
        "tag": "crm",
        "state": "running",
        "reason": "http_204",
    }
    assert of_exchange(target, Reply(503))["state"] == "waiting"
    assert of_exchange(target, Fault.NO_CONNECTION)["reason"] == "no_connection"


def test_a_files_path_counts_from_the_data_folder(tmp_path: Path) -> None:
    settings = {"path": "out/hits.jsonl"}
    route = Route(Target(container="shop", tag="file", settings=settings), TABLE["file"])
    assert rooted(route, tmp_path).target.settings == {"path": str(tmp_path / "out" / "hits.jsonl")}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    absolute = structs.replace(route, target=structs.replace(route.target, settings={"path": str(tmp_path / "x")}))
    assert rooted(absolute, tmp_path / "data") == absolute
    webhook = Route(Target(container="shop", tag="hook", settings={"url": "x"}), TABLE["webhook"])
    assert rooted(webhook, tmp_path) == webhook
