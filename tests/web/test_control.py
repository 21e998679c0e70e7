"""The control socket: private, gone with the gateway, and nothing that is said to it does harm."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gateway.web import control
from gateway.web.control import NAME, ask, controlled


async def echo(said: bytes) -> bytes:
    return b"you said " + said.strip()


async def asked(folder: Path, said: bytes) -> bytes:
    return await asyncio.to_thread(ask, folder, said)


async def test_it_answers_its_owner_only_as_long_as_it_is_there(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    async with controlled(tmp_path, echo):
        assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
        assert await asyncio.gather(*(asked(tmp_path, b"%d" % n) for n in range(3))) == [
            b"you said 0\n",
            b"you said 1\n",
            b"you said 2\n",
        ]
    assert not (tmp_path / NAME).exists()
    with pytest.raises(FileNotFoundError):
        await asked(tmp_path, b"anybody?")


async def test_a_socket_of_a_killed_gateway_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / NAME))
    with pytest.raises(ConnectionRefusedError):
        await asked(tmp_path, b"anybody?")
    async with controlled(tmp_path, echo):
        assert await asked(tmp_path, b"x") == b"you said x\n"


async def test_a_folder_with_a_long_name(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    async with controlled(folder, echo):
        assert await asked(folder, b"x") == b"you said x\n"


async def test_silence_and_floods_are_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "PATIENCE", 0.01)
    async with controlled(tmp_path, echo):
        reader, writer = await asyncio.open_unix_connection(tmp_path / NAME)
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_unix_connection(tmp_path / NAME)
        writer.write(b"x" * (2 * control.LONGEST))
        assert await reader.read() == b""
        writer.close()


async def test_a_gateway_that_ends_before_it_has_answered_is_no_answer(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.write(b"half")
        writer.close()

    async with await asyncio.start_unix_server(hang_up, tmp_path / NAME):
        with pytest.raises(ConnectionError, match="before it answered"):
            await asked(tmp_path, b"x")


async def test_who_goes_away_stops_nothing_and_the_end_waits_for_what_is_being_done(tmp_path: Path) -> None:
    begun, go, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly(said: bytes) -> bytes:
        begun.set()
        await go.wait()
        done.set()
        return said

    async with controlled(tmp_path, slowly):
        _, writer = await asyncio.open_unix_connection(tmp_path / NAME)
        writer.write(b"drop\n")
        await begun.wait()
        writer.close()
        go.set()
    assert done.is_set()


async def test_where_no_socket_can_be_it_runs_without(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with capture_logs() as said:
        async with controlled(tmp_path, echo):
            pass
    assert [(one["event"], one["why"]) for one in said] == [("no_control_socket", os.strerror(21))]
