"""Hits that were once overlooked by the proof: what the real decision does, no guarantee may rule out."""

from math import nextafter

import pytest

from gateway.decide.suppose import judge
from gateway.language.container import Given
from gateway.language.values import LARGEST, LONGEST
from tests.language.small import container, load

FILE = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com] }}
consent: not_needed
variables:
{variables}
triggers:
{triggers}
tags:
  crm: {{ type: webhook, send_when: {{ {send_when} }}, settings: {{ url: https://hooks.example.com/ }} }}
{guarantees}tests: []
"""
HALF = "x" * (LONGEST // 2)


def file(variables: str, triggers: str, send_when: str, guarantees: str = "") -> str:
    return FILE.format(
        variables="".join(f"  {line}\n" for line in variables.split("; "))[:-1],
        triggers="".join(f"  {line}\n" for line in triggers.split("; "))[:-1],
        send_when=send_when,
        guarantees=guarantees,
    )


@pytest.mark.parametrize(
    ("variables", "triggers", "send_when", "values"),
    [
        pytest.param(
            "dev: { agent: device, type: set }",
            "odd: { dev: { not_contains: desk } }; phone: { dev: { contains: phone } }; view: { event: page_view }",
            "all_of: [odd, view], none_of: [phone]",
            {"dev": ("desktop",)},
            id="one of few values, read as a set",
        ),
        pytest.param(
            'n: { cookie: n, type: number }; made: { text: "v{n}" }',
            "tiny: { event: page_view, made: v1e-05 }",
            "all_of: [tiny]",
            {"n": "0.00001"},
            id="a number written with an exponent",
        ),
        pytest.param(
            "v: { cookie: v }",
            'one: { event: page_view, v: { like: "?" } }; two: { v: { like: "??", ignore_case: true } }',
            "all_of: [one, two]",
            {"v": "ß"},
            id="one character that is two in small letters",
        ),
        pytest.param(
            "v: { cookie: v }",
            'one: { event: page_view, v: { like: "?" } }; two: { v: { like: "???", ignore_case: true } }',
            "all_of: [one, two]",
            {"v": "ΐ"},
            id="one character that is three in small letters",
        ),
    ],
)
def test_a_hit_that_happens_is_not_ruled_out(
    variables: str, triggers: str, send_when: str, values: dict[str, str | tuple[str, ...]]
) -> None:
    sent = judge(container(file(variables, triggers, send_when)))
    assert sent(Given(event="page_view", values=values))
    promise = "guarantees:\n  - { never: send, to: [crm] }\n"
    assert [one.code for one in load(file(variables, triggers, send_when, promise)).problems] == ["guarantee-failed"]


def test_what_is_built_is_there_however_long_it_gets() -> None:
    variables = 'a: { cookie: a }; b: { cookie: b }; both: { text: "{a}/{b}" }'
    triggers = (
        "parts: { event: page_view, a: { present: true }, b: { present: true } }; made: { both: { present: true } }"
    )
    promise = "guarantees:\n  - { never: send, to: [crm], unless: made }\n"
    assert load(file(variables, triggers, "all_of: [parts]", promise)).container
    sent = judge(container(file(variables, triggers, "all_of: [made]")))
    assert sent(Given(event="page_view", values={"a": HALF, "b": HALF}))


@pytest.mark.parametrize(("word", "sign"), [("more_than", ""), ("less_than", "-")])
def test_no_number_is_larger_than_the_proof_looks(word: str, sign: str) -> None:
    variables, largest = "n: { cookie: n, type: number }", int(nextafter(LARGEST, 0))
    triggers = f"odd: {{ event: page_view, n: {{ {word}: {sign}{largest} }} }}"
    promise = "guarantees:\n  - { never: send, to: [crm] }\n"
    assert load(file(variables, triggers, "all_of: [odd]", promise)).container
    sent = judge(container(file(variables, triggers, "all_of: [odd]")))
    assert not sent(Given(event="page_view", values={"n": f"{sign}{'9' * 300}"}))


def test_of_few_values_none_may_fit_the_type() -> None:
    variables, triggers = "dev: { agent: device, type: number }", "odd: { event: page_view, dev: { at_least: 1 } }"
    promise = "guarantees:\n  - { never: send, to: [crm] }\n"
    assert load(file(variables, triggers, "all_of: [odd]", promise)).container


@pytest.mark.parametrize("shape", ["starts_with: abc", "is: ab, ignore_case: true"])
def test_where_only_a_pattern_objects_the_search_for_an_example_ends_and_the_promise_fails(shape: str) -> None:
    triggers = f"one: {{ event: page_view, v: {{ {shape} }} }}; two: {{ v: {{ matches: '^[d-z]+$' }} }}"
    promise = "guarantees:\n  - { never: send, to: [crm] }\n"
    (problem,) = load(file("v: { cookie: v }", triggers, "all_of: [one, two]", promise)).problems
    assert problem.code == "guarantee-failed"
    assert "taggate try" not in problem.hint
