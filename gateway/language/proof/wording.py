"""Texts and sets of texts: a literal for each shape that a matcher names, and a text again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from gateway.language.container import Matcher
from gateway.language.matchers import KINDS, predicate
from gateway.language.proof.circuit import FALSE, TRUE, Circuit, Literal, Model
from gateway.language.proof.domains import Unreal
from gateway.language.wildcards import MANY, ONE, Scan, Shape, TooManyTexts, Wish, exactly, joined, shortest
from gateway.model import Value

MOST_TRIES = 60
MOST_SHORTENED = 5
"""Shapes that a text is to fit, up to which it is worth its time to find the shortest one."""
MOST_DOUBTFUL = 5
"""Texts that are tried where only a matcher without shape objects."""
Fits = Callable[[str], bool]


def anything(_: str) -> bool:
    """Every text is possible."""
    return True


def fitting(circuit: Circuit, matcher: Matcher, fits: Callable[..., Literal]) -> Literal | None:
    """True exactly when a text is as a matcher wants it, if one knows when it `fits` a shape; None: who knows."""
    kind = KINDS[matcher.word]
    if kind.shape is None:
        return None
    wanted = matcher.wanted if isinstance(matcher.wanted, tuple) else (matcher.wanted,)
    texts = [str(word).casefold() if matcher.ignore_case else str(word) for word in wanted]
    says = circuit.any_of(*(fits(kind.shape(text), fold=matcher.ignore_case) for text in texts))
    return -says if matcher.negated is not kind.denies else says


class Shapes:
    """The shapes that some matchers name, and what follows from one for another. All other matchers are free."""

    def __init__(
        self, circuit: Circuit, named: Iterable[str] = (), possible: Fits = anything, usual: Sequence[str] = ()
    ) -> None:
        """`named`: texts that must be told apart; `usual`: texts that are tried first."""
        self._circuit = circuit
        self._usual = usual
        self._possible = possible
        self._literals: dict[tuple[Shape, bool], Literal] = {}
        self._scans: dict[Literal, Scan] = {}
        self._free: dict[Matcher, Literal] = {}
        self._found: dict[frozenset[Literal], str | None] = {}
        for text in dict.fromkeys(named):
            self.fits(exactly(text))

    def says(self, matcher: Matcher) -> Literal:
        """True exactly when the text is as the matcher wants it."""
        found = fitting(self._circuit, matcher, self.fits)
        return self.freely(matcher) if found is None else found

    def fits(self, shape: Shape, *, fold: bool = False) -> Literal:
        """True exactly when the text fits."""
        if not shape or shape == (MANY,):
            return TRUE if shape else FALSE
        key = (shape, fold)
        if key not in self._literals:
            literal = self._literals[key] = self._circuit.free()
            self._scans[literal] = Scan(shape, fold=fold)
        return self._literals[key]

    def freely(self, matcher: Matcher) -> Literal:
        """Of this nothing is known but what it says to the texts that are named."""
        plain = Matcher(word=matcher.word, wanted=matcher.wanted, ignore_case=matcher.ignore_case)
        if plain not in self._free:
            self._free[plain] = self._circuit.free()
        return -self._free[plain] if matcher.negated else self._free[plain]

    @property
    def literals(self) -> tuple[Literal, ...]:
        """One for each shape, and one for each matcher without."""
        return (*self._scans, *self._free.values())

    def relate(self) -> None:
        """Tell the circuit what is plain to see; the rest is found out when it matters."""
        exact = [(literal, "".join(scan.shape)) for literal, scan in self._scans.items() if _is_text(scan)]
        others = [(literal, scan) for literal, scan in self._scans.items() if not _is_text(scan)]
        self._circuit.at_most_one([literal for literal, _ in exact])
        for literal, text in exact:
            for other, scan in others:
                self._circuit.require(-literal, other if scan.fits(text) else -other)
            for matcher, other in self._free.items():
                self._circuit.require(-literal, other if predicate(matcher)(text) else -other)
        for turned in (False, True):
            edges = [(_edge(scan, turned=turned), scan.fold, literal) for literal, scan in others]
            for fold in (False, True):
                self._nest({text: literal for text, folds, literal in edges if text and folds is fold})
        self._hold(others)

    def _nest(self, edges: Mapping[str, Literal]) -> None:
        """What begins with one of several beginnings begins with all that it begins with, and with no other."""
        inside: dict[str, list[Literal]] = {}
        above: list[str] = []
        for text in sorted(edges):
            while above and not text.startswith(above[-1]):
                above.pop()
            if above:
                self._circuit.require(-edges[text], edges[above[-1]])
            inside.setdefault(above[-1] if above else "", []).append(edges[text])
            above.append(text)
        for literals in inside.values():
            self._circuit.at_most_one(literals)

    def _hold(self, others: Sequence[tuple[Literal, Scan]]) -> None:
        """What asks for a longer text holds the shorter one."""
        held = [(literal, _runs(scan)[0], scan.fold) for literal, scan in others if _is_held(scan)]
        for other, scan in others:
            for run in _runs(scan):
                for literal, text, fold in held:
                    inside = text in (run.casefold() if fold else run) and (fold or not scan.fold)
                    if inside and literal != other:
                        self._circuit.require(-other, literal)

    def text_with(self, wanted: frozenset[Literal]) -> str | None:
        """A text with these answers."""
        if wanted not in self._found:
            self._found[wanted] = self._look({abs(literal): literal > 0 for literal in wanted})
        return self._found[wanted]

    def _look(self, wanted: Mapping[Literal, bool]) -> str | None:
        asked = [literal for literal in self._scans if wanted.get(literal)]
        usual = self._first(self._usual, wanted)
        if usual is None and len(asked) > MOST_SHORTENED:
            usual = self._joined(asked, wanted)
        return usual or self._shortest(asked, wanted)

    def _shortest(self, asked: list[Literal], wanted: Mapping[Literal, bool]) -> str | None:
        """Shapes are asked for only once a text was found that does not answer as they should."""
        never: list[Wish] = []
        doubtful: list[Wish] = []
        for _ in range(MOST_TRIES):
            try:
                text = shortest([*((self._scans[one], wanted[one]) for one in asked), *never, *doubtful])
            except TooManyTexts:
                return self._joined(asked, wanted)
            if text is None and doubtful:
                return None
            if text is None:
                raise Unreal(*self._core(asked, wanted, never))
            wrong = [one for one in self._wrong(text, wanted) if one not in asked]
            if not wrong and self._answers(text, wanted):
                return text
            if not wrong and (found := self._first(self._sampled(text), wanted)):
                return found
            if len(doubtful) == MOST_DOUBTFUL:
                return None
            asked += wrong
            if not wrong:
                (doubtful if self._possible(text) else never).append((Scan(exactly(text)), False))
        return None

    def _first(self, texts: Iterable[str], wanted: Mapping[Literal, bool]) -> str | None:
        return next((text for text in texts if self._answers(text, wanted)), None)

    def _joined(self, asked: Iterable[Literal], wanted: Mapping[Literal, bool]) -> str | None:
        texts = list(joined([self._scans[one] for one in asked if wanted[one]]))
        return self._first(chain(texts, *map(self._sampled, texts)), wanted)

    def _sampled(self, text: str) -> Iterator[str]:
        """Texts that should fit a matcher without shape, alone and beside a text that fits everything else."""
        for matcher in self._free:
            for sample in KINDS[matcher.word].samples(str(matcher.wanted)):
                yield from (sample, text + sample, sample + text)

    def _answers(self, text: str, wanted: Mapping[Literal, bool]) -> bool:
        """Whether it is a possible text with these answers."""
        free = (predicate(one)(text) is wanted[literal] for one, literal in self._free.items() if literal in wanted)
        return self._possible(text) and not any(self._wrong(text, wanted)) and all(free)

    def _wrong(self, text: str, wanted: Mapping[Literal, bool]) -> Iterator[Literal]:
        return (one for one, scan in self._scans.items() if one in wanted and scan.fits(text) is not wanted[one])

    def _core(self, asked: list[Literal], wanted: Mapping[Literal, bool], never: list[Wish]) -> list[Literal]:
        """Of answers that no text has at once, those that cannot be left out; as a clause."""
        for one in list(asked):
            less = [literal for literal in asked if literal != one]
            if _impossible([*((self._scans[literal], wanted[literal]) for literal in less), *never]):
                asked = less
        return [-literal if wanted[literal] else literal for literal in asked]


class Texts(Shapes):
    """The values of a text."""

    def equals(self, value: Value) -> Literal:
        """It is this text."""
        return self.fits(exactly(str(value)))

    def value(self, model: Model) -> Value | None:
        """A text."""
        return self.text_with(frozenset(one if one in model else -one for one in self.literals))


class Sets(Shapes):
    """The values of a set: a literal says whether one of its texts is as it wants."""

    _odd = False
    """Whether something is asked of which nothing is known."""

    def says(self, matcher: Matcher) -> Literal:
        """Whether some text of the set is this one."""
        if matcher.word != "contains":
            self._odd = True
            return self._circuit.free()
        text = str(matcher.wanted).casefold() if matcher.ignore_case else str(matcher.wanted)
        there = super().fits(exactly(text), fold=matcher.ignore_case)
        return -there if matcher.negated else there

    def equals(self, _: Value) -> Literal:
        """Sets are not named."""
        return FALSE

    def fits(self, shape: Shape, *, fold: bool = False) -> Literal:
        """How a set is written into a text is not known."""
        return self._circuit.free()

    def relate(self) -> None:
        """What one text is says nothing of another."""

    def value(self, model: Model) -> Value | None:
        """A text for each that must be there, none of which is one that must not."""
        there = [one for one in self.literals if one in model]
        without = frozenset(-one for one in self.literals if one not in model)
        texts = [self.text_with(without | {one}) for one in there] or [self.text_with(without)]
        return None if self._odd or None in texts else frozenset(text for text in texts if text is not None)


def _impossible(wishes: Sequence[Wish]) -> bool:
    try:
        return shortest(wishes) is None
    except TooManyTexts:
        return False


def _is_text(scan: Scan) -> bool:
    return not scan.fold and len(scan.characters) == len(set(scan.shape))


def _is_held(scan: Scan) -> bool:
    return scan.shape[0] == scan.shape[-1] == MANY and not {MANY, ONE}.intersection(scan.shape[1:-1])


def _edge(scan: Scan, *, turned: bool) -> str | None:
    """The beginning, or turned round the end, that is all it asks for."""
    shape = scan.shape[::-1] if turned else scan.shape
    text = shape[:-1]
    return "".join(text) if shape[-1] == MANY and not {MANY, ONE}.intersection(text) else None


def _runs(scan: Scan) -> list[str]:
    """Texts that stand in all that fits."""
    return [text for text in "".join("\0" if one in (MANY, ONE) else one for one in scan.shape).split("\0") if text]
