"""Names and meaning: what is personal, what joins what, which two things clash, what the hints propose."""

import pytest

from gateway.decide.suppose import judge
from gateway.destinations.webhook import Webhook
from gateway.language.container import Join, Trigger
from gateway.language.load import Loader
from gateway.language.order import MOST_LEVELS, levels, sound, wrong_joins
from gateway.language.variables import KINDS, PRIVATE_HEADERS, RESERVED, overlap
from gateway.problems import Place
from tests.language.large import chain
from tests.language.small import TEXT, TYPES, changed, codes, container, load

UNVERIFIED = ("  verified_by: { token: proof, key: { secret: login_key } }\n", "")
MORE = "  plan: {"


def personal(*variables: str, user: str = "  from: account_id\n") -> set[str]:
    """Of these further variables, the ones that are personal."""
    lines = "".join(f"  {line}\n" for line in variables)
    tried = container(changed((MORE, lines + MORE), ("  from: account_id\n", user)))
    return {name for name, v in tried.variables.items() if v.personal} - {"account_id", "proof"}


def test_the_id_its_account_and_its_proof_are_personal() -> None:
    tried = container(TEXT)
    assert {name for name, variable in tried.variables.items() if variable.personal} == {"account_id", "proof"}
    assert personal("a: { data_layer: org }", user="  from: account_id\n  account: a\n") == {"a"}


def test_same_source_parents_and_parts_are_personal() -> None:
    found = personal(
        *("same: { data_layer: user.id }", "parent: { data_layer: user }", "part: { data_layer: user.id.long }"),
        *("other: { data_layer: user.ids }", "kind: { trait: user.id }", "beside: { data_layer: user.name }"),
    )
    assert found == {"same", "parent", "part"}


def test_whatever_says_so_makes_its_sources_personal_too() -> None:
    found = personal(
        "mail: { trait: email, personal: yes }", "again: { trait: email }", "not: { trait: name, personal: no }"
    )
    assert found == {"mail", "again"}
    assert personal("mail: { query: m, personal: true }", "all: { url: href }", "path: { url: path }") == {
        "mail",
        "all",
    }


def test_the_id_stays_personal_whatever_is_said() -> None:
    assert (
        container(changed(("{ data_layer: user.id }", "{ data_layer: user.id, personal: no }")))
        .variables["account_id"]
        .personal
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("data_layer", "a.b"), ("data_layer", "a"), True),
        (("data_layer", "a.b"), ("data_layer", "a.bc"), False),
        (("data_layer", "a"), ("trait", "a"), False),
        (("cookie", "a"), ("cookie", "a.b"), False),
        (("header", "X-Who"), ("header", "x-who"), True),
        (("query", "who"), ("url", "query"), True),
        (("query", "who"), ("url", "href"), True),
        (("query", "who"), ("query", "what"), False),
        (("query", "who"), ("url", "path"), False),
        (("url", "path"), ("url", "directory"), True),
        (("url", "href"), ("url", "hash"), True),
        (("page", "referrer"), ("page", "referrer_host"), True),
        (("page", "title"), ("page", "referrer"), False),
        (("constant", "a"), ("constant", "b"), False),
        (("event", "user.id"), ("data_layer", "user"), True),
        (("local_storage", "a"), ("session_storage", "a"), False),
        (("meta", "Section"), ("meta", "section"), True),
        (("element", "nav .user"), ("element", "nav"), True),
        (("element", "nav > .user"), ("element", "nav  .user"), True),
        (("element", "nav"), ("element", "html > body"), True),
        (("element", "nav"), ("element", "#nav"), False),
        (("js", "window.shop.user"), ("js", "shop"), True),
        (("js", "shop.user"), ("js", "shop.plan"), False),
        (("js", "window"), ("js", "shop.plan"), True),
        (("js", "self.digitalData.user.id"), ("data_layer", "user"), True),
        (("js", "digitalData.user.id"), ("data_layer", "plan"), False),
        (("js", "dataLayer.0.user.id"), ("data_layer", "plan"), True),
        (("js", "window.location.hash"), ("url", "hash"), True),
        (("js", "location.hash"), ("query", "who"), True),
        (("js", "document.URL"), ("query", "who"), True),
        (("js", "document.referrer"), ("page", "referrer_host"), True),
        (("js", "document.title"), ("page", "referrer"), False),
        (("header", "Referer"), ("query", "who"), True),
        (("header", "referer"), ("page", "referrer"), False),
        (("header", "X-Who"), ("header", "x-who"), True),
        (("js", "document.body.textContent"), ("element", "#user"), True),
    ],
)
def test_what_overlaps(one: tuple[str, str], other: tuple[str, str], expected: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is expected


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_words_that_cannot_be_variables(name: str) -> None:
    assert codes(changed((MORE, f"  {name}: {{ cookie: a }}\n{MORE}")))[0] == "reserved-name"


def test_the_variable_of_the_id_may_be_called_user_id() -> None:
    tried = container(TEXT.replace("account_id", "user_id"))
    assert tried.may_leave["user_id"] == {"gg", "gr", "gu"}


@pytest.mark.parametrize("name", ["Authorization", "COOKIE", "x-forwarded-for"])
def test_private_headers(name: str) -> None:
    assert name.lower() in PRIVATE_HEADERS
    assert codes(changed(("{ cookie: plan }", f"{{ header: {name} }}"))) == ["private-header"]


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if not k.tells_who], ids=lambda k: k.name)
@pytest.mark.parametrize("role", ["  from: account_id\n", "  from: account_id\n  account: a\n"])
def test_the_id_is_looked_for_only_in_the_page(kind: object, role: str) -> None:
    row = KINDS[kind.name]  # type: ignore[attr-defined]
    source = f'{{ {row.name}: "{row.example}" }}'
    if "account:" in role:
        text = changed((MORE, f"  a: {source}\n{MORE}"), ("  from: account_id\n", role))
    else:
        text = changed(("{ data_layer: user.id }", source))
    assert "user-id-source" in codes(text)


