"""What the tests of delivery begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from receivers import WebhookReceiver

from .world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


@pytest.fixture
async def crm() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as made:
        yield made
