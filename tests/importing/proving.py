"""What must be true of every import, whatever the export."""

import msgspec

from gateway.cli.output import loader
from gateway.decide.sample import samples
from gateway.decide.suppose import judge
from gateway.destinations import TYPES
from gateway.importing.assemble import Imported, assemble
from gateway.importing.report import Fate, shown
from gateway.importing.source import Export
from gateway.model import Consent, Form, Json
from gateway.problems import Severity

LOADER = loader()


def imported(export: Export) -> Imported:
    """The import, proven: it passes, it sends nothing without consent, it says nothing twice."""
    made = assemble(export, LOADER, TYPES)
    loaded = LOADER.compile(made.text.encode(), "made", "made.yaml")
    assert [p for p in loaded.problems if p.severity is Severity.ERROR] == [], "\n".join(loaded.report())
    assert loaded.container is not None
    assert loaded.container.tests
    assert "\n  - { never: send, to: " in made.text
    if loaded.container.user_id:
        assert "\n  - { never: attach, to: all }\n" in made.text
    for hit in samples(loaded.container):
        refused = dict.fromkeys(loaded.container.consent.purposes if loaded.container.consent else (), Consent.REFUSED)
        for consent in ({}, refused):
            assert judge(loaded.container)(msgspec.structs.replace(hit, consent=consent)) == {}
    forms = {
        form
        for rule in (loaded.container.user_id.rules if loaded.container.user_id else ())
        for form in rule.forms.values()
    }
    assert Form.RAW not in forms
    return made


def told(made: Imported) -> set[str]:
    """Every name that the report names."""
    return {entry.name for fate in Fate for entry in made.report.of(fate)}


def names(found: Json, *keys: str) -> set[str]:
    """Every name that an export's lists give."""
    return {shown(one["name"]) for key in keys for one in found.get(key, [])}
