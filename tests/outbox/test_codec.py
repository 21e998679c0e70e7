import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model import Delivery, Form
from gateway.outbox.codec import decode, encode

texts = st.text(st.characters(exclude_categories=("Cs",)))
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
values = texts | st.floats(allow_nan=False) | st.booleans() | st.lists(texts)
json = st.recursive(
    st.none() | st.booleans() | numbers | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
)
deliveries = st.builds(
    Delivery,
    id=texts,
    event=texts,
    at=st.integers(0, 2**53),
    form=st.sampled_from(Form),
    user=st.none() | texts,
    new_visit=st.booleans(),
    ip=st.none() | texts,
    fields=st.dictionaries(texts, values),
    details=st.dictionaries(texts, json),
    identifiers=st.dictionaries(texts, texts),
)


@settings(max_examples=30, deadline=None)
@given(deliveries)
def test_what_is_encoded_is_decoded(delivery):
    assert decode(encode(delivery)) == delivery


def test_what_has_no_form_is_refused():
    with pytest.raises(TypeError):
        encode(Delivery(id="1", event="x", at=1, details={"a": object()}))
    with pytest.raises(msgspec.DecodeError):
        decode(b"\xc1")
