"""What the gateway counts, for Prometheus. Labels are names of containers, tags and reasons, never values."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from gateway.model import Decision, Facts, Hit
from gateway.outbox.protocol import Counts, Outbox, OutboxError

disable_created_metrics()  # type: ignore[no-untyped-call]

TagCounts = Mapping[tuple[str, str], Counts]
_LABELS = ("container", "tag")
COUNTERS = {
    "hits": ("Hits stored.", ("container",)),
    "rejected": ("Requests and hits not taken.", ("container", "reason")),
    "decisions": ("What became of the User ID.", (*_LABELS, "decision")),
    "scrubbed": ("Known values taken out of what is sent.", _LABELS),
    "user_ids_refused": ("Claims that are no User ID.", ("container", "reason")),
    "unknown_names": ("Names in hits that the container does not read.", ("container",)),
    "withdrawals": ("Consent withdrawn.", ("container",)),
}
"""Name → what it counts, and by what."""


class Counting:
    """Turns what happened into counts."""

    def hit(self, hit: Hit, facts: Facts, decision: Decision, scrubbed: Mapping[str, int]) -> None:
        """A hit was stored."""
        name = hit.container
        self.count("hits", (name,))
        if hit.ignored:
            self.count("unknown_names", (name,), hit.ignored)
        for reason in facts.identity.refused:
            self.count("user_ids_refused", (name, reason))
        for tag in decision.tags:
            self.count("decisions", (name, tag.tag, tag.form.word if tag.sent else "none"))
            if scrubbed.get(tag.tag):
                self.count("scrubbed", (name, tag.tag), scrubbed[tag.tag])

    def rejected(self, container: str, reason: str) -> None:
        """A request or hit was not taken; `reason` is one of our own words."""
        self.count("rejected", (container, reason))

    def withdrawn(self, container: str) -> None:
        """Somebody withdrew consent."""
        self.count("withdrawals", (container,))

    def count(self, name: str, labels: Sequence[str], number: int = 1) -> None:
        """So many more; `name` is one of COUNTERS."""
        raise NotImplementedError


class Metrics(Counting):
    """One registry for one gateway."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._tags = _Tags(now)
        self._registry.register(self._tags)
        self._counters = {
            name: Counter(f"taggate_{name}", about, labels, registry=self._registry)
            for name, (about, labels) in COUNTERS.items()
        }

    def count(self, name: str, labels: Sequence[str], number: int = 1) -> None:
        """See Counting."""
        self._counters[name].labels(*labels).inc(number)

    def text(self, counts: TagCounts) -> bytes:
        """The exposition format."""
        self._tags.counts = counts
        return generate_latest(self._registry)


async def exposition(metrics: Metrics, outbox: Outbox) -> bytes:
    """With the counters of the queue, when they can be read."""
    try:
        counts = await outbox.counts()
    except OutboxError:
        # All else is still told, most of all that hits are refused.
        counts = {}
    return metrics.text(counts)


class _Tags(Collector):
    """The conservation law of each tag: accepted = delivered + dead + dropped + pending."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.counts: TagCounts = {}
        self._now = now

    def collect(self) -> Iterator[Metric]:
        simple = {
            "accepted": "Deliveries accepted.",
            "delivered": "Deliveries recorded by the receiver.",
            "attempts": "Attempts to deliver.",
            "ambiguous": "Attempts that may have been recorded though no answer came.",
        }
        for name, about in simple.items():
            family = CounterMetricFamily(f"taggate_{name}", about, labels=_LABELS)
            for key, counts in self.counts.items():
                family.add_metric(key, getattr(counts, name))
            yield family
        yield self._gauge("dead", "Dead letters.", lambda counts: counts.dead)
        yield self._gauge("pending", "Deliveries waiting.", lambda counts: counts.pending)
        yield self._gauge("oldest_pending_seconds", "Age of the oldest one waiting.", self._age)
        yield self._dropped()

    def _gauge(self, name: str, about: str, value: Callable[[Counts], float]) -> GaugeMetricFamily:
        family = GaugeMetricFamily(f"taggate_{name}", about, labels=_LABELS)
        for key, counts in self.counts.items():
            family.add_metric(key, value(counts))
        return family

    def _age(self, counts: Counts) -> float:
        return max(self._now() - counts.oldest, 0) / 1000 if counts.oldest is not None else 0.0

    def _dropped(self) -> CounterMetricFamily:
        family = CounterMetricFamily("taggate_dropped", "Dropped by a named rule.", labels=(*_LABELS, "reason"))
        for key, counts in self.counts.items():
            for reason, number in counts.dropped.items():
                family.add_metric((*key, reason), number)
        return family
