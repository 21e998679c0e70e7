"""Where a visitor's choice may be kept, one row each: check, editor schema and docs derive from this table."""

from collections.abc import Mapping

from msgspec import Struct

TCF = tuple(str(number) for number in range(1, 12))
GOOGLE = (
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
)


class SourceKind(Struct, frozen=True, kw_only=True):
    """One place. `words`: all that the banner's words may be; empty: any."""

    name: str
    description: str
    example: str
    words: tuple[str, ...] = ()
    advice: str = ""
    """What else to say of a word that it does not know."""


class Banner(Struct, frozen=True, kw_only=True):
    """One banner on the market, in the same way."""

    name: str
    words: tuple[str, ...] = ()
    advice: str = ""
    keeps: tuple[str, ...] = ()
    """What its own cookies, or its keys in the local storage, are called."""
    always: tuple[str, ...] = ()
    """The words to which everybody counts as having agreed."""


TCF_KEEPS = ("euconsent", "euconsent-v2")
"""What a banner of the IAB's framework calls its cookie."""


KINDS: Mapping[str, SourceKind] = {
    kind.name: kind
    for kind in (
        SourceKind(
            name="cookie",
            description="The cookie in which the banner keeps the choice.",
            example="cookie_consent",
        ),
        SourceKind(
            name="data_layer",
            description="The data layer path where the banner puts the choice.",
            example="consent.choice",
        ),
        SourceKind(
            name="local_storage",
            description="The key in the browser's local storage under which the banner keeps the choice.",
            example="cookie_consent",
        ),
        SourceKind(
            name="tcf",
            description="A banner that speaks the IAB's Transparency and Consent Framework. Its words are the numbers "
            "of TCF purposes; those under purpose must be agreed to before any purpose of yours is granted.",
            example="{ purpose: [1, 8] }",
            words=TCF,
            advice="They are the numbers of TCF purposes; 8 and 9 are about measuring.",
        ),
        SourceKind(
            name="google_consent_mode",
            description="A banner that speaks Google's consent mode. The one under purpose must be agreed to before "
            "any purpose of yours is granted.",
            example="{ purpose: analytics_storage }",
            words=GOOGLE,
        ),
        SourceKind(
            name="banner",
            description="A banner on the market, by its name; its own interface is asked.",
            example="cookiebot",
        ),
        SourceKind(
            name="api",
            description="Only taggate('consent', …) tells.",
            example="true",
        ),
    )
}

BANNERS: Mapping[str, Banner] = {
    banner.name: banner
    for banner in (
        Banner(
            name="cookiebot",
            words=("necessary", "preferences", "statistics", "marketing"),
            always=("necessary",),
            keeps=("CookieConsent",),
        ),
        Banner(name="onetrust", always=("C0001",), keeps=("OptanonConsent", "OptanonAlertBoxClosed")),
        Banner(name="usercentrics", keeps=("ucData", "uc_settings", "uc_user_interaction", "ucString")),
        Banner(name="klaro", keeps=("klaro",)),
        Banner(
            name="cookieyes",
            words=("necessary", "functional", "analytics", "performance", "advertisement", "other"),
            always=("necessary",),
            keeps=("cookieyes-consent",),
        ),
        Banner(name="didomi", keeps=("didomi_token",)),
        Banner(name="axeptio", keeps=("axeptio_cookies", "axeptio_authorized_vendors", "axeptio_all_vendors")),
        Banner(name="tarteaucitron", keeps=("tarteaucitron",)),
        Banner(
            name="osano",
            words=("ESSENTIAL", "STORAGE", "MARKETING", "PERSONALIZATION", "ANALYTICS", "OPT_OUT"),
            always=("ESSENTIAL",),
            keeps=("osano_consentmanager",),
        ),
        Banner(
            name="complianz",
            words=("functional", "preferences", "statistics-anonymous", "statistics", "marketing"),
            always=("functional",),
            keeps=("cmplz_statistics", "cmplz_marketing", "cmplz_preferences", "cmplz_banner-status"),
        ),
        Banner(name="matomo", keeps=("mtm_consent", "mtm_cookie_consent", "mtm_consent_removed")),
    )
}
