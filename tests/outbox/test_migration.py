"""What waits in a queue of an older schema is there after the migration; a queue that cannot be migrated is kept."""

import pytest
from msgspec import structs

from gateway.outbox import sqlite
from gateway.outbox.protocol import Unusable
from gateway.outbox.schema import SCHEMA
from gateway.store.migration import copies
from outbox.shared import bodies, counts, fly, outbox, parcel, put, settle

NEXT = SCHEMA.version + 1


@pytest.fixture
async def path(tmp_path):
    box = outbox(tmp_path / "queue.db")
    await box.open()
    await put(box, *(parcel(b"%d" % number) for number in range(5)), id="an id")
    await box.close()
    return tmp_path / "queue.db"


async def test_what_waits_is_delivered_after_it(path, monkeypatch):
    step = ("ALTER TABLE parcels ADD COLUMN colour TEXT", "UPDATE parcels SET colour = 'red'")
    monkeypatch.setattr(sqlite, "SCHEMA", structs.replace(SCHEMA, version=NEXT, steps={SCHEMA.version: step}))
    box = outbox(path)
    await box.open()
    assert [copy.name for copy in copies(path)] == [f"queue.db.version-{SCHEMA.version}"]
    assert box.damaged is None
    assert await put(box, parcel(), id="an id") == [False]
    flying = await fly(box)
    assert bodies(flying) == [b"%d" % number for number in range(5)]
    await settle(box, flying)
    assert (await counts(box)).delivered == 5
    await box.close()


async def test_one_that_cannot_be_migrated_is_not_set_aside(path, monkeypatch):
    broken = structs.replace(SCHEMA, version=NEXT, steps={SCHEMA.version: ("INSERT INTO nowhere VALUES (1)",)})
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "SCHEMA", broken)
        box = outbox(path)
        with pytest.raises(Unusable, match="It is as it was"):
            await box.open()
        assert box.damaged is None
    box = outbox(path)
    await box.open()
    assert (await counts(box)).pending == 5
    await box.close()
