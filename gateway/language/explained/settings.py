"""Two versions of a container → what changes apart from who gets which hit."""

from collections.abc import Iterator

from msgspec import structs

from gateway.language.container import Container, Tag
from gateway.language.explained.explain import promise
from gateway.language.explained.sentence import Change
from gateway.language.explained.sources import of_fields, of_sources, of_user, same

IPS = ("none", "anonymous", "full")
PAGES = ("none", "path", "url")


def of_settings(old: Container, new: Container) -> Iterator[Change]:
    """Of each tag that is in both: where it goes, and what goes with it."""
    for name in (name for name in new.tags if name in old.tags):
        yield from _of_tag(name, old.tags[name], new.tags[name])
        yield from of_fields(new.tags[name], old.tags[name], old, new)


def _of_tag(name: str, old: Tag, new: Tag) -> Iterator[Change]:
    if (old.type.name, old.settings, old.secrets) != (new.type.name, new.settings, new.secrets):
        yield Change(f"{name} goes to another place: its type or settings are others.", wider=True, tag=name)
    for what, before, after in (("fields", old.fields, new.fields), ("identifiers", old.identifiers, new.identifiers)):
        for field, variable in after.items():
            if before.get(field) != variable:
                yield Change(f"{name} now also gets {variable} (as {field}, under {what}).", wider=True, tag=name)
        for field, variable in before.items():
            if field not in after:
                yield Change(f"{name} no longer gets {variable} (as {field}, under {what}).", wider=False, tag=name)
    addresses = (("the visitor's address", IPS, old.ip, new.ip), ("the page's address", PAGES, old.page, new.page))
    for what, order, was, now in addresses:
        if was != now:
            wider = order.index(now) > order.index(was)
            yield Change(f"{name} gets {'more' if wider else 'less'} of {what}: {was} became {now}.", wider, name)
    yield from _of_options(name, old, new)


def _of_options(name: str, old: Tag, new: Tag) -> Iterator[Change]:
    if old.key_name != new.key_name:
        text = f"{name} sees other pseudonyms: those of {new.key_name}."
        # Of which visitors there is a sample is drawn by them too.
        yield Change(text, wider=new.hash_group is not None or new.sample is not None, tag=name)
    if old.schedule != new.schedule:
        yield Change(f"{name} sends at other times.", wider=old.schedule is not None, tag=name)
    if old.sample != new.sample:
        wider = (new.sample or 100) > (old.sample or 100)
        yield Change(f"{name} gets the hits of {'more' if wider else 'fewer'} visitors.", wider, name)
    if old.exempt != new.exempt:
        said = "no longer" if old.exempt else "now"
        text = f"{name} is {said} kept within the exemption for audience measurement."
        yield Change(text, wider=old.exempt, tag=name)


def of_site(old: Container, new: Container) -> Iterator[Change]:
    """Of everything that belongs to no tag."""
    yield from of_sources(old, new)
    yield from _of_identity(old, new)
    if old.user_id and new.user_id:
        yield from of_user(old.user_id, new.user_id, old, new)
    yield from _of_consent(old, new)
    yield from _of_life(old, new)
    yield from _of_pages(old, new)


def _of_identity(old: Container, new: Container) -> Iterator[Change]:
    sources = [(c.variables[c.user_id.variable], c.user_id.verified_by) if c.user_id else None for c in (old, new)]
    if sources[0] and sources[1]:
        (before, proof), (after, proven) = sources[0], sources[1]
        # A sender may say it by the variable's name.
        if not same(before, after):
            yield Change("Who is signed in is read from another place.", wider=True)
        if bool(proof) != bool(proven):
            said = "no longer" if proof else "now"
            yield Change(f"Who is signed in must {said} be proved.", wider=bool(proof))
    elif sources[0]:
        yield Change("The file no longer says who is signed in: whoever signs out stays the same visitor.", wider=True)
    elif sources[1]:
        yield Change("The file now says who is signed in.", wider=False)


