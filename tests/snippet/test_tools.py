"""What is built with Node.js: nothing of it is needed where the gateway runs."""

import pytest
from node import npm, run


@pytest.mark.parametrize("script", ["lint", "check"])
def test_the_sources_are_linted_and_built_as_they_would_be_now(script: str) -> None:
    run(npm("whether static/snippet is clean, and built as it would be now, was not looked at"), "run", "-s", script)
