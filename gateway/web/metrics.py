"""What the gateway counts, for Prometheus. Labels are names of containers, tags and reasons, never values."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from gateway.model import Decision, Facts, Form, Hit
from gateway.outbox.protocol import Counts
from gateway.web.seen import TAG, Families, Seen
from gateway.web.watching import Key, Watching

Sums = defaultdict[tuple[str, ...], int]
NOTHING = Seen()
_WORDS = {form: form.word for form in Form}


class Metrics:
    """One registry for one gateway."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self.watching = Watching()
        """To be told by the senders."""
        self._families = Families(now, self.watching)
        self._registry.register(self._families)
        ProcessCollector(registry=self._registry)
        make = self._counted
        self._hits = make("taggate_hits", "Hits stored.", "container")
        self._rejected = make("taggate_rejected", "Requests and hits not taken.", "container", "reason")
        self._decisions = make("taggate_decisions", "What became of the User ID.", *TAG, "decision")
        self._scrubbed = make("taggate_scrubbed", "Known values taken out of what is sent.", *TAG)
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

    def text(self, counts: Mapping[Key, Counts], seen: Seen = NOTHING) -> bytes:
        """The exposition format."""
        self._families.counts, self._families.seen = counts, seen
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
