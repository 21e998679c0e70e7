import hashlib
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gateway.decide.effort import Effort
from gateway.decide.hidden import REMOVED
from gateway.decide.scrub import Needles
from gateway.decide.spellings import forms
from gateway.decide.traces import TRACED_LENGTHS, remove_traces, traces_of

from .known import IDS, KEY, removed, shows

QUICK = settings(max_examples=40, deadline=None)  # a deadline is a clock

DECOMPOSED = "A\u0308rger"


def digests(text: str) -> list[str]:
    return [made(text.encode()).hexdigest() for made in (hashlib.md5, hashlib.sha1, hashlib.sha256)]


def encodings(value: str) -> set[str]:
    """Every way to write a value that identity.md names."""
    once = {quote(value, safe=""), quote(value, safe="!*'()"), quote_plus(value)}
    base64 = {encode(value.encode()).decode() for encode in (b64encode, urlsafe_b64encode)}
    hashes = {*digests(value), *digests(value.strip().lower())}
    forms = {value, value.lower(), *once, *[quote(text, safe="") for text in once], *hashes}
    forms |= {"".join([f"%{byte:02X}" for byte in text.encode()]) for text in (value, value.lower())}
    forms |= {text.upper() for text in hashes} | base64 | {text.rstrip("=") for text in base64}
    return (
        forms
        | {quote(text, safe="") for text in base64}
        | {re.sub("%..", lambda m: m[0].lower(), text) for text in once}
    )


PLACES: list[Callable[[str], str]] = [
    lambda form: form,
    lambda form: f"https://a.example/p/{form}/q?x=1#y",
    lambda form: f"https://a.example/?x=1&id={form}&y=%20",
    lambda form: f"https://a.example/?to=https%3A%2F%2Fb.example%2F{form}%26z",
    lambda form: f"https://a.example/?q=of%20{form}",
    lambda form: f"https://a.example/?q=of%2520{form}%2520",
    lambda form: f"https://a.example/#id={form}",
    lambda form: f"Account of {form} – Acme",
    lambda form: f"({form})_{form}",
]


@pytest.mark.parametrize("place", range(len(PLACES)))
@QUICK
@given(IDS, st.data())
def test_no_encoding_of_a_known_value_is_left(place: int, id: str, data: st.DataObject) -> None:
    assume(id.casefold() not in PLACES[place]("").casefold())
    form = data.draw(st.sampled_from(sorted(encodings(id))))
    text = PLACES[place](form)
    needles = removed(id)
    clean, count = needles.scrub(text)
    assert count >= 1
    assert shows(id, text)
    assert form not in clean.replace(REMOVED, "")
    assert id.casefold() not in clean.casefold().replace(REMOVED, "")
    assert needles.scrub(clean) == (clean, 0)
    urlsplit(clean)


@QUICK
@given(IDS, st.sampled_from(PLACES), st.data())
def test_with_a_pseudonym_in_its_place(id: str, place: Callable[[str], str], data: st.DataObject) -> None:
    assume(id.casefold() not in place("").casefold())
    text = place(data.draw(st.sampled_from(sorted(encodings(id)))))
    needles = Needles.of([(id, "f" * 64)])
    clean, count = needles.scrub(text)
    assert count >= 1
    assert id.casefold() not in clean.casefold()
    assert needles.scrub(clean) == (clean, 0)
    urlsplit(clean)


@QUICK
@given(IDS, st.text(st.characters(exclude_characters="@", exclude_categories=["Cs"]), max_size=40))
@example("user123", "https://a.example/user1234?xuser123&user12-3")
def test_a_text_without_it_stays(id: str, text: str) -> None:
    assume(not any(part and part in text.casefold() for part in id.casefold().replace("%", " ").split()))
    assume(not any(char in text for char in "%4"))
    assert removed(id).scrub(text) == (text, 0)


