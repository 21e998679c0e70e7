"""A container's snippet: which modules, which configuration, and the same bytes each time."""

import ast
import gzip
import json
import re
from hashlib import sha256
from itertools import product
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from gateway.destinations import PAGE_TAGS
from gateway.language.container import Calls, Container, Event, Join, Tag, Trigger
from gateway.shipped import folder
from gateway.snippet.build import _BEGIN, _END, build, literal, script
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import Module, in_order, read_modules
from gateway.snippet.preview import preview
from gateway.snippet.states import pattern

from .tiny import ACCOUNT, HERE, HOLD, KIND, PURPOSES, SEND, USER, consent, container, known_person, trigger, variable

MODULES = read_modules(folder("static") / "snippet")
SMALL = container()
LARGE = known_person()


def names(of: Container) -> list[str]:
    """The modules a container gets."""
    return [module.name for module in in_order(MODULES, choose(of))]


def test_a_container_gets_only_what_it_uses() -> None:
    basic = {"core", "json", "queue", "send", "history", "retry", "start"}
    person = {"identity", "scrub", "variables"}
    assert set(names(container(drop=()))) == basic
    assert set(names(SMALL)) == basic | {"address"}
    basic |= {"address"}
    assert set(names(container(consent=HOLD))) == basic | {"cookie", "consent", "watch", "words"}
    assert set(names(container(consent=consent("api", "")))) == basic | {"consent"}
    assert set(names(container(consent=consent("data_layer", "a")))) == basic | {
        "consent",
        "data_layer",
        "fresh",
        "own",
        "watch",
        "words",
        "wrap",
    }
    assert set(names(container(user_id=USER))) == basic | person
    assert set(names(container(variable("a", "trait", "a")))) == basic | person | {"traits"}
    assert set(names(container(ACCOUNT))) == basic | {"data_layer", "fresh", "own", "scrub", "variables", "wrap"}
    assert set(names(container(variable("a", "event", "a")))) == basic
    assert set(names(container(variable("a", "event", "a", personal=True)))) == basic | {"details", "own", "scrub"}
    assert set(names(container(variable("a", "url", "path")))) == basic


def test_calls_of_other_tools_are_there_where_they_are_accepted() -> None:
    basic, drop = set(names(SMALL)), ()
    matomo = {"matomo", "matomo_consent", "matomo_links", "matomo_content"}
    matomo |= {"calls", "cookie", "address", "files", "fresh", "wrap"}
    assert set(names(container(calls=Calls(matomo=True), drop=drop))) == basic | matomo
    assert set(names(container(calls=Calls(segment=True)))) == basic | {"segment", "calls", "fresh", "wrap"}
    gtag = {"gtag", "calls", "data_layer", "fresh", "own", "wrap"}
    assert set(names(container(calls=Calls(gtag=True)))) == basic | gtag


def test_what_calls_of_other_tools_may_weigh() -> None:
    base = {"consent": HOLD, "user_id": USER}
    bare = len(build(container(**base)).brotli)
    more = {
        name: len(build(container(calls=Calls(**{name: True}), **base)).brotli) - bare
        for name in ("matomo", "segment", "gtag")
    }
    assert {name: size <= most for (name, size), most in zip(more.items(), (5000, 1700, 1700), strict=True)} == {
        "matomo": True,
        "segment": True,
        "gtag": True,
    }, more


def in_page(kind: str, **settings: Any) -> Tag:
    """A tag that the page runs."""
    when = Join(all_of=("page_view",), place=HERE)
    return Tag(name="chat", type=PAGE_TAGS[kind].type, settings=settings, send_when=when, place=HERE)


@pytest.mark.parametrize("kind", PAGE_TAGS)
def test_what_runs_tags_is_there_where_a_tag_runs_in_the_page(kind: str) -> None:
    found = structs.replace(SMALL, tags={**SMALL.tags, "chat": in_page(kind, url="https://chat.example.com/")})
    assert set(names(found)) - set(names(SMALL)) == {"run", "fresh", kind}
    known = {} if kind == "pixel" else {"url": "https://chat.example.com/"}
    assert configuration(found)["x"] == {"chat": [kind, known]}, "a pixel's address comes with the answer"
    assert "x" not in configuration(SMALL)


