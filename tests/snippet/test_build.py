"""A container's snippet: which modules, which configuration, and the same bytes each time."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import brotli
import pytest

from gateway.language.container import Container, Join, Tag, Trigger
from gateway.shipped import folder
from gateway.snippet.build import build, literal, script
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import Module, in_order, parse, read_modules

from .tiny import ACCOUNT, GRANTED, HERE, HOLD, KIND, SEND, USER, consent, container, known_person, trigger, variable

MODULES = read_modules(folder("static") / "snippet")
SMALL = container()
LARGE = known_person()


def names(of: Container) -> list[str]:
    """The modules a container gets."""
    return [module.name for module in in_order(MODULES, choose(of))]


def test_a_container_gets_only_what_it_uses() -> None:
    basic = {"core", "json", "personal", "address", "queue", "send", "page", "history", "retry", "start"}
    assert set(names(SMALL)) == basic
    assert set(names(container(consent=HOLD))) == basic | {"cookies", "consent"}
    assert set(names(container(consent=consent("api", "")))) == basic | {"consent"}
    assert set(names(container(consent=consent("data_layer", "a")))) == basic | {"consent", "data_layer"}
    assert set(names(container(user_id=USER))) == basic | {"identity", "variables"}
    assert set(names(container(variable("a", "trait", "a")))) == basic | {"identity", "variables"}
    assert set(names(container(ACCOUNT))) == basic | {"data_layer", "variables"}
    assert set(names(container(variable("a", "event", "a")))) == basic
    assert set(names(container(variable("a", "event", "a", personal=True)))) == basic | {"details"}
    assert set(names(container(variable("a", "url", "path")))) == basic
    assert set(names(LARGE)) == {*MODULES} - {"details"}


def test_the_start_comes_last_and_every_module_after_what_it_needs() -> None:
    order = names(LARGE)
    assert order[-1] == "start"
    assert len(set(order)) == len(order)
    for name in order:
        assert all(order.index(need) < order.index(name) for need in MODULES[name].needs)


def sends(join: Join, **more: Any) -> Container:
    """A container whose one tag is sent when this holds; triggers: page_view, other, any."""
    triggers = {name: trigger(name, name) for name in ("page_view", "other")}
    joins = {"free": Join(place=HERE), "both": Join(any_of=("page_view", "free"), place=HERE)}
    triggers |= {name: Trigger(name=name, join=either, place=HERE) for name, either in joins.items()}
    tag = Tag(name="t", type=KIND, settings={}, send_when=join, place=HERE)
    return Container(
        **{key: getattr(SMALL, key) for key in ("name", "file", "revision", "site", "variables", "program")},
        triggers=triggers,
        tags={"t": tag},
        **more,
    )


@pytest.mark.parametrize(
    ("join", "listens"),
    [
        (Join(all_of=("page_view",), place=HERE), False),
        (Join(all_of=("free", "page_view"), place=HERE), False),
        (Join(any_of=("page_view",), all_of=("free",), place=HERE), False),
        (Join(all_of=("other",), place=HERE), True),
        (Join(any_of=("page_view", "other"), place=HERE), True),
        (Join(any_of=("page_view", "free"), place=HERE), True),
        (Join(all_of=("both",), place=HERE), True),
        (Join(all_of=("both",), any_of=("page_view",), place=HERE), False),
        (Join(none_of=("page_view",), place=HERE), True),
        (Join(all_of=("free",), place=HERE), True),
    ],
)
def test_data_layers_are_listened_to_where_their_events_can_matter(join: Join, listens: bool) -> None:
    assert ("data_layer" in names(sends(join))) is listens


def test_the_configuration() -> None:
    assert configuration(LARGE) == {
        "name": "shop",
        "variables": [
            ["account_id", "data_layer", "user.id", 1],
            ["company_id", "data_layer", "user.company", 1],
            ["proof", "data_layer", "user.proof", 1],
            ["plan", "cookie", "plan", 0],
        ],
        "traits": [["email", "email", 1], ["level", "level", 0]],
        "details": [],
        "user": {"variable": "account_id", "proof": "proof", "account": "company_id"},
        "may_leave": {name: sorted(GRANTED) for name in ("user_id", "account_id", "company_id", "proof", "email")},
        "drop_query": ["gclid", "reset_token"],
        "consent": {
            "kind": "cookie",
            "where": "choice",
            "purposes": [["analytics", "statistics"], ["marketing", "ads"]],
            "hold": True,
            "gpc_refuses": ["analytics", "marketing"],
        },
    }
    assert configuration(container(consent=SEND))["consent"]["hold"] is False
    assert "consent" not in configuration(SMALL)
    assert configuration(container(may_leave={"x": frozenset()}))["may_leave"] == {}


def test_no_rule_and_no_secret_is_in_it() -> None:
    text = build(LARGE).body.decode("ascii")
    assert "purchase" not in text
    assert '"key"' not in text


def test_the_bytes() -> None:
    snippet = build(LARGE)
    assert snippet == build(known_person())
    assert snippet.etag != build(SMALL).etag
    assert re.fullmatch(r'"[0-9a-f]{32}"', snippet.etag)
    assert snippet.body.isascii()
    assert gzip.decompress(snippet.gzip) == snippet.body
    assert brotli.decompress(snippet.brotli) == snippet.body
    assert len(snippet.brotli) < len(snippet.gzip) < len(snippet.body)
    assert b"// needs" not in snippet.body


def test_it_does_not_depend_on_the_order_in_sets() -> None:
    drop = {f"p{n}" for n in range(50)}
    found = configuration(container(user_id=USER, may_leave={"user_id": frozenset(drop)}))
    assert found["may_leave"]["user_id"] == sorted(drop)


def test_texts_of_a_container_cannot_break_out() -> None:
    odd = '</script><!--\u2028\u2029é"\\'
    text = literal({"a": odd})
    assert text.isascii()
    assert "<" not in text
    assert json.loads(text) == {"a": odd}
    wild = container(variable("a", "cookie", odd, personal=True))
    assert b"</script" not in build(wild).body
    assert build(wild).body.isascii()


def test_modules_in_one_function() -> None:
    one = Module(name="one", needs=(), code="const a = config.n;")
    assert script([one], {"n": 1}) == (
        '(function (config) {\n"use strict";\ntry {\nconst a = config.n;\n} catch {}\n})({"n":1});\n'
    )


@pytest.mark.parametrize(
    "source",
    [
        "",
        "const a = 1;\n",
        "// What.\n\ncode\n",
        "// needs: a\n\ncode\n",
        "// What.\n// needs: a\ncode\n",
        "x\n// needs:\n\ncode\n",
    ],
)
def test_a_module_says_what_it_is_and_what_it_needs(source: str) -> None:
    with pytest.raises(ValueError, match=r"static/snippet/m\.js"):
        parse("m", source)
    assert parse("m", "// What it is,\n// in two lines.\n// needs: a, b\n\ncode\n") == Module(
        name="m", needs=("a", "b"), code="code"
    )


def test_modules_that_need_each_other() -> None:
    modules = {name: Module(name=name, needs=(need,), code="") for name, need in (("a", "b"), ("b", "a"))}
    with pytest.raises(ValueError, match="a → b → a"):
        in_order(modules, ["a"])
    with pytest.raises(KeyError):
        in_order(modules, ["c"])


FORBIDDEN = re.compile(
    r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|setTimeout\('|\.src = |console\."
)


@pytest.mark.parametrize("path", sorted((folder("static") / "snippet").glob("*.js")), ids=lambda path: path.stem)
def test_every_module(path: Path) -> None:
    text = path.read_bytes().decode("ascii")
    module = parse(path.stem, text)
    assert all(need in MODULES for need in module.needs), f"{path.name}: `needs` names a module there is not"
    assert not FORBIDDEN.search(text), f"{path.name}: not under a strict Content-Security-Policy and Trusted Types"
    assert "\t" not in text
    assert not re.search(r"[ ]$", text, re.MULTILINE)
    assert text.endswith("\n")
    assert len(text.splitlines()) <= 250


GLOBAL = re.compile(r"^(?:const|let|function) (\w+)", re.MULTILINE)
FUNCTION = re.compile(r"^function (\w+)", re.MULTILINE)
CALL = re.compile(r"(?<![.\w])(\w+)\(")


def test_names_are_taken_once() -> None:
    found: dict[str, str] = {}
    for module in MODULES.values():
        for name in GLOBAL.findall(module.code):
            assert name not in found, f"{name} is in {found[name]}.js and in {module.name}.js: they share one function"
            found[name] = module.name


def test_what_a_module_calls_it_says_it_needs() -> None:
    defined = {name: module.name for module in MODULES.values() for name in FUNCTION.findall(module.code)}
    for module in MODULES.values():
        reach = {found.name for found in in_order(MODULES, [module.name])} | {"send"}  # queue and send need each other
        calls = CALL.findall(re.sub(r"//.*", "", module.code))
        used = {defined[name] for name in calls if name in defined}
        assert used <= reach, f"{module.name}.js calls functions of {used - reach} without needing it"
