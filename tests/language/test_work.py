"""What a check costs, counted in what it does: a machine that is busy with other things proves as fast."""

from collections.abc import Iterator

import pytest

from gateway.language.proof.circuit import Circuit
from gateway.language.wildcards import Scan
from tests.language.large import promised
from tests.language.small import changed, codes

PAGES = ("shop", "cart", "checkout", "account", "blog", "news", "help", "about", "women", "men", "sale", "shoes")
KINDS = {
    "is": "/{0}",
    "starts_with": "/{0}/",
    "ends_with": "/{0}.html",
    "contains": "{0}/{1}",
    "like": "'/*/{0}/*'",
    "one_of": "[/{0}/x, /{1}/y]",
    "not_contains": "{0}{1}",
    "matches": "'^/{0}/[0-9]+'",
}
"""Twelve pages are asked for in different ways."""


class Work:
    """How often something was looked for that makes everything true, and how many characters were read for it."""

    solved = 0
    read = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    done = Work()
    solve, step = Circuit.solve, Scan.step

    def solved(self: Circuit, wanted: object) -> object:
        done.solved += 1
        return solve(self, wanted)  # type: ignore[arg-type]

    def read(self: Scan, state: int, one: str) -> int:
        done.read += 1
        return step(self, state, one)

    monkeypatch.setattr(Circuit, "solve", solved)
    monkeypatch.setattr(Scan, "step", read)
    return done


def asked(count: int, kinds: tuple[str, ...]) -> str:
    """So many comparisons of one address, in one tag and one rule, and guarantees about them."""
    rows = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        wanted = KINDS[kind].format(PAGES[number % len(PAGES)], PAGES[(number * 7 + 3) % len(PAGES)])
        rows.append(f"  t{number}: {{ path: {{ {kind}: {wanted} }} }}\n")
    odd, even, third = (
        ", ".join(f"t{n}" for n in some) for some in (range(1, count, 2), range(0, count, 2), range(0, count, 3))
    )
    return changed(
        ("  plan: {", "  path: { url: path }\n  plan: {"),
        ("  analytics_ok: {", f"{''.join(rows)}  analytics_ok: {{"),
        ("any_of: [page_view, big_order]", f"any_of: [{even}], none_of: [{odd}]"),
        ("all_of: [signed_in, analytics_ok]", f"all_of: [signed_in, analytics_ok], any_of: [{third}]"),
        (
            "tests:\n",
            "guarantees:\n"
            f"  - {{ never: attach, to: [crm], unless: {{ any_of: [{third}] }} }}\n"
            "  - { never: attach, to: [crm], unless: { all_of: [t0], none_of: [t1, t3] } }\n"
            "  - { never: send, to: all, unless: analytics_ok }\n"
            "tests:\n",
        ),
    )


@pytest.mark.parametrize(
    "kinds",
    [
        ("is", "starts_with", "ends_with", "contains", "like", "one_of"),
        ("contains", "not_contains"),
        ("like",),
        ("matches", "starts_with", "ends_with"),
        ("not_contains", "ends_with", "starts_with"),
    ],
    ids=",".join,
)
@pytest.mark.parametrize("count", [24, 120])
def test_many_comparisons_of_one_address(work: Work, kinds: tuple[str, ...], count: int) -> None:
    found = codes(asked(count, kinds))
    assert found.count("guarantee-failed") == 1
    assert "too-hard" not in found
    assert work.solved < 200
    assert work.read < 100_000


def test_a_large_file(work: Work) -> None:
    """300 triggers, 60 tags, 200 tests and 61 guarantees."""
    assert codes(promised()) == ["no-unknown-test", "untested-tag"]
    assert work.solved < 1500
    assert work.read < 30_000
