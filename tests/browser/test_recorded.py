"""What a browser really sends, taken as it is: `taggate try --from` says of it what the gateway does."""

import json
from pathlib import Path

from playwright.async_api import Page
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli.output import loader

from .conftest import Install
from .stub import Stub

SHOP = Path(__file__).parents[2] / "tags" / "shop.yaml"
HEAD = """<script>
document.cookie = 'cookie_consent={"statistics":true,"ads":true}';
document.cookie = 'plan=gold';
window.dataLayer = [{ user: { id: 'c-4711', proof: 'signed', company: null } }];
</script>"""


async def test_what_the_snippet_sends(page: Page, stub: Stub, install: Install, tmp_path: Path) -> None:
    text = SHOP.read_text("utf-8")
    container = loader().compile(text.encode(), "shop", "shop.yaml").container
    assert container
    install(container)
    await page.goto(stub.page("/women/?gclid=abc&utm_source=mail", HEAD))
    await page.evaluate("taggate('event', 'purchase', { value: 59.9 })")
    await stub.hit("purchase")
    file, hit, pasted = tmp_path / "shop.yaml", tmp_path / "hit.json", tmp_path / "pasted.yaml"
    file.write_text(text, "utf-8")
    for call in stub.posts("/collect/"):
        for one in call.hits:
            hit.write_text(json.dumps(one))
            result = CliRunner().invoke(app, ["try", str(file), "--from", str(hit), "--format", "json"])
            assert result.exit_code == 0, result.output
            decided = {name: tag["decision"] for name, tag in json.loads(result.stdout)["tags"].items()}
            crm = "attach" if one["event"] == "purchase" else None
            assert decided == {"matomo": "attach", "warehouse": "hash", "crm": crm}
            assert "c-4711" not in result.stdout
            test = CliRunner().invoke(app, ["try", str(file), "--from", str(hit), "--as-test"])
            pasted.write_text(text + test.stdout, "utf-8")
            checked = CliRunner().invoke(app, ["check", str(pasted)])
            assert checked.exit_code == 0, test.stdout + checked.output
    assert {"page_view", "purchase"} <= set(stub.events)
