"""Tools that the fault tests need, installed where that can be done."""

import os
import shutil
import subprocess

import pytest

PACKAGES = {"faketime": "faketime", "strace": "strace", "mkfs.ext4": "e2fsprogs", "mount": "mount"}


def need(*tools: str, root: str = "") -> None:
    """Installs what is missing where that can be done. `root`: what root is needed for; without it the test is left
    out, and says so. Everything else that is missing is a failure."""
    if root and os.geteuid():
        pytest.skip(f"needs root: {root}")
    for tool in tools:
        if shutil.which(tool) is None and not os.geteuid():
            install(PACKAGES[tool])
        if shutil.which(tool) is None:
            (pytest.fail if not os.geteuid() or os.environ.get("CI") else pytest.skip)(
                f"{tool} is missing and cannot be installed without root: apt-get install {PACKAGES[tool]}"
            )


def install(package: str) -> None:
    """Through apt. That it failed shows in what is missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "--no-install-recommends", package]):
        subprocess.run([*command, "-y"], check=False, capture_output=True, env=environment, timeout=300)
