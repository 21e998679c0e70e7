"""Rounds, interleaved, printed as they come; then the medians of the ratios within a round."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from .load import Sample

Measure = Callable[[], Sample]
WIDTH = 26


def compare(
    title: str, measures: Mapping[str, Measure], rounds: int, base: str, *, warm: bool = True
) -> Mapping[str, Sequence[Sample]]:
    """Every other round goes backwards: what gets slower or faster meanwhile falls on all sides alike. `warm`: a round
    before the first, not counted, for caches and compilers."""
    print(f"\n== {title}", flush=True)
    for name, measure in measures.items() if warm else ():
        print(f"warming  {line(name, measure())}", flush=True)
    found: dict[str, list[Sample]] = {name: [] for name in measures}
    for number in range(1, rounds + 1):
        for name in list(measures) if number % 2 else reversed(list(measures)):
            sample = measures[name]()
            found[name].append(sample)
            print(f"round {number}  {line(name, sample)}", flush=True)
    print_ratios(found, base)
    return found


def line(name: str, sample: Sample) -> str:
    """One side in one round."""
    wrong = f"  {sample.bad} NOT ANSWERED 2xx" if sample.bad else ""
    return f"{name:{WIDTH}}{sample.rate:9.0f}/s {sample.micros:8.1f} µs CPU  {sample.meanwhile}{wrong}"


def print_ratios(found: Mapping[str, Sequence[Sample]], base: str) -> None:
    """Medians of the ratios to `base`, lowest and highest in brackets."""
    print(f"{f'median of ratios, {base} = 1':{WIDTH + 9}}{'hits/s':>20}{'CPU a hit':>24}{'µs a hit':>12}")
    for name, samples in found.items():
        pairs = list(zip(samples, found[base], strict=True))
        rates = ratios([one.rate for one, _ in pairs], [other.rate for _, other in pairs])
        costs = ratios([one.micros for one, _ in pairs], [other.micros for _, other in pairs])
        middle = statistics.median(one.micros for one in samples)
        print(f"  {name:{WIDTH + 7}}{spread(rates):>20}{spread(costs):>24}{middle:>12.1f}", flush=True)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round; a round in which the other side got nothing done says nothing."""
    return [one / other for one, other in zip(ours, theirs, strict=True) if other]


def spread(found: Sequence[float]) -> str:
    """`median (lowest–highest)`."""
    if not found:
        return "none"
    return f"{statistics.median(found):.3f} ({min(found):.2f}–{max(found):.2f})"


def share(values: Sequence[float], part: float) -> float:
    """The value below which this part (0 to 1) of all values lies."""
    ordered = sorted(values)
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]
