"""Containers for these tests."""

from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.language.container import Container
from gateway.language.load import Loader

TEXT = """\
version: 1
site: {{ name: Shop, domains: [shop.example.com], drop_query: [token], timezone: {timezone} }}
consent: {{ from: {{ cookie: choice }}, purposes: {{ analytics: statistics }} }}
variables:
{variables}
triggers:
  view:         {{ event: page_view }}
  analytics_ok: {{ consent: {{ granted: analytics }} }}
{triggers}
tags:
  hook:
    type: webhook
    send_when: {{ all_of: [{sends}] }}
    consent: not_needed
    settings: {{ url: https://hooks.example.com/ }}
{tag}
{user_id}
tests: []
"""


def container(
    variables: str = "  plan: { constant: gold }",
    triggers: str = "",
    tag: str = "",
    user_id: str = "",
    timezone: str = "UTC",
    sends: str = "view",
) -> Container:
    """The webhook tag `hook`, with what a test adds."""
    told = {"variables": variables, "triggers": triggers, "tag": tag, "user_id": user_id}
    text = TEXT.format(**told, timezone=timezone, sends=sends)
    source = "\n".join(line for line in text.split("\n") if line).encode() + b"\n"

    loaded = Loader(TYPES, judge).compile(source, "shop", "tags/shop.yaml")
    assert loaded.container is not None, "\n".join(loaded.report())
    return loaded.container


USER = """\
user_id:
  from: account_id
  {proof}account: company
  hash_with: {{ secret: user_id_key }}
  rules:
    - {{ when: {{ all_of: [signed_in, analytics_ok] }}, {form}: [hook] }}
  otherwise: drop"""


def with_user(
    form: str = "attach", proof: str = "", variables: str = "", tag: str = "", triggers: str = ""
) -> Container:
    """A container that knows people."""
    return container(
        "  account_id: { data_layer: user.id }\n  company: { data_layer: user.company }\n"
        "  proof: { data_layer: user.proof }\n" + variables,
        "  signed_in: { account_id: { present: true } }\n" + triggers,
        tag,
        USER.format(form=form, proof=proof),
    )