def test_code_of_a_tag_is_no_part_of_the_snippet() -> None:
    code = "window.greeted = '</script>' // at the end"
    built = build(structs.replace(SMALL, tags={"chat": in_page("script", code=code, once_per_page=True)}))
    [(place, body)] = built.codes.items()
    assert body.decode() == f"export default async (tag) => {{\n{code}\n}};\n"
    assert place == f"chat.{sha256(body).hexdigest()[:12]}"
    assert place.partition(".")[2].encode() in built.body
    assert b"greeted" not in built.body
    assert build(SMALL).codes == {}


def test_the_start_comes_last_and_every_module_is_there_once() -> None:
    order = names(LARGE)
    assert order[0] == "core"
    assert order[-1] == "start"
    assert len(set(order)) == len(order)
    for name in order:
        assert set(MODULES[name].needs) <= set(order)


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
        "n": "shop",
        "v": [
            ["account_id", "data_layer", "user.id", "g."],
            ["company_id", "data_layer", "user.company", "g."],
            ["proof", "data_layer", "user.proof", "g."],
            ["plan", "cookie", "plan"],
        ],
        "t": [["email", "g."], ["level"]],
        "u": ["g.", 0, 2, 1],
        "q": ["gclid", "reset_token"],
        "c": {"k": "cookie", "w": "choice", "p": [*PURPOSES], "b": [*PURPOSES.values()]},
    }
    assert configuration(container(consent=SEND))["c"]["s"] == 1
    assert "b" not in configuration(container(consent=consent("api", "")))["c"]
    spared = configuration(container(consent=consent(gpc_refuses={"marketing"})))["c"]
    assert spared["g"] == [1, 0]
    assert configuration(container(drop=())) == {"n": "shop"}
    assert configuration(container(variable("a", "trait", "a"), drop=())) == {
        "n": "shop",
        "v": [],
        "t": [["a"]],
        "u": ["-"],
    }
    stored = configuration(container(variable("a", "cookie", "a", personal=True)))
    assert stored["v"] == [["a", "cookie", "a", "-", 1]]
    kept = container(calls=Calls(matomo=True, consent_purpose="analytics"), drop=())
    assert configuration(kept) == {"n": "shop", "m": "analytics", "q": []}
    assert configuration(container(calls=Calls(matomo=True, segment=True), drop=())) == {"n": "shop", "m": "", "q": []}
    elements = (variable("a", "element", "b", attribute="href"), variable("c", "element", "d"))
    assert configuration(container(*elements))["v"] == [["a", "element", ["b", "href"]], ["c", "element", ["d"]]]


@pytest.mark.parametrize("purposes", [0, 1, 2, 3])
@given(data=st.data())
def test_a_pattern_finds_just_its_states(purposes: int, data: st.DataObject) -> None:
    every = ["".join(letters) for letters in product("gru", repeat=purposes)]
    states = data.draw(st.sets(st.sampled_from(every)))
    found = re.compile(pattern(states))
    assert {state for state in every if found.search(state)} == states


def test_patterns_are_short() -> None:
    every = ["".join(letters) for letters in product("gru", repeat=4)]
    assert pattern([state for state in every if state[1] == "g"]) == ".g.."
    assert pattern([]) == "-"
    assert pattern([""]) == "^"


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
    assert f'"{snippet.version}' == snippet.etag[:13]


def test_it_does_not_depend_on_the_order_in_sets() -> None:
    drop = {f"p{n}" for n in range(50)}
    assert configuration(container(drop=drop))["q"] == sorted(drop)
    states = {"".join(letters) for letters in product("gru", repeat=3)} - {"ggg"}
    assert pattern(states) == pattern(sorted(states))


def test_texts_of_a_container_cannot_break_out() -> None:
    odd = '</script><!--\u2028\u2029é"\\'
    text = literal({"a": odd})
    assert text.isascii()
    assert "<" not in text
    assert json.loads(text) == {"a": odd}
    wild = container(variable("a", "cookie", odd, personal=True))
    assert b"</script" not in build(wild).body
    assert build(wild).body.isascii()


def module(name: str, *needs: str, code: str = "") -> Module:
    """A module that was never built."""
    return Module(name=name, needs=needs, code=code, sha256="", mappings="")


def test_modules_in_one_function() -> None:
    one = module("one", code="var a=$.n;")
    whole = script([one], {"n": 1})
    assert "(function(){try{var a=$.n;}catch{}})" in whole
    assert whole.endswith("({n:1});\n")


