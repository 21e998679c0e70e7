"""Whether one word is another with a single slip of the finger, or written in another manner."""

from functools import lru_cache


def alike(one: str, other: str) -> bool:
    """Whether they differ by one slip, or by nothing but capitals and signs between the words."""
    return one_slip(one, other) or (one != other and _letters(one) == _letters(other))


@lru_cache(maxsize=8192)
def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word)).casefold()


def one_slip(one: str, other: str) -> bool:
    """A letter too many, too few, another one, or two that changed places; digits are meant."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    begin, shorter = 0, min(len(one), len(other))
    # A large file asks this a million times.
    while begin < shorter and one[begin] == other[begin]:
        begin += 1
    for more, less in ((one[begin:], other[begin:]), (other[begin:], one[begin:])):
        if more[1:] == less:
            return not more[0].isdecimal()
    one, other = one[begin:], other[begin:]
    if one[1:] == other[1:]:
        return not (one[0] + other[0]).isdecimal()
    swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return swapped and not one[:2].isdecimal()
