"""What a text matcher fits, as a shape: the characters of a text, with places for any other characters among them.

The proof asks of many shapes at once whether there is a text that fits these and not those.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

MANY = "**"
"""Any characters, also none."""
ONE = "??"
"""Any one character."""
MOST_STEPS = 30_000
MOST_WORK = 150_000
"""The same counted in characters that one shape reads."""

Shape = tuple[str, ...]
"""Characters, MANY and ONE; the whole text must fit."""


class TooManyTexts(Exception):
    """The search was given up: nothing is known."""


def exactly(text: str) -> Shape:
    """This text."""
    return tuple(text)


def beginning(text: str) -> Shape:
    """Texts that begin with this one."""
    return (*text, MANY)


def ending(text: str) -> Shape:
    """Texts that end with this one."""
    return (MANY, *text)


def holding(text: str) -> Shape:
    """Texts in which this one stands."""
    return (MANY, *text, MANY)


def pattern(text: str) -> Shape:
    """`*` stands for any characters, `?` for one."""
    shape: list[str] = []
    for one in text:
        token = {"*": MANY, "?": ONE}.get(one, one)
        if token != MANY or shape[-1:] != [MANY]:
            shape.append(token)
    return tuple(shape)


class Scan:
    """Reads texts character by character; its state is the set of places in the shape, a bit each."""

    def __init__(self, shape: Shape, *, fold: bool = False) -> None:
        self.shape = shape
        self.fold = fold
        self.characters = frozenset(token for token in shape if len(token) == 1)
        self._many = self._places(MANY)
        self._moves = {one: self._places(one, ONE) for one in self.characters}
        self._otherwise = self._places(ONE)
        self._end = 1 << len(shape)
        self.start = self._through(1)
        self._plainly = _plainly(shape)

    def _places(self, *tokens: str) -> int:
        return sum(1 << place for place, token in enumerate(self.shape) if token in tokens)

    def _through(self, state: int) -> int:
        return state | (state & self._many) << 1

    def step(self, state: int, one: str) -> int:
        """The state after one more character; 0: nothing that follows makes it fit."""
        for char in one.casefold() if self.fold else one:
            moves = self._moves.get(char, self._otherwise)
            state = self._through((state & self._many) | (state & moves) << 1)
        return state

    def places_after(self, place: int, text: str) -> list[int]:
        """Where in the shape one can be after reading a text from this place on."""
        state = self._through(1 << place)
        for one in text:
            state = self.step(state, one)
        return [at for at in range(len(self.shape) + 1) if state >> at & 1]

    def fits_at(self, state: int) -> bool:
        """Whether what was read fits."""
        return bool(state & self._end)

    def fits_always(self, state: int) -> bool:
        """Whether it fits whatever follows."""
        return self.fits_at(state) and self.shape[-1:] == (MANY,)

    def fits(self, text: str) -> bool:
        """Whether a text fits."""
        if self._plainly:
            return self._plainly(text.casefold() if self.fold else text)
        state = self.start
        for one in text:
            state = self.step(state, one)
        return self.fits_at(state)


def _plainly(shape: Shape) -> Callable[[str], bool] | None:
    """A quicker way to find out whether a text fits; None: there is none."""
    opened, closed = shape[:1] == (MANY,), shape[-1:] == (MANY,)
    inner = shape[opened : len(shape) - closed]
    text = "".join(inner)
    if {MANY, ONE}.intersection(inner):
        return None
    if opened:
        return (lambda value: text in value) if closed else (lambda value: value.endswith(text))
    return (lambda value: value.startswith(text)) if closed else (lambda value: value == text)


Wish = tuple[Scan, bool]
"""A shape, and whether the text is to fit it."""


def shortest(wishes: Sequence[Wish]) -> str | None:
    """A shortest text, not empty, that is as wished; None: there is none. Raises TooManyTexts."""
    found = _search(wishes, _letters(wishes, every=False))
    if found is None and any(scan.fold for scan, _ in wishes):
        return _search(wishes, _letters(wishes, every=True))
    return found


def joined(scans: Sequence[Scan]) -> Iterator[str]:
    """Texts that may fit all of these at once: how they begin, what stands within them, how they end."""
    named = frozenset[str]().union(*(scan.characters for scan in scans))
    other = next(one for one in _plain() if one not in named)
    cut = [_pieces(scan.shape, other) for scan in scans]
    begin = max((pieces[0] for pieces in cut), key=len, default="")
    end = max((pieces[-1] for pieces in cut), key=len, default="")
    inner = dict.fromkeys(piece for pieces in cut for piece in pieces[1:-1])
    least = [piece for piece in inner if not any(piece in one for one in (*inner, begin, end) if one != piece)]
    for between in (other, ""):
        yield between.join([begin, *least, end])


def _pieces(shape: Shape, other: str) -> list[str]:
    """The texts before, between and after MANY, with a character in place of each ONE."""
    return "".join({MANY: "\0", ONE: other}.get(one, one) for one in shape).split("\0")


def _search(wishes: Sequence[Wish], letters: Sequence[str]) -> str | None:
    start = tuple(scan.start for scan, _ in wishes)
    seen = {start}
    reached: list[tuple[tuple[int, ...], str]] = [(start, "")]
    for steps, (states, text) in enumerate(reached):
        if steps * len(letters) > min(MOST_STEPS, MOST_WORK // (len(wishes) or 1)):
            raise TooManyTexts
        for one in letters:
            after = tuple(scan.step(state, one) for (scan, _), state in zip(wishes, states, strict=True))
            if all(scan.fits_at(state) is wanted for (scan, wanted), state in zip(wishes, after, strict=True)):
                return text + one
            if after not in seen and all(map(_hopeful, wishes, after)):
                seen.add(after)
                reached.append((after, text + one))
    return None


def _hopeful(wish: Wish, state: int) -> bool:
    scan, wanted = wish
    return state != 0 if wanted else not scan.fits_always(state)


def _letters(wishes: Iterable[Wish], *, every: bool) -> list[str]:
    """One character for each way in which these shapes can tell characters apart."""
    named: set[str] = set()
    for scan, _ in wishes:
        named |= scan.characters
        if scan.fold:
            for one in scan.characters:
                named |= _folding_to()[one] if every and one in _folding_to() else {one.upper()[:1]}
    return [next(one for one in _plain() if one not in named), *(_growing(named) if every else ()), *sorted(named)]


def _growing(named: set[str]) -> Iterator[str]:
    """One character each of those that become two and three when capital and small letters are the same."""
    for grown in _grown().values():
        yield from [one for one in grown if one not in named and named.isdisjoint(one.casefold())][:1]


def _plain() -> Iterator[str]:
    """Characters that fold to themselves, the most usual first; more than a file can hold."""
    yield from "xyzabcdefghijklmnopqrstuvw0123456789-_"
    yield from (chr(code) for code in range(0x4E00, 0x9FFF))


@cache
def _grown() -> dict[int, list[str]]:
    """How many characters they become when capital and small letters are the same → characters."""
    found: dict[int, list[str]] = {}
    for one in sorted({one for others in _folding_to().values() for one in others}):
        if (length := len(one.casefold())) > 1:
            found.setdefault(length, []).append(one)
    return found


@cache
def _folding_to() -> dict[str, set[str]]:
    """Character → every other that becomes it, or a text with it, when capital and small letters are the same."""
    found: dict[str, set[str]] = {}
    for code in range(0x110000):
        one = chr(code)
        folded = one.casefold()
        if folded != one:
            for part in folded:
                found.setdefault(part, set()).add(one)
    return found
