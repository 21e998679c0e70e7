"""A whole gateway in the test's own loop: real store, queue, senders and receivers; only the clock is the test's."""

import asyncio
import hmac
import json
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from receivers import MatomoReceiver, WebhookReceiver

from gateway.decide.day import DayNumber
from gateway.decide.suppose import judge
from gateway.delivery.sender import Surroundings
from gateway.delivery.senders import Senders, routes
from gateway.delivery.transport import Transport
from gateway.destinations import TABLE, TYPES
from gateway.language.load import Loader
from gateway.outbox.protocol import Counts
from gateway.outbox.sqlite import SqliteOutbox
from gateway.people.known import People
from gateway.secrets import DayKey, Secrets
from gateway.settings import Country, Limits, Settings
from gateway.store.sqlite import SqliteStore
from gateway.web import app
from gateway.web.desk import Desk, OwnDesk
from gateway.web.gateway import Gateway, Health, Report
from gateway.web.ingest import Ingest
from gateway.web.metrics import Counting, Metrics, exposition
from gateway.web.preview.drafts import Drafts, OwnDrafts, Previews
from gateway.web.rates import Rate
from gateway.web.runtime import Runtime
from gateway.web.seen import Seen, Version
from gateway.web.together import Together
from gateway.web.workers.front_desk import FrontDesk

from .asgi import Answer, Asgi, jar
from .office import InTurn, Office

LOCAL = (ip_network("127.0.0.0/8"),)
START = 1_780_000_000_000
HOUR = 3_600_000
OWN = b"gateway's own secret, 32 bytes.."
LOGIN_KEY = "login key of the shop: 32 bytes."
SECRETS = {
    "SHOP_SERVER": "the server's key, 32 bytes or more",
    "SHOP_TOKEN": "0123456789abcdef0123456789abcdef",
    "SEGMENT_KEY": "the key of servers that speak Segment",
    "LOGIN_KEY": LOGIN_KEY,
    "USER_ID_KEY": "0123456789abcdef0123456789abcdef",
    "MATOMO_TOKEN": "matomo-token-that-nobody-may-see",
}
ENVIRONMENT = {f"TAGGATE_SECRET_{name}": value for name, value in SECRETS.items()}
GRANTED = {"analytics": True, "marketing": True}
REFUSED = {"analytics": False, "marketing": False}

SHOP = """\
version: 1
site:
  name: Acme Shop
  domains: [shop.example.com, "*.acme.example"]
  drop_query: [reset_token]

accept:
  {accept}server: {{ key: {{ secret: shop_server }} }}

{consent}

visitor: {{ remember_when: analytics_ok, days: 390, without_cookie: {without_cookie} }}

variables:
  account_id: {{ data_layer: user.id }}
  company_id: {{ data_layer: user.company }}
  proof:      {{ data_layer: user.proof }}
  email:      {{ trait: email, personal: true }}
  plan:       {{ cookie: plan, default: free }}
  section:    {{ query: section }}
  came_from:  {{ page: referrer }}
  value:      {{ event: value, type: number }}

triggers:
  any_event:    {{ event: {{ not_one_of: [nothing] }} }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
  marketing_ok: {{ consent: {{ granted: marketing }} }}
  signed_in:    {{ account_id: {{ present: true }} }}
  signed_out:   {{ account_id: {{ present: false }} }}
  known:        {{ all_of: [signed_in, analytics_ok] }}
  customer:     {{ all_of: [signed_in, marketing_ok] }}

tags:
  matomo:
    type: matomo
    send_when: {{ all_of: [any_event] }}
    consent: not_needed
    settings: {{ url: "{matomo}", site_id: 3, token: {{ secret: matomo_token }} }}
    fields: {{ dimension1: plan }}
  partner:
    type: webhook
    send_when: {{ all_of: [any_event, analytics_ok] }}
    settings: {{ url: "{hooks}/partner" }}
    fields: {{ plan: plan, section: section, came_from: came_from }}
    ip: none
  crm:
    type: webhook
    send_when: {{ all_of: [any_event, marketing_ok] }}
    settings: {{ url: "{hooks}/crm" }}
    identifiers: {{ email: email }}
  plain:
    type: webhook
    send_when: {{ all_of: [any_event] }}
    consent: not_needed
    settings: {{ url: "{hooks}/plain" }}
    fields: {{ value: value, section: section }}
  guests:
    type: webhook
    send_when: {{ all_of: [signed_out] }}
    consent: not_needed
    settings: {{ url: "{hooks}/guests" }}

user_id:
  from: account_id
{verified_by}  account: company_id
  hash_with: {{ secret: user_id_key }}
  at_login: {at_login}
  at_logout: {at_logout}
  rules:
    - {{ when: known, attach: [matomo], hash: [partner] }}
    - {{ when: customer, attach: [crm] }}
  otherwise: drop

tests: []
"""

