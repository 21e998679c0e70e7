"""What `exempt: cnil` leaves out: the names of campaigns, clicks and order values. CNIL, guidelines on cookies of 2020
and 2021: audience measurement without consent is for the site alone, and joins nothing to anything."""

import re

MOST_DAYS = 395
"""13 months."""

_CLICKS = (
    "gclid|gclsrc|dclid|gbraid|wbraid|gad_source|gad_campaignid|srsltid|fbclid|msclkid|ttclid|twclid|li_fat_id|igshid"
    "|igsh|yclid|ysclid|_openstat|epik|sccid|sc_click_id|rdt_cid|irclickid|irgwc|wickedid|vmcid|cjevent|awc|tduid"
    "|zanpid|s_kwcid|ef_id|mkt_tok|mc_cid|mc_eid|ml_subscriber(_hash)?|oly_anon_id|oly_enc_id|vero_id|vero_conv"
    "|_hsenc|_hsmi|__hssc|__hstc|__hsfp|hsctatracking|_bta_tid|_bta_c|trk_[a-z]+|click_?id|affiliate_?id|aff_?id"
)
_CAMPAIGNS = "(utm|mtm|pk|piwik|matomo|hsa|at|sc|stm|itm|wt)_.*|xtor|campaign(_?id)?|cmp(id)?|ref_?id|cid"
CAMPAIGN = re.compile(f"{_CAMPAIGNS}|{_CLICKS}", re.IGNORECASE)
"""Names of parameters that tell a campaign or a single click on an advertisement."""

CLICK_COOKIE = re.compile(
    rf"_?({_CAMPAIGNS}|{_CLICKS})|_gcl_.*|_gac_.*|_fbc|_fbp|_uet.*|_ttp|__hstc|hubspotutk", re.IGNORECASE
)
"""Names under which pages keep such a parameter, or an advertiser its visitors."""

ORDER = frozenset(
    {
        *("order_id", "value", "revenue", "subtotal", "total", "tax", "shipping", "discount", "currency"),
        *("price", "quantity", "items", "coupon", "transaction_id", "ec_st", "ec_tx", "ec_sh", "ec_dt"),
    }
)
"""Fields of events and of receivers that tell what somebody spent."""

FREE = frozenset({"cvar", "_cvar", "dimensions", "_rcn", "_rck"})
"""Fields in which a client may have put anything, or a campaign."""

WHOLE = {"url": ("href", "query", "hash"), "page": ("referrer",)}
"""Variables that hold an address with its parameters."""
