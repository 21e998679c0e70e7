"""What a hit costs with 1, 3 and 16 tags."""

from .options import Options
from .sizes import sizes


def run(options: Options) -> None:
    """Twenty triggers; every tag gets every hit: so many times as much is stored."""
    sizes(options, "tags", {f"{number} tags": (20, number) for number in (1, 3, 16)}, "3 tags")
