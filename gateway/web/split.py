"""What was done for many at once, back to each."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def split_into(values: Iterable[T], sizes: Iterable[int]) -> list[list[T]]:
    """As many values for each as its size says, in their order (as more-itertools' `split_into`)."""
    left = iter(values)
    return [[*islice(left, size)] for size in sizes]
