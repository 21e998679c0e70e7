"""States of consent → one short pattern, as the snippet matches it: `gg`, `gr`, `gu` are `g.`."""

from collections.abc import Collection

NEVER = "-"
ANY = "^"


def pattern(states: Collection[str]) -> str:
    """A regular expression that finds something in these states and in no other; all are of one length."""
    if not states:
        return NEVER
    found = set(states)
    for at in range(len(next(iter(states)))):
        found = _merged(found, at)
    return "|".join(sorted(found)) or ANY


def _merged(states: set[str], at: int) -> set[str]:
    """Where all three letters can stand at this place, one dot stands for them."""
    dotted = {f"{state[:at]}.{state[at + 1 :]}" for state in states if state[at] == "g"}
    whole = {dot for dot in dotted if all(f"{dot[:at]}{letter}{dot[at + 1 :]}" in states for letter in "gru")}
    return whole | {state for state in states if f"{state[:at]}.{state[at + 1 :]}" not in whole}
