"""Traces, when they are configured: sent to a real OTLP receiver, and nothing of a person in any byte of them."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from receivers import Receiver, status

from gateway.model import Outcome
from gateway.settings import Traces
from gateway.web import tracing

from .gate import GRANTED, SECRETS, until
from .test_server import HERE, Site, site

__all__ = ["site"]

WORD = "canary5ae1f0"
IP = "203.0.113.77"
LABELS = {
    "http.request.method": {"GET", "POST", "other"},
    "http.route": {
        "/collect/{container}",
        "/collect/{container}.gif",
        "/t/{container}.js",
        "/consent/{container}",
        "/matomo.php",
        "/v1/t",
        "other",
    },
    "taggate.container": {"shop"},
    "taggate.tag": {"matomo", "partner", "crm", "plain", "guests"},
    "taggate.outcome": set(Outcome),
    "taggate.reason": {"", "http_503", "matomo_invalid"},
}
NUMBERS = {"http.response.status_code", "taggate.hits", "taggate.new", "taggate.deliveries"}


class Collector(Receiver):
    """An OTLP receiver: every span that came."""

    @property
    def bodies(self) -> list[bytes]:
        """As they came, unpacked."""
        return [
            gzip.decompress(got.body) if got.headers.get("content-encoding") == "gzip" else got.body
            for got in self.requests
        ]

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with Collector(usual=status(200)) as made:
        yield made


def labels(span: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


async def test_spans_arrive_and_say_nothing_of_anybody(site: Site, collector: Collector) -> None:
    headers = {**HERE, "x-forwarded-for": IP, "user-agent": f"Mozilla {WORD}", "cookie": f"a={WORD}"}
    headers |= {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "baggage": f"user={WORD}"}
    traces = Traces(f"{collector.url}/v1/traces", 1.0)
    others = "accept:\n  matomo: { site_ids: [7] }\n  segment: { browser_key: web }\n"
    site.write(text=site.text().replace("accept:\n", others))
    async with site.up(traces=traces, trusted_proxies=(ip_network("127.0.0.1/32"),)):
        hit = {"event": "login", "url": f"https://shop.example.com/{WORD}?{WORD}", "title": WORD, "consent": GRANTED}
        hit |= {"values": {"account_id": WORD}, "traits": {"email": f"{WORD}@example.com"}, "page": "p" * 32}
        body = {"hits": [{**hit, "id": f"{number:032x}"} for number in range(3)]}
        for path, told in (
            ("/collect/shop", body),
            (f"/collect/{WORD}", body),
            (f"/collect/shop?{WORD}", {"event": {WORD: 1}}),
            ("/consent/shop", {"consent": {"analytics": False}, "page": "p" * 32}),
        ):
            async with site.client.post(path, json=told, headers=headers) as answer:
                await answer.read()
            # What still waits when consent is withdrawn is not sent at all.
            await site.hooks.arrived(3)
        seen = {**headers, "referer": f"https://shop.example.com/{WORD}"}
        tracked = f"/matomo.php?idsite=7&rec=1&uid={WORD}&url=https://shop.example.com/{WORD}&action_name={WORD}"
        for path in ("/collect/shop.gif", "/t/shop.js", f"/{WORD}", tracked):
            async with site.client.get(path, headers=seen) as answer:
                await answer.read()
        call = {"writeKey": "web", "userId": WORD, "event": WORD, "properties": {WORD: WORD}}
        async with site.client.post(f"/v1/t?{WORD}", json=call, headers=headers) as answer:
            assert answer.status == 200
        async with site.client.delete("/collect/shop", headers=headers) as answer:
            assert answer.status == 405
    assert [got.path for got in collector.requests] == ["/v1/traces"] * len(collector.requests)
    everything = b"".join(collector.bodies) + repr([got.headers for got in collector.requests]).encode()
    known = [WORD, WORD.upper(), IP, "shop.example.com", "Mozilla", "0af7651916cd43dd", "pppp", *SECRETS.values()]
    known += [cookie.value for cookie in site.client.cookie_jar]
    assert [value for value in known if value.encode() in everything] == []
    for span in collector.spans:
        assert not span.events
        assert not span.links
        assert not span.trace_state
        assert not span.status.message
        for name, value in labels(span).items():
            assert name in NUMBERS or value in LABELS[name], (name, value)
    requests = [labels(span) for span in collector.named("request")]
    assert {"http.request.method": "POST", "http.route": "/collect/{container}", "taggate.container": "shop",
            "taggate.hits": 3, "http.response.status_code": 204} in requests  # fmt: skip
    assert {"http.request.method": "other", "http.route": "/collect/{container}", "taggate.container": "shop",
            "http.response.status_code": 405} in requests  # fmt: skip
    assert {"http.request.method": "POST", "http.route": "other", "http.response.status_code": 404} in requests
    assert {"http.request.method": "GET", "http.route": "/matomo.php", "taggate.hits": 1,
            "http.response.status_code": 200} in requests  # fmt: skip
    assert {"http.request.method": "POST", "http.route": "/v1/t", "taggate.hits": 1,
            "http.response.status_code": 200} in requests  # fmt: skip
    assert len(requests) == 10


async def test_a_commit_is_in_its_request_and_an_attempt_in_none(site: Site, collector: Collector) -> None:
    site.hooks.answers_next(status(503))
    async with site.up(traces=Traces(f"{collector.url}/v1/traces", 1.0)):
        assert await site.hit() == 204
        await site.hooks.arrived(1)
        await until(
            lambda: site.metric('taggate_receiver_requests_total{container="shop",outcome="transient",tag="plain"} 1.0')
        )
    (request,) = [span for span in collector.named("request") if labels(span)["http.route"] == "/collect/{container}"]
    (commit,) = collector.named("commit")
    assert commit.parent_span_id == request.span_id
    assert commit.trace_id == request.trace_id
    assert request.start_time_unix_nano <= commit.start_time_unix_nano
    assert labels(commit) == {"taggate.new": 1}
    attempts = collector.named("deliver")
    assert attempts
    assert {span.trace_id for span in attempts}.isdisjoint({request.trace_id})
    assert len({span.trace_id for span in attempts}) == len(attempts)
    assert not any(span.parent_span_id for span in attempts)
    first = min(attempts, key=lambda span: span.start_time_unix_nano)
    assert first.end_time_unix_nano >= first.start_time_unix_nano
    told = {"taggate.container": "shop", "taggate.tag": "plain", "taggate.outcome": "transient",
            "taggate.reason": "http_503", "taggate.deliveries": 1}  # fmt: skip
    assert told in [labels(span) for span in attempts]


async def test_a_share_is_traced(site: Site, collector: Collector) -> None:
    async with site.up(traces=Traces(f"{collector.url}/v1/traces", 0.0)):
        for _ in range(20):
            assert await site.hit() == 204
        await site.hooks.arrived(20)
    assert collector.spans == []


@pytest.mark.parametrize("end", ["gone", "hangs"])
async def test_a_receiver_of_traces_that_is_down_disturbs_nothing(site: Site, collector: Collector, end: str) -> None:
    url = collector.url
    if end == "gone":
        await collector.down()
    else:

        async def hang(receiver: Receiver, _: object) -> Any:
            await receiver.stopping.wait()

        collector.answers(hang)
    async with asyncio.timeout(30):
        async with site.up(traces=Traces(f"{url}/v1/traces", 1.0)):
            assert await site.hit() == 204
            await site.hooks.arrived(1)
        await collector.down()


async def test_what_is_not_installed_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(tracing, "import_module", missing)
    said = await site.refused(traces=Traces("http://127.0.0.1:4318/v1/traces"))
    assert "pip install 'taggate[otel]'" in said


def test_nothing_is_imported_when_there_are_none() -> None:
    program = "import gateway.cli.serve, sys; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
