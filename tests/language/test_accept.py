"""The section accept: other senders; and the complete container of the contract."""

from pathlib import Path

from gateway.cli.output import loader
from gateway.language.container import Calls, Dialects
from tests.language.small import changed, container

COMPLETE = Path(__file__).parent / "complete.yaml"


def test_the_complete_container_passes_whole() -> None:
    loaded = loader().compile(COMPLETE.read_bytes(), "shop", "complete.yaml")
    # Its own servers' hits reach neither, since of a server nobody can tell whether it is staff.
    never = [(one.code, one.message.partition(" ")[0]) for one in loaded.problems]
    assert never == [("server-never", '"matomo"'), ("server-never", '"ga4"')]
    shop = loaded.container
    assert shop is not None
    assert shop.calls == Calls(matomo=True, segment=True, consent_purpose="analytics")
    assert shop.dialects == Dialects(
        site_ids=(1,), server_token="shop_token", browser_key="shop-web", server_key="shop_server"
    )
    assert shop.server_key == "shop_server"
    assert shop.secrets >= {"shop_token", "shop_server"}


def test_without_keys_nobody_but_the_pages_may_speak() -> None:
    shop = container(changed(("consent:\n", "accept: { matomo: {}, segment: {} }\nconsent:\n")))
    assert shop.dialects == Dialects()
    assert shop.secrets == container(changed()).secrets


def test_apps_may_send_where_that_is_said() -> None:
    dialects = "matomo: { site_ids: [1], apps: yes }, segment: { browser_key: a, apps: no }"
    shop = container(changed(("consent:\n", f"accept: {{ {dialects} }}\nconsent:\n")))
    assert (shop.dialects.matomo_apps, shop.dialects.segment_apps) == (True, False)


def test_a_site_that_is_named_twice_is_one() -> None:
    shop = container(changed(("consent:\n", "accept: { matomo: { site_ids: [4, 2, 4] } }\nconsent:\n")))
    assert shop.dialects.site_ids == (4, 2)
