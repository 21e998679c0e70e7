"""A run of these tests that is killed in the middle leaves nothing behind: no gateway, no mount, no loop device."""

import asyncio
import subprocess
import sys
from pathlib import Path

from process import until

from faults.tools import need

SCENE = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from faults.rig import Scene
from faults.volume import Volume

async def main():
    base = Path(sys.argv[2])
    with Volume(base / "image", base / "data", 96):
        async with Scene(base, clients=1) as scene:
            await scene.gateway.start()
            await scene.answered(5)
            print(scene.gateway.process.pid, flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


def devices(image: Path) -> str:
    return subprocess.run(["losetup", "-j", str(image)], capture_output=True, text=True, check=True).stdout


def mounts() -> str:
    return Path("/proc/mounts").read_text()


async def test_a_killed_run_leaves_nothing_behind(tmp_path: Path) -> None:
    need("mkfs.ext4", "mount", root="mounting a file system of its own")
    words = [sys.executable, "-c", SCENE, str(Path(__file__).parents[1]), str(tmp_path)]
    run = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE)
    assert run.stdout is not None
    try:
        gateway = int(await asyncio.wait_for(run.stdout.readline(), 60))
        assert devices(tmp_path / "image")
        assert str(tmp_path) not in mounts(), "nobody else sees the mount"
    finally:
        run.kill()
        await run.wait()
    await until(lambda: not Path(f"/proc/{gateway}").exists(), within=240)
    await until(lambda: not devices(tmp_path / "image"), within=240)
