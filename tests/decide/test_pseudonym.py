import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.decide.pseudonym import LONGEST_PAGE, LookupKey, PseudonymKey, VisitorKey, came, joined, raw, under

QUICK = settings(max_examples=60, deadline=None)  # a deadline is a clock

SECRET = b"0123456789abcdef0123456789abcdef"

VECTORS = [
    ("shop", "matomo", 1, "alice", "847d9b7eaf09d0a739f97f22d0af6865a288090402453237dc3d4edbb94aeb6c"),
    ("shop", "ga4", 1, "alice", "46f0ec9b07f1cf898dcd53b9496980dbac03cea55a9c3ef83cbdb41c29334229"),
    ("blog", "matomo", 1, "alice", "a273801af57c3f5288464bc0e41b81c07633ddd9857e23f931565928be62186d"),
    ("shop", "matomo", 1, "Zoë", "2d29b3946241be2453abbb7da51b007e775dc615a15a571a2f5402367955ca25"),
    ("shop", "matomo", 1, "007", "cbe3945c62bcf81f9d1c1c7bcd5109dd947783befc1e28d3951782dd91362300"),
    ("shop", "matomo", 2, "alice", "7b0c2d42e4a758af7e673be3e17eaf4abab9053a899f42998da0040fff9096f6"),
]


@pytest.mark.parametrize(("container", "name", "epoch", "id", "pseudonym"), VECTORS)
def test_the_vectors_of_identity_md(container: str, name: str, epoch: int, id: str, pseudonym: str) -> None:
    assert PseudonymKey(SECRET, "user-id", epoch, container, name).of(id) == pseudonym


@QUICK
@given(st.binary(max_size=100), st.text())
def test_it_is_hmac_of_hmac(secret: bytes, id: str) -> None:
    key = hmac.digest(secret, b"taggate/account/3/shop/crm", "sha256")
    assert PseudonymKey(secret, "account", 3, "shop", "crm").of(id) == hmac.digest(key, id.encode(), "sha256").hex()


def test_a_key_serves_many_times() -> None:
    key = PseudonymKey(SECRET, "user-id", 1, "shop", "matomo")
    assert [key.of("alice"), key.of("bob"), key.of("alice")] == [VECTORS[0][4], key.of("bob"), VECTORS[0][4]]


@QUICK
@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_parts_never_make_the_same_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)


@QUICK
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_who_came_is_joined_as_everything_is(visitor: bytes, session: bytes) -> None:
    assert came(visitor, session) == joined(visitor, session)


def test_names_of_receivers_are_64_and_32_hex_digits() -> None:
    key = VisitorKey(SECRET, "shop", "matomo")
    assert [len(bytes.fromhex(text or "")) for text in key.names(b"v", b"1", b"1")] == [32, 16, 16]
    assert key.names(b"v", b"1", None) == (*key.names(b"v", b"1", b"1")[:2], None)


def test_nothing_of_two_receivers_containers_or_secrets_can_be_joined() -> None:
    keys = [
        VisitorKey(SECRET, "shop", "matomo"),
        VisitorKey(SECRET, "shop", "ga4"),
        VisitorKey(SECRET, "blog", "matomo"),
        VisitorKey(SECRET, "shopm", "atomo"),
        VisitorKey(b"another", "shop", "matomo"),
    ]
    said = [text for key in keys for text in key.names(b"1", b"1", b"1")]
    assert len({text and text[:32] for text in said}) == len(said)


@QUICK
@given(*[st.tuples(st.binary(max_size=4), st.binary(max_size=4), st.sampled_from(["", "hash", "attach"]))] * 2)
def test_visitors_are_told_apart(one: tuple[bytes, bytes, str], other: tuple[bytes, bytes, str]) -> None:
    key = VisitorKey(SECRET, "shop", "matomo")
    assert (_named(key, *one) == _named(key, *other)) == (one == other)


def _named(key: VisitorKey, visitor: bytes, session: bytes, form: str) -> str:
    return key.names(came(visitor, session) + under(form), b"", None)[0]


def test_lookups_are_apart_by_kind_container_and_secret() -> None:
    keys = [LookupKey(SECRET, "shop"), LookupKey(SECRET, "blog"), LookupKey(b"another", "shop")]
    said = [digest for key in keys for digest in (key.cookie(b"1"), key.person("1"), key.page("1"))]
    assert len(set(said)) == len(said)
    assert {len(digest) for digest in said} == {16}
    assert keys[0].person("1") == LookupKey(SECRET, "shop").person("1")


def test_lookups_and_receivers_share_no_key() -> None:
    lookup, receiver = LookupKey(SECRET, "shop"), VisitorKey(SECRET, "shop", "page")
    assert lookup.page("1").hex() != receiver.names(b"", b"", b"1")[2]


def test_half_a_surrogate_pair_is_no_error() -> None:
    assert VisitorKey(SECRET, "shop", "matomo").names(b"", b"", raw("\ud800"))[2]
    assert LookupKey(SECRET, "shop").page("\ud800")


@pytest.mark.parametrize("key", [PseudonymKey(SECRET, "user-id", 1, "shop", "m"), VisitorKey(SECRET, "shop", "m")])
def test_a_key_shows_nothing(key: object) -> None:
    assert repr(key) == f"{type(key).__name__}(…)"


@QUICK
@given(st.binary(min_size=60, max_size=70))
def test_keys_around_the_block_size(secret: bytes) -> None:
    wanted = hmac.new(hmac.digest(secret, b"taggate/user-id/1/a/b", "sha256"), b"x", hashlib.sha256).hexdigest()
    assert PseudonymKey(secret, "user-id", 1, "a", "b").of("x") == wanted


def test_a_page_is_looked_up_alike_whether_it_is_remembered_or_too_long_for_it() -> None:
    lookup, other = LookupKey(SECRET, "shop"), LookupKey(SECRET, "shop")
    long = "p" * (LONGEST_PAGE + 1)
    for page in (long, "p", "p", "q", "server:p"):
        assert lookup.page(page) == other.page(page)
    assert len({lookup.page(page) for page in (long, "p", "q")}) == 3
    assert lookup._known_page.cache_info().currsize == 3
    assert lookup.server("p") == lookup.page("server:p") != lookup.page("p")
