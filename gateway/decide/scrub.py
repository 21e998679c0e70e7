"""Known-value scrubbing (identity.md). What is about to leave, and what must not be in it, in; the rest of it out."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import unquote

from gateway.decide.address import EMAIL, mended
from gateway.decide.effort import A_CHARACTER, A_VALUE, Effort
from gateway.decide.hidden import REMOVED, thoroughly
from gateway.decide.spellings import LEFT, RIGHT, Spelling, forms, hash_forms, is_scheme
from gateway.model import Json

_ROUNDS = 4
_HEX_RUN = re.compile(r"[0-9a-f]{32}")


class Needles:
    """What is looked for in everything that one tag gets of one hit: known values, and all e-mail addresses."""

    def __init__(self, known: Mapping[str, tuple[str, str]], effort: Effort) -> None:
        self._known = known
        self._effort = effort
        self._whole = not effort.steps(A_VALUE * len(known))
        """Even to write so many in all ways would take too long."""
        values = [] if self._whole else [value for value, _ in known.values()]
        self._values = sorted(values, key=len, reverse=True)
        self._forms = [form for value in self._values for form in forms(value)]
        self._hashes: list[Spelling] | None = None
        self._put_in = [REMOVED, *{allowed for value, allowed in known.values() if allowed not in (value, REMOVED)}]

    @classmethod
    def of(cls, values: Iterable[tuple[str, str | None]], effort: Effort | None = None) -> "Needles":
        """From known values, each with what may stand in its place: itself (it may leave), another text, or nothing.
        A text whose search is beyond the `effort` goes whole.

        Where a value comes twice, the entry that allows something holds.
        """
        known: dict[str, tuple[str, str]] = {}
        for value, allowed in values:
            bare, instead = value.strip(), REMOVED if allowed is None else allowed.strip()
            if bare and (instead != REMOVED or bare.casefold() not in known):
                known[bare.casefold()] = (bare, instead)
        return cls(known, effort or Effort())

    def scrub(self, text: str) -> tuple[str, int]:
        """The text with all that is known replaced, and how often. An address stays one that can be parsed; of what
        comes to light again and again nothing stays."""
        if self._whole or not self._effort.text(text):
            return REMOVED, 1
        return thoroughly(self._scrubbed, text)

    def _scrubbed(self, text: str) -> tuple[str, int]:
        total = 0
        for _ in range(_ROUNDS):
            text, count = self._once(text)
            if not count:
                break
            total += count
        else:
            text = REMOVED
        return (mended(text, self._put_in) if total else text), total

    def scrub_json(self, value: Json) -> tuple[Json, int]:
        """The same for a JSON value: texts, keys, and numbers that are written like a known value."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, list):
            items = [self.scrub_json(item) for item in value]
            return [item for item, _ in items], sum([count for _, count in items])
        if isinstance(value, dict):
            pairs = [(self.scrub(key), self.scrub_json(item)) for key, item in value.items()]
            return {key: item for (key, _), (item, _) in pairs}, sum([key[1] + item[1] for key, item in pairs])
        return self._number(value)

    def _number(self, value: Json) -> tuple[Json, int]:
        text = written(value)
        said, allowed = self._known.get(text, (text, text))
        return (value, 0) if isinstance(value, bool) or said == allowed else (allowed, 1)

    def _once(self, text: str) -> tuple[str, int]:
        folded, count = text.casefold(), 0
        if has_at(folded):
            if not self._effort.steps(A_CHARACTER * len(text)):
                return REMOVED, 1
            text, count = _replaced(EMAIL, text, self._for_email)
        found = self._found(folded)
        if not found:
            return text, count
        put_in = self._put_in[1:]
        if not self._effort.pattern(found, put_in):
            found = [form for form in found if self._known[form.value.casefold()][1] != form.value]
            if not self._effort.pattern(found, put_in):
                return _gone(text, count)
        if not self._effort.steps(len(text) * sum([form.steps for form in found])):
            return _gone(text, count)
        # What was put in, also in the round before, is not looked into.
        kept = [rf"{LEFT}{re.escape(text)}{RIGHT}" for text in put_in]
        groups = [f"({form.pattern})" for form in found]
        pattern = re.compile("|".join([re.escape(REMOVED), *kept, *groups]), re.IGNORECASE)
        text, more = _replaced(pattern, text, lambda match: self._for_form(match, found))
        self._effort.steps(A_VALUE * more)
        return text, count + more

    def _found(self, folded: str) -> list[Spelling]:
        """The forms to look for in a text. Hashes are not even made for one without a long run of hex digits."""
        self._effort.steps(len(self._forms))
        found = [form for form in self._forms if form.mark in folded]
        if _HEX_RUN.search(folded):
            if self._hashes is None:
                self._hashes = [form for value in self._values for form in hash_forms(value)]
            found += [form for form in self._hashes if form.mark in folded]
        return found

    def _for_email(self, match: re.Match[str]) -> str:
        value, allowed = self._known.get(unquote(unquote(match[0])).casefold(), ("", REMOVED))
        return match[0] if value == allowed else allowed

    def _for_form(self, match: re.Match[str], found: Sequence[Spelling]) -> str:
        if match.lastindex is None or is_scheme(match.string, match.start(), match.end()):
            return match[0]
        value, allowed = self._known[found[match.lastindex - 1].value.casefold()]
        return match[0] if value == allowed else allowed


def _gone(text: str, count: int) -> tuple[str, int]:
    return (text, count) if text == REMOVED else (REMOVED, count + 1)


def written(value: Json) -> str:
    """A number as a known value would be written."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def has_at(folded: str) -> bool:
    """Whether there may be an e-mail address in a text in lower case."""
    return "@" in folded or ("%" in folded and ("%40" in folded or "%2540" in folded))


def _replaced(pattern: re.Pattern[str], text: str, choose: Callable[[re.Match[str]], str]) -> tuple[str, int]:
    """The text with the chosen replacements, and how many of them changed something."""
    count = 0

    def replacement(match: re.Match[str]) -> str:
        nonlocal count
        chosen = choose(match)
        count += chosen != match[0]
        return chosen

    return pattern.sub(replacement, text), count
