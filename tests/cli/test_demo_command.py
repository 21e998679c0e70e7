"""`taggate demo`: starts with nothing set up, says where to look, ends by a signal, and leaves nothing behind."""

import importlib
import json
import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app, main
from gateway.shipped import folder


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]


def get(url: str, body: Any = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    origin = url.rsplit("/", 2)[0] if body is None else url.split("/collect", maxsplit=1)[0]
    with urllib.request.urlopen(urllib.request.Request(url, data, {"Origin": origin}), timeout=5) as answer:
        found: bytes = answer.read()
        return found


def once_up(port: int, work: Callable[[], None]) -> threading.Thread:
    """Does the work once the demo answers, and ends it."""

    def run() -> None:
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline:
                try:
                    get(f"http://127.0.0.1:{port}/readyz")
                    break
                except OSError:
                    continue
            work()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_it_runs_with_nothing_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    port, receivers = free_ports(2)
    seen: list[bytes] = []

    def look() -> None:
        base = f"http://127.0.0.1:{port}"
        seen.append(get(f"{base}/"))
        seen.append(get(f"{base}/t/demo.js"))
        get(f"{base}/collect/demo", {"event": "page_view", "consent": {"analytics": True, "marketing": True}})
        [made] = (tmp_path / "tmp").iterdir()
        [container] = (made / "tags").iterdir()
        seen.append(container.read_bytes())
        container.write_text(container.read_text().replace("trigger", "tigger").replace("page_view }", "page_veiw }"))

    thread = once_up(port, look)
    result = CliRunner().invoke(app, ["demo", "--port", str(port), "--receivers-port", str(receivers)])
    thread.join()
    assert result.exit_code == 0, result.output
    assert f"http://127.0.0.1:{port}/" in result.stdout
    assert b"<html" in seen[0].lower()
    assert f"127.0.0.1:{receivers}".encode() in seen[2]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "tmp"]


def test_with_data_it_is_the_same_shop_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secrets = []
    for _ in range(2):
        port, receivers = free_ports(2)
        thread = once_up(port, lambda: None)
        words = ["demo", "--port", str(port), "--receivers-port", str(receivers), "--data", "kept"]
        assert CliRunner().invoke(app, words).exit_code == 0
        thread.join()
        container = tmp_path / "kept" / "tags" / "demo.yaml"
        assert f"http://127.0.0.1:{receivers}/crm" in container.read_text()
        container.write_text(container.read_text() + "# mine\n")
        secrets.append({file.name: file.read_text() for file in (tmp_path / "kept" / "secrets").iterdir()})
    assert secrets[0] == secrets[1]
    assert container.read_text().count("# mine\n") == 2
    assert all(len(secret) == 33 for secret in secrets[0].values())
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "kept" / "secrets").iterdir())


def test_a_port_in_use_is_said_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [free] = free_ports(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for words in (["--port", port, "--receivers-port", free], ["--port", free, "--receivers-port", port]):
            result = CliRunner().invoke(app, ["demo", *map(str, words)])
            assert result.exit_code == 1
            assert f"127.0.0.1:{port} cannot be listened on" in result.stderr
            assert "taggate demo --port" in result.stderr
            assert "Traceback" not in result.output


def test_the_tags_beside_us_are_the_ones_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = importlib.import_module("gateway.cli.demo")
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "tags" / "demo.yaml"
    here.parent.mkdir()
    here.write_text((folder("tags") / "demo.yaml").read_text())
    assert demo._container(tmp_path / "data", demo.RECEIVERS_PORT) == here
    monkeypatch.setenv("TAGGATE_SECRET_DEMO_CRM_KEY", "from outside")
    assert demo._secret(tmp_path, "demo_crm_key") == "from outside"


def test_main_is_the_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["taggate", "schema", "--nonsense"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2


def test_a_port_or_a_folder_that_cannot_be_is_wrong_use(tmp_path: Path) -> None:
    for option in ("--port", "--receivers-port"):
        result = CliRunner().invoke(app, ["demo", option, "99999"])
        assert (result.exit_code, option in result.stderr) == (2, True)
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, ["demo", "--data", str(tmp_path / "file" / "data")])
    assert (result.exit_code, result.stderr) == (2, f"{tmp_path / 'file' / 'data'} cannot be made: Not a directory.\n")
    (tmp_path / "secrets").touch()
    result = CliRunner().invoke(app, ["demo", "--port", "0", "--receivers-port", "0", "--data", str(tmp_path)])
    assert (result.exit_code, result.stderr) == (2, f"{tmp_path / 'secrets'} cannot be used: File exists.\n")
