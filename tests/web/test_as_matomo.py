"""GET /matomo.js: where Matomo's script stood, the snippet of the container that takes its calls."""

import pytest

from .gate import Gate, shop

TAKES = ("accept:\n", "accept:\n  matomo: {}\n")


@pytest.mark.parametrize("path", ["/matomo.js", "/piwik.js"])
async def test_the_snippet_of_the_one_container_that_takes_matomos_calls(gate: Gate, path: str) -> None:
    assert (await gate.web.ask("GET", path)).status == 404
    await gate.load(shop().replace(*TAKES), name="blog")
    own = await gate.web.ask("GET", "/t/blog.js")
    found = await gate.web.ask("GET", path)
    assert (found.status, found.body, found.headers["etag"]) == (200, own.body, own.headers["etag"])
    there = await gate.web.ask("GET", f"/{found.headers['sourcemap']}")
    assert there.status == 200
    again = await gate.web.ask("GET", path, b"", {"if-none-match": own.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await gate.web.ask("POST", path)).status == 405
    await gate.load(shop().replace(*TAKES), name="shop")
    assert (await gate.web.ask("GET", path)).status == 404, "which of the two is not guessed"
