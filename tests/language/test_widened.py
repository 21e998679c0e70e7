"""A hit that gets more than before though no trigger changed: each such change of a file is told as wider."""

import pytest

from gateway.decide.decide import Decider
from gateway.decide.observe import Observer
from gateway.language.container import Container
from gateway.language.explained.change import changes
from gateway.model import Form, Hit
from tests.language.small import container

FILE = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com]{site} }}
consent:
  from: {{ cookie: choice }}
  purposes: {{ analytics: statistics, marketing: ads }}
{gpc}variables:
  account_id: {{ data_layer: user.id, personal: true }}
  twin: {{ data_layer: user.id, personal: true }}
  proof: {{ data_layer: user.proof, personal: true }}
  firm: {{ data_layer: company, personal: true }}
  firm_too: {{ event: company, personal: true }}
  plan: {{ cookie: plan }}
  made: {{ text: "{{ plan }}/x" }}
  gclid: {{ query: gclid }}
  whole: {{ url: href }}
triggers:
  page_view: {{ event: page_view }}
  signed_in: {{ account_id: {{ present: true }} }}
  has_twin: {{ twin: {{ present: true }} }}
  in_firm: {{ firm: {{ present: true }} }}
  in_firm_too: {{ firm_too: {{ present: true }} }}
  from_ad: {{ gclid: {{ present: true }} }}
  to_page: {{ whole: {{ ends_with: .html }} }}
  gold: {{ made: gold/x }}
  said_no: {{ consent: {{ refused: marketing }} }}
  marketing_ok: {{ consent: {{ granted: marketing }} }}
  excuse: {{ {excuse} }}
