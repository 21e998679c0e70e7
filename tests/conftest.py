"""What holds for all tests."""

from pathlib import Path

import pytest

FAULTS = Path(__file__).parent / "faults"
QUICK = ("test_kill.py",)
"""The faults that every run includes; the others mount file systems and cut power, and take minutes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is run by name: `bash tests/run -m long tests/faults`."""
    for item in items:
        if item.path.is_relative_to(FAULTS) and item.path.name not in QUICK:
            item.add_marker(pytest.mark.long)