@pytest.mark.parametrize(
    ("id", "text", "clean"),
    [
        ("Zoë K", json.dumps({"name": "Zoë K"}), '{"name": "(removed)"}'),
        ("Zoë K", quote(json.dumps(["é", "zoë k"])), "%5B%22é%22%2C%20%22(removed)%22%5D"),
        ("Zoë K", "?a=" + quote(quote(r"Zo\u00EB K")) + "&b", "?a=(removed)&b"),
        ("Zoë K", r"\u005a\u006f\u00eb\u0020K", REMOVED),
        ("acme/1", r"https:\/\/a.example\/acme\/1", "https://a.example/(removed)"),
        ("😀joe", json.dumps("😀joe"), '"(removed)"'),
        ("😀joe", json.dumps(json.dumps("😀joe")), r'"\"(removed)\""'),
        ("Zoë K", json.dumps({"a": json.dumps(["Zoë K"])}), r'{"a": "[\"(removed)\"]"}'),
        ("alice", r"Dear\nalice,\tor %5Cnalice", "Dear (removed), or  (removed)"),
        ("zoe@x.example", r"zoe\u0040x.example", REMOVED),
        ("alice", r"C:\new\u00eb\/\ud83d", None),
        ("alice", r"\u0022alice\u000aalice\ud83dalice", " (removed) (removed) (removed)"),
        ("o'brien", "Account of O&#39;Brien", "Account of (removed)"),
        ("o'brien", "O&#x27;Brien &apos;", "(removed) '"),
        ("anna.müller", "https://a.example/?u=anna.m&uuml;ller&a=b", "https://a.example/?u=(removed)&a=b"),
        ("anna.müller", "Anna.M&Uuml;ller", REMOVED),
        ("zoe@x.example", "zoe&#64;x.example or zoe&commat;x.example", "(removed) or (removed)"),
        ("Zoë K", "Zo&euml;&nbsp;K &lt;b&gt; &amp;", "(removed) &lt;b&gt; &amp;"),
        ("alice", "&#0;&#10;&nosuch;&#9999999; a&lt;b &NotEqualTilde;", None),
        ("alice", "?a=1&lt=2&uuml=3&#39 b", None),
        ("alice", "&#97;lice &#x61;lice&quot;", "(removed) (removed)&quot;"),
        (r"ACME\bob", json.dumps({"u": r"ACME\bob"}), '{"u": "(removed)"}'),
        (r"ACME\bob", json.dumps(json.dumps(r"ACME\bob")), r'"\"(removed)\""'),
        (r"ACME\bob", "?u=" + quote(json.dumps(r"acme\bob")) + "&b", "?u=%22(removed)%22&b"),
        ('bob "the" 1', json.dumps(['bob "the" 1']), '["(removed)"]'),
        ('bob "the" 1', "bob &quot;the&quot; 1, bob \\u0022the\\u0022 1", "(removed), (removed)"),
        ("<b&co>", "a &lt;b&amp;co&gt; b", "a (removed) b"),
    ],
)
def test_what_json_and_html_write_otherwise(id: str, text: str, clean: str | None) -> None:
    assert removed(id).scrub(text)[0] == (text if clean is None else clean)
    assert shows(id, text) is (clean is not None)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("alice", REMOVED),
        ("ALICE's", "(removed)'s"),
        ("malice alices alice2 éalice aliceé", None),
        ("_alice_", "_(removed)_"),
        ("alice%20alice", "(removed)%20(removed)"),
        ("%C3%A4alice", "%C3%A4(removed)"),
        ("?a=alice&alice=b", "?a=(removed)&(removed)=b"),
        ("YWxpY2U=", REMOVED),
        ("?a=YWxpY2U%3D&b", "?a=(removed)&b"),
        ("YWxpY2U", REMOVED),
        ("xYWxpY2U=", None),
        (hashlib.sha256(b"alice").hexdigest().upper(), REMOVED),
        (hashlib.sha256(b"bob").hexdigest(), None),
        ("https://alice.example/", "https://(removed).example/"),
        ("alicE@x", "(removed)@x"),
        ("/u/%61%6C%69%63%65/?a=%41lice", "/u/(removed)/?a=(removed)"),
        ("%2561lic%65 alice", "(removed) (removed)"),
        ("%62%6F%62 %C3%A4", None),
    ],
)
def test_alice(text: str, clean: str | None) -> None:
    assert removed("alice").scrub(text) == (
        text if clean is None else clean,
        0 if clean is None else clean.count(REMOVED),
    )


