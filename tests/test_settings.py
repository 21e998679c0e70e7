"""The operator's file (interfaces.md): defaults, every key, every mistake in plain words."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.settings import BadSettings, Country, Limits, Listen, Traces, defaults, read_settings

FULL = """\
version: 1
listen: 0.0.0.0:9000
public_url: https://tg.example.com/
containers: ../tags
data: /var/lib/taggate
secrets: ./keys
environment: staging
store: sqlite
trusted_proxies: [10.0.0.0/8, "fd00::/8", 192.0.2.1]
networks: { allow: [127.0.0.0/8] }
limits: { body: 512KiB, queue: 2GiB, disk_reserve: 100MiB, per_address: 7/s, per_container: 0/s }
keep: { dead: 7d }
country: { header: CF-IPCountry, database: ../countries.mmdb }
traces: { endpoint: "http://127.0.0.1:4318/v1/traces", sample: 0.25 }
"""


def written(folder: Path, text: str, name: str = "gateway.yaml") -> Path:
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / name).write_text(text)
    return config / name


def test_with_no_file_everything_is_beside(tmp_path: Path) -> None:
    plain = defaults(tmp_path)
    assert (plain.containers, plain.data, plain.secrets) == tuple(tmp_path / n for n in ("tags", "data", "secrets"))
    assert plain.listen == Listen("127.0.0.1", 8080)
    assert plain.limits == Limits(
        body=256 << 10, queue=4 << 30, disk_reserve=256 << 20, per_address=50, per_container=5000
    )
    assert (plain.environment, plain.trusted_proxies, plain.allowed_networks, plain.dead_days) == ("live", (), (), 30)


def test_the_smallest_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, "version: 1\n")) == defaults(tmp_path)
    elsewhere = tmp_path / "gateway.yaml"
    elsewhere.write_text("version: 1\n")
    assert read_settings(elsewhere) == defaults(tmp_path)


def test_a_container_is_told_in_one_line(tmp_path: Path) -> None:
    container = "version: 1\nsite: { name: Shop }\nconsent: not_needed\ntags: {}\ntests: []\n"
    with pytest.raises(BadSettings) as told:
        read_settings(written(tmp_path, container))
    said = str(told.value)
    assert said.count("[unknown-key]") == 1
    assert "It stands in a container, tags/*.yaml." in said


def test_every_key(tmp_path: Path) -> None:
    found = read_settings(written(tmp_path, FULL))
    assert found.listen == Listen("0.0.0.0", 9000)
    assert found.public_url == "https://tg.example.com"
    assert found.containers == tmp_path / "tags"
    assert found.data == Path("/var/lib/taggate")
    assert found.secrets == tmp_path / "config" / "keys"
    assert found.environment == "staging"
    assert found.country == Country("CF-IPCountry", str(tmp_path / "countries.mmdb"))
    assert found.traces == Traces("http://127.0.0.1:4318/v1/traces", 0.25)
    assert found.trusted_proxies == tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8", "192.0.2.1/32")))
    assert found.allowed_networks == (ip_network("127.0.0.0/8"),)
    assert found.limits == Limits(body=512 << 10, queue=2 << 30, disk_reserve=100 << 20, per_address=7, per_container=0)
    assert found.dead_days == 7


def test_sections_may_stand_in_any_order(tmp_path: Path) -> None:
    head, *rest = FULL.splitlines(keepends=True)
    assert read_settings(written(tmp_path, "".join([*reversed(rest), head]))) == read_settings(written(tmp_path, FULL))


@pytest.mark.parametrize("said", ['"[::1]:8080"', '"::1:8080"'])
def test_addresses_of_version_6(tmp_path: Path, said: str) -> None:
    assert read_settings(written(tmp_path, f"version: 1\nlisten: {said}\n")).listen == Listen("::1", 8080)


WRONG = {
    "version: 2": ("1:10", ""),
    "listen: 127.0.0.1:80": ("1:1", "version"),
    "": ("1:1", ""),
    "- version: 1": ("1:1", ""),
    "version: 1\nversion: 1": ("2:1", "version"),
    "version: 1\nlisen: 127.0.0.1:80": ("2:1", 'Did you mean "listen"?'),
    "version: 1\nlisten: 8080": ("2:9", "127.0.0.1:8080"),
    "version: 1\nlisten: 127.0.0.1:65536": ("2:9", "There is no port 65536."),
    "version: 1\nlisten: [a]": ("2:9", ""),
    "version: 1\nstore: nats": ("2:8", "sqlite"),
    "version: 1\npublic_url: tg.example.com": ("2:13", "https://"),
    "version: 1\ntrusted_proxies: 10.0.0.0/8": ("2:18", "list"),
    "version: 1\ntrusted_proxies: [proxy]": ("2:19", '"proxy" is no network.'),
    "version: 1\nnetworks: { allow: [10.0.0.0/33] }": ("2:21", "10.0.0.0/8"),
    "version: 1\nnetworks: { deny: [10.0.0.0/8] }": ("2:13", "allow"),
    "version: 1\nlimits: { body: 256 }": ("2:17", "256KiB"),
    "version: 1\nlimits: { per_address: 50 }": ("2:24", "50/s"),
    "version: 1\nkeep: { dead: 30 }": ("2:15", "30d"),
    "version: 1\nkeep: { receipts: 90d }": ("2:9", '"receipts" is not available yet.'),
    "version: 1\nadmin: { listen: 127.0.0.1:9000 }": ("2:1", '"admin" is not available yet.'),
    "version: 1\ncountry: { header: CF IPCountry }": ("2:20", "CF-IPCountry"),
    "version: 1\ncountry: { databas: x }": ("2:12", "database"),
    "version: 1\ntraces: { sample: 1 }": ("2:1", "endpoint"),
    'version: 1\ntraces: { endpoint: "x" }': ("2:21", "http://127.0.0.1:4318/v1/traces"),
    'version: 1\ntraces: { endpoint: "http://x", sample: 2 }': ("2:41", "0.01"),
    "version: 1\nlimits: { body: 0B }": ("2:17", "1KiB or more"),
    "version: 1\nlimits: { body: 1GiB }": ("2:17", "16MiB or less"),
    "version: 1\nlimits: { queue: 0B }": ("2:18", "no hit would be taken"),
    "version: 1\ndata: ~/data": ("2:7", "Write the whole path"),
    "version: 1\nsecrets: $HOME/x": ("2:10", "Write the whole path"),
    "version: 1\ndata: ..": ("2:7", "The containers lie in the folder data"),
    "version: 1\ndata: ../secrets": ("2:7", "The secrets lie in the folder data"),
    "version: 1\ndata: ../mine\nsecrets: ../mine/secrets": ("3:10", "Give secrets a folder of its own."),
    "version: 1\nsecrets: ../tags": ("2:10", "Give secrets a folder of its own."),
    "version: 1\npublic_url: https://x.example/?a=1": ("2:13", "https://tg.example.com"),
    "version: 1\npublic_url: https://u:p@x.example": ("2:13", "https://tg.example.com"),
    'version: 1\npublic_url: "https:///"': ("2:13", "https://tg.example.com"),
    "version: 1\n\tlisten: x": ("2:1", ""),
    "version: &a 1": ("1:10", ""),
    "version: 1\nlisten: http://127.0.0.1:8080": ("2:9", "Write address and port: 127.0.0.1:8080."),
    "version: 1\nport: 8080": ("2:1", "Write address and port together"),
    "version: 1\nworkers: 4": ("2:1", "taggate serve --workers 4"),
    "version: 1\ntls: { certificate: x }": ("2:1", "A proxy before the gateway"),
    "version: 1\ndata: C:\\taggate\\data": ("2:7", "Write the whole path"),
    "version: 1\nsecrets: { matomo_token: abc }": ("2:10", "each secret is a file in it"),
    "version: 1\nnetworks: [10.0.0.0/8]": ("2:11", "{ allow: [10.0.0.0/8] }"),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_said_at_its_place(tmp_path: Path, text: str) -> None:
    place, words = WRONG[text]
    path = written(tmp_path, text + "\n" if text else "")
    with pytest.raises(BadSettings) as caught:
        read_settings(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:{place}: "), said
    assert words in said, said
    assert "Traceback" not in said


def test_a_link_to_the_containers_is_not_followed_yet(tmp_path: Path) -> None:
    (tmp_path / "tags").mkdir()
    (tmp_path / "current").symlink_to("tags")
    found = read_settings(written(tmp_path, "version: 1\ncontainers: ../current\n"))
    assert found.containers == tmp_path / "current"
    with pytest.raises(BadSettings, match="The containers lie in the folder data"):
        read_settings(written(tmp_path, "version: 1\ncontainers: ../current\ndata: ../tags\n"))


def test_all_mistakes_are_said_in_order(tmp_path: Path) -> None:
    text = "version: 1\ntrusted_proxies: [a, b]\nlisten: x:99999\n"
    with pytest.raises(BadSettings) as caught:
        read_settings(written(tmp_path, text))
    assert [line.split(": ")[0][-4:] for line in str(caught.value).splitlines() if "gateway.yaml:" in line] == [
        "2:19",
        "2:22",
        ":3:9",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        read_settings(tmp_path / "nowhere.yaml")
