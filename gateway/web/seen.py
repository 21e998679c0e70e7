"""What is looked at when somebody asks for /metrics → families of samples. Labels are names and words of ours."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.delivery.failures import Phase, State
from gateway.outbox.disk import Space
from gateway.outbox.protocol import Counts
from gateway.store.buckets import Buckets
from gateway.store.commit import Timing
from gateway.web.watching import Key, Watching

TAG = ("container", "tag")


class Version(Struct, frozen=True):
    """Of one container: what runs (empty: nothing), and whether that is its file as it is."""

    revision: str
    current: bool


class Seen(Struct, frozen=True, kw_only=True):
    """The gateway at one moment. `timings`: by file, queue and state. `lag` in seconds."""

    ready: bool = True
    states: Mapping[Key, State] = {}
    space: Space | None = None
    timings: Mapping[str, Timing] = {}
    lag: float = 0.0
    versions: Mapping[str, Version] = {}


class Families(Collector):
    """`counts` and `seen` are set before each look."""

    def __init__(self, now: Callable[[], int], watching: Watching) -> None:
        self.counts: Mapping[Key, Counts] = {}
        self.seen = Seen()
        self._now = now
        self._watching = watching

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        yield from self._conservation()
        yield from self._senders()
        yield from self._commits()
        yield from self._process()

    def _conservation(self) -> Iterator[Metric]:
        """accepted = delivered + dead + dropped + pending."""
        about = {
            "accepted": "Deliveries accepted.",
            "delivered": "Deliveries recorded by the receiver.",
            "attempts": "Attempts to deliver.",
            "ambiguous": "Attempts that may have been recorded though no answer came.",
            "retried": "Dead letters sent again by the operator.",
        }
        for name, said in about.items():
            yield _counter(name, said, TAG, [(key, getattr(one, name)) for key, one in self.counts.items()])
        dropped = [((*key, why), n) for key, one in self.counts.items() for why, n in one.dropped.items()]
        yield _counter("dropped", "Dropped by a named rule.", (*TAG, "reason"), dropped)
        yield _gauge("dead", "Dead letters.", TAG, [(key, one.dead) for key, one in self.counts.items()])
        yield _gauge("pending", "Deliveries waiting.", TAG, [(key, one.pending) for key, one in self.counts.items()])
        ages = [(key, self._age(one)) for key, one in self.counts.items()]
        yield _gauge("oldest_pending_seconds", "Age of the oldest one waiting.", TAG, ages)

    def _age(self, counts: Counts) -> float:
        return max(self._now() - counts.oldest, 0) / 1000 if counts.oldest is not None else 0.0

    def _senders(self) -> Iterator[Metric]:
        watched, states = self._watching, self.seen.states
        waited = [(key, buckets) for key, buckets in watched.waited.items()]
        yield _histogram("delivery_seconds", "From acceptance to recorded by the receiver.", TAG, waited)
        outcomes = watched.requests.items()
        yield _counter("receiver_requests", "Requests to receivers by what they meant.", (*TAG, "outcome"), outcomes)
        yield _counter("sender_crashes", "Mistakes of our own that a sender survived.", TAG, watched.crashes.items())
        phases = [((*key, p.value), float(state.phase is p)) for key, state in states.items() for p in Phase]
        yield _gauge("sender_phase", "What a sender is doing: 1 for its phase.", (*TAG, "phase"), phases)
        breakers = [(key, float(state.breaker)) for key, state in states.items()]
        yield _gauge("breaker_open", "1: single deliveries try whether the receiver is well again.", TAG, breakers)

    def _commits(self) -> Iterator[Metric]:
        timings = self.seen.timings.items()
        seconds = [((file,), timing.seconds) for file, timing in timings]
        yield _histogram("commit_seconds", "Time of a transaction with its fsync.", ("file",), seconds)
        jobs = [((file,), timing.jobs) for file, timing in timings]
        yield _histogram("commit_jobs", "Jobs that shared a transaction.", ("file",), jobs)

    def _process(self) -> Iterator[Metric]:
        seen, space = self.seen, self.seen.space
        yield _gauge("ready", "1: takes hits, as /readyz says.", (), [((), float(seen.ready))])
        yield _gauge("event_loop_lag_seconds", "Longest delay of the last minute.", (), [((), seen.lag)])
        if space:
            yield _gauge("queue_used_bytes", "Used in the queue's file.", (), [((), space.used)])
            yield _gauge("queue_limit_bytes", "Above it hits are refused.", (), [((), space.limit)])
            yield _gauge("disk_free_bytes", "Free for the queue.", (), [((), space.free)])
            yield _gauge("disk_reserve_bytes", "Below it hits are refused.", (), [((), space.reserve)])
        running = [((name, one.revision), 1.0) for name, one in seen.versions.items() if one.revision]
        yield _gauge("container_info", "The version that runs.", ("container", "revision"), running)
        current = [((name,), float(one.current)) for name, one in seen.versions.items()]
        yield _gauge("container_current", "1: the newest version runs; 0: it has errors.", ("container",), current)


def slow(states: Mapping[Key, State]) -> Iterator[str]:
    """What /readyz says of tags that are not sent to as usual."""
    for (container, tag), state in states.items():
        if state.phase is not Phase.RUNNING:
            yield f"tag {container}/{tag} is {state.phase.value}: {state.reason}"


Samples = Iterable[tuple[tuple[str, ...], float]]


def _counter(name: str, about: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    return _filled(CounterMetricFamily(f"taggate_{name}", about, labels=labels), samples)


def _gauge(name: str, about: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    return _filled(GaugeMetricFamily(f"taggate_{name}", about, labels=labels), samples)


def _filled(family: Any, samples: Samples) -> Metric:
    for labels, value in samples:
        family.add_metric(labels, value)
    filled: Metric = family
    return filled


def _histogram(
    name: str, about: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], Buckets]]
) -> Metric:
    family = HistogramMetricFamily(f"taggate_{name}", about, labels=labels)
    for values, buckets in samples:
        bounds = [*map(str, map(float, buckets.bounds)), "+Inf"]
        family.add_metric(values, list(zip(bounds, buckets.cumulative(), strict=True)), buckets.sum)
    return family