@pytest.mark.parametrize(
    ("id", "text", "clean"),
    [
        ("20ab", "%20ab", REMOVED),
        ("20ab", "a%2520ab-", "a(removed)-"),
        ("20ab", "a20ab", "a20ab"),
        ("8080", "https://a.example:8080/8080", "https://removed.invalid/(removed)"),
        ("2001", "https://[2001:db8::1]/", "https://removed.invalid/"),
        (
            "https",
            "https://a.example/https/?u=http://b&v=https://c",
            "https://a.example/(removed)/?u=http://b&v=https://c",
        ),
        ("removed", "(removed) removed", "(removed) (removed)"),
        ("straße", "STRASSE Straße stra%C3%9Fe", "(removed) (removed) (removed)"),
        ("Zoë!", "zoe\u0308! ZO%C3%8B! zo%25C3%25ab%2521", "(removed) (removed) (removed)"),
        ("a b c", "a+b+c a%20b%20c a%2Bb%2520c", "(removed) (removed) (removed)"),
        (">>>???", "Pj4+Pz8/ Pj4-Pz8_ Pj4%2BPz8%2F", "(removed) (removed) (removed)"),
        (" spaces ", "spaces", REMOVED),
        ("a.b-c", "axb-c a.b-c", "axb-c (removed)"),
        ("alice@intern", "xalice@internx alice%40intern", "x(removed)x (removed)"),
        ("山田太郎", "山田太郎 %E5%B1%B1%E7%94%B0%E5%A4%AA%E9%83%8E", "(removed) (removed)"),
        ("\ud800\ud800ab", "x \ud800\ud800ab", "x (removed)"),
        ("a%61b", "x-a%61b-y", "x-(removed)-y"),
        ("bob@shop.example", "%62%6f%62%40%73hop%2eexample", REMOVED),
    ],
)
def test_special_cases(id: str, text: str, clean: str) -> None:
    assert removed(id).scrub(text)[0] == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("7", REMOVED),
        ("?id=7&x=77", "?id=(removed)&x=77"),
        ("?x=1;id=7", "?x=1;id=(removed)"),
        ("https://a.example/7/7?q=a#7", "https://a.example/(removed)/(removed)?q=a#7"),
        ("?to=%2Fuser%2F7%3Fa%3D7%26b", "?to=%2Fuser%2F(removed)%3Fa%3D(removed)%26b"),
        ("?to=%252F7%253F", "?to=%252F(removed)%253F"),
        ("Page 7 of 9, a-7, 7.5, x=7x", None),
        ("Nw==", REMOVED),
        ("/Nw/Nwx", "/(removed)/Nwx"),
        (f"x {digests('7')[0]}", "x (removed)"),
    ],
)
def test_a_short_value_only_where_it_is_the_whole(text: str, clean: str | None) -> None:
    assert removed("7").scrub(text)[0] == (text if clean is None else clean)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("bob@example.com", REMOVED),
        ("?e=bob%40example.com&f", "?e=(removed)&f"),
        ("?e=bob%2540example%252Ecom&f", "?e=(removed)&f"),
        ("?q=to%20bob%40example.com", "?q=to%20(removed)"),
        ("?q=to%2520bob%2540example.com", "?q=to%2520(removed)"),
        ("?q=b%C3%B6b%2Bx%40m%C3%BCller.de", "?q=(removed)"),
        ("mail bob.o'neil+tag@mail.example.co.uk.", "mail (removed)."),
        ("böb@müller.de, bob@xn--mller-kva.xn--p1ai", "(removed), (removed)"),
        ("https://bob@a.example/", "https://(removed)/"),
        ("/@bob/x@y core@7.1.0 a@b.c @x.com 100%@x.com", None),
        ("100%20abba@x.com 5%0b@x.com", "100%20(removed) 5%0b@x.com"),
    ],
)
def test_any_email_address(text: str, clean: str | None) -> None:
    assert removed().scrub(text)[0] == (text if clean is None else clean)


def test_an_allowed_email_address_stays_whatever_is_in_it() -> None:
    needles = Needles.of([("bobby", None), ("Bobby@Example.com", "Bobby@Example.com"), ("example.com", None)])
    text = "bobby@example.com bobby%40example.com bobby%2540example.com"
    assert needles.scrub(text) == (text, 0)
    assert needles.scrub("xbobby@example.com bobby example.com") == ("(removed) (removed) (removed)", 3)


def test_an_email_address_may_have_a_pseudonym() -> None:
    needles = Needles.of([("bob@example.com", "f00")])
    assert needles.scrub(f"BOB@example.com {digests('bob@example.com')[2]}") == ("f00 f00", 2)


def test_what_comes_to_light_again_and_again_takes_all_along() -> None:
    """Where one stands right behind the other, each is found only once the next one is gone."""
    assert Needles.of([("abcd-", None)]).scrub("abcd-" * 3)[0] == REMOVED * 3
    assert Needles.of([("abcd-", None)]).scrub("abcd-" * 9)[0] == REMOVED


