"""Names of places → whether what is read there seems to say who somebody is."""

import re

_PATHS = frozenset(
    {"data_layer", "event", "trait", "js", "cookie", "local_storage", "session_storage", "query", "meta"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ANYWHERE = re.compile(
    r"(.* )?(e ?mail( address)?|e? ?mail ?adresse|(tele)?phone( number| nr)?|tel|mobile (phone|number)|telefon|"
    r"(first|last|full|sur|given|family|vor|nach) ?name|(date of )?birth ?(day|date)?|dob)"
)
_PERSON = r"(user|customer|member|person|account|visitor|profile|client|contact|traits?)"
_OF_A_PERSON = re.compile(
    rf"(.* )?{_PERSON} (.* )?(name|mail|mobile|(post(al)? )?address|street|zip( code)?|post ?code)|"
    r"(.* )?(user|customer|member|visitor|client) (.* )?(id|number|no|nr)|"
    r"(.* )?(kunden|mitglieds|nutzer) ?(nummer|nr|id)"
)
_WHETHER = re.compile(r"(.* )?(is|has|no) .*")
"""A question about a person names nobody."""


def looks_personal(kind: str, source: str) -> bool:
    """Whether a variable of this kind and source seems to be an e-mail address, a name, a number of a member."""
    if kind not in _PATHS:
        return False
    name = " ".join(word.lower() for word in _WORD.findall(f"{kind} {source}" if kind == "trait" else source))
    wanted = _ANYWHERE.fullmatch(name) or _OF_A_PERSON.fullmatch(name)
    return wanted is not None and not _WHETHER.fullmatch(name)
