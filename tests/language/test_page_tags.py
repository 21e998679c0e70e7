"""Tags that run in the visitor's browser: what the language makes of them, and what is said of them."""

import pytest

from gateway.decide.suppose import suppose
from gateway.decide.trace import reads_page
from gateway.language.container import Container
from gateway.language.explained.explain import explain
from gateway.language.given import read_words
from tests.language.small import changed, codes, container, load

URL = "https://chat.example.com/w.js"
OLD = "settings: { url: https://hooks.example.com/ }"
CODE = """settings:
      code: |
        const plan = tag.fields.plan; // 'quotes', "more", {{braces}}: & all
        if (plan) {
          document.title = plan;
        }
"""


def with_tag(kind: str, settings: str, rule: str = "hash") -> str:
    return changed(
        ("type: webhook", f"type: {kind}"),
        (OLD, settings),
        ("attach: [crm]", f"{rule}: [crm]"),
        ("crm: attach", f"crm: {rule}"),
    )


def test_settings_of_every_kind() -> None:
    settings = f"settings: {{ url: {URL}, async: no, attributes: {{ data-site: 007, id: chat }}, once_per_page: yes }}"
    tag = container(with_tag("script", settings)).tags["crm"]
    assert tag.settings == {
        "url": URL,
        "async": False,
        "attributes": {"data-site": "007", "id": "chat"},
        "once_per_page": True,
    }
    assert (tag.ip, tag.page) == ("full", "url")
    pixel = container(with_tag("pixel", f"settings: {{ url: {URL} }}")).tags["crm"]
    assert (pixel.ip, pixel.page) == ("full", "none")


def test_code_is_kept_as_it_is_typed() -> None:
    code = container(with_tag("script", CODE)).tags["crm"].settings["code"]
    assert code == (
        "const plan = tag.fields.plan; // 'quotes', \"more\", {{braces}}: & all\n"
        "if (plan) {\n  document.title = plan;\n}\n"
    )


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://pixel.example.com", True),
        ("https://pixel.example.com:8443/a/b.gif?c=d&e=f", True),
        ("http://localhost:8080/p.gif", True),
        ("http://127.0.0.1/p.gif", True),
        ("http://pixel.example.com/p.gif", False),
        ("http://localhost.example.com/p.gif", False),
        ("http://localhost@example.com/p.gif", False),
        ("https://user:password@example.com/p.gif", False),
        ("https://example.com/p.gif#a", False),
        ("//example.com/p.gif", False),
        ("javascript:alert(1)", False),
        ("data:text/javascript,alert(1)", False),
        ("https://example.com/a b", False),
    ],
)
@pytest.mark.parametrize("kind", ["script", "pixel"])
def test_addresses(kind: str, url: str, good: bool) -> None:
    assert codes(with_tag(kind, f'settings: {{ url: "{url}" }}')) == ([] if good else ["bad-format"])


def gets(found: Container) -> dict[str, str]:
    (crm,) = explain(found).receivers
    return {name: reach.gets for name, reach in crm.reach.items()}


def test_a_script_counts_as_attach_while_somebody_may_be_signed_in_and_a_pixel_with_its_decision() -> None:
    assert gets(container(with_tag("script", f"settings: {{ url: {URL} }}"))) == {
        "ever": "attach",
        "before the answer": "nothing",
        "after a refusal of everything": "nothing",
        "as a guest": "drop",
        "signed in without proof": "attach",
    }
    assert gets(container(with_tag("pixel", f"settings: {{ url: {URL} }}"))) == {
        "ever": "hash",
        "before the answer": "nothing",
        "after a refusal of everything": "nothing",
        "as a guest": "drop",
        "signed in without proof": "drop",
    }


def test_a_guarantee_sees_the_script_whatever_the_rules_say_and_not_the_pixel() -> None:
    promise = "guarantees:\n  - { never: attach, to: all }\ntests:\n"
    for kind, said in (("script", ["guarantee-failed"]), ("pixel", [])):
        text = with_tag(kind, f"settings: {{ url: {URL} }}").replace("tests:\n", promise)
        assert codes(text) == said
    unless = promise.replace("to: all", "to: all, unless: signed_in")
    text = with_tag("script", f"settings: {{ url: {URL} }}").replace("tests:\n", unless)
    (problem,) = load(text).problems
    # Who is signed in without proof is so in the page too.
    assert "signed_in cannot tell" in problem.message


def test_the_explanation_does_not_show_the_code() -> None:
    (crm,) = explain(container(with_tag("script", CODE))).receivers
    assert crm.address == "the code in the file"


@pytest.mark.parametrize(
    ("kind", "said", "reads"),
    [
        ("script", ["account_id=007"], {"crm"}),
        ("script", ["account_id=007", "signed=no"], {"crm"}),
        ("script", [], set()),
        ("pixel", ["account_id=007"], set()),
    ],
)
def test_what_reads_the_page_of_one_hit(kind: str, said: list[str], reads: set[str]) -> None:
    found = container(with_tag(kind, f"settings: {{ url: {URL} }}"))
    facts = suppose(found, read_words(["event=page_view", "consent=analytics", *said], found))
    assert reads_page(found, facts) == reads


def test_without_a_user_id_in_the_file_somebody_may_be_signed_in_all_the_same() -> None:
    text = with_tag("script", f"settings: {{ url: {URL} }}")
    text = text[: text.index("user_id:")] + "tests: []\n"
    found = container(text)
    assert reads_page(found, suppose(found, read_words(["event=page_view"], found))) == {"crm"}
    (crm,) = explain(found).receivers
    assert crm.reach["ever"].gets == "attach"


@pytest.mark.parametrize(("kind", "codes_said"), [("script", set()), ("pixel", {"no-rule"})])
def test_of_a_script_nobody_says_that_its_user_id_is_dropped(kind: str, codes_said: set[str]) -> None:
    sent = "send_when: { all_of: [page_view, analytics_ok] }"
    more = f"  more:\n    type: {kind}\n    {sent}\n    settings: {{ url: {URL} }}\n"
    text = changed(("user_id:\n", f"{more}user_id:\n"), ("{ crm: attach }", "{ crm: attach, more: drop }"))
    assert set(codes(text)) == codes_said