def test_what_is_allowed_stays_in_every_form() -> None:
    needles = Needles.of([("alice", "alice"), ("alice smith", None)])
    text = "alice ALICE YWxpY2U= " + digests("alice")[0]
    assert needles.scrub(text) == (text, 0)
    assert needles.scrub("alice smith, alice") == ("(removed), alice", 1)


def test_of_two_entries_the_one_that_allows_holds() -> None:
    for values in ([("alice", "alice"), ("Alice", None)], [("Alice", None), ("alice", "alice")]):
        assert Needles.of(values).scrub("alice") == ("alice", 0)


def test_words_that_stand_for_each_other_come_to_an_end() -> None:
    needles = Needles.of([("a@one.example", "b@two.example"), ("b@two.example", "a@one.example")])
    assert needles.scrub("a@one.example") == (REMOVED, 4)


def test_nothing_known() -> None:
    for needles in (Needles.of([]), Needles.of([("", None), (" ", None)])):
        assert needles.scrub("any text") == ("any text", 0)


def test_json() -> None:
    needles = Needles.of([("alice", "f00"), ("4711", None), ("7", None), ("2.5", None), ("true", None), ("none", None)])
    value = {"alice": ["Alice", {"n": 4711, "m": 4711.0, "o": 47110}], "x": [7, 2.5, 3.5, True, None, "a"], "-7": -7}
    clean = {
        "f00": ["f00", {"n": REMOVED, "m": REMOVED, "o": 47110}],
        "x": [REMOVED, REMOVED, 3.5, True, None, "a"],
        "-7": -7,
    }
    assert needles.scrub_json(value) == (clean, 6)
    assert Needles.of([("7", "7")]).scrub_json(7) == (7, 0)


@pytest.mark.parametrize(
    "text",
    [
        "%C3" * 40_000,
        "a@" * 40_000,
        "a@" + "b." * 40_000,
        "%25" * 40_000 + "@",
        "user-1" * 20_000,
        "%%%%" * 20_000 + "@",
    ],
)
def test_no_text_takes_long(text: str) -> None:
    needles = removed("user-12345", "%%%%%%%%", "a+b+c", "%25%25%25%25")
    needles.scrub(text)
    remove_traces(text, traces_of("%25%25%25%25", KEY), KEY)


@QUICK
@given(st.text(max_size=20), st.text(max_size=20), st.none() | st.text(max_size=5))
def test_any_text_can_be_scrubbed_of_any_other(value: str, text: str, allowed: str | None) -> None:
    clean, count = Needles.of([(value, allowed)]).scrub(text)
    assert (clean == text) or count


@pytest.mark.parametrize("place", range(len(PLACES)))
@QUICK
@given(IDS, st.data())
def test_traces_find_every_encoding_again(place: int, id: str, data: st.DataObject) -> None:
    assume(id.casefold() not in PLACES[place]("").casefold())
    form = data.draw(st.sampled_from(sorted(encodings(id))))
    traces = traces_of(id, KEY)
    text = PLACES[place](form)
    clean, count = remove_traces(text, traces, KEY)
    assert count >= 1
    assert form not in clean.replace(REMOVED, "")
    assert remove_traces(clean, traces, KEY) == (clean, 0)
    urlsplit(clean)


