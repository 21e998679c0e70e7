"""Applications of real frameworks, with sign-in and sign-out: nothing in them is for us but what they push."""

from functools import cache
from itertools import pairwise

import pytest
from node import npm, run
from playwright.async_api import Page
from snippet.tiny import known_person

from .conftest import Install, passing, standing
from .stub import Stub

HEAD = (
    "<script>document.cookie = 'choice=statistics'; dataLayer = [{user: {id: null}}]; inHash = %s;"
    "history.scrollRestoration = 'manual'</script>"
)
LOADS = 200
"""How many milliseconds the applications say that their data takes."""
PATHS = ("/", "/products/7", "/products/8", "/account")
APPS = {"react": ("react", False), "vue": ("vue", False), "vue in the fragment": ("vue", True)}
# What the person does; the path and title of the page view, and who is said to be there.
WALK = (
    ("#product", "/products/7?color=red", "Product", None),
    ("#login", "/account", "Account", "alice"),
    ("#old", "/products/8", "Product", "alice"),
    ("back", "/account", "Account", "alice"),
    ("#other", "/account", "Account", "bob"),
    ("#product", "/products/7?color=red", "Product", "bob"),
    ("#logout", "/", "Shop", None),
    ("back", "/products/7?color=red", "Product", None),
)


@cache
def bundle(name: str) -> str:
    """The application, as its makers would ship it."""
    npm("applications of real frameworks were not tried")
    options = ("--bundle", "--minify", "--format=iife", '--define:process.env.NODE_ENV="production"')
    flags = tuple(f"--define:__VUE_{flag}__=false" for flag in ("OPTIONS_API", "PROD_DEVTOOLS"))
    flags += ("--define:__VUE_PROD_HYDRATION_MISMATCH_DETAILS__=false",)
    return run("node_modules/.bin/esbuild", *options, *flags, f"{name}_app.mjs")


@pytest.mark.parametrize("app", APPS)
async def test_an_application(page: Page, stub: Stub, install: Install, app: str) -> None:
    name, in_hash = APPS[app]
    install(known_person())
    stub.html("/app.js", bundle(name), "text/javascript; charset=utf-8")
    for path in PATHS:
        stub.page(path, HEAD % str(in_hash).lower() + "<script defer src=/app.js></script>")
    # On a busy machine an application takes longer than is waited for its title: time stands while it works.
    await standing(page)
    await page.goto(stub.origin + "/")
    await page.clock.run_for(LOADS)
    await page.wait_for_function("document.querySelector('h1')")
    await page.clock.run_for(300)
    first = await stub.hit("page_view")
    assert (first["url"].removesuffix("#/"), first["user_id"]) == (stub.origin + "/", None)
    before = "/"
    for number, (step, path, title, person) in enumerate(WALK):
        if step == "back":
            await page.evaluate("history.back()")
            await page.wait_for_function(f"location.href.endsWith('{path}')")
        else:
            await page.click(step)
        await page.clock.run_for(LOADS)
        await page.wait_for_function(f"document.title === '{title}'")
        await page.clock.run_for(300)
        # The page that one is on already is no page view, but an event tells who is there.
        if path != before:
            wanted = views(number + 1)
            await passing(page, lambda wanted=wanted: stub.events.count("page_view") == wanted)
        await page.evaluate(f"taggate('event', 'after{number}')")
        await passing(page, lambda number=number: f"after{number}" in stub.events)
        hit = await stub.hit(f"after{number}")
        shown = [hit for hit in stub.hits if hit["event"] == "page_view"][-1]
        assert shown["url"] == stub.origin + ("/#" if in_hash else "") + path
        assert shown["title"] == title
        assert (hit.get("user_id"), hit["values"].get("account_id")) == (None, person)
        before = path
    assert stub.events.count("page_view") == views(len(WALK))
    assert [hit["page"] for hit in stub.hits] == [first["page"]] * len(stub.hits)
    said = [(hit.get("reset", False), hit["values"].get("account_id")) for hit in stub.hits]
    assert [person for reset, person in said if reset] == ["bob", None], "a switch and a sign-out, once each"


def views(steps: int) -> int:
    """How many page views the first so many steps make, with the one of the load."""
    paths = ["/", *(path for _, path, *_ in WALK[:steps])]
    return 1 + sum(one != other for one, other in pairwise(paths))
