import pytest
from store.lab import Lab

from outbox.shared import Clock, outbox


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lab():
    return Lab()


@pytest.fixture
async def box(tmp_path, clock, lab):
    box = outbox(tmp_path / "queue.db", now=clock, connect=lab.connect)
    await box.open()
    yield box
    lab.gate.set()
    await box.close()