def test_the_proof_is_looked_for_only_in_the_page() -> None:
    assert codes(changed(("{ data_layer: user.proof }", "{ header: X-Proof }"))) == ["user-id-source"]
    assert codes(changed(("{ token: proof,", "{ signature: proof,"))) == []


@pytest.mark.parametrize("role", ["from: acount_id", "from: account_id\n  account: compny"])
def test_roles_that_name_no_variable(role: str) -> None:
    assert "unknown-variable" in codes(changed(("from: account_id", role)))


def test_an_id_is_text() -> None:
    assert codes(changed(("{ data_layer: user.id }", "{ data_layer: user.id, type: set }"))) == ["wrong-type"]


def test_an_identifier_is_one_value() -> None:
    text = changed(
        (MORE, f"  mails: {{ trait: mails, type: set, personal: true }}\n{MORE}"),
        ("fields: { plan: plan }", "identifiers: { mail: mails, who: account_id, other: plan }"),
    )
    assert codes(text) == ["wrong-type"]


@pytest.mark.parametrize(
    "addresses",
    [
        ("https://a.example/", "https://a.example"),
        ("https://A.example/x", "HTTPS://a.EXAMPLE/x/".replace("HTTPS", "https")),
    ],
)
def test_two_tags_of_one_receiver_need_one_hash_group(addresses: tuple[str, str]) -> None:
    def two(first: str, second: str) -> list[str]:
        other = (
            "  crm2:\n    type: webhook\n    send_when: { all_of: [analytics_ok, page_view] }\n"
            f"    settings: {{ url: {addresses[1]} }}\n{second}user_id:\n"
        )
        return codes(
            changed(
                ("settings: { url: https://hooks.example.com/ }\n", f"settings: {{ url: {addresses[0]} }}\n{first}"),
                ("user_id:\n", other),
                ("attach: [crm]", "attach: [crm, crm2]"),
                ("{ crm: attach }", "{ crm: attach, crm2: attach }"),
            )
        )

    group = "    hash_group: people\n"
    assert two("", "") == two(group, "") == two("", group) == ["same-receiver"]
    assert two(group, group) == []
    assert two(group, "    hash_group: others\n") == ["same-receiver"]


def test_other_paths_are_other_receivers() -> None:
    other = (
        "  crm2:\n    type: webhook\n    send_when: { all_of: [analytics_ok, page_view] }\n"
        "    settings: { url: https://hooks.example.com/B }\nuser_id:\n"
    )
    text = changed(("user_id:\n", other), ("attach: [crm]", "attach: [crm, crm2]"))
    assert "same-receiver" not in codes(text.replace("{ crm: attach }", "{ crm: attach, crm2: attach }"))


def triggers(**joins: tuple[str, ...]) -> dict[str, Trigger]:
    """Triggers that join each other, in the order of the file."""
    return {
        name: Trigger(name=name, join=Join(any_of=steps, place=Place(line, 3)), place=Place(line, 1))
        for line, (name, steps) in enumerate(joins.items(), 1)
    }


def test_levels_count_the_longest_way_down() -> None:
    found = levels(triggers(a=("b", "c"), b=("c",), c=(), d=("unknown",)))
    assert found == {"c": 0, "d": 0, "b": 1, "a": 2}


def test_each_loop_is_said_once_at_its_last_trigger() -> None:
    found = list(wrong_joins(triggers(a=("b",), b=("c", "x"), c=("a",), d=("d",), e=("a", "d"), x=("c",))))
    assert [(p.place.line, p.message) for p in found] == [
        (3, '"c" joins itself: c → a → b → c.'),
        (4, '"d" joins itself: d → d.'),
    ]


def test_two_loops_through_one_trigger_are_both_said() -> None:
    found = list(wrong_joins(triggers(a=("b", "c"), b=("a",), c=("a",))))
    assert [p.message for p in found] == ['"b" joins itself: b → a → b.', '"c" joins itself: c → a → c.']


