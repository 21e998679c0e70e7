"""What is counted: closed label sets, and the law of conservation after a mixed run."""

import io
import json
import logging
import re
import sys
import threading
from typing import Any

import pytest
from receivers import status

from gateway.delivery.failures import Phase
from gateway.model import Outcome
from gateway.store.commit import JOBS, SECONDS
from gateway.web.lag import Lag
from gateway.web.logs import LOG, set_up
from gateway.web.metrics import Metrics
from gateway.web.watching import WAITED

from .gate import GRANTED, REFUSED, SIGNATURE, Gate, signature, until

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? ([0-9.e+-]+|NaN)")
TAGS = {"matomo", "partner", "crm", "plain", "guests"}
CLOSED = {
    "container": {"shop"},
    "tag": TAGS,
    "decision": {"attach", "hash", "drop", "none"},
    "outcome": set(Outcome),
    "phase": set(Phase),
    "file": {"queue", "state"},
    "le": {"+Inf", *(str(float(bound)) for bounds in (WAITED, SECONDS, JOBS) for bound in bounds)},
}
REASONS = {
    "taggate_rejected_total": {"not_json", "wrong_origin", "wrong_key", "bad_event", "too_large", "too_many", "full"},
    "taggate_user_ids_refused_total": {"no_proof", "conflict", "placeholder", "too_long", "control_character", "empty"},
    "taggate_dropped_total": {"consent_withdrawn"},
}


def read(text: str) -> list[tuple[str, dict[str, str], float]]:
    """Every sample: name, labels, value."""
    found = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        assert match, line
        labels = dict(re.findall(r'([a-z]+)="([^"]*)"', match[2] or ""))
        found.append((match[1], labels, float(match[3])))
    return found


async def mixed(gate: Gate) -> None:
    """A bit of everything: good, refused, unverified, repeated, withdrawn, dead and failing."""
    await gate.load(verified_by=SIGNATURE)
    proof: dict[str, Any] = {"user": "alice", "proof": signature("alice")}
    for number in range(12):
        browser = gate.browser(consent=GRANTED if number % 3 else REFUSED, ip=f"203.0.113.{number}")
        gate.hooks.answers_next(*[status(400)] * (number % 2), *[status(503)] * (number % 4 == 1))
        await browser.see(**proof if number % 2 else {})
        await browser.see(
            user=["undefined", "x" * 300, "a\u0007", "bob", ""][number % 5], url="https://shop.example.com/"
        )
        if number % 4 == 0:
            await browser.choose(REFUSED)
    shown = gate.browser()
    await shown.send(shown.hit(user_id="a", values={"account_id": "b", "secret-name": 1}))


async def test_labels_come_from_closed_sets_and_the_sums_hold(gate: Gate) -> None:
    await mixed(gate)
    body = gate.browser()
    await body.post("/collect/shop", "{")
    await body.post("/collect/shop", "{}", {"origin": "https://attacker.net"})
    await body.post("/collect/shop", "{}", {"authorization": "Bearer no"})
    await body.post("/collect/attacker-s-own-name", "{}")
    await gate.delivered()
    gate.hooks.answers(status(503))
    await gate.browser(consent=GRANTED).see()
    samples = read(await gate.text_of_metrics())
    for name, labels, _ in samples:
        for label, value in labels.items():
            if label == "revision":
                assert value == gate.runtimes["shop"].container.revision
                continue
            allowed = REASONS.get(name, set()) if label == "reason" else CLOSED[label]
            assert value in allowed, (name, label, value)
    by = {(name, labels.get("tag")): value for name, labels, value in samples if name != "taggate_dropped_total"}
    for tag in TAGS:
        dropped = sum(v for name, ls, v in samples if name == "taggate_dropped_total" and ls["tag"] == tag)
        ended = by["taggate_delivered_total", tag] + by["taggate_dead", tag] + dropped
        assert by["taggate_accepted_total", tag] == ended + by["taggate_pending", tag]
    assert by["taggate_pending", "plain"] == 1
    assert by["taggate_withdrawals_total", None] == 3


async def test_names_are_as_prometheus_wants_them_and_each_says_what_it_is(gate: Gate) -> None:
    await gate.browser(consent=GRANTED).see()
    await gate.delivered()
    text = await gate.text_of_metrics()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
    said = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
    assert kinds.keys() == said.keys()
    for name, kind in kinds.items():
        assert name.startswith(("taggate_", "process_"))
        assert name.endswith("_total") == (kind == "counter"), name
        assert not re.search("_(ms|millis|minutes|hours|days|kb|mb)(_|$)", name)
        assert kind in {"counter", "gauge", "histogram"}


