"""Whom the operator's file believes, where tags may send, from what countries are known: what is probably not meant."""

from collections.abc import Iterator

from gateway.cli.doctor.finding import Finding, ok, problem, warning
from gateway.settings import Settings
from gateway.web.countries import NoCountries, countries


def look(settings: Settings) -> Iterator[Finding]:
    """All of it; nobody is asked."""
    found = [*_proxies(settings), *_networks(settings)]
    yield from found or [ok("trust", "Proxies and networks are named one by one.")]
    try:
        countries(settings.country.database)
    except NoCountries as error:
        yield problem("country", str(error), "Put the database there: without it the gateway does not start.")


def _proxies(settings: Settings) -> Iterator[Finding]:
    trusted = settings.trusted_proxies
    if settings.public_url.startswith("https:") and not trusted:
        yield warning("trust", "public_url is https:, so a proxy stands before the gateway, but trusted_proxies is"
                      " empty: all visitors look like one, with the proxy's address.",
                      "Write the proxy's network under trusted_proxies, for instance [127.0.0.1/32].")  # fmt: skip
    if settings.country.header and not trusted:
        yield warning("trust", f"Nobody is believed who says {settings.country.header}: trusted_proxies is empty.",
                      "Write the proxy's network under trusted_proxies.")  # fmt: skip
    if any(network.prefixlen == 0 for network in trusted):
        yield warning("trust", "trusted_proxies names every address: any visitor can say to be somebody else.",
                      "Name the proxy's own network only.")  # fmt: skip


def _networks(settings: Settings) -> Iterator[Finding]:
    if any(network.prefixlen == 0 for network in settings.allowed_networks):
        yield warning("trust", "networks: allow names every address: a tag may send to this machine, and to the cloud's"
                      " address of keys.", "Name the receivers' networks only.")  # fmt: skip
