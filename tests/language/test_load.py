"""A file → a container or its problems: passes, names, places, what is kept."""

from pathlib import Path

import pytest

from gateway.decide.suppose import Judging
from gateway.language.container import Calls, Given, Site
from gateway.language.load import Loader, called_well, containers_in, overlooked
from gateway.model import Form
from gateway.problems import Severity
from tests.language.small import LOADER, TEXT, changed, codes, container, load


def test_a_file_is_read_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(TEXT)
    loaded = LOADER.load(path)
    assert loaded.container
    assert (loaded.container.name, loaded.container.file) == ("shop", str(path))
    with pytest.raises(FileNotFoundError):
        LOADER.load(tmp_path / "none.yaml")


def test_a_folder_s_containers_are_told_by_their_names(tmp_path: Path) -> None:
    for name in ("shop.yaml", "blog.yaml", "._shop.yaml", "shop.yml", "shop.yaml~"):
        (tmp_path / name).write_text(TEXT)
    assert containers_in(tmp_path) == [tmp_path / "blog.yaml", tmp_path / "shop.yaml"]
    assert containers_in(tmp_path / "none") == []


def test_files_that_are_probably_meant_to_be_containers_are_told(tmp_path: Path) -> None:
    for name in ("shop.yaml", "blog.yml", "News.YAML", "old.yaml.txt", "._shop.yml", "notes.txt"):
        (tmp_path / name).write_text(TEXT)
    assert [path.name for path in overlooked(tmp_path)] == ["News.YAML", "blog.yml", "old.yaml.txt"]
    assert [called_well(path) for path in overlooked(tmp_path)] == ["News.yaml", "blog.yaml", "old.yaml"]
    assert overlooked(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("name", "good"),
    [
        *(("Shop", "shop"), ("my-shop", "my_shop"), ("1", "shop"), ("a\n", "a"), ("", "shop")),
        *(("über", "ueber"), ("shop.yaml", "shop"), ("Shop2.yml", "shop2")),
    ],
)
def test_the_name_of_the_file_must_be_a_name(name: str, good: str) -> None:
    loaded = LOADER.compile(TEXT.encode(), name, f"{name}.yaml")
    assert loaded.container is None
    (problem,) = loaded.problems
    assert problem.code == "bad-file-name"
    assert problem.hint == f"Call the file {good}.yaml."


def test_a_pass_runs_only_when_the_one_before_found_nothing() -> None:
    yaml, shape = ("name: Shop", "name: !x Shop"), ("type: webhook", "type: webhok")
    meaning, failing = ("attach: [crm]", "attach: [crn]"), ("expect: { crm: attach }", "expect: { crm: hash }")
    assert codes(changed(yaml, shape, meaning, failing)) == ["yaml-tag"]
    assert codes(changed(shape, meaning, failing)) == ["unknown-value"]
    assert codes(changed(meaning, failing)) == ["unknown-tag"]
    assert codes(changed(failing)) == ["test-failed"]


def test_a_pass_reports_everything_it_finds_in_order() -> None:
    text = changed(
        (
            "    - { when: { all_of: [signed_in, analytics_ok] }, attach: [crm] }",
            "    - { when: signed_in, attach: [crn, crm] }",
        ),
        ("[page_view, big_order]", "[page_veiw, big_order]"),
        ("  verified_by: { token: proof, key: { secret: login_key } }\n", ""),
        ("{ crm: attach }", "{ cmr: attach }"),
    )
    assert codes(text) == ["unknown-trigger", "not-verified", "rule-without-consent", "unknown-tag", "unknown-tag"]


def test_of_what_is_mistyped_nothing_more_is_said() -> None:
    text = changed(("{ granted: analytics }", "{ granted: analitics }"))
    assert codes(text) == ["unknown-purpose"]
    text = changed(("all_of: [signed_in, analytics_ok] }", "all_of: [signed_in, analytics_okay] }"))
    assert codes(text) == ["unknown-trigger"]
    text = changed(("remember_when: analytics_ok", "remember_when: analytics_okay"))
    assert codes(text) == ["unknown-trigger"]


def test_warnings_and_failed_tests_are_reported_together() -> None:
    loaded = load(changed(("tags:\n", "  staff: { plan: staff }\ntags:\n"), ("{ crm: attach }", "{ crm: drop }")))
    assert [(p.code, p.severity) for p in loaded.problems] == [
        ("unused-trigger", Severity.WARNING),
        ("test-failed", Severity.ERROR),
    ]
    assert loaded.container is None


