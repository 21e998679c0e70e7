"""A container's text → its text with one line gone, or one thing on one line less strict."""

import re
from collections.abc import Iterator

from msgspec import Struct

SECTION = re.compile(r"^(\w+):", re.MULTILINE)
NOT_MUTATED = ("version", "guarantees", "tests")
"""What proves the rest is not mutated: it is the proof."""

LESS_STRICT: tuple[tuple[str, str], ...] = (
    (r"\ball_of: \[", "any_of: ["),
    (r", none_of: \[[^\]]*\]", ""),
    (r"\bnone_of: \[[^\]]*\], ", ""),
    (r"\bone_of: \[[^\]]*\]", "present: true"),
    (r"\bat_most: \S+", "at_most: 1000000"),
    (r"\bless_than: \S+", "less_than: 1000000"),
    (r"\bheader: [\w-]+", "header: X-Other"),
    (r"\bgranted: \w+", "unknown: {other}"),
    (r"\bgranted: \w+", "granted: {other}"),
    (r"\bhash: \[", "attach: ["),
    (r"\bwhile_unknown: hold\b", "while_unknown: send"),
    (r", personal: true", ""),
    (r"\bip: (none|anonymous)\b", "ip: full"),
    (r"\bpage: (none|path)\b", "page: url"),
    (r"\bat_least: \S+", "at_least: -1000"),
    (r"\bmore_than: \S+", "more_than: -1000"),
    (r"\bat_login: new_visit\b", "at_login: same_visit"),
    (r"\bat_logout: new_visitor\b", "at_logout: same_visitor"),
    (r"\bdays: \d+", "days: 400"),
    (r"\bevent: [a-z]\w*(?= [,}])", "event: { present: true }"),
    (r"\bpresent: true\b", "present: false"),
    (r"\bwhen: \w+", "when: {any_trigger}"),
    (r"\bremember_when: \w+", "remember_when: {any_trigger}"),
    (r"\bsend_when: \w+", "send_when: {any_trigger}"),
    (r"\bverified_by: \{.*?\} \}", ""),
    (r"\bdefault: \S+(?= })", "default: x"),
)
"""What stands on a line, and what could stand there in its place."""
LISTS = re.compile(r"\b(all_of|none_of|gpc_refuses|drop_query): \[([^\]]*)\]")
"""Lists that restrict with each of their words."""
ANY = re.compile(r"\bany_of: \[([^\]]*)\]")
"""Lists that every further word makes wider."""


class Mutant(Struct, frozen=True):
    """A whole file with one change: the line as it was, as it is (empty: deleted), and its number."""

    text: str
    before: str
    after: str
    line: int


def mutants(text: str) -> Iterator[Mutant]:
    """Every one, in the file's order."""
    lines, words = text.split("\n"), _words(text)
    for number, line in enumerate(lines):
        code = line.split(" #")[0].rstrip()
        if _section(lines, number) in NOT_MUTATED or not code.strip() or code.lstrip().startswith("#"):
            continue
        for after in dict.fromkeys(["", *_changed(code, words)]):
            if after != code:
                kept = [*lines[:number], *([after] if after else []), *lines[number + 1 :]]
                yield Mutant("\n".join(kept), _plain(code), _plain(after), number + 1)


def _section(lines: list[str], number: int) -> str:
    found = [match[1] for line in lines[: number + 1] if (match := SECTION.match(line))]
    return found[-1] if found else ""


def _words(text: str) -> dict[str, list[str]]:
    """What a mutation may put in: the purposes, and the triggers."""
    purposes = re.search(r"purposes: \{(.*?)\}", text)
    triggers = re.search(r"^triggers:.*?\n(.*?)^\w", text, re.MULTILINE | re.DOTALL)
    return {
        "other": re.findall(r"(\w+):", purposes[1] if purposes else ""),
        "any_trigger": re.findall(r"^  (\w+):", triggers[1] if triggers else "", re.MULTILINE),
    }


def _changed(code: str, words: dict[str, list[str]]) -> Iterator[str]:
    for pattern, instead in LESS_STRICT:
        for match in re.finditer(pattern, code):
            for said in _said(instead, words):
                yield code[: match.start()] + said + code[match.end() :]
    for match in ANY.finditer(code):
        items = [item.strip() for item in match[1].split(",")]
        for more in words["any_trigger"]:
            if more not in (*items, code.split(":", maxsplit=1)[0].strip()):
                yield f"{code[: match.end(1)]}, {more}{code[match.end(1) :]}"
    for match in LISTS.finditer(code):
        items = [item.strip() for item in match[2].split(",") if item.strip()]
        for gone in range(len(items)):
            rest = ", ".join(items[:gone] + items[gone + 1 :])
            yield code[: match.start(2)] + rest + code[match.end(2) :]


def _said(instead: str, words: dict[str, list[str]]) -> list[str]:
    for name, possible in words.items():
        if f"{{{name}}}" in instead:
            return [instead.replace(f"{{{name}}}", word) for word in possible]
    return [instead]


def _plain(line: str) -> str:
    return " ".join(line.split())
