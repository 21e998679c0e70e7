"""Export → a container's text that passes the check, and the report of what became of everything in it."""

import re
from collections.abc import Mapping

from msgspec import Struct

from gateway.decide.suggest import suggested
from gateway.importing.draft import Draft, Owner
from gateway.importing.leftovers import take_out
from gateway.importing.offers import Offers
from gateway.importing.people import People
from gateway.importing.report import Fate, Report
from gateway.importing.source import BadExport, Export
from gateway.importing.tags import Tags, group
from gateway.importing.triggers import Triggers
from gateway.importing.variables import Variables
from gateway.language.container import Container
from gateway.language.load import Loader
from gateway.language.tag_types import TagType
from gateway.language.yaml_text import plain
from gateway.model import Json
from gateway.problems import Problem, Severity

_HOST = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+")
PLACEHOLDER = "www.example.com"
MOST_REPAIRS = 200
WHERE = (
    "DECIDE where is the visitor's choice kept? While only taggate('consent', …) tells, nothing is sent before the "
    "page calls it. Purposes: our word, then the banner's word."
)


SEVERAL = (
    "hits of one visitor may reach a site in another order through several tags, and after an outage somebody who is "
    "signed in may begin a visit with each: make one of those that send the same"
)


class Imported(Struct, frozen=True):
    """The container's text, the container, and the report."""

    text: str
    container: Container
    report: Report


def assemble(export: Export, loader: Loader, types: Mapping[str, TagType]) -> Imported:
    """Raises BadExport where nothing that passes the check can be made of it."""
    report, offers = Report(), Offers(loader)
    draft = Draft(head=_head(export), site=_site(export))
    variables = Variables(export, draft, offers, report)
    triggers = Triggers(export, variables, draft, offers, report)
    tags = Tags(triggers, variables, draft, offers, report)
    people = People(export, variables, draft, offers, report)
    for tag in export.tags:
        tags.add(tag, people.variable)
    if draft.tags:
        people.write(export, tags, triggers)
        _sections(export, draft, tags, offers, report)
    gone = take_out(draft)
    triggers.unused(gone["triggers"])
    variables.unused(gone["variables"])
    triggers.finish()
    variables.finish()
    for fate, what, name, said in export.others:
        report.say(fate, what, name, said)
    if not draft.tags:
        raise NothingLeft(report)
    group(draft, types)
    if draft.user_id.get("rules") and any(
        tag["type"] == "matomo" and "hash_group" in tag for tag in draft.tags.values()
    ):
        report.say(Fate.DECIDE, "User ID", "several tags of one site", SEVERAL)
    container = _proven(draft, loader, report)
    draft.tests = [line for test in suggested(container) for line in test.lines(container)]
    # Last, because they are proved each time that the check reads the file.
    _guarantees(draft, tags)
    draft.note(("tests",), "What happens now. Read them: is it what is meant?")
    return Imported(draft.text(), _proven(draft, loader, report), report)


class NothingLeft(BadExport):
    """Nothing that could be imported; the report says why."""

    def __init__(self, report: Report) -> None:
        super().__init__("No tag of this export can be carried over, so there is no container to write.")
        self.report = report


def _head(export: Export) -> list[str]:
    name = f" “{plain(export.name)}”" if plain(export.name) else ""
    return [
        f"Imported from {export.of}{name}. The command's report says what became of everything in it.",
        "DECIDE marks what somebody must decide, CHANGED what does not mean here what it meant there, LEFT OUT what "
        "could not be carried over.",
    ]


def _site(export: Export) -> dict[str, Json]:
    hosts = [re.sub(r"^[a-z]+://|[/:?#].*$", "", plain(said).lower()) for said in export.domains]
    good = [host for host in dict.fromkeys(hosts) if _HOST.fullmatch(host)]
    return {"name": plain(export.name) or "Imported", "domains": good or [PLACEHOLDER]}


