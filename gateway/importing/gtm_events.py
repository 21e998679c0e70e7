"""The events that Google's own script tells its triggers of: here they have other names, or none."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from gateway.importing.source import Condition
from gateway.language.container import Matcher
from gateway.language.matchers import KINDS, Wants, predicate

PAGE_VIEW = "page_view"
WITH_PAGE = "it comes with the page view here"
_PAGE = ("gtm.init_consent", "gtm.init", "gtm.js", "gtm.dom", "gtm.load")
_OTHERS = (
    *("gtm.click", "gtm.linkClick", "gtm.formSubmit", "gtm.historyChange", "gtm.historyChange-v2", "gtm.pageError"),
    *("gtm.timer", "gtm.scrollDepth", "gtm.elementVisibility", "gtm.video", "gtm.triggerGroup"),
)
_OWN = "of a page's own"
OTHER_NAMES = "it asks for an event of Google's script by its name (gtm.…), which is another here"
NOT_OURS = (
    "it is true of every event that the page sends and of none of Google's (gtm.…), which cannot be said here; ask "
    "for the names of those events"
)


def renamed(condition: Condition) -> Condition:
    """What is asked about the beginning of a page is asked about the page view."""
    if condition.word == "is" and not condition.negated and condition.wanted.strip() in _PAGE:
        return replace(condition, wanted=PAGE_VIEW, changed=WITH_PAGE)
    return condition


def unlike(conditions: Iterable[Condition]) -> str:
    """Why what is asked of the event's name is answered otherwise here; nothing where it is not."""
    asked = [test for one in conditions if (test := _test(renamed(one))) is not None]
    theirs = [all(test(name) for test in asked) for name in (*_PAGE, *_OTHERS)]
    own = all(test(_OWN) for test in asked)
    if any(theirs) and not (all(theirs) and own):
        return OTHER_NAMES
    return NOT_OURS if own and not any(theirs) else ""


def _test(condition: Condition) -> Callable[[str], bool] | None:
    """None where it is refused for another reason, or says nothing of names."""
    kind = KINDS.get(condition.word)
    if "{{" in condition.wanted or kind is None or kind.wants not in (Wants.VALUE, Wants.TEXT):
        return None
    if kind.wrong(condition.wanted):
        return None
    says = predicate(Matcher(word=kind.name, wanted=condition.wanted, ignore_case=condition.ignore_case))
    return lambda name: says(name) != condition.negated