def _of_consent(old: Container, new: Container) -> Iterator[Change]:
    if old.consent and new.consent:
        if old.consent.while_unknown != new.consent.while_unknown:
            held = new.consent.while_unknown.value == "hold"
            said = "waits for" if held else "no longer waits for"
            yield Change(f"The page {said} the visitor's answer before it sends.", wider=not held)
        refused = new.consent.gpc_refuses
        for purpose in sorted(old.consent.gpc_refuses ^ refused):
            said = "now" if purpose in refused else "no longer"
            yield Change(f"Global Privacy Control {said} refuses {purpose}.", wider=purpose not in refused)
        sources = [
            structs.replace(one, while_unknown=new.consent.while_unknown, gpc_refuses=refused)
            for one in (old.consent, new.consent)
        ]
        if sources[0] != sources[1]:
            yield Change("The visitor's choice is read from another place, or by other words.", wider=True)
    if (old.consent is None) != (new.consent is None):
        said = "now" if new.consent else "no longer"
        yield Change(f"The site {said} asks for consent.", wider=new.consent is None)


def _of_life(old: Container, new: Container) -> Iterator[Change]:
    """Of what joins the hits of one person."""
    was, now = old.user_id, new.user_id
    if was and now:
        options = (
            ("What somebody did before signing in becomes theirs", was.at_login, now.at_login, "same_visit"),
            ("Who signs out stays the same visitor", was.at_logout, now.at_logout, "same_visitor"),
            ("The organisation of a person goes along", bool(was.account), bool(now.account), True),
        )
        for what, before, after, wide in options:
            if before != after:
                yield Change(f"{what}: {'now' if after == wide else 'no longer'}.", wider=after == wide)
    if old.visitor.without_cookie != new.visitor.without_cookie:
        counted = new.visitor.without_cookie == "day_number"
        text = f"Visitors without a cookie are {'now' if counted else 'no longer'} told apart for a day."
        yield Change(text, wider=counted)
    yield from _of_senders(old, new)


def _of_senders(old: Container, new: Container) -> Iterator[Change]:
    was, now = old.dialects, new.dialects
    secrets = (
        ("A server", old.server_key, new.server_key),
        ("A server that speaks Matomo's Tracking API", was.server_token, now.server_token),
        ("A server that speaks Segment's HTTP API", was.server_key, now.server_key),
    )
    for who, before, after in secrets:
        if bool(before) != bool(after):
            yield Change(f"{who} may {'now' if after else 'no longer'} send hits.", wider=bool(after))
        elif before != after:
            yield Change(f"{who} shows another key: {after}.", wider=True)
    apps = {
        "Matomo's Tracking API": (was.matomo_apps, now.matomo_apps),
        "Segment's HTTP API": (was.segment_apps, now.segment_apps),
    }
    for what, (could, can) in apps.items():
        if could != can:
            yield Change(f"Apps that speak {what} may {'now' if can else 'no longer'} send hits.", wider=can)
    for site in sorted({*was.site_ids} ^ {*now.site_ids}):
        added = site in now.site_ids
        said = "now" if added else "no longer"
        yield Change(f"What Matomo's clients send for site {site} is {said} taken.", wider=added)
    if was.browser_key != now.browser_key:
        said = f"now show the write key {now.browser_key}" if now.browser_key else "may no longer send hits"
        yield Change(f"Pages that speak Segment's HTTP API {said}.", wider=now.browser_key is not None)


def _of_pages(old: Container, new: Container) -> Iterator[Change]:
    if old.site.timezone != new.site.timezone:
        text = f"Days begin at another time: that of {new.site.timezone}, and before of {old.site.timezone}."
        yield Change(text, wider=True)
    if old.visitor.days != new.visitor.days:
        longer = new.visitor.days > old.visitor.days
        yield Change(f"The cookie is kept for {new.visitor.days} days, and was for {old.visitor.days}.", longer)
    for domain in sorted({*old.site.domains} ^ {*new.site.domains}):
        said = "now" if domain in new.site.domains else "no longer"
        yield Change(f"Pages on {domain} may {said} send hits.", wider=domain in new.site.domains)
    for parameter in sorted(old.site.drop_query ^ new.site.drop_query):
        said = "now" if parameter in new.site.drop_query else "no longer"
        yield Change(f"{parameter} is {said} taken out of addresses.", wider=parameter in old.site.drop_query)
    before, after = ([promise(guarantee) for guarantee in one.guarantees] for one in (old, new))
    yield from (Change(f"It is no longer promised: {said}.", wider=True) for said in before if said not in after)
    yield from (Change(f"It is now promised: {said}.", wider=False) for said in after if said not in before)