async def test_what_the_senders_do_is_seen(gate: Gate) -> None:
    def sample(text: str, name: str, **labels: str) -> float:
        return next(v for found, ls, v in read(text) if found == name and ls.items() >= labels.items())

    await gate.browser(consent=GRANTED).see()
    await gate.delivered()
    gate.hooks.answers(status(404))
    await gate.browser(consent=GRANTED).see()
    await until(lambda: gate.senders.states["shop", "plain"].phase is Phase.PAUSED)
    text = await gate.text_of_metrics()
    assert sample(text, "taggate_delivery_seconds_count", tag="plain") == 1
    assert sample(text, "taggate_delivery_seconds_bucket", tag="plain", le="0.1") == 1
    assert sample(text, "taggate_receiver_requests_total", tag="plain", outcome="delivered") == 1
    assert sample(text, "taggate_receiver_requests_total", tag="plain", outcome="setup") == 1
    phases = {phase: sample(text, "taggate_sender_phase", tag="plain", phase=phase) for phase in Phase}
    assert phases == {"running": 0, "waiting": 0, "paused": 1, "stopped": 0}
    assert sample(text, "taggate_sender_phase", tag="matomo", phase="running") == 1
    assert sample(text, "taggate_breaker_open", tag="plain") == 0
    assert sample(text, "taggate_commit_seconds_count", file="queue") == gate.outbox.commits
    assert sample(text, "taggate_commit_jobs_sum", file="queue") >= gate.outbox.commits
    assert sample(text, "taggate_queue_used_bytes") == gate.outbox.space.used > 0
    assert sample(text, "taggate_container_current", container="shop") == 1


def test_lines_of_the_log_that_nobody_took_are_those_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, name = Metrics(lambda: 0), "taggate_log_lines_lost_total"
    own = LOG.lines_lost + 2
    monkeypatch.setattr(LOG, "_failed", LOG._failed + 2)
    assert f"\n{name} {own}.0\n".encode() in metrics.text({})
    # As the keeper is told by a worker.
    metrics.sums["log_lines_lost"][()] += 5
    for _ in range(2):
        assert f"\n{name} {own + 5}.0\n".encode() in metrics.text({})


async def test_the_longest_delay_of_the_last_minute() -> None:
    moments = iter([0.0, 0.5, 1.0, 1.75, 2.0])
    lag, waits = Lag(), []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await lag.run(wait, lambda: next(moments))
    assert lag.longest == 0.25


async def test_the_oldest_one_waiting_grows_old(gate: Gate) -> None:
    gate.hooks.answers(status(503))
    await gate.browser().see()
    gate.clock.now += 90_000
    samples = {(name, labels.get("tag")): value for name, labels, value in read(await gate.text_of_metrics())}
    assert samples["taggate_oldest_pending_seconds", "plain"] == 90.0
    assert samples.get(("taggate_oldest_pending_seconds", "crm"), 0.0) == 0.0


async def test_scrubbing_and_decisions_are_counted(gate: Gate) -> None:
    browser = gate.browser(consent=GRANTED)
    await browser.see(user="alice-4711", url="https://shop.example.com/alice-4711")
    text = await gate.text_of_metrics()
    assert 'taggate_decisions_total{container="shop",decision="attach",tag="matomo"} 1.0' in text
    assert 'taggate_decisions_total{container="shop",decision="none",tag="guests"} 1.0' in text
    assert 'taggate_scrubbed_total{container="shop",tag="plain"} 1.0' in text
    assert 'taggate_scrubbed_total{container="shop",tag="matomo"}' not in text


def test_what_libraries_log_is_said_without_their_words(logged: io.StringIO) -> None:
    log = logging.getLogger("some.library")  # uvicorn itself may be set up otherwise by an earlier test
    try:
        raise ValueError("alice@example.com")
    except ValueError:
        log.exception("a request of %s", "alice@example.com")
    log.error("no error of %s", "alice@example.com")
    log.error("an error without a place: %s", "alice", exc_info=KeyError("alice"))
    said = logged.getvalue()
    assert "alice" not in said
    assert said.count('"event": "library"') == 3
    assert '"error": "ValueError"' in said
    assert '"error": "KeyError"' in said
    assert "test_metrics.py:" in said


def test_what_nobody_caught_is_said_without_its_words(logged: io.StringIO) -> None:
    def fail() -> None:
        raise NotImplementedError("alice@example.com")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except NotImplementedError as error:
        sys.excepthook(NotImplementedError, error, error.__traceback__)

    class Falls:
        def __del__(self) -> None:
            fail()

    Falls()
    said = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [(one["event"], one["error"]) for one in said] == [
        (event, "NotImplementedError") for event in ("thread", "crashed", "unraisable")
    ]
    assert "alice" not in logged.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_there_are_words(logged: io.StringIO) -> None:
    terminal = Terminal()
    set_up(terminal)
    logging.getLogger("x").error("x")
    assert not logged.getvalue()
    assert "library" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
