"""What a hit costs with 10, 20, 100 and 1,000 triggers."""

from .options import Options
from .sizes import sizes


def run(options: Options) -> None:
    """Three tags; every trigger is asked for each hit (see container.py)."""
    sizes(options, "triggers", {f"{number:,} triggers": (number, 3) for number in (10, 20, 100, 1000)}, "10 triggers")
