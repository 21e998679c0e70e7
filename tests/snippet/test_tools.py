"""What is built with Node.js: nothing of it is needed where the gateway runs."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "snippet"


@pytest.fixture(scope="module")
def npm() -> str:
    """npm, with the tools installed."""
    found = shutil.which("npm")
    if found is None:
        pytest.skip("npm is missing: whether static/snippet is linted and built as it would be now was not looked at")
    if not (TOOLS / "node_modules").is_dir():
        run(found, "ci", "--no-audit", "--no-fund")
    return found


def run(*command: str) -> str:
    """Its output; fails with it."""
    done = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_sources_are_linted(npm: str) -> None:
    run(npm, "run", "--silent", "lint")


def test_what_was_built_would_be_built_again(npm: str) -> None:
    run(npm, "run", "--silent", "check")
