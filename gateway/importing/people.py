"""The User ID of an export → the section user_id: hashed, and only where consent is granted."""

from gateway.importing.draft import Draft
from gateway.importing.offers import Offers, Refused
from gateway.importing.report import Fate, Report
from gateway.importing.source import Export, SourceTag
from gateway.importing.tags import Tags
from gateway.importing.templates import template
from gateway.importing.triggers import Triggers
from gateway.importing.variables import Variables
from gateway.language.yaml_text import plain

SECRET = "user_id_key"  # noqa: S105  a name
HASHED = (
    "DECIDE there the receivers got the User ID as it is; here they get a pseudonym. Where a receiver may know the ID, "
    "write attach in place of hash. Add verified_by: without it anybody can claim to be somebody."
)


class People:
    """Who is signed in, in this export."""

    def __init__(self, export: Export, variables: Variables, draft: Draft, offers: Offers, report: Report) -> None:
        self._variables, self._draft, self._offers, self._report = variables, draft, offers, report
        said = dict.fromkeys(tag.user for tag in export.tags if tag.user.strip())
        self.variable = ""
        """The variable of the User ID; empty where there is none."""
        self._sure = True
        if said:
            self.variable = self._find(*said)

    def _find(self, said: str, *more: str) -> str:
        names = template(said).names
        if more:
            self._report.say(Fate.CHANGED, "User ID", said, "a container has one User ID: the first one found is kept")
        source = self._variables.sources.get(names[0]) if len(names) == 1 else None
        if source is not None and source.reads is None and source.mentions:
            return self._guess(source.name, source.mentions)
        if source is None or source.reads is None:
            return self._none(said, "it is not read from one variable that a container can have")
        if template(said).only is None:
            self._report.say(Fate.CHANGED, "User ID", said, "only the variable is the ID, without the text around it")
        return self._take(source.name) or self._none(said, "it must be read from the data layer or a cookie")

    def _guess(self, name: str, mentions: tuple[str, ...]) -> str:
        """What JavaScript made of other variables: the first of them that can hold an ID, and no rule."""
        self._sure = False
        for mention in mentions:
            if made := self._take(mention):
                said = (
                    f"JavaScript made it out of {', '.join(map(plain, mentions))}; “{plain(mention)}” is taken, and no "
                    "rule lets it out until somebody has decided"
                )
                self._report.say(Fate.DECIDE, "User ID", name, said)
                self._draft.note(("user_id",), f"DECIDE {said}.")
                return made
        return self._none(name, "JavaScript worked it out, which is not run here")

    def _take(self, name: str) -> str:
        """The variable without a default: else everybody would be signed in."""
        source = self._variables.sources.get(name)
        if source is None or source.reads is None or source.table is not None:
            return ""
        definition = {key: plain(one) if isinstance(one, str) else one for key, one in source.reads.items()}
        if self._offers.user_id(definition):
            return ""
        made = self._variables.use_as_user_id(name)
        return "" if isinstance(made, Refused) else made

    def _none(self, said: str, why: str) -> str:
        self._report.say(Fate.NOT_POSSIBLE, "User ID", said, f"{why}; no receiver gets one")
        self._draft.leave_out("user_id", f"LEFT OUT the User ID {plain(said)}: {why}; no receiver gets one.")
        return ""

    def write(self, export: Export, tags: Tags, triggers: Triggers) -> None:
        """The section: a rule for the tags of each set of purposes."""
        if not self.variable:
            return
        if not self._sure:
            self._draft.user_id = {"from": self.variable, "otherwise": "drop"}
            return
        signed_in = triggers.add("signed_in", {self.variable: {"present": True}})
        groups: dict[tuple[str, ...], list[str]] = {}
        for tag in filter(self._gets_it, export.tags):
            if tag.name in tags.made:
                groups.setdefault(tag.purposes, []).append(tags.made[tag.name])
        rules = [
            {"when": {"all_of": [signed_in, *tags.consent(purposes)]}, "hash": list(dict.fromkeys(names))}
            for purposes, names in groups.items()
        ]
        if not rules:
            del self._draft.triggers[signed_in]
        keys = {"hash_with": {"secret": SECRET}, "rules": rules} if rules else {}
        self._draft.user_id = {"from": self.variable, **keys, "otherwise": "drop"}
        if rules:
            self._draft.note(("user_id",), HASHED)
            self._report.say(Fate.DECIDE, "User ID", "hash or attach", HASHED.removeprefix("DECIDE "))
            self._report.say(Fate.SECRET, "secret", SECRET, "32 bytes or more; it keys the pseudonyms")

    def _gets_it(self, tag: SourceTag) -> bool:
        return bool(tag.user.strip())
