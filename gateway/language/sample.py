"""A pattern of RE2 → a few plain texts that should fit it; whoever takes one tries whether it does."""

from collections.abc import Iterator

MOST = 8
MOST_REPEATED = 100
_ESCAPED = {"d": "0", "w": "x", "s": " ", "D": "x", "W": "-", "S": "x", "n": "\n", "t": "\t"}
_EMPTY = "bBAzQEC"


def samples(pattern: str) -> tuple[str, ...]:
    """One text for each of its alternatives, of the first ones."""
    reader = _Reader(pattern)
    return tuple(dict.fromkeys(reader.alternatives()))[:MOST]


class _Reader:
    """Reads a pattern that RE2 can read, from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def _next(self, *some: str) -> bool:
        """Whether one of these comes next; then it is read."""
        found = next((one for one in some if self._pattern.startswith(one, self._at)), None)
        self._at += len(found or "")
        return found is not None

    def _take(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1 : self._at]

    @property
    def _more(self) -> bool:
        return self._at < len(self._pattern)

    def _until(self, end: str) -> str:
        start, self._at = self._at, (self._pattern + end).index(end, self._at) + 1
        return self._pattern[start : self._at - 1]

    def alternatives(self) -> list[str]:
        """A text of each, up to the end of the group."""
        found = ["".join(self._sequence())]
        while self._next("|"):
            found.append("".join(self._sequence()))
        self._next(")")
        return found

    def _sequence(self) -> Iterator[str]:
        while self._more and self._pattern[self._at] not in "|)":
            yield self._piece() * self._times()

    def _piece(self) -> str:
        one = self._take()
        if one == "(":
            return self._group()
        if one == "[":
            return self._choice()
        if one == "\\":
            return self._escaped()
        return {".": "x", "^": "", "$": ""}.get(one, one)

    def _group(self) -> str:
        if self._next("?P<", "?<"):
            self._until(">")
        elif self._next("?"):
            while self._more and self._take() not in ":)":
                pass
            if self._pattern[self._at - 1] == ")":
                return ""
        return self.alternatives()[0]

    def _escaped(self) -> str:
        one = self._take()
        if one in "pP":
            self._until("}") if self._next("{") else self._take()
            return "x"
        return "" if one in _EMPTY else _ESCAPED.get(one, one)

    def _choice(self) -> str:
        turned = self._next("^")
        named = self._next("[:")
        first = "a" if named else self._take()
        if named:
            self._until("]")
        elif first == "\\":
            first = self._escaped()
        while self._more and (one := self._take()) != "]":
            if one == "\\":
                self._take()
            elif one == "[" and self._next(":"):
                self._until("]")
        return "x" if turned else first

    def _times(self) -> int:
        times = 1
        if self._next("*", "?"):
            times = 0
        elif self._next("{"):
            times = int(self._until("}").partition(",")[0] or 0)
        else:
            self._next("+")
        self._next("?")
        return min(times, MOST_REPEATED)
