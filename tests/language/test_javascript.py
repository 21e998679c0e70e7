"""Which JavaScript of a tag can be read, and what is said of what cannot."""

import pytest

from gateway.language.javascript import mistake, unexplained

GOOD = (
    "window.greeted = tag.user.id;\n",
    "",
    "// only a remark",
    "return 5",
    "await fetch(tag.fields.to)",
    "const { a = 1, ...b } = c?.d ?? e; for await (const x of y) {}",
    "class A { #x = 1; static { this.y = 2 } get z() { return this.#x } }",
    "x = a\n(b).c()",
    "/ab+c[/]/giu.test(x) && `a${b}c`",
    "import('x').then(({ a }) => a)",
    "a ||= b; a ??= c; 1_000n",
    "switch (a) { case 1: default: b }\ntry {} catch {}",
    "say('“quoted”, he said'); // ‘as one does’\nsay(`«${x}»`)",
    "!function(f,b,e,v,n){f._fbq=n;n=function(){};b.createElement(e).src=v}(window,document,'script','//x.example/a.js')",
)


@pytest.mark.parametrize("code", GOOD)
def test_what_browsers_read(code: str) -> None:
    assert mistake(code) == ""


LONG = "const a = = 1; " + "b(); " * 20
ODD = "is a typographic quote, as word processors make them: write a plain one."


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("gtag('event', 'x'", "From its line 1 on this JavaScript cannot be read: `gtag('event', 'x'`."),
        ("a()\nlet x = ;", "From its line 2 on this JavaScript cannot be read: `let x = ;`."),
        ("alert('hi)\nx()", "From its line 1 on this JavaScript cannot be read: `alert('hi)`."),
        ("wenn (a) { b() }", "From its line 1 on this JavaScript cannot be read: `wenn (a) { b() }`."),
        (LONG, f"From its line 1 on this JavaScript cannot be read: `{LONG[:59]}…`."),
        ("a();\n\nif (b) {\n  c();", "In line 4 of this JavaScript a } is missing behind `c();`."),
        ("if (a { b() }", "In line 1 of this JavaScript a ) is missing behind `if (a`."),
        ("a(); wenn (b) { c() }", "In line 1 of this JavaScript something is missing behind `a(); wenn (b)`."),
        ("a();\nb(”x”)", f"In line 2 of this JavaScript ” {ODD}"),
        ("a(‘x y’)", f"In line 1 of this JavaScript ‘ {ODD}"),
    ],
)
def test_what_no_browser_reads(code: str, said: str) -> None:
    assert mistake(code) == said


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("console.log(plan)", {"console", "plan"}),
        ("var u = plan; u(plan + total.x)", {"plan", "total"}),
        ("let plan = 1; f(plan)", {"f"}),
        ("function plan(a, [b], ...c) { return a + b + c }\nplan(d => d)", set()),
        ("const { plan, total: [x] } = tag.fields; f(plan)", {"tag", "f"}),
        ("plan = 5; try {} catch (e) { f(e, plan) }", {"f"}),
        ("for (const plan of all) f(plan)", {"f", "all"}),
        ("x.plan = { plan: 1 }", {"x"}),
    ],
)
def test_names_that_the_page_must_have(code: str, names: set[str]) -> None:
    assert unexplained(code) == names