def test_a_container_with_warnings_only_is_kept() -> None:
    loaded = load(changed(("tags:\n", "  staff: { plan: staff }\ntags:\n")))
    assert loaded.container
    assert [p.code for p in loaded.problems] == ["unused-trigger"]


def test_the_smallest_useful_container() -> None:
    text = """\
version: 1
site: { name: Small, domains: [shop.example.com] }
consent: not_needed
triggers:
  page_view: { event: page_view }
tags:
  list:
    type: webhook
    send_when: page_view
    settings: { url: https://hooks.example.com/ }
tests: []
"""
    small = container(text)
    assert (small.consent, small.user_id, small.may_leave) == (None, None, {})
    assert small.secrets == frozenset()
    assert load(text).problems == ()


def test_every_secret_is_named_and_none_is_needed() -> None:
    text = changed(
        ("consent:\n", "accept: { server: { key: { secret: own } } }\nconsent:\n"),
        (
            "settings: { url: https://hooks.example.com/ }",
            "settings: { url: https://h.example/, token: { secret: t } }",
        ),
    )
    assert container(text).secrets == {"own", "t", "login_key", "user_id_key"}
    assert container(text).tags["crm"].secrets == {"token": "t"}
    assert container(changed(("  hash_with: { secret: user_id_key }\n", ""))).secrets == {"login_key"}
    believed = changed(("  verified_by: { token: proof, key: { secret: login_key } }\n", ""))
    assert container(believed).secrets == {"user_id_key"}


def test_what_others_ask_of_a_container() -> None:
    whole = container(changed(("    fields: {", "    hash_group: people\n    fields: {")))
    assert (whole.tags["crm"].key_name, container(TEXT).tags["crm"].key_name) == ("people", "crm")
    assert whole.user_id
    assert whole.user_id.rules[0].line == 29
    assert whole.triggers["big_order"].lines[1].matchers[0].text == "at_least: 100"


def test_revisions_differ_and_lines_are_kept() -> None:
    one, other = load(TEXT), load(TEXT + "# more\n")
    assert one.container
    assert other.container
    assert one.container.revision != other.container.revision
    assert len(one.container.revision) == 16


@pytest.mark.parametrize("change", [("\n", "\r\n")])
def test_line_ends_of_windows_and_a_byte_order_mark(change: tuple[str, str]) -> None:
    loaded = load("\ufeff" + TEXT.replace(*change))
    assert loaded.problems == ()
    broken = load("\ufeff" + changed(("[page_view, big", "[page_veiw, big")).replace(*change))
    assert list(broken.report()) == list(load(changed(("[page_view, big", "[page_veiw, big"))).report())


def test_hosts_of_a_site() -> None:
    site = Site(name="Shop", domains=("shop.example.com", "*.acme.example"))
    assert all(map(site.has, ("shop.example.com", "SHOP.example.com.", "www.acme.example", "a.b.acme.example")))
    assert not any(map(site.has, ("acme.example", "x.shop.example.com", "xacme.example", "", ".")))


def test_tests_run_through_what_is_handed_in() -> None:
    asked = []

    class Always(Judging):
        def __call__(self, given: Given) -> dict[str, Form]:
            asked.append(given.event)
            return {"crm": Form.RAW}

    loader = Loader(LOADER._types, Always)
    loaded = loader.compile(TEXT.encode(), "small", "small.yaml")
    assert asked == ["page_view"] * 3
    assert [p.message for p in loaded.problems] == [
        'Test "Said no" fails: "crm" must get nothing and gets attach.',
        'Test "Has not answered" fails: "crm" must get nothing and gets attach.',
    ]


def test_whose_calls_the_pages_may_keep() -> None:
    kept = "accept: { matomo: { consent_purpose: analytics }, gtag: {} }\nconsent:\n"
    calls = container(changed(("consent:\n", kept))).calls
    assert (calls.matomo, calls.segment, calls.gtag, calls.consent_purpose) == (True, False, True, "analytics")
    calls = container(changed(("consent:\n", "accept: { matomo: {}, segment: {} }\nconsent:\n"))).calls
    assert (calls.matomo, calls.segment, calls.gtag, calls.consent_purpose) == (True, True, False, None)
    assert container(TEXT).calls == Calls()
    unknown = changed(("consent:\n", kept.replace("analytics", "statistics")))
    assert [problem.code for problem in load(unknown).problems] == ["unknown-purpose"]
