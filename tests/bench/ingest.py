"""How many hits a second, as a share of a bare Starlette route on the same core: `python tests/bench/ingest.py`.

The whole pipeline: 20 triggers, 3 tags of which one hashes and one drops, visitors with cookies, receivers down,
a 2xx is fsynced in SQLite. Needs wrk (apt-get install wrk) and two cores. Nothing fails by an absolute time.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER, CLIENT = "0", "1"
KEY = "0123456789abcdef0123456789abcdef"
ORIGIN = "https://shop.example.com"


def container(triggers: int = 20, tags: int = 3) -> str:
    """A container of this size; its tags attach, hash and drop in turn, to a receiver that is down."""
    return "\n".join(
        [
            "version: 1",
            "site: { name: Bench, domains: [shop.example.com], drop_query: [gclid] }",
            "consent: { from: { cookie: cookie_consent }, purposes: { analytics: statistics, marketing: ads } }",
            "visitor: { remember_when: analytics_ok }",
            "variables:",
            "  account_id: { data_layer: user.id }",
            "  plan: { data_layer: user.plan }",
            "  section: { data_layer: page.section }",
            "  country: { data_layer: page.country }",
            "  amount: { event: value, type: number }",
            "  path: { url: path }",
            "triggers:",
            "  page_view: { event: page_view }",
            "  signed_in: { account_id: { present: true } }",
            "  analytics_ok: { consent: { granted: analytics } }",
            "  marketing_ok: { consent: { granted: marketing } }",
            "  member: { all_of: [signed_in, analytics_ok] }",
            *_more_triggers(triggers - 6),
            "  wanted: { any_of: [" + ", ".join(["page_view", *_names(triggers - 6)]) + "] }",
            "tags:",
            *(line for number in range(tags) for line in _tag(number)),
            "user_id:",
            "  from: account_id",
            "  hash_with: { secret: user_id_key }",
            "  rules:",
            *_rules(tags),
            "  otherwise: drop",
            "tests: []",
            "",
        ]
    )


def _names(number: int) -> list[str]:
    return [f"t{index}" for index in range(number)]


def _more_triggers(number: int) -> Iterator[str]:
    kinds = (
        "{{ plan: gold{0} }}",
        "{{ section: {{ one_of: [shoes{0}, hats{0}] }}, country: de }}",
        "{{ path: {{ starts_with: /sale{0}/ }} }}",
        "{{ amount: {{ at_least: {0}00 }}, event: purchase }}",
        "{{ country: {{ not_one_of: [fr{0}, it{0}, de] }} }}",
    )
    for index, name in enumerate(_names(number)):
        yield f"  {name}: {kinds[index % len(kinds)].format(index + 1)}"


def _tag(number: int) -> Iterator[str]:
    settings = f"{{ url: http://127.0.0.1:9/{number}/, site_id: {number + 1}, token: {{ secret: matomo_token }} }}"
    yield f"  tag{number}:"
    yield "    type: matomo"
    yield "    send_when: { all_of: [page_view], any_of: [wanted] }"
    yield "    consent: not_needed"
    yield f"    settings: {settings}"
    yield "    fields: { dimension1: plan, dimension2: section, dimension3: country }"


def _rules(tags: int) -> Iterator[str]:
    for word, first in (("attach", 0), ("hash", 1)):
        named = ", ".join(f"tag{number}" for number in range(first, tags, 3))
        if named:
            yield f"    - {{ when: member, {word}: [{named}] }}"


@contextmanager
def server(*command: str, ready: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process pinned to the server's core, once it answers."""
    log = tempfile.TemporaryFile()
    process = subprocess.Popen(
        ["taskset", "-c", SERVER, *command], stdout=log, stderr=log, cwd=HERE, env={**os.environ, **more}
    )
    try:
        _wait(ready, process)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
        except urllib.error.HTTPError:
            return
        except OSError:
            continue
        return
    raise SystemExit(f"{url} does not answer")


@contextmanager
def bare(port: int) -> Iterator[str]:
    """The bare Starlette route."""
    uvicorn = ("-m", "uvicorn", "bare:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log")
    url = f"http://127.0.0.1:{port}"
    with server(sys.executable, *uvicorn, "--port", str(port), "--log-level", "warning", ready=url):
        yield url


@contextmanager
def gateway(port: int, text: str) -> Iterator[str]:
    """The gateway with one container called bench."""
    with tempfile.TemporaryDirectory(prefix="taggate-bench-") as folder:
        base = Path(folder)
        (base / "tags").mkdir()
        (base / "tags" / "bench.yaml").write_text(text)
        config = base / "gateway.yaml"
        config.write_text(
            f"version: 1\nlisten: 127.0.0.1:{port}\ncontainers: tags\ndata: data\nsecrets: secrets\n"
            "limits: { per_address: 0/s, per_container: 0/s }\n"
        )
        secrets = {"TAGGATE_SECRET_USER_ID_KEY": KEY, "TAGGATE_SECRET_MATOMO_TOKEN": KEY}
        url = f"http://127.0.0.1:{port}"
        command = (sys.executable, "-m", "gateway.cli", "serve", "--config", str(config))
        with server(*command, ready=url + "/readyz", **secrets):
            yield url


def cookies(url: str, folder: Path, number: int = 1000) -> Path:
    """A file with the cookies of so many visitors."""
    found = []
    for visitor in range(number):
        page = uuid.uuid4().hex
        body = (
            f'{{"event":"page_view","values":{{"account_id":"member-{visitor:05d}"}},"page":"{page}",'
            '"consent":{"analytics":true,"marketing":false}}'
        )
        request = urllib.request.Request(f"{url}/collect/bench", body.encode(), {"Origin": ORIGIN}, method="POST")
        with urllib.request.urlopen(request) as answer:
            found.append(answer.headers["Set-Cookie"].partition(";")[0])
    path = folder / "cookies"
    path.write_text("\n".join(found) + "\n")
    return path


def wrk(url: str, seconds: int, connections: int, jar: Path) -> float:
    """Requests answered a second; complains about any that were not 2xx."""
    command = ["taskset", "-c", CLIENT, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s"]
    command += [str(HERE / "hit.lua"), f"{url}/collect/bench", "--", str(jar)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", said):
        print(f"    {bad[1]} answers were not 2xx")
    match = re.search(r"Requests/sec:\s+([\d.]+)", said)
    return float(match[1]) if match else 0.0


def main() -> None:
    """Interleaved rounds; each is printed, and the median of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--triggers", type=int, default=20)
    parser.add_argument("--tags", type=int, default=3)
    asked = parser.parse_args()
    ratios = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        floor = stack.enter_context(bare(8701))
        ours = stack.enter_context(gateway(8702, container(asked.triggers, asked.tags)))
        jar = cookies(ours, folder)
        for number in range(1, asked.rounds + 1):
            before = wrk(floor, asked.seconds, asked.connections, jar)
            after = wrk(ours, asked.seconds, asked.connections, jar)
            ratios.append(after / before)
            said = f"bare {before:8.0f}/s  gateway {after:8.0f}/s  ratio {ratios[-1]:.3f}"
            print(f"round {number}: {said}  load {os.getloadavg()[0]:.1f}")
    print(f"median of ratios: {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
