"""Node.js, which only tests and the build of the snippet use."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

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
        if not _installed(folder, json.load(lock)):
            run(found, "ci", "--no-audit", "--no-fund", cwd=folder)
    return found


def _installed(folder: Path, wanted: dict[str, Any]) -> bool:
    """Whether npm put there what the lock names now; what is optional is another system's."""
    written = folder / "node_modules" / ".package-lock.json"
    there = json.loads(written.read_text("utf-8"))["packages"] if written.exists() else {}
    return all(
        there.get(name, {}).get("version") == package["version"]
        for name, package in wanted["packages"].items()
        if name and not package.get("optional")
    )


def run(*command: str, cwd: Path = TOOLS) -> str:
    """Its output; fails with it."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
