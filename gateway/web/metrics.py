"""What the gateway counts, for Prometheus. Labels are names of containers, tags and reasons, never values."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from gateway.model import Decision, Facts, Form, Hit
from gateway.outbox.protocol import Counts

Sums = defaultdict[tuple[str, ...], int]
TagCounts = Mapping[tuple[str, str], Counts]
_LABELS = ("container", "tag")
_WORDS = {form: form.word for form in Form}


class Metrics:
    """One registry for one gateway."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._tags = _Tags(now)
        self._registry.register(self._tags)
        make = self._counted
        self._hits = make("taggate_hits", "Hits stored.", "container")
        self._rejected = make("taggate_rejected", "Requests and hits not taken.", "container", "reason")
        self._decisions = make("taggate_decisions", "What became of the User ID.", *_LABELS, "decision")
        self._scrubbed = make("taggate_scrubbed", "Known values taken out of what is sent.", *_LABELS)
        self._ids = make("taggate_user_ids_refused", "Claims that are no User ID.", "container", "reason")
        self._ignored = make("taggate_unknown_names", "Names in hits that the container does not read.", "container")
        self._withdrawals = make("taggate_withdrawals", "Consent withdrawn.", "container")

    def _counted(self, name: str, about: str, *labels: str) -> Sums:
        counted = _Counted(name, about, labels)
        self._registry.register(counted)
        return counted.sums

    def hit(self, hit: Hit, facts: Facts, decision: Decision, scrubbed: Mapping[str, int]) -> None:
        """A hit was stored."""
        container = hit.container
        self._hits[container,] += 1
        if hit.ignored:
            self._ignored[container,] += hit.ignored
        for reason in facts.identity.refused:
            self._ids[container, reason] += 1
        for tag in decision.tags:
            self._decisions[container, tag.tag, _WORDS[tag.form] if tag.sent else "none"] += 1
        for name, count in scrubbed.items():
            self._scrubbed[container, name] += count

    def rejected(self, container: str, reason: str) -> None:
        """A request or hit was not taken; `reason` is one of our own words."""
        self._rejected[container, reason] += 1

    def withdrawn(self, container: str) -> None:
        """Somebody withdrew consent."""
        self._withdrawals[container,] += 1

    def text(self, counts: TagCounts) -> bytes:
        """The exposition format."""
        self._tags.counts = counts
        return generate_latest(self._registry)


class _Counted(Collector):
    """One counter. Our own sums: prometheus_client's take a lock and look up their labels at each step."""

    def __init__(self, name: str, about: str, labels: tuple[str, ...]) -> None:
        self.sums: Sums = defaultdict(int)
        self._family = (name, about, labels)

    def collect(self) -> Iterator[Metric]:
        name, about, labels = self._family
        family = CounterMetricFamily(name, about, labels=labels)
        for key, total in self.sums.items():
            family.add_metric(key, total)
        yield family


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
            "retried": "Dead letters sent again by the operator.",
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
