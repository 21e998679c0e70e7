"""Values that are looked for."""

from hypothesis import strategies as st
from people.shops import container

from gateway.decide.scrub import Needles
from gateway.decide.sought import Seeker
from gateway.model import ABSENT, Facts, Hit, Identity, Signed

KEY = b"k" * 32
LETTERS = st.characters(categories=["Lu", "Ll", "Nd", "Lo"])
IDS = st.one_of(
    st.from_regex(r"[a-z]{2,5}[0-9]{3,6}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{8}-[0-9a-f]{4}", fullmatch=True),
    st.from_regex(r"[A-Za-z]{3,6}[ +/_.:-][a-z0-9]{2,5}", fullmatch=True),
    st.from_regex(r"[a-z]{3,6}@[a-z]{2,5}\.(com|de)", fullmatch=True),
    st.text(LETTERS, min_size=4, max_size=8),
    st.text(LETTERS | st.sampled_from(" +%&=/?#@-_.~!"), min_size=4, max_size=10)
    .map(str.strip)
    .filter(lambda t: len(t) > 3),
)
BARE = container(triggers="  gold: { plan: gold }")


def shows(id: str, text: str) -> bool:
    """Whether the quick look at all texts of a hit finds that there is something to do."""
    hit = Hit(container="shop", event="x", at=0, arrived=0, user_id=id, title=text)
    facts = Facts(event="x", readings={"plan": ABSENT}, consent={}, identity=Identity(Signed.VERIFIED, id))
    return (seeker := Seeker(BARE)).touches(seeker.known(hit, facts), hit, facts)


def removed(*values: str) -> Needles:
    return Needles.of([(value, None) for value in values])