@QUICK
@given(IDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_without_it_nothing_is_traced(id: str, text: str) -> None:
    assume(not any(form.casefold() in text.casefold() for form in encodings(id)))
    assert remove_traces(text, traces_of(id, KEY), KEY) == (text, 0)


def test_traces_tell_nothing_without_the_key() -> None:
    traces = traces_of("alice", KEY)
    assert {abs(length) for length, _ in traces} == {5, 7, 32, 40, 64}
    assert {len(digest) for _, digest in traces} == {16}
    assert not set(traces) & set(traces_of("alice", b"another"))
    assert remove_traces("alice", traces, b"another") == ("alice", 0)


@pytest.mark.parametrize(
    ("id", "text", "clean"),
    [
        ("alice", "malice ALICE alice2", "malice (removed) alice2"),
        ("20ab", "x%2520ab %20ab", "x(removed) (removed)"),
        ("alice b", "alice b alice alice+b", "(removed) alice (removed)"),
        ("8080", "https://a.example:8080/", "https://removed.invalid/"),
        ("https", "https://a/https", "https://a/(removed)"),
        ("removed", "(removed)", "(removed)"),
        ("İstanbul", "İSTANBUL", "(removed)"),
        ("İstanbul", "i\u0307stanbul", "(removed)"),
        ("Ärger", "%C3%84rger %c3%a4rger", "(removed) (removed)"),
        ("Ärger", "A\u0308rger A%CC%88rger", "(removed) (removed)"),
        ("Ärger", f"{digests(DECOMPOSED)[2]} QcyIcmdlcg", "(removed) (removed)"),
        ("7", "?id=7 7", "?id=7 7"),
        ("7", "?id=7&a=/7/17", "?id=(removed)&a=/(removed)/17"),
        ("7", f"x {digests('7')[1]}", "x (removed)"),
        ("7", "7", "(removed)"),
        ("", "any", "any"),
        ("alice", "/%61lice/%62ob", "/(removed)/bob"),
        ("alice", "/%62ob", "/%62ob"),
        ("Zoë K", r'{"a": "Zo\u00eb K"}', '{"a": "(removed)"}'),
        ("c-4.7", "/c%2D4%252e7", "/(removed)"),
        ("u/1&2x", "/u/1%262x", "/(removed)"),
        ("\ud800abc", "\ud800abc", "(removed)"),
    ],
)
def test_special_traces(id: str, text: str, clean: str) -> None:
    assert remove_traces(text, traces_of(id, KEY), KEY)[0] == clean


def test_of_traces_that_overlap_the_longest_goes() -> None:
    traces = [trace for value in ("alice", "alice-4711") for trace in traces_of(value, KEY)]
    assert remove_traces("of alice-4711 and alice", traces, KEY) == (f"of {REMOVED} and {REMOVED}", 2)


def test_traces_in_long_texts() -> None:
    traces = traces_of("alice", KEY)
    assert remove_traces("-" * 8191, traces, KEY) == (REMOVED, 1)
    text = "lorem ipsum " * 680
    assert remove_traces(text + "alice alice", traces, KEY) == (text + "(removed) (removed)", 2)
    assert remove_traces("x" * 9000, (), KEY) == ("x" * 9000, 0)


@pytest.mark.parametrize("fill", ["x", "\U0001f600"])
def test_a_text_that_may_have_been_cut_goes_whole(fill: str) -> None:
    id = "customer-4711-smith"
    needles, traces, room = Needles.of([(id, None)]), traces_of(id, KEY), 8192 // len(fill.encode("utf-16-le")) * 2
    for half in ("custom", "customer-", "customer-4711-smi"):
        # As the snippet cuts it.
        cut = " ".join([fill * (room - len(half) - 1), half]) + " " * 8192
        cut = cut.encode("utf-16-le")[: 2 * 8192].decode("utf-16-le")
        assert needles.scrub(cut) == (REMOVED, 1)
        assert remove_traces(cut, traces, KEY) == (REMOVED, 1)
    shorter = fill * ((8191 - 1 - len(id)) * 2 // len(fill.encode("utf-16-le"))) + " "
    assert needles.scrub(shorter + id) == (shorter + REMOVED, 1)


def test_traces_are_looked_for_in_so_much_of_one_request_and_the_rest_goes_whole() -> None:
    traces, text, effort = traces_of("alice", KEY), "alice and b " * 100, Effort(windows=900)
    there = [remove_traces(text, traces, KEY, effort)[0] for _ in range(9)]
    assert there[0] == text.replace("alice", REMOVED)
    assert there[-1] == REMOVED
    assert set(there) == {there[0], REMOVED}
    assert remove_traces(text, traces, KEY, Effort(windows=0)) == (REMOVED, 1)


@pytest.mark.parametrize("named", ["characters", "tries"])
def test_nor_are_the_edges_of_pieces_looked_for_in_more_of_it(named: str) -> None:
    traces, effort = traces_of("alice", KEY), Effort(**{named: 20_000})
    # Hardly a piece of them is digested.
    texts = [f"{number}=&" * 250 + "-alice" for number in range(40)]
    there = [remove_traces(text, traces, KEY, effort)[0] for text in texts]
    assert there[0] == texts[0].replace("alice", REMOVED)
    assert there[-1] == REMOVED


def test_what_several_tags_get_is_looked_through_once() -> None:
    traces, text = traces_of("alice", KEY), "alice and b " * 100
    effort = Effort(characters=len(text))
    for _ in range(3):
        assert remove_traces(text, traces, KEY, effort)[0] == text.replace("alice", REMOVED)


def test_few_texts_are_at_hand() -> None:
    traces, effort = traces_of("alice", KEY), Effort()
    for number in range(20):
        assert remove_traces(f"{number} alice", traces, KEY, effort)[0] == f"{number} {REMOVED}"
    effort = Effort(characters=9 * 7)
    assert all(remove_traces(f"{number} alice", traces, KEY, effort)[1] for number in range(9))
    assert remove_traces("0 alice", traces, KEY, effort) == (REMOVED, 1)


def test_few_lengths_are_kept() -> None:
    traces = traces_of("a b/c+d(e)f~g'h!i*j&k=l%m", KEY)
    assert len({length for length, _ in traces}) <= TRACED_LENGTHS


def test_the_identity_before_is_found_as_json_and_html_write_it() -> None:
    id = r'ACME\bob "b" & co'
    traces = traces_of(id, KEY)
    for text in (id, escape(id), json.dumps(id)[1:-1], quote(json.dumps(id)[1:-1], safe="")):
        assert remove_traces(f"?a={text}", traces, KEY) == (f"?a={REMOVED}", 1)


def test_a_value_that_would_take_too_long_to_look_for_takes_the_whole_text_along() -> None:
    dear = "ä-" * 100
    assert Needles.of([(dear, None)]).scrub(f"before {dear} after") == (REMOVED, 1)
    # One that may leave need not be looked for.
    assert Needles.of([(dear, dear)]).scrub(f"before {dear} after") == (f"before {dear} after", 0)
    assert Needles.of([(dear, dear), ("alice", None)]).scrub(f"{dear} alice") == (f"{dear} {REMOVED}", 1)


def test_what_is_beyond_what_the_hits_of_one_request_may_cost_goes_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = []

    def compile_it(pattern: str, flags: int) -> re.Pattern[str]:
        compiled.append(pattern)
        return made(pattern, flags)

    made = re.compile
    monkeypatch.setattr("gateway.decide.scrub.re.compile", compile_it)
    odd, effort, texts = "\u03ac\u03ad\u03ae\u03af\u03cc\u03cd\u03ce", Effort(), []
    for number in range(100):
        for _ in range(2):
            value = f"{odd}x{number:03d}"
            needles = Needles.of([(value, None), ("alice", "alice")], effort)
            texts.append(needles.scrub(f"one {value}, alice and {quote(value)}")[0])
    assert texts[:2] == [f"one {REMOVED}, alice and {REMOVED}"] * 2
    assert texts[-2:] == [REMOVED] * 2
    assert not any("x0" in text for text in texts)
    # Those that may stay are not looked for then.
    assert Needles.of([(odd + "x100", odd + "x100")], effort).scrub(f"one {odd}x100") == (f"one {odd}x100", 0)
    # Twice a hundred of these were a second.
    assert sum(map(len, set(compiled))) < 80_000


@pytest.mark.parametrize(
    ("unit", "known"),
    [
        ("alice-4711 ", ["alice-4711"]),
        ("a-", ["a-" * 24 + "b"]),
        ("a%40", ["alice"]),
        ("a@a.", ["alice"]),
        ("v001 v002 v003 ", [f"v{number:03d}" for number in range(60)]),
        ("lorem ", ["alice"]),
        ("7 8 ", ["7"]),
    ],
)
def test_what_is_long_to_look_through_goes_whole_from_some_point_on(unit: str, known: list[str]) -> None:
    text = (unit * 700)[:700]
    first = Needles.of([(value, None) for value in known]).scrub(text)[0]
    effort = Effort(steps=80_000)
    needles = Needles.of([(value, None) for value in known], effort)
    said = [needles.scrub(text)[0] for _ in range(150)]
    assert first != REMOVED
    assert set(said) == {first, REMOVED}
    assert said[-1] == REMOVED
    assert not any(value in text for text in said for value in known if value != "7")


def test_many_known_values_are_not_even_written_in_all_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.decide.scrub.forms", None)
    needles = Needles.of([(f"value-{number}", None) for number in range(40_000)])
    assert needles.scrub("any") == (REMOVED, 1)


def test_a_form_that_differs_in_case_only_is_not_looked_for_twice() -> None:
    assert [form.text for form in forms("\u03acX") if not form.base64] == ["\u03acX", "\u03b1\u0301X"]
    # The capital of one letter may be two.
    assert {form.text for form in forms("\u00df\u01c5") if not form.base64} >= {"\u00df\u01c5", "SS\u01c4"}


def test_a_known_value_that_is_very_long_is_not_looked_at_character_by_character() -> None:
    class Long(str):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("a quarter of a million of them, for each text and tag")

    text = Long("-" * 2000)
    assert forms("-")[0]._replace(text=text).cost == len(text)