def _sections(export: Export, draft: Draft, tags: Tags, offers: Offers, report: Report) -> None:
    """Site, consent and visitor."""
    if draft.site["domains"] == [PLACEHOLDER]:
        draft.note(("site", "domains"), "DECIDE which hosts may send hits? The export does not say.")
        report.say(Fate.DECIDE, "site", "domains", "the hosts whose pages may send hits")
    purposes = {purpose: export.words.get(purpose, purpose) for purpose in tags.purposes}
    source: Mapping[str, Json] = {"api": True}
    if export.consent and not (refused := offers.consent(export.consent, purposes)):
        source = export.consent
        said = "is this where the visitor's choice is kept, and are these the banner's words?"
        draft.note(("consent",), f"DECIDE {said}")
        report.say(Fate.DECIDE, "consent", "from", said)
    else:
        if export.consent:
            name = " ".join(one for one in next(iter(export.consent.items())) if isinstance(one, str))
            report.say(Fate.NOT_YET, "consent", name, refused.said if refused else "")
        draft.note(("consent",), WHERE)
        report.say(Fate.DECIDE, "consent", "from", WHERE.removeprefix("DECIDE "))
    draft.consent = {"from": source, "purposes": purposes}
    asks = {name: one for name, one in draft.triggers.items() if "consent" in one}
    draft.triggers = asks | draft.triggers
    if export.remembers and "analytics" in tags.purposes:
        draft.visitor = {"remember_when": tags.consent(["analytics"])[0]}


def _guarantees(draft: Draft, tags: Tags) -> None:
    """That nothing goes out without consent is not only so, it stays so: the check proves it at every change."""
    for purpose in tags.purposes:
        [asks] = tags.consent([purpose])
        asking = [name for name, tag in draft.tags.items() if asks in tag["send_when"]["all_of"]]
        if asking:
            to: Json = "all" if len(asking) == len(draft.tags) else asking
            draft.guarantees.append({"never": "send", "to": to, "unless": asks})
    if draft.user_id:
        # A script can read the page, so that nobody can promise it of one.
        bound = [name for name, tag in draft.tags.items() if tag["type"] != "script"]
        if bound:
            draft.guarantees.append({"never": "attach", "to": "all" if len(bound) == len(draft.tags) else bound})
    if draft.visitor:
        draft.guarantees.append({"never": "remember", "unless": draft.visitor["remember_when"]})
    draft.note(("guarantees",), "What was not so there and is so here; whoever changes it has to say so in this place.")


def _proven(draft: Draft, loader: Loader, report: Report) -> Container:
    """The container, once the check has read it; a thing that the check refuses is taken out, and that is said."""
    for _ in range(MOST_REPAIRS):
        loaded = loader.compile(draft.text().encode(), "imported", "imported.yaml")
        if loaded.container is not None:
            return loaded.container
        owners = [owner for _, owner in draft.lines()]
        errors = [problem for problem in loaded.problems if problem.severity is Severity.ERROR]
        taken = {
            owners[problem.place.line - 1]: problem for problem in reversed(errors) if problem.place.line <= len(owners)
        }
        taken_out = [_take_out(draft, owner, problem, report) for owner, problem in taken.items()]
        if not any(taken_out) or not draft.tags:
            break
    raise BadExport(f"No container that passes the check can be made of this export: {loaded.problems[0].message}")


def _take_out(draft: Draft, owner: Owner, problem: Problem, report: Report) -> bool:
    """Takes out what the check objects to: a field alone, anything else whole."""
    section, *rest = owner or ("",)
    said = f"taken out: {problem.message}"
    if section == "tags" and len(rest) == 2 and rest[0] in draft.tags:
        draft.tags[rest[0]]["fields"].pop(rest[1], None)
        report.say(Fate.NOT_POSSIBLE, "field", f"{rest[0]}.{rest[1]}", said)
        draft.note(("tags", rest[0]), f"LEFT OUT {rest[1]}: {problem.message}")
        return True
    if section in ("events", "variables", "triggers", "tags") and rest:
        body: dict[str, Json] = getattr(draft, section)
        if body.pop(rest[0], None) is not None:
            report.say(Fate.NOT_POSSIBLE, section.removesuffix("s"), rest[0], said)
            draft.leave_out(section, f"LEFT OUT {rest[0]}: {problem.message}")
            return True
    if section in ("user_id", "visitor"):
        setattr(draft, section, {})
        report.say(Fate.NOT_POSSIBLE, section, section, said)
        return True
    return False
