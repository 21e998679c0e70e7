"""One kind of problem, sorted and rendered in one place: mistakes in files, in words for those who write them."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from enum import StrEnum

from msgspec import Struct

LIST_AT_MOST = 12
LONGEST_SHOWN = 60
WIDEST_LINE = 240
"""Characters of a line of the file that are shown."""
_NEAR = 0.62
MOST = 1000
"""A pass that finds this many problems stops: whoever repairs the first ones checks again anyway."""

SYNONYMS = {
    **dict.fromkeys(("equals", "equal", "eq", "equal_to", "exactly"), ("is",)),
    **dict.fromkeys(("not_equals", "not_equal", "neq", "ne", "not", "not_is", "isnt", "is_no"), ("is_not",)),
    **dict.fromkeys(("not_in", "is_not_in", "is_not_one_of", "none_of_these"), ("not_one_of",)),
    **dict.fromkeys(("does_not_contain", "doesnt_contain", "contains_not", "excludes"), ("not_contains",)),
    **dict.fromkeys(("regex", "regexp", "re", "pattern", "matches_regex"), ("matches",)),
    **dict.fromkeys(("gt", "greater", "greater_than", "above", "over"), ("more_than",)),
    **dict.fromkeys(("lt", "less", "lower_than", "below", "under"), ("less_than",)),
    **dict.fromkeys(("gte", "ge", "min", "minimum"), ("at_least",)),
    **dict.fromkeys(("lte", "le", "max", "maximum"), ("at_most",)),
    **dict.fromkeys(("in", "any", "either"), ("one_of", "any_of")),
    **dict.fromkeys(("and", "all", "every"), ("all_of",)),
    **dict.fromkeys(("or", "some"), ("any_of", "one_of")),
    **dict.fromkeys(("none", "nor", "except", "unless", "without"), ("none_of",)),
    **dict.fromkeys(("exists", "defined", "set", "has_value"), ("present",)),
    **dict.fromkeys(("begins_with", "prefix"), ("starts_with",)),
    **dict.fromkeys(("includes", "has", "include"), ("contains",)),
    **dict.fromkeys(("bool", "boolean", "flag"), ("true_false",)),
    **dict.fromkeys(("int", "integer", "float", "decimal"), ("number",)),
    **dict.fromkeys(("string", "str"), ("text",)),
    **dict.fromkeys(("list", "array"), ("set",)),
    **dict.fromkeys(("piwik",), ("matomo",)),
    **dict.fromkeys(("google_analytics", "google_analytics_4", "analytics", "gtag", "ga", "gaawe"), ("ga4",)),
    **dict.fromkeys(("html", "custom_html", "javascript"), ("script",)),
    **dict.fromkeys(("image", "img", "custom_image"), ("pixel",)),
    **dict.fromkeys(("http", "api"), ("webhook",)),
    **dict.fromkeys(("trigger", "triggers", "when", "fire_when", "fire_on"), ("send_when", "when")),
    **dict.fromkeys(("condition", "conditions", "if"), ("when", "send_when")),
    **dict.fromkeys(("endpoint", "address", "host", "matomourl", "matomo_url", "piwikurl"), ("url",)),
    **dict.fromkeys(("parameters", "params", "properties", "data"), ("fields",)),
    **dict.fromkeys(("raw", "plain", "keep"), ("attach",)),
    **dict.fromkeys(("pseudonym", "pseudonymise", "pseudonymize", "hashed"), ("hash",)),
    **dict.fromkeys(("external", "outgoing", "outlink", "exit_link"), ("outbound", "link")),
    **dict.fromkeys(("pdf", "file", "files"), ("download",)),
    **dict.fromkeys(("form", "form_submit"), ("submit",)),
    **dict.fromkeys(("all_elements_click", "just_links", "link_click"), ("click", "link")),
    **dict.fromkeys(("element_visibility", "visibility", "in_view"), ("visible",)),
    **dict.fromkeys(("first_party_cookie", "first_party_cookies"), ("cookie",)),
    **dict.fromkeys(("video", "audio", "film"), ("media",)),
    **dict.fromkeys(("exit", "exit_intent", "close"), ("leave", "unload")),
    **dict.fromkeys(("start", "begin", "begins", "since"), ("from",)),
    **dict.fromkeys(("end", "ends", "to", "till"), ("until",)),
    **dict.fromkeys(("user", "users", "identity"), ("user_id",)),
    **dict.fromkeys(("write_key", "writekey"), ("browser_key",)),
    **dict.fromkeys(("token", "token_auth"), ("server_token", "token")),
    **dict.fromkeys(("pii", "sensitive", "private"), ("personal",)),
    **dict.fromkeys(("mapping", "map", "values", "cases", "rows"), ("table",)),
    **dict.fromkeys(("idsite", "id_site", "siteid"), ("site_id",)),
    **dict.fromkeys(("exact", "case_insensitive", "case"), ("ignore_case",)),
}
"""What other programs call it: the words that are ours."""

_NEGATING = re.compile(r"(?:no|not|non|never|without|kein|keine|nicht|nie|ohne)_(.+)", re.IGNORECASE)

# A file must not be able to steer the terminal on which its mistakes are shown.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Place(Struct, frozen=True, order=True):
    """Where a word stands in a file: line and column from 1, width in characters."""

    line: int
    column: int
    width: int = 1


class Severity(StrEnum):
    """An error keeps a file out; a warning does so only with `--strict`."""

    ERROR = "error"
    WARNING = "warning"


class Problem(Struct, frozen=True, kw_only=True):
    """One mistake: where, what, and what to type now. `code` is stable and explained in the docs."""

    place: Place
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


def warning(place: Place, code: str, message: str, hint: str = "") -> Problem:
    """A problem that is fatal only with `--strict`."""
    return Problem(place=place, code=code, message=message, hint=hint, severity=Severity.WARNING)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by place, each said once."""
    return tuple(dict.fromkeys(sorted(problems, key=lambda p: (p.place, p.severity, p.code, p.message))))


