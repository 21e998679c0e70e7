"""Whether one word is another with a single slip of the finger, or written in another manner."""

from itertools import takewhile


def alike(one: str, other: str) -> bool:
    """Whether they differ by one slip, or by nothing but capitals and signs between the words."""
    return one_slip(one, other) or (one != other and _letters(one) == _letters(other))


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()


def one_slip(one: str, other: str) -> bool:
    """A letter too many, too few, another one, or two that changed places; digits are meant."""
    begin = _alike(one, other)
    one, other = one[begin:], other[begin:]
    end = _alike(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    swapped = len(one) == 2 and one == other[::-1]
    short = len(one) < 2 and len(other) < 2
    return one != other and (swapped or short) and not (one + other).isdecimal()


def _alike(one: str, other: str) -> int:
    """How many letters they begin with together."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
