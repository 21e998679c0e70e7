"""A page with Matomo's own inline snippet, whose one address was changed."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page
from snippet.tiny import ACCOUNT, USER, container

from gateway.language.container import Calls, Container

from .conftest import Install
from .stub import Stub

SAID = (
    "said = []; ['debug', 'error', 'info', 'log', 'warn'].forEach("
    "name => { console[name] = (...words) => said.push([name, ...words]) });"
    "onerror = message => { said.push(['thrown', message]) };"
    "onunhandledrejection = event => { said.push(['refused', '' + event.reason]) };"
)
"""What is said on the console, and what breaks, from now on."""
INLINE = """<script>
  var _paq = window._paq = window._paq || [];
  %s
  _paq.push(['trackPageView']);
  _paq.push(['enableLinkTracking']);
  (function() {
    var u="//%s/";
    _paq.push(['setTrackerUrl', u+'matomo.php']);
    _paq.push(['setSiteId', '1']);
    var d=document, g=d.createElement('script'), s=d.getElementsByTagName('script')[0];
    g.async=true; g.src=u+'matomo.js'; s.parentNode.insertBefore(g,s);
  })();
</script>"""
REFERENCE = (Path(__file__).parents[2] / "tags" / "CALLS.md").read_text("utf-8")
Hit = dict[str, Any]


def shop(purpose: str | None = None, **more: Any) -> Container:
    """A container that takes Matomo's calls, of a site with sign-in."""
    given = {"user_id": USER, "may_leave": {"user_id": frozenset({""})}, **more}
    return container(ACCOUNT, calls=Calls(matomo=True, consent_purpose=purpose), events=("page_view", "all"), **given)


def serve(stub: Stub, install: Install, of: Container, before: str = "", path: str = "/a", body: str = "") -> str:
    """A page whose snippet stands where matomo.js stood."""
    install(of)
    stub.pages["/matomo.js"] = stub.pages["/t/shop.js"]
    head = INLINE % (before, stub.origin.removeprefix("http://"))
    return stub.page(path, head + body, container=None)


async def sent(page: Page, stub: Stub, script: str) -> list[Hit]:
    """The hits that this script causes."""
    before = len(stub.hits)
    await page.evaluate(f"() => {{ {script} ; _paq.push(['trackEvent', 'test', 'end']) }}")
    await stub.until(lambda: "end" in [hit["event"] for hit in stub.hits[before:]], "no end")
    return stub.hits[before:-1]


async def opened(page: Page, stub: Stub, install: Install, before: str = "", **more: Any) -> Hit:
    """The first page view."""
    await page.goto(serve(stub, install, shop(**more), before))
    return await stub.hit("page_view")


def commands(chapter: str = "Matomo") -> list[str]:
    """Every command in the first column of the reference's chapter."""
    rows = REFERENCE.partition(f"## {chapter}\n")[2].partition("\n## ")[0].splitlines()
    first = (row.split("|")[1] for row in rows if row.startswith("| `"))
    return [word for cell in first for word in cell.split("`")[1::2]]