def errors(problems: Iterable[Problem]) -> bool:
    """Whether one of them is an error."""
    return any(p.severity is Severity.ERROR for p in problems)


def render(problem: Problem, file: str, lines: Sequence[str]) -> str:
    """The problem as `taggate check` prints it: place, message, the line with a caret, the hint."""
    place = problem.place
    kind = "Warning: " if problem.severity is Severity.WARNING else ""
    out = [f"{file}:{place.line}:{place.column}: {kind}{_shown(problem.message)} [{problem.code}]"]
    if 0 < place.line <= len(lines):
        number = str(place.line)
        text, column = _around(_shown(lines[place.line - 1]), place.column)
        caret = _caret(text, Place(place.line, column, place.width))
        out += [f"{number} | {text}".rstrip(), f"{' ' * len(number)} | {caret}"]
    if problem.hint:
        out.append(f"  → {_shown(problem.hint)}")
    return "\n".join(out)


def _around(text: str, column: int) -> tuple[str, int]:
    """What is shown of a line, and where in it the column is."""
    if len(text) <= WIDEST_LINE:
        return text, column
    begin = max(min(column - WIDEST_LINE // 2, len(text) - WIDEST_LINE), 0)
    before, after = "…" * (begin > 0), "…" * (begin + WIDEST_LINE < len(text))
    return f"{before}{text[begin : begin + WIDEST_LINE]}{after}", column - begin + len(before)


def did_you_mean(word: str, possible: Iterable[str], otherwise: str = "") -> str:
    """A hint: the near names, else what is possible, else `otherwise`."""
    names = list(possible)
    same = [name for name in SYNONYMS.get(word.lower().replace("-", "_").replace(" ", "_"), ()) if name in names][:1]
    alike = [name for name in names if not _opposite(word.lower(), name)]
    near = same or get_close_matches(word.lower(), alike, n=2, cutoff=_NEAR)
    if near:
        return f"Did you mean {' or '.join(quoted(n) for n in near)}?"
    if not names:
        return otherwise
    shown = names[:LIST_AT_MOST]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"Possible here: {', '.join(shown)}{more}."


def _opposite(word: str, name: str) -> bool:
    """Whether one of them says no to the other: not_staff and staff are near, and mean the contrary."""
    if name == f"un{word}" or word == f"un{name}":
        return True
    negated = [found[1] for text in (word, name) if (found := _NEGATING.fullmatch(text))]
    other = name if _NEGATING.fullmatch(word) else word
    return len(negated) == 1 and bool(get_close_matches(negated[0], [other], cutoff=_NEAR))


def quoted(text: str) -> str:
    """Text as it stands in a message, cut when it is long."""
    return f'"{text[:LONGEST_SHOWN]}…"' if len(text) > LONGEST_SHOWN else f'"{text}"'


def _shown(text: str) -> str:
    return _STEERING.sub("�", re.sub(r"[\t\n]", " ", text))


def _caret(text: str, place: Place) -> str:
    before, word = text[: place.column - 1], text[place.column - 1 : place.column - 1 + place.width]
    return " " * _columns(before) + "^" + "~" * (max(_columns(word), 1) - 1)


def _columns(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
