"""Firefox and WebKitGTK in place of Chromium: a test gets a page in each of them in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ..stub import Stub
from . import firefox, webkit
from .tab import Tab

HERE = Path(__file__).parent
DIFFERENT = {
    "test_single_page_applications",
    "test_an_application",
    "test_the_back_forward_cache",
    "test_away_and_back_after_signing_out_elsewhere",
    "test_what_happens_as_the_page_is_left",
    "test_many_hits_as_the_page_is_left",
    "test_a_large_hit",
    "test_others_have_used_up_the_browsers_limit",
    "test_what_was_left_behind_is_sent_once_by_whoever_comes_next",
    "test_clicks",
    "test_links",
    "test_forms",
    "test_forms_in_a_shadow",
    "test_small_signs",
    "test_what_comes_into_view",
    "test_the_address_changes",
    "test_moments_of_the_page",
    "test_local_storage",
    "test_tcf",
    "test_klaro",
    "test_how_fast_the_page_is",
    "test_a_page_that_shifts",
    "test_nothing_before_consent_whatever_happens",
    "test_strict_policies",
    "test_each_runs_once_after_the_choice_and_nothing_is_violated",
}
"""The tests in which these engines go another way than Chromium."""
OTHERWISE = {
    ("webkit", "test_clicks"): "a right click is none for the page there; test_engines has the others",
    ("webkit", "test_films"): "it pauses by itself before it plays; test_engines has a sound",
    ("webkit", "test_offline_and_back_on_one_page"): "its driver cannot take it offline",
    ("webkit", "test_odd_pages[broken JSON]"): "its driver speaks to a page by the page's own JSON",
    ("webkit", "test_odd_pages[no JSON]"): "its driver speaks to a page by the page's own JSON",
    ("webkit", "test_odd_pages[toJSON]"): "its driver speaks to a page by the page's own JSON",
    ("webkit", "test_a_page_that_is_closed"): "its driver ends with its last window",
    ("*", "test_a_tab_that_dies_while_it_is_looked_at"): "only Chromium lets a test crash a page",
}
"""What an engine, or its driver, does not do as the test has it."""
ENGINES = {"firefox": firefox, "webkit": webkit}
Running = firefox.Firefox | webkit.WebKit


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All else takes minutes."""
    for item in items:
        if (
            not isinstance(item, pytest.Function)
            or not item.path.is_relative_to(HERE)
            or "engine" not in item.fixturenames
        ):
            continue
        if ".engines." not in item.function.__module__ and item.originalname not in DIFFERENT:
            item.add_marker(pytest.mark.long)
        engine, _, case = item.callspec.id.partition("-")
        name = item.originalname + (f"[{case}]" if case else "")
        for one in OTHERWISE.keys() & {(engine, name), ("*", name)}:
            item.add_marker(pytest.mark.skip(reason=OTHERWISE[one]))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that looks at a page does so in both."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("engine", ENGINES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """Its name."""
    return str(request.param)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def started(engine: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The engine, for all of its tests."""
    module = ENGINES[engine]
    missing = module.missing()
    if missing:
        pytest.skip(f"nothing was tried in {engine}: apt-get install {missing}")
    async with module.running(tmp_path_factory.mktemp(engine)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(started: Running, stub: Stub) -> AsyncIterator[Tab]:
    """A page of somebody who was never here."""
    async with started.tab(stub) as tab:
        yield tab


@pytest_asyncio.fixture(loop_scope="session")
async def context(page: Tab) -> Tab:
    """What is kept beside the page."""
    return page.context
