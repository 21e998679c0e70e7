"""The operator's file, config/gateway.yaml → Settings; the same plain YAML and the same errors as containers."""

import os
import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from msgspec import Struct

from gateway.language.nodes import child, place, text, texts
from gateway.language.plain_yaml import Map, NotPlain, compose
from gateway.language.schema import OWN_SECTIONS, Schema
from gateway.language.shape import check_shape
from gateway.problems import Problem, in_order, quoted, render

Network = IPv4Network | IPv6Network
SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
BOUNDS = {"body": (1 << 10, 16 << 20), "queue": (1 << 20, 1 << 50)}
"""The least and the most: a body is read into memory, and goes from a worker to the keeper in one piece."""


class BadSettings(Exception):
    """The operator's file is wrong; the text is what `taggate check` would print."""


class Listen(Struct, frozen=True):
    """An address and a port."""

    host: str = "127.0.0.1"
    port: int = 8080


class Limits(Struct, frozen=True, kw_only=True):
    """Sizes in bytes, rates in requests a second; a rate of 0 is no limit."""

    body: int = 256 << 10
    queue: int = 4 << 30
    disk_reserve: int = 256 << 20
    per_address: int = 50
    per_container: int = 5000


class Traces(Struct, frozen=True):
    """Where OpenTelemetry spans go (OTLP over HTTP), and which share of the requests is traced."""

    endpoint: str
    sample: float = 0.01


class Country(Struct, frozen=True):
    """From what countries are known: a header of a trusted proxy, the path of a database; empty: not from it."""

    header: str = ""
    database: str = ""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything has a default; paths are absolute."""

    listen: Listen = Listen()
    public_url: str = ""
    containers: Path
    data: Path
    secrets: Path
    environment: str = "live"
    trusted_proxies: tuple[Network, ...] = ()
    allowed_networks: tuple[Network, ...] = ()
    limits: Limits = Limits()
    dead_days: int = 30
    traces: Traces | None = None
    country: Country = Country()


def defaults(base: Path) -> Settings:
    """With no file at all: everything beside `base`."""
    base = base.resolve()
    return Settings(containers=base / "tags", data=base / "data", secrets=base / "secrets")


def read_settings(path: Path) -> Settings:
    """Paths in the file count from its own folder. Raises BadSettings, and OSError when it cannot be read."""
    source = path.read_bytes()
    lines = source.decode("utf-8", "replace").splitlines()
    try:
        root = compose(source)
        problems = check_shape(root, SCHEMA)
        # Once will do for a whole container.
        problems = tuple(problem for problem in problems if problem.hint == _CONTAINER)[:1] or problems
        settings, wrong = (None, problems) if problems else _settings(root, path.resolve().parent)
    except NotPlain as error:
        settings, wrong = None, error.problems
    if settings is None or wrong:
        raise BadSettings("\n".join(render(problem, str(path), lines) for problem in in_order(wrong)))
    return settings


def _text(about: str, pattern: str = "", advice: str = "") -> Schema:
    out: Schema = {"type": ["string", "number", "boolean"], "minLength": 1, "description": about, "x-say": "text"}
    return out | ({"pattern": pattern, "x-advice": advice} if pattern else {})


def _map(properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False, "x-say": "a map", **more}


_PATH = (
    r"^(?![A-Za-z]:|\\\\)[^~$][^$]*$",
    "Write the whole path, /srv/taggate/data, or one from this file's folder: ~ and $ stand for nothing here.",
)
_SIZE = r"^[0-9]{1,6}(B|KiB|MiB|GiB)$"
_URL = r"^https?://[^\s/?#]+[^\s]*$"
_SITE_URL = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
_SHARE = r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
_RATE = r"^[0-9]{1,7}/s$"
_LIST: Schema = {"type": "array", "items": _text("A network."), "x-say": "a list"}
_CONTAINER = "It stands in a container, tags/*.yaml. The operator's file is another: config/gateway.yaml."
_ELSEWHERE = {
    **dict.fromkeys(("port", "host", "bind", "address"), "Write address and port together: listen: 127.0.0.1:8080."),
    **dict.fromkeys(("workers", "processes"), "Say it where the gateway is started: taggate serve --workers 4."),
    **dict.fromkeys(("tls", "ssl", "https", "certificate"), "A proxy before the gateway does that: config/README.md."),
    **dict.fromkeys(("log", "logs", "logging", "log_level"), "The log is standard error, all of it: nothing is set."),
}
SCHEMA: Schema = _map(
    {
        "version": {"enum": [1], "x-say": "1"},
        "listen": _text("Address and port.", r"^[^\s/]+:[0-9]{1,5}$", "Write address and port: 127.0.0.1:8080."),
        "public_url": _text("The gateway's address for websites.", _SITE_URL, "Write https://tg.example.com"),
        "containers": _text("The folder of the containers.", *_PATH),
        "data": _text("The folder of the gateway's own data.", *_PATH),
        "secrets": _text("The folder of the secrets.", *_PATH)
        | {"x-map": "Write the folder's path: each secret is a file in it, called by its name."},
        "environment": _text("A name shown everywhere."),
        "store": {"enum": ["sqlite"], "description": "Where hits and state are kept."},
        "trusted_proxies": _LIST | {"description": "Whose X-Forwarded-For is believed."},
        "networks": _map(
            {"allow": _LIST | {"description": "Private addresses that tags may send to."}},
            **{"x-items": "Write them under allow: { allow: [10.0.0.0/8] }."},
        ),
        "limits": _map(
            {
                "body": _text("The largest body.", _SIZE, "Write a size like 256KiB."),
                "queue": _text("The largest queue.", _SIZE, "Write a size like 4GiB."),
                "disk_reserve": _text("What stays free on the disk.", _SIZE, "Write a size like 256MiB."),
                "per_address": _text("Requests of one address.", _RATE, "Write a rate like 50/s."),
                "per_container": _text("Requests for one container.", _RATE, "Write a rate like 5000/s."),
            }
        ),
        "keep": _map(
            {"dead": _text("How long dead letters are kept.", r"^[0-9]{1,4}d$", "Write days like 30d.")},
            **{"x-later": ["links", "receipts"]},
        ),
        "country": _map(
            {
                "header": _text(
                    "The header in which a trusted proxy tells the visitor's country.",
                    r"^[A-Za-z0-9-]+$",
                    "Write the header's name, like CF-IPCountry.",
                ),
                "database": _text("The file of a database of addresses and countries (MMDB).", *_PATH),
            }
        ),
        "traces": _map(
            {
                "endpoint": _text(
                    "Where spans are sent, by OTLP over HTTP.", _URL, "Write http://127.0.0.1:4318/v1/traces."
                ),
                "sample": _text("The share that is traced.", _SHARE, "Write a number from 0 to 1, like 0.01."),
            },
            required=["endpoint"],
        ),
    },
    required=["version"],
    **{"x-later": ["admin"], "x-instead": dict.fromkeys(OWN_SECTIONS, _CONTAINER) | _ELSEWHERE},
)


def _settings(root: Map, base: Path) -> tuple[Settings | None, tuple[Problem, ...]]:
    problems: list[Problem] = []
    plain = defaults(base.parent if base.name == "config" else base)
    host, _, port = text(root.get("listen"), "127.0.0.1:8080").rpartition(":")
    settings = Settings(
        listen=Listen(host.strip("[]"), int(port)),
        public_url=text(root.get("public_url")).rstrip("/"),
        containers=_followed(root, base) or plain.containers,
        data=_path(root, "data", base, plain.data),
        secrets=_path(root, "secrets", base, plain.secrets),
        environment=text(root.get("environment"), "live"),
        trusted_proxies=_networks(root, problems, "trusted_proxies"),
        allowed_networks=_networks(root, problems, "networks", "allow"),
        limits=_limits(root, problems),
        dead_days=int(text(child(root, "keep", "dead"), "30d").rstrip("d")),
        traces=_traces(root),
        country=_country(root, base),
    )
    if not 0 <= settings.listen.port <= 65535:
        say = f"There is no port {port}."
        problems.append(
            Problem(place=place(root.get("listen")), code="bad-port", message=say, hint="Ports go up to 65535.")
        )
    problems += _apart(root, settings)
    return settings, tuple(problems)


def _apart(root: Map, settings: Settings) -> Iterator[Problem]:
    """What is closed to everybody else at start is not where people edit."""
    for key, folder in (("data", settings.data), ("secrets", settings.secrets)):
        if settings.containers.resolve().is_relative_to(folder):
            where = place(root.get(key) or root.get("containers"))
            say = f"The containers lie in the folder {key}, which only the gateway may open."
            yield Problem(place=where, code="shared-folder", message=say, hint=f"Give {key} a folder of its own.")
    if settings.secrets.is_relative_to(settings.data):
        where = place(root.get("secrets") or root.get("data"))
        say = "The secrets lie in the folder data, in which nothing but the gateway's own may be."
        yield Problem(place=where, code="shared-folder", message=say, hint="Give secrets a folder of its own.")


def _followed(root: Map, base: Path) -> Path | None:
    """The containers' folder: where it is a link, wherever that leads when they are read."""
    said = text(root.get("containers"))
    return Path(os.path.normpath(base / said)) if said else None