DIALECTS = """\
matomo: { site_ids: [1, 5], server_token: { secret: shop_token }, consent_purpose: analytics }
  segment: { browser_key: shop-web, server_key: { secret: segment_key } }
  """
"""Senders that speak the APIs of other tools."""
FROM_COOKIE = """\
consent:
  from: { cookie: cookie_consent }
  purposes: { analytics: statistics, marketing: ads }
  gpc_refuses: [marketing]"""
TOKEN = "  verified_by: { token: proof, key: { secret: login_key } }\n"
SIGNATURE = "  verified_by: { signature: proof, key: { secret: login_key } }\n"


def shop(matomo: str = "https://stats.invalid/", hooks: str = "https://hooks.invalid", **told: str) -> str:
    """The container, with what the test wants otherwise."""
    usual = {
        "accept": "",
        "consent": FROM_COOKIE,
        "without_cookie": "day_number",
        "verified_by": "",
        "at_login": "new_visit",
        "at_logout": "new_visitor",
    }
    return SHOP.format(**{**usual, "matomo": matomo, "hooks": hooks, **told})


class Clock:
    """ms since 1970; the test turns it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def seconds(self) -> float:
        return self.now / 1000


class Gate:
    """`async with Gate(tmp_path) as gate`: `gate.matomo.recorded`, `gate.got("crm")` are what receivers got."""

    workers = 1
    """Above 1: each request goes to the next of so many workers, over a link of its own."""
    together = True
    """Whether hits that come at once are taken together."""

    def __init__(self, folder: Path, limits: Limits | None = None, delivers: bool = True, **told: str) -> None:
        self.folder = folder
        self.loader = Loader(TYPES, judge)
        self.clock = Clock()
        self.told = told
        self.matomo = MatomoReceiver(token=SECRETS["MATOMO_TOKEN"])
        self.hooks = WebhookReceiver()
        self.runtimes: dict[str, Runtime] = {}
        self.unready: list[str] = []
        self.degraded: list[str] = []
        self.taken: list[Any] = []
        self.web: Asgi | InTurn
        self.office: Office | None = None
        self._delivers = delivers
        self._limits = limits or Limits(per_address=0, per_container=0, disk_reserve=0)
        self._ids = 0

    async def __aenter__(self) -> Self:
        await self.matomo.up()
        await self.hooks.up()
        await self.open()
        return self

    async def open(self) -> None:
        """The gateway, on whatever the folder holds."""
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        self.settings = Settings(
            containers=self.folder / "tags",
            data=data,
            secrets=self.folder / "secrets",
            limits=self._limits,
            allowed_networks=LOCAL,
            trusted_proxies=(ip_network("10.0.0.0/8"),),
            country=Country(header="CF-IPCountry"),
        )
        self.outbox = SqliteOutbox(data / "queue.db", now=self.clock)
        self.store = SqliteStore(data / "state.db")
        await self.store.open()
        await self.outbox.open()
        self.transport = Transport(LOCAL, clock=self.clock.seconds)
        self.metrics = Metrics(self.clock)
        self.senders = Senders(
            Surroundings(
                outbox=self.outbox,
                transport=self.transport,
                clock=self.clock.seconds,
                grace=1.0,
                watcher=self.metrics.watching,
            )
        )
        people = People(self.store, self.clock)
        drafts = OwnDrafts(data, OWN, Secrets(self.folder / "secrets", ENVIRONMENT).key, None)
        if self.workers > 1:
            front = FrontDesk(self.outbox, people, DayKey(data), self, drafts)
            # What workers remember is as old as what the outbox does: of the same clock.
            self.office = Office(front, self.metrics, OWN, self.clock.seconds)
            found = [await self.office.hire() for _ in range(self.workers)]
            self.web = InTurn([self._asgi(one.desk, one.tallies, one.health, one.drafts) for one in found])
        else:
            self.web = self._asgi(OwnDesk(self.outbox, people, DayNumber(DayKey(data))), self.metrics, self, drafts)
        await self.load(**self.told)

    def _asgi(self, desk: Desk, metrics: Counting, health: Health, drafts: Drafts) -> Asgi:
        together = Together(desk) if self.together else None
        return Asgi(
            app.create(
                Gateway(
                    settings=self.settings,
                    runtimes=lambda: self.runtimes,
                    ingest=Ingest(desk, metrics, lambda _, taken: self.taken.append(taken), together),
                    desk=desk,
                    metrics=metrics,
                    health=health,
                    per_address=Rate(self._limits.per_address, self.clock.seconds),
                    per_container=Rate(self._limits.per_container, self.clock.seconds),
                    now=self.clock,
                    previews=Previews(own=OWN, drafts=drafts),
                )
            )
        )

    async def report(self) -> Report:
        """As Server.report."""
        running = {name: runtime.container.revision for name, runtime in self.runtimes.items()}
        return Report(self.unready, self.degraded, running)

    async def exposition(self) -> bytes:
        """As Server.exposition."""
        if self.office:
            await self.office.count()
        return await exposition(self.metrics, self.outbox, self.look())

    def look(self) -> Seen:
        """As Server.seen."""
        return Seen(
            states=self.senders.states,
            space=self.outbox.space,
            timings={"queue": self.outbox.timing, "state": self.store.timing},
            versions={name: Version(one.container.revision, True) for name, one in self.runtimes.items()},
        )

    async def load(self, text: str | None = None, name: str = "shop", **told: str) -> None:
        """A container, from now on."""
        source = text if text is not None else shop(self.matomo.url + "/", self.hooks.url, **told)
        loaded = self.loader.compile(source.encode(), name, f"tags/{name}.yaml")
        assert loaded.container is not None, "\n".join(loaded.report())
        secrets = Secrets(self.folder / "secrets", ENVIRONMENT)
        self.runtimes = {**self.runtimes, name: Runtime.of(loaded.container, OWN, secrets.key)}
        if self._delivers:
            containers = [runtime.container for runtime in self.runtimes.values()]
            await self.senders.reconcile(routes(containers, TABLE, lambda name: secrets.get(name).decode()))

    async def close(self) -> None:
        if self.office:
            await self.office.close()
        await self.senders.stop()
        await self.transport.close()
        await self.outbox.close()
        await self.store.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        await self.matomo.down()
        await self.hooks.down()

    # what came of it

    async def counts(self) -> Mapping[tuple[str, str], Counts]:
        counts = await self.outbox.counts()
        assert all(one.balanced for one in counts.values())
        return counts

    async def accepted(self, tag: str) -> int:
        """How many hits a tag was to get, whatever became of them since."""
        counts = await self.counts()
        return counts["shop", tag].accepted if ("shop", tag) in counts else 0

    async def delivered(self) -> None:
        """Returns once nothing waits to be delivered."""
        async with asyncio.timeout(20):
            while any(one.pending for one in (await self.counts()).values()):
                pass

    async def got(self, tag: str) -> list[dict[str, Any]]:
        """What a webhook tag got, in order."""
        await self.delivered()
        return [r.json for r in self.hooks.requests if r.path == f"/{tag}"]

    async def tracked(self) -> list[dict[str, str]]:
        """What Matomo recorded, in order."""
        await self.delivered()
        return self.matomo.recorded

    def everything_sent(self) -> bytes:
        """Every byte that any receiver got."""
        return b"\n".join(
            request.path.encode() + b" " + json.dumps(dict(request.headers)).encode() + b" " + request.body
            for request in [*self.matomo.requests, *self.hooks.requests]
        )

    async def text_of_metrics(self) -> str:
        return (await self.web.ask("GET", "/metrics")).body.decode()

    def stored(self) -> bytes:
        """Every byte in the data folder, keys aside."""
        files = sorted((self.folder / "data").glob("*.db*"))
        return b"".join(file.read_bytes() for file in files)

    def browser(self, **told: Any) -> "Browser":
        return Browser(self, **told)

    async def server(self, *hits: Mapping[str, Any], **more: Any) -> Answer:
        """Hits of the shop's own server."""
        headers = {"authorization": f"Bearer {SECRETS['SHOP_SERVER']}"}
        return await self.web.ask("POST", "/collect/shop", packed(hits, more), headers, ip="198.51.100.1")


