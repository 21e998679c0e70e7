"""What the gateway counts, for Prometheus. Labels are names of containers, tags and reasons, never values."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from gateway.model import Decision, Facts, Form, Hit
from gateway.outbox.protocol import Counts, Outbox, OutboxError
from gateway.web.logs import LOG
from gateway.web.seen import TAG, Families, Seen
from gateway.web.watching import Key, Watching

Sums = defaultdict[tuple[str, ...], int]
NOTHING = Seen()
_WORDS = {form: form.word for form in Form}


COUNTERS = {
    "hits": ("Hits stored.", ("container",)),
    "rejected": ("Requests and hits not taken.", ("container", "reason")),
    "decisions": ("What became of the User ID.", (*TAG, "decision")),
    "scrubbed": ("Known values taken out of what is sent.", TAG),
    "user_ids_refused": ("Claims that are no User ID.", ("container", "reason")),
    "unknown_names": ("Names in hits that the container does not read.", ("container",)),
    "withdrawals": ("Consent withdrawn.", ("container",)),
    "log_lines_lost": ("Lines of the log that nobody took.", ()),
    "run": ("Tags of the browser: told to the page, or not because no page reads the answer.", (*TAG, "outcome")),
}
"""Name → what it counts, and by what."""


class Counting:
    """What happened, added up: our own sums. prometheus_client's take a lock and look up their labels at each step."""

    def __init__(self) -> None:
        self.sums: dict[str, Sums] = {name: defaultdict(int) for name in COUNTERS}
        self._lost = 0

    def hit(self, hit: Hit, facts: Facts, decision: Decision, scrubbed: Mapping[str, int]) -> None:
        """A hit was stored."""
        container, sums = hit.container, self.sums
        sums["hits"][container,] += 1
        if hit.ignored:
            sums["unknown_names"][container,] += hit.ignored
        for reason in facts.identity.refused:
            sums["user_ids_refused"][container, reason] += 1
        decisions = sums["decisions"]
        for tag in decision.tags:
            decisions[container, tag.tag, _WORDS[tag.form] if tag.sent else "none"] += 1
        for name, count in scrubbed.items():
            sums["scrubbed"][container, name] += count

    def run(self, container: str, outcomes: Sequence[tuple[str, str]]) -> None:
        """What became of tags that pages run."""
        for tag, outcome in outcomes:
            self.sums["run"][container, tag, outcome] += 1

    def rejected(self, container: str, reason: str) -> None:
        """A request or hit was not taken; `reason` is one of our own words."""
        self.sums["rejected"][container, reason] += 1

    def lines_lost(self, total: int) -> None:
        """Of the log, since the process began."""
        if total > self._lost:
            self.sums["log_lines_lost"][()] += total - self._lost
            self._lost = total

    def withdrawn(self, container: str) -> None:
        """Somebody withdrew consent."""
        self.sums["withdrawals"][container,] += 1


class Metrics(Counting):
    """One registry for one gateway."""

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self.sums["log_lines_lost"][()] = 0
        self._registry = CollectorRegistry()
        self.watching = Watching()
        """To be told by the senders."""
        self._families = Families(now, self.watching)
        self._registry.register(self._families)
        ProcessCollector(registry=self._registry)
        for name, (about, labels) in COUNTERS.items():
            self._registry.register(_Counted(f"taggate_{name}", about, labels, self.sums[name]))

    def text(self, counts: Mapping[Key, Counts], seen: Seen = NOTHING) -> bytes:
        """The exposition format."""
        self._families.counts, self._families.seen = counts, seen
        self.lines_lost(LOG.lines_lost)
        return generate_latest(self._registry)


async def exposition(metrics: Metrics, outbox: Outbox, seen: Seen) -> bytes:
    """With the counters of the queue, when they can be read."""
    try:
        counts = await outbox.counts()
    except OutboxError:
        # All else is still told, most of all that hits are refused.
        counts = {}
    return metrics.text(counts, seen)


class _Counted(Collector):
    """One counter."""

    def __init__(self, name: str, about: str, labels: tuple[str, ...], sums: Sums) -> None:
        self._sums = sums
        self._family = (name, about, labels)

    def collect(self) -> Iterator[Metric]:
        name, about, labels = self._family
        family = CounterMetricFamily(name, about, labels=labels)
        for key, total in self._sums.items():
            family.add_metric(key, total)
        yield family
