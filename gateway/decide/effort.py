"""What looking for somebody in the texts of one request may cost: it must not hold up all others. What is beyond it is
not searched, and goes whole."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from gateway.decide.spellings import Spelling

LONGEST = 8192
"""Characters of a text from which on it goes whole, as UTF-16 counts them: the snippet cuts there, and where a text was
cut the half of an ID may stand, which nobody finds."""
DEAREST = 64
"""Of patterns looked for in one text, while they are compiled."""
_PATTERNS = 2_000
"""Of them all: 20 for each of a hundred hits. One takes a tenth of a millisecond."""
_WINDOWS = 65_536
"""Pieces of texts that are digested. A thousand take some milliseconds; a page view has some hundred for each tag."""
_STEPS = 6_000_000
"""Of looking through texts, some 50 ns each where it is meant to be dear. A page view with a User ID and an e-mail
address in it has some thousand for each tag."""
A_VALUE = 200
"""Steps that it takes to write one value in all ways, or to put something in its place."""
A_CHARACTER = 32
"""Steps that each character may take where e-mail addresses are looked for."""

_CHARACTERS = 262_144
"""Of texts in which it is found out where pieces begin and end. A thousand take a millisecond."""
_TRIES = 4_194_304
"""Pieces of texts of which it is only asked whether they begin and end. A thousand take a twentieth of that."""
_AT_HAND = 8
"""Texts whose edges are kept: tags get much the same."""

Edges = tuple[Sequence[int], AbstractSet[int]]
"""Where pieces of a text may begin, and where they may end."""
Places = tuple[Edges, Edges]


class Effort:
    """Of all hits of one request. What was looked for before is free."""

    def __init__(
        self,
        *,
        patterns: int = _PATTERNS,
        windows: int = _WINDOWS,
        characters: int = _CHARACTERS,
        tries: int = _TRIES,
        steps: int = _STEPS,
    ) -> None:
        self._patterns = patterns
        self._steps = steps
        self._windows = windows
        self._characters = characters
        self._tries = tries
        self._at_hand: dict[str, Places] = {}
        self._made: set[tuple[str, ...]] = set()

    def text(self, text: str) -> bool:
        """Whether it may be searched at all."""
        # Escapes are undone, and it is searched once more.
        if not self.steps(len(text) * (8 if "%" in text else 1)):
            return False
        return len(text) < LONGEST // 2 or len(text.encode("utf-16-le", "surrogatepass")) < 2 * LONGEST

    def pattern(self, found: Sequence[Spelling], put_in: Sequence[str]) -> bool:
        """Whether there may be a pattern for these."""
        cost = sum([form.cost for form in found])
        wanted = (*[form.text for form in found], "", *put_in)
        if wanted in self._made:
            return True
        if cost > min(self._patterns, DEAREST):
            return False
        self._patterns -= cost
        self._made.add(wanted)
        return True

    def steps(self, many: int) -> bool:
        """Whether there may be so many more."""
        self._steps -= many
        return self._steps >= 0

    def places(self, text: str, find: Callable[[str], Places], lengths: int) -> Places | None:
        """The edges in a text, where pieces of so many lengths are looked for; None: they may not be."""
        found = self._at_hand.get(text)
        if found is None:
            self._characters -= len(text)
            if self._characters < 0:
                return None
            if len(self._at_hand) == _AT_HAND:
                self._at_hand.clear()
            found = self._at_hand[text] = find(text)
        self._tries -= lengths * max([len(starts) for starts, _ in found])
        return None if self._tries < 0 else found

    def window(self) -> bool:
        """Whether one more piece may be digested."""
        self._windows -= 1
        return self._windows >= 0