def packed(hits: Iterable[Mapping[str, Any]], more: Mapping[str, Any]) -> dict[str, Any]:
    """One hit as it is, several as a batch."""
    found = [dict(hit) for hit in hits]
    return found[0] if len(found) == 1 and not more else {"hits": found, **more}


class Browser:
    """A visitor's browser: keeps cookies as one does, and knows its page's number and the visitor's choice."""

    def __init__(
        self, gate: Gate, ip: str = "203.0.113.9", agent: str = "Firefox", consent: Mapping[str, bool] | None = None
    ) -> None:
        self.gate = gate
        self.ip, self.agent = ip, agent
        self.cookies: dict[str, str] = {}
        self.consent = consent
        self.consent_at: int | None = None
        self.page = ""
        self.scheme = "https"
        self.keeps_cookies = True
        self.new_page()

    def new_page(self) -> None:
        """A new document."""
        self.page = uuid.uuid4().hex

    @property
    def cookie(self) -> str | None:
        return self.cookies.get("tg_shop")

    def headers(self, **more: str) -> dict[str, str]:
        found = {"origin": "https://shop.example.com", "user-agent": self.agent, **more}
        if self.cookies:
            found["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return found

    def hit(self, event: str = "page_view", **told: Any) -> dict[str, Any]:
        """A hit as the snippet makes it; `user=` is what the page says of who is signed in."""
        made: dict[str, Any] = {"event": event, "at": self.gate.clock.now, "page": self.page}
        if self.consent is not None:
            made |= {"consent": dict(self.consent)}
        if self.consent_at is not None:
            made |= {"consent_at": self.consent_at}
        if "user" in told:
            told.setdefault("values", {})["account_id"] = told.pop("user")
        return {**made, **told}

    async def send(self, *hits: Mapping[str, Any], extra: Mapping[str, str] | None = None, **more: Any) -> Answer:
        return self.keep(await self.post("/collect/shop", packed(hits, more), extra))

    async def see(self, event: str = "page_view", **told: Any) -> Answer:
        """One hit, sent at once, a second after the last thing that happened."""
        self.gate.clock.now += 1000
        answer = await self.send(self.hit(event, **told))
        assert answer.status == 204, answer.body
        return answer

    async def choose(self, consent: Mapping[str, bool], **told: Any) -> Answer:
        """The banner: tells the gateway, and what follows says it."""
        self.gate.clock.now += 1000
        self.consent, self.consent_at = consent, self.gate.clock.now
        body = {"consent": dict(consent), "at": self.gate.clock.now, "page": self.page, **told}
        return self.keep(await self.post("/consent/shop", body))

    async def post(self, path: str, body: Any, extra: Mapping[str, str] | None = None) -> Answer:
        headers = self.headers(**(extra or {}))
        return await self.gate.web.ask("POST", path, body, headers, ip=self.ip, scheme=self.scheme)

    def keep(self, answer: Answer) -> Answer:
        for name, morsel in jar(answer).items() if self.keeps_cookies else ():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return answer


def signature(user: str) -> str:
    """A proof of `verified_by: signature`."""
    return hmac.digest(LOGIN_KEY.encode(), user.encode(), "sha256").hex()


async def until(condition: Callable[[], bool | Awaitable[bool]], within: float = 15.0) -> None:
    """Returns once it holds. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.01)