def _path(root: Map, key: str, base: Path, default: Path) -> Path:
    said = text(root.get(key))
    return (base / said).resolve() if said else default


def _networks(root: Map, problems: list[Problem], *path: str) -> tuple[Network, ...]:
    found = []
    for word in texts(child(root, *path)):
        try:
            found.append(ip_network(word.text, strict=False))
        except ValueError:
            say = f"{quoted(word.text)} is no network."
            problems.append(
                Problem(place=word.place, code="bad-network", message=say, hint="Write it like 10.0.0.0/8.")
            )
    return tuple(found)


def _traces(root: Map) -> Traces | None:
    endpoint = text(child(root, "traces", "endpoint"))
    return Traces(endpoint, float(text(child(root, "traces", "sample"), "0.01"))) if endpoint else None


def _country(root: Map, base: Path) -> Country:
    database = text(child(root, "country", "database"))
    return Country(text(child(root, "country", "header")), str((base / database).resolve()) if database else "")


def _limits(root: Map, problems: list[Problem]) -> Limits:
    found = {}
    for name in Limits.__struct_fields__:
        said = child(root, "limits", name)
        if said is None:
            continue
        found[name] = amount = _amount(text(said))
        least, most = BOUNDS.get(name, (0, amount))
        if not least <= amount <= most:
            little = amount < least
            say = f"{quoted(text(said))} is too {'little: no hit would be taken' if little else 'much'}."
            hint = f"Write {_size(least)} or more." if little else f"Write {_size(most)} or less."
            problems.append(Problem(place=place(said), code="bad-size", message=say, hint=hint))
    return Limits(**found)


def _size(amount: int) -> str:
    return next(f"{amount // size}{unit}" for unit, size in reversed(SIZES.items()) if amount >= size)


def _amount(said: str) -> int:
    match = re.fullmatch(r"(\d+)(.*)", said)
    return int(match[1]) * SIZES.get(match[2], 1) if match else 0
