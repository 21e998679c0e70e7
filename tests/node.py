"""Node.js, which only tests and the build of the snippet use."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "static" / "snippet" / "tools"
MODULES = TOOLS / "node_modules"


def npm(what_is_missed: str, folder: Path = TOOLS) -> str:
    """npm, with what a folder's package.json names installed; skips the test where there is none."""
    found = shutil.which("npm")
    if found is None:
        pytest.skip(f"npm is missing: {what_is_missed}")
    # Tests run in several processes: one installs, the others wait for it.
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "node_modules").is_dir():
            run(found, "ci", "--no-audit", "--no-fund", cwd=folder)
    return found


def run(*command: str, cwd: Path = TOOLS) -> str:
    """Its output; fails with it."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
