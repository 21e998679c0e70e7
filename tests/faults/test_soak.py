"""The soak's search for what may not leave finds it; and three minutes of the soak itself."""

import asyncio
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from receivers import Received

from faults.leaks import Ears
from faults.visitors import Mind, Person

ROOT = Path(__file__).parents[2]


def crowd() -> Any:
    people = [Person(mind) for mind in (Mind.GRANTED, Mind.REFUSED, Mind.SILENT)]
    return SimpleNamespace(people=people, left=[])


def request(body: bytes, path: str = "/hook", headers: dict[str, str] | None = None) -> Received:
    connection: Any = None
    return Received("POST", path, headers or {}, body, connection)


@pytest.mark.parametrize("mind", [Mind.REFUSED, Mind.SILENT])
@pytest.mark.parametrize("receiver", ["matomo", "crm", "partner"])
def test_an_id_under_refusal_is_found_in_every_spelling(mind: Mind, receiver: str) -> None:
    load, ears = crowd(), Ears()
    ears.listen_for(load)
    (person,) = (one for one in load.people if one.mind is mind)
    spellings = list(person.spellings())
    for spelling in spellings:
        ears.hear(receiver, request(b'{"note":"' + spelling + b'"}'))
    assert len(ears.leaks) >= len(spellings)
    ears.hear(receiver, request(b"{}", path="/hook?u=" + spellings[1].decode()))
    ears.hear(receiver, request(b"{}", headers={"x-user": spellings[-1].decode()}))
    assert len(ears.leaks) >= len(spellings) + 2


def test_an_id_may_be_where_it_was_granted_until_it_was_withdrawn() -> None:
    load, ears = crowd(), Ears()
    ears.listen_for(load)
    name = load.people[0].name.encode()
    ears.hear("crm", request(name))
    assert (ears.leaks, ears.allowed) == ([], 1)
    ears.hear("matomo", request(name))
    assert len(ears.leaks) == 1
    guest = Person(Mind.LEAVING)
    ears.hear("crm", request(guest.name.encode()))
    assert len(ears.leaks) == 1
    load.left.append((time.monotonic() - 1, tuple(guest.spellings())))
    ears.hear("crm", request(guest.name.encode()))
    assert len(ears.leaks) == 2


@pytest.mark.long
async def test_three_minutes_of_everything() -> None:
    words = (sys.executable, "-m", "tests.faults.soak", "--minutes", "3")
    run = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(run.communicate(), 900)
    print(said.decode())
    assert run.returncode == 0
