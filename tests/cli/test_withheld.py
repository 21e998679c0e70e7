"""Folders and files that belong to another user, as after a copy that root made, from outside."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from process import TAGGATE, Gateway

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can give a folder to somebody else"
)
LIKE_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""Root for whom modes hold, as they do for everybody else."""
NOBODY = 65534
SHOP = """\
version: 1
site: { name: Shop, domains: [shop.example.com] }
consent: not_needed
triggers: { view: { event: page_view } }
tags:
  crm: { type: webhook, send_when: { all_of: [view] }, settings: { url: "http://127.0.0.1:1/crm" } }
tests: []
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """One with a data folder."""
    gateway = Gateway(tmp_path, {"shop": SHOP})
    gateway.data.mkdir(mode=0o700)
    return gateway


async def say(gateway: Gateway, *words: str) -> tuple[int | None, str]:
    """What the command says, and its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(*LIKE_ANYBODY, *TAGGATE, *words),
        cwd=gateway.base,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 30)
    except TimeoutError:
        process.kill()
        raise
    return process.returncode, said.decode()


async def test_commands_on_the_folders_of_another_user_say_whose_they_are(gateway: Gateway) -> None:
    os.chown(gateway.data, NOBODY, NOBODY)
    status, doctor, preview = await asyncio.gather(
        say(gateway, "outbox", "status"), say(gateway, "doctor"), say(gateway, "preview", "shop")
    )
    whose = f"{gateway.data} belongs to user {NOBODY}: run this command as that user."
    assert status == preview == (1, f"{whose}\n")
    assert doctor == (
        1,
        f"problem {whose}\n        → sudo -u USER taggate doctor asks as another user. If the gateway runs as this one:"
        " chown -R it.\n1 problem, 0 warnings.\n",
    )
    tags = gateway.base / "tags"
    tags.chmod(0)
    one, every, preview = await asyncio.gather(
        say(gateway, "check", "tags/shop.yaml"), say(gateway, "check"), say(gateway, "preview", "shop")
    )
    tags.chmod(0o755)
    hint = "Permission denied. It is closed to this user: let somebody who may make it readable."
    assert one == (2, f"tags/shop.yaml: {hint}\n")
    assert every == (2, f"tags: {hint}\n")
    assert preview == (1, f"{tags} cannot be looked into: Permission denied.\n")


async def test_who_may_not_read_the_containers_is_not_sent_to_look_for_them(gateway: Gateway) -> None:
    tags = gateway.base / "tags"
    tags.chmod(0)
    serve, doctor = await asyncio.gather(say(gateway, "serve"), say(gateway, "doctor"))
    tags.chmod(0o755)
    hint = "Make it readable for the user that the gateway runs as."
    assert serve[0] == doctor[0] == 1
    assert serve[1].endswith(f"The folder of the containers cannot be read: {tags}: Permission denied. {hint}\n")
    assert f"problem {tags} cannot be read: Permission denied.\n        → {hint}\n" in doctor[1]


async def test_a_file_that_root_made_in_the_data_folder_ends_the_start_and_is_no_damage(gateway: Gateway) -> None:
    (gateway.data / "gateway_secret").write_text("0" * 64)
    for name in ("queue.db-wal", "state.db"):
        file = gateway.data / name
        file.touch(mode=0o600)
        os.chown(file, NOBODY, NOBODY)
        code, said = await say(gateway, "serve")
        doctor = (await say(gateway, "doctor"))[1]
        file.unlink()
        assert code == 1
        assert said.splitlines()[-1] == (
            f"The data folder cannot be used: {file}: Permission denied. The user that the gateway runs as must own the"
            f" folder and all in it: chown -R USER {gateway.data}"
        )
        assert f"problem {name} in {gateway.data} belongs to another user than the folder.\n" in doctor