tags:
  crm:
    type: webhook
    send_when: {{ {send_when} }}
    consent: not_needed
    settings: {{ url: https://hooks.example.com/{settings} }}
{tag}{user}{guarantees}tests: []
"""
USER = """\
user_id:
  from: {variable}
{account}{proof}  hash_with: {{ secret: user_id_key }}
  rules:
{rules}  otherwise: drop
"""
PROOF = "  verified_by: { token: proof, key: { secret: login_key } }\n"
ATTACHED = "    - { when: { all_of: [page_view, marketing_ok] }, attach: [crm] }\n"
HASHED = "    - { when: marketing_ok, hash: [crm] }\n    - { when: page_view, consent: not_needed, attach: [crm] }\n"
PLAIN = dict.fromkeys(("site", "gpc", "settings", "tag", "user", "guarantees"), "") | {
    "send_when": "all_of: [page_view]",
    "excuse": "consent: { granted: analytics }",
}
PROMISE = "guarantees:\n  - { never: send, to: [crm], unless: excuse }\n  - { never: hash, to: all }\n"
AD = "https://shop.example.com/a.html?gclid=1"


def file(**said: str) -> Container:
    return container(FILE.format(**PLAIN | said))


def user(variable: str = "account_id", account: str = "", proof: str = PROOF, rules: str = ATTACHED) -> str:
    return USER.format(variable=variable, account=account, proof=proof, rules=rules)


def gets(of: Container, hit: Hit) -> Form | None:
    """What the tag gets of a hit; None: nothing."""
    observer = Observer(of, None)
    (crm,) = Decider(of).decide(observer.observe(hit, observer.identify(hit), {}, ())).tags
    return crm.form if crm.sent else None


def hit(**said: object) -> Hit:
    return Hit(container="small", event="page_view", at=0, arrived=0, **said)  # type: ignore[arg-type]


def asks(*names: str) -> str:
    return f"all_of: [{', '.join(('page_view', *names))}]"


def asks_none(*names: str) -> str:
    return f"{asks()}, none_of: [{', '.join(names)}]"


@pytest.mark.parametrize(
    ("send_when", "old", "new", "came"),
    [
        pytest.param(
            asks("signed_in"),
            {"user": user()},
            {},
            hit(values={"account_id": "ada"}),
            id="without the section user_id, an ID needs no proof",
        ),
        pytest.param(
            asks_none("signed_in"),
            {},
            {"user": user(proof="", rules=HASHED)},
            hit(values={"account_id": "guest"}),
            id="with it, a guest is nobody",
        ),
        pytest.param(
            asks("in_firm"),
            {"user": user(account="  account: firm\n")},
            {"user": user()},
            hit(values={"account_id": "ada", "firm": "acme"}),
            id="what is no account any more needs no proof",
        ),
        pytest.param(
            asks("in_firm_too"),
            {"user": user(account="  account: firm\n")},
            {"user": user()},
            hit(values={"account_id": "ada"}, fields={"company": "acme"}),
            id="nor does what reads the same place",
        ),
        pytest.param(
            asks("has_twin"),
            {"user": user(proof="")},
            {"user": user("twin", proof="")},
            hit(user_id="ada"),
            id="what becomes the User ID is there whoever says it",
        ),
        pytest.param(
            asks_none("from_ad"),
            {},
            {"site": ", drop_query: [GCLID]"},
            hit(url=AD),
            id="nobody sees a parameter that is taken out",
        ),
        pytest.param(
            asks("to_page"),
            {},
            {"site": ", drop_query: [gclid]"},
            hit(url=AD),
            id="the address ends elsewhere",
        ),
        pytest.param(
            asks("said_no"),
            {"gpc": "  gpc_refuses: [analytics]\n"},
            {},
            hit(gpc=True, consent={"marketing": True}),
            id="a signal that refuses more lets a tag send that asks for a refusal",
        ),
        pytest.param(
            asks(),
            {"gpc": "  gpc_refuses: [analytics]\n", "user": user(proof="", rules=HASHED)},
            {"user": user(proof="", rules=HASHED)},
            hit(gpc=True, consent={"marketing": True}, values={"account_id": "ada"}),
            id="or a later rule decide",
        ),
    ],
)
def test_whoever_gets_more_is_told(send_when: str, old: dict[str, str], new: dict[str, str], came: Hit) -> None:
    before, after = file(send_when=send_when, **old), file(send_when=send_when, **new)
    was, gets_now = gets(before, came), gets(after, came)
    assert gets_now is not None
    assert was is None or was < gets_now
    assert any(change.wider and change.text.startswith("crm now also gets") for change in changes(before, after))


def test_who_is_signed_in_may_be_said_by_the_variables_name() -> None:
    was, gets_now = (file(user=user(variable, proof="", rules=HASHED)) for variable in ("account_id", "twin"))
    came = hit(values={"twin": "ada"}, consent={"marketing": True})
    assert (gets(was, came), gets(gets_now, came)) == (Form.NONE, Form.PSEUDONYM)
    wider = [change.text for change in changes(was, gets_now) if change.wider]
    assert "Who is signed in is read from another place." in wider


@pytest.mark.parametrize(
    ("send_when", "new"),
    [
        (asks("marketing_ok"), {"gpc": "  gpc_refuses: [analytics]\n"}),
        (asks("from_ad"), {"site": ", drop_query: [other]"}),
    ],
)
def test_what_cannot_give_more_is_not_told_as_wider(send_when: str, new: dict[str, str]) -> None:
    found = changes(file(send_when=send_when, **new), file(send_when=send_when))
    assert found
    assert not [change for change in found if change.tag and change.wider]


def test_an_example_is_told_in_the_newer_versions_words() -> None:
    found = changes(
        file(gpc="  gpc_refuses: [analytics]\n", send_when=asks("said_no")), file(send_when=asks("said_no"))
    )
    assert found[0].hit == "event=page_view refused=analytics,marketing"


def test_a_purpose_of_one_version_alone_is_no_other_choice() -> None:
    text = FILE.format(**PLAIN)
    less = text.replace(", marketing: ads", "").replace("marketing", "analytics")
    assert not [change for change in changes(container(less), container(text)) if change.tag]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("event: page_view", "whatever was granted"),
        (
            "event: page_view, consent: { granted: marketing }",
            "when marketing alone is granted, or everything is granted",
        ),
    ],
)
def test_a_value_that_leaves_the_browser_is_told_though_no_hit_goes_elsewhere(asked: str, said: str) -> None:
    text = FILE.format(**PLAIN).replace("triggers:\n", "  mail: { trait: email, personal: true }\ntriggers:\n", 1)
    text = text.replace("triggers:\n", f"triggers:\n  mailed: {{ {asked}, mail: {{ present: true }} }}\n", 1)
    old, new = container(text), container(text.replace("all_of: [page_view]", "any_of: [page_view, mailed]"))
    assert [(one.text, one.wider) for one in changes(old, new)] == [
        (f"mail may now also leave the browser, {said}.", True)
    ]
    assert [(one.text, one.wider) for one in changes(new, old)] == [
        (f"mail no longer leaves the browser, {said}.", False)
    ]


def test_where_nobody_is_asked_whoever_visits_is_told_of() -> None:
    text = "version: 1\nsite: { name: S, domains: [a.example] }\nconsent: not_needed\nvariables:\n"
    text += "  mail: { trait: email, personal: true }\ntriggers:\n  page_view: { event: page_view }\n"
    text += "  mailed: { event: page_view, mail: { present: true } }\ntags:\n"
    text += "  crm: { type: webhook, send_when: page_view, settings: { url: https://a.example/ } }\ntests: []\n"
    new = container(text.replace("send_when: page_view", "send_when: { any_of: [page_view, mailed] }"))
    assert [one.text for one in changes(container(text), new)] == [
        "mail may now also leave the browser, whoever visits."
    ]


def test_of_a_promise_it_is_told_that_it_holds_for_less() -> None:
    said = "Less is promised: never send to crm, unless excuse; and what stands under unless is true of more hits."
    agreed = "consent: { granted: marketing }"
    strict = file(guarantees=PROMISE, send_when=asks("excuse"), excuse=f"event: page_view, {agreed}")
    loose = file(guarantees=PROMISE, send_when=asks("excuse"), excuse=agreed)
    assert [(change.text, change.wider) for change in changes(strict, loose)] == [(said, True)]
    assert changes(loose, strict) == ()


def test_what_was_personal_and_is_gone_is_no_longer_taken_out_of_anything() -> None:
    whose = "triggers:\n  has_mail: { mail: { present: true } }\n"
    text = FILE.format(**PLAIN)
    old = text.replace("triggers:\n", f"  mail: {{ event: name, personal: true }}\n{whose}", 1)
    old = old.replace("all_of: [page_view]", "any_of: [page_view, has_mail]")
    found = changes(container(old), container(text))
    assert [change.text for change in found if change.wider] == [
        "mail is no longer known, nor taken out of what tags get."
    ]
    renamed = old.replace("  mail: {", "  name: {").replace("{ mail:", "{ name:")
    assert not [change for change in changes(container(old), container(renamed)) if "no longer known" in change.text]


def test_nor_is_what_is_personal_and_taken_out_before_it_is_read() -> None:
    text = FILE.format(**PLAIN).replace("query: gclid", "query: gclid, personal: true")
    found = changes(
        container(text), container(text.replace("shop.example.com]", "shop.example.com], drop_query: [GCLID]"))
    )
    assert "gclid is no longer known, nor taken out of what tags get." in [one.text for one in found if one.wider]


def test_a_text_may_name_a_variable_between_blanks() -> None:
    old, new = file(send_when=asks("gold")), FILE.format(**PLAIN | {"send_when": asks("gold")})
    found = changes(old, container(new.replace("{ cookie: plan }", "{ cookie: other }")))
    assert "crm now also gets hits without User ID, whatever was granted." in found[0].text


def test_a_secret_that_is_new_is_told_beside_what_is_less() -> None:
    found = changes(file(), file(settings=", token: { secret: crm_token }", tag="    sample: 10%\n"))
    assert [change.text for change in found if change.wider] == [
        "crm goes to another place: its type or settings are others."
    ]


def test_a_sample_of_others_is_wider() -> None:
    sampled = file(tag="    sample: 10%\n")
    (change,) = changes(file(tag="    hash_group: us\n    sample: 10%\n"), sampled)
    assert change.wider


def test_the_section_user_id_is_told_where_it_comes_and_goes() -> None:
    whose = file(user=user(proof="", rules="    - { when: marketing_ok, hash: [crm] }\n"))
    said = [change.text for change in changes(whose, file()) if change.wider]
    assert said == ["The file no longer says who is signed in: whoever signs out stays the same visitor."]
    assert "The file now says who is signed in." in [change.text for change in changes(file(), whose)]