def test_modules_may_need_each_other() -> None:
    modules = {m.name: m for m in (module("c"), module("a", "b"), module("b", "a"), module("d", "a"))}
    assert [m.name for m in in_order(modules, ["d"])] == ["a", "b", "d"]
    with pytest.raises(KeyError):
        in_order(modules, ["e"])


FORBIDDEN = re.compile(r"\beval\(|Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.src=|console\.")


ADDRESS_OF_A_SCRIPT = re.compile(r"\w+\.src=\w+\.createScriptURL\(\w+\.url\)")
"""By what makes it one that may be loaded from (see script.js)."""


@pytest.mark.parametrize("name", MODULES)
def test_every_module(name: str) -> None:
    code, source = MODULES[name].code, MODULES[name].source
    assert code.isascii()
    assert "\n" not in code
    code = ADDRESS_OF_A_SCRIPT.sub("", code)
    assert not FORBIDDEN.search(code), f"{name}: not under a strict Content-Security-Policy and Trusted Types"
    assert source.startswith("// ")
    assert len(source.splitlines()) <= 250


def test_what_was_built_is_what_stands_in_the_sources() -> None:
    folder_ = folder("static") / "snippet"
    sums = {path.stem: sha256(path.read_bytes()).hexdigest()[:16] for path in folder_.glob("*.js")}
    built = {name: module.sha256 for name, module in MODULES.items()}
    assert built == sums, "static/snippet was changed and not built: npm ci && npm run build in static/snippet/tools"


def test_how_files_end_is_known_only_where_somebody_listens_for_downloads() -> None:
    link = {kind: Event(name=kind, kind="link", source=kind, place=HERE) for kind in ("outbound", "download")}
    assert "files" not in names(container(listened={"outbound": link["outbound"]}))
    assert "files" in names(container(listened=link))


def test_events_in_the_configuration() -> None:
    events = {
        "buy": Event(name="buy", kind="click", source="a", limit="once_per_visit", delay=0.5, place=HERE),
        "far": Event(name="far", kind="scroll", amount=50.0, place=HERE),
        "on": Event(name="on", kind="timer", amount=2.5, repeat=True, place=HERE),
        "seen": Event(name="seen", kind="visible", source="b", place=HERE),
        "out": Event(name="out", kind="link", source="outbound", delay=2.0, place=HERE),
        "away": Event(name="away", kind="leave", place=HERE),
    }
    shop = container(listened=events)
    assert {f"on_{event.kind}" for event in events.values()} <= set(names(shop))
    assert configuration(shop)["e"] == [
        ["buy", "click", 1, 0.5, "a"],
        ["far", "scroll", 0, 0, 50],
        ["on", "timer", 0, 0, 2.5, 1],
        ["seen", "visible", 0, 0, "b", 0],
        ["out", "link", 0, 2, "outbound", ["shop.example", "*.acme.example"]],
        ["away", "leave", 0, 0],
    ]


def test_a_meta_is_read_as_an_element_and_the_screen_as_a_value_of_the_page() -> None:
    asked = container(variable("a", "meta", "og:it's\\"), variable("w", "screen", "width"))
    assert {"element", "js"} <= set(names(asked))
    word = r"og:it\'s\\"
    assert configuration(asked)["v"] == [
        ["a", "element", [f"meta[name='{word}' i],meta[property='{word}' i]", "content"]],
        ["w", "js", "screen.width"],
    ]


def test_a_preview_is_the_same_script_and_one_module() -> None:
    shown, draft = (preview(LARGE, published=published).decode() for published in (True, False))
    for script_ in (shown, draft):
        assert script_.startswith("export const run=")
        assert script_.isascii()
        assert all(MODULES[name].code in script_ for name in (*names(LARGE), "preview"))
    assert "preview" not in names(LARGE)
    assert 'n:"shop"' in shown
    assert 'n:"shop.preview"' in draft, "what real visits keep in the browser is another's"


@pytest.mark.parametrize(("name", "served"), [("HEAD", _BEGIN), ("TAIL", _END)])
def test_short_names_are_looked_for_with_what_is_served_around_the_modules(name: str, served: str) -> None:
    search = (folder("static") / "snippet" / "tools" / "names.mjs").read_text()
    (told,) = re.findall(rf"^const {name} = ('.*');$", search, re.MULTILINE)
    assert ast.literal_eval(told) == served