def test_what_stands_on_something_wrong_is_not_judged() -> None:
    told = triggers(a=("b",), b=(), c=("c",), d=("c",), e=("gone",), f=("bad",), bad=())
    assert sound(told, frozenset({"bad"})) == {"a", "b"}


def test_only_the_first_that_is_too_deep_is_told() -> None:
    loaded = load(chain(MOST_LEVELS + 5))
    assert [p.code for p in loaded.problems].count("joined-too-deep") == 1


@pytest.mark.parametrize(
    ("matcher", "warned"),
    [
        ("page_view", False),
        ("{ one_of: [a, b] }", False),
        ("{ starts_with: shop_ }", False),
        ("{ is: Page, ignore_case: true }", False),
        ("{ is_not: page_view }", True),
        ("{ not_one_of: [page_view] }", True),
        ("{ not_contains: x }", True),
        ("{ present: true }", True),
        ("{ like: '*' }", True),
    ],
)
def test_which_matchers_limit_the_event(matcher: str, warned: bool) -> None:
    loaded = load(changed(("{ event: page_view }", f"{{ event: {matcher} }}")))
    hints = [p.hint for p in loaded.problems if p.code == "every-event"]
    assert bool(hints) is warned
    assert not any("such as page_view." in hint for hint in hints), "it is no help"


def test_consent_not_needed_said_aloud() -> None:
    aloud = (
        ("when: { all_of: [signed_in, analytics_ok] }", "when: signed_in, consent: not_needed"),
        ("visitor: { remember_when: analytics_ok }", "visitor: { remember_when: page_view, consent: not_needed }"),
        (
            "send_when: { all_of: [analytics_ok], any_of",
            "consent: not_needed\n    send_when: { all_of: [analytics_ok], any_of",
        ),
    )
    assert codes(changed(*aloud)) == []


def test_refused_is_no_agreement() -> None:
    text = changed(("{ granted: analytics }", "{ refused: analytics }"), ("consent: [analytics]", "consent: []"))
    assert "rule-without-consent" in codes(text)
    assert "remember-without-consent" in codes(text)


def test_what_is_refused_by_global_privacy_control() -> None:
    def refused(line: str) -> frozenset[str]:
        consent = container(changed(("marketing: ads }\n", f"marketing: ads }}\n{line}"))).consent
        assert consent
        return consent.gpc_refuses

    assert refused("") == {"analytics", "marketing"}
    assert refused("  gpc_refuses: [marketing]\n") == {"marketing"}
    assert refused("  gpc_refuses: []\n") == set()
    assert codes(changed(("marketing: ads }\n", "marketing: ads }\n  gpc_refuses: [ads]\n"))) == ["unknown-purpose"]


def test_where_the_choice_is_kept() -> None:
    for source in ("{ data_layer: consent.choice }", "{ api: true }", "{ api: yes }", "{ banner: klaro }"):
        assert codes(changed(("{ cookie: choice }", source))) == []
    assert codes(changed(("{ cookie: choice }", "{ cookie: my choice }"))) == ["bad-format"]


def test_settings_of_every_kind() -> None:
    text = changed(
        ("type: webhook", "type: matomo"),
        (
            "{ url: https://hooks.example.com/ }",
            "{ url: https://m.example, site_id: 03, goals: { buy: 7 }, token: { secret: t } }",
        ),
        ("{ plan: plan }", "{ dimension1: plan }"),
    )
    assert container(text).tags["crm"].settings == {"url": "https://m.example", "site_id": 3, "goals": {"buy": 7}}


def test_no_address_is_needed_where_none_is_sent() -> None:
    text = changed(
        ("type: webhook", "type: matomo\n    ip: none"),
        ("{ url: https://hooks.example.com/ }", "{ url: https://m.example, site_id: 3 }"),
        ("{ plan: plan }", "{ dimension1: plan }"),
    )
    assert codes(text) == []


def test_a_line_end_at_the_end_of_a_name_is_no_part_of_it() -> None:
    assert codes(changed(("all_of: [analytics_ok], ", 'all_of: ["analytics_ok\\n"], ')))[0] == "bad-name"
    assert codes(changed(("https://hooks.example.com/", '"https://hooks.example.com/\\n"'))) == ["bad-format"]
    assert codes(changed(("{ cookie: plan }", '{ query: "a\\nb" }'))) == ["bad-format"]


def test_the_account_needs_no_field_where_it_goes_along() -> None:
    text = changed(
        ("  plan: {", "  company: { data_layer: company.id }\n  plan: {"),
        ("  from: account_id\n", "  from: account_id\n  account: company\n"),
        ("fields: { plan: plan }", "fields: { plan: plan, firm: company }"),
    )
    hints = {}
    for name, types in (("with", TYPES | {"webhook": Webhook.type}), ("without", TYPES)):
        found = Loader(types, judge).compile(text.encode(), "small", "small.yaml").problems
        hints[name] = next(problem.hint for problem in found if problem.code == "personal-field")
    assert hints["with"] == "Delete this line: the account goes along with the User ID, in its form."
    assert hints["without"].startswith("Move the line under identifiers")
