"""The preview where the script's import, its sheet of styles and its policies are another engine's."""

from process import Gateway
from receivers import MatomoReceiver

from ..stub import Page as Served
from ..stub import Stub
from ..test_preview import EDGES, OPEN_ROOTS, PERSON, POLICY, ROUGH, entries, gateway, matomo, token
from .tab import Tab

__all__ = ["gateway", "matomo"]
SHOWN = """() => {
  const host = document.querySelector('taggate-preview');
  const card = host && host.shadowRoot.querySelector('.card');
  return card && [card.innerText, getComputedStyle(host.shadowRoot.querySelector('.panel')).position, broken];
}"""


async def test_the_panel_under_the_strictest_policy(
    page: Tab, stub: Stub, gateway: Gateway, matomo: MatomoReceiver, engine: str
) -> None:
    path = f"/{engine}"
    html = (
        "<!doctype html><title>Acme</title><link rel=icon href='data:,'><script nonce=n1>broken = [];"
        "document.addEventListener('securitypolicyviolation', e => broken.push(e.violatedDirective));"
        f"{OPEN_ROOTS}; document.cookie = 'cookie_consent=statistics'; dataLayer = [{{user: {{id: '{PERSON}'}}}}]"
        f"</script><script nonce=n1 async src='{gateway.url}/t/shop.js'></script>"
    )
    headers = {"content-type": "text/html", "content-security-policy": POLICY.format(gateway=gateway.url)}
    stub.pages[path] = Served(html.encode(), headers)
    await page.goto(f"{stub.origin}{path}?taggate_preview={token(gateway)}")
    await stub.until(lambda: entries(matomo, path))
    await page.wait_for_function(f"({SHOWN})()")
    said, position, broken = await page.evaluate(SHOWN)
    assert "User ID attached" in said
    assert position == "fixed"
    assert [one for one in broken if one != "img-src"] == []
    assert [entry["url"] for entry in entries(matomo, path)] == [stub.origin + path]
    assert await page.evaluate("location.search") == ""


async def test_the_panel_stands_at_the_windows_edge(page: Tab, stub: Stub, gateway: Gateway) -> None:
    stub.first = f"<script>{OPEN_ROOTS}</script>"
    await page.goto(f"{stub.html('/rough', ROUGH.replace('{url}', gateway.url))}?taggate_preview={token(gateway)}")
    await page.wait_for_function("document.querySelector('taggate-preview')")
    assert await page.evaluate(EDGES) == [0, 0, 0, "ltr", "none"]
