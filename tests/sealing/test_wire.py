from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealer import wire
from sealer.wire.rsa import hybrid_decrypt, hybrid_encrypt, split

if TYPE_CHECKING:
    from sealer.keyring import SealingKey

some_bytes = st.binary(max_size=200)


@given(plaintext=some_bytes, label=some_bytes)
@settings(max_examples=50, deadline=None)
def test_what_is_sealed_opens_under_its_label(key: SealingKey, plaintext: bytes, label: bytes) -> None:
    sealed = hybrid_encrypt(key.private_key.public_key(), plaintext, label)
    assert hybrid_decrypt(key.private_key, sealed, label) == plaintext


def test_a_sealed_value_has_the_layout_of_the_reference(key: SealingKey) -> None:
    sealed = hybrid_encrypt(key.private_key.public_key(), b"12345", b"")
    assert sealed[:2] == b"\x01\x00"
    assert len(sealed) == 2 + 256 + 5 + 16
    assert wire.encode(sealed).startswith("AQ")


def test_one_value_sealed_twice_shares_no_bytes_but_the_length(key: SealingKey) -> None:
    one, two = (hybrid_encrypt(key.private_key.public_key(), bytes(64), b"") for _ in range(2))
    assert one[:2] == two[:2]
    assert one[2:258] != two[2:258]
    assert one[258:] != two[258:]


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_no_changed_byte_goes_unnoticed(key: SealingKey, data: st.DataObject) -> None:
    sealed = bytearray(hybrid_encrypt(key.private_key.public_key(), b"value", b"shop/db"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((wire.NotThisKeyError, wire.MalformedValueError)):
        hybrid_decrypt(key.private_key, bytes(sealed), b"shop/db")


@given(sealed=st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_any_bytes_end_in_one_of_two_errors(key: SealingKey, sealed: bytes) -> None:
    with pytest.raises((wire.NotThisKeyError, wire.MalformedValueError)):
        hybrid_decrypt(key.private_key, sealed, b"")


@given(sealed=st.binary(min_size=600, max_size=600))
@settings(max_examples=50, deadline=None)
def test_any_bytes_of_the_right_lengths_end_in_the_same_error(key: SealingKey, sealed: bytes) -> None:
    with pytest.raises(wire.NotThisKeyError):
        hybrid_decrypt(key.private_key, b"\x01\x00" + sealed, b"")


def test_a_label_of_another_scope_says_no_more_than_a_wrong_key(key: SealingKey, other_key: SealingKey) -> None:
    sealed = hybrid_encrypt(key.private_key.public_key(), b"value", b"shop/db")
    failures = []
    for private_key, label in ((key.private_key, b"shop"), (other_key.private_key, b"shop/db")):
        with pytest.raises(wire.NotThisKeyError) as caught:
            hybrid_decrypt(private_key, sealed, label)
        failures.append((repr(caught.value), caught.value.__cause__, caught.value.__suppress_context__))
    assert failures[0] == failures[1] == ("NotThisKeyError('this key does not open the value')", None, True)


@given(some_bytes)
def test_text_and_bytes_round_trip(sealed: bytes) -> None:
    assert wire.decode(wire.encode(sealed)) == sealed


@given(some_bytes, st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["\n", "\r", "\r\n"])), max_size=5))
def test_line_ends_anywhere_in_the_text_are_skipped(sealed: bytes, breaks: list[tuple[int, str]]) -> None:
    text = wire.encode(sealed)
    for at, line_end in breaks:
        text = text[:at] + line_end + text[at:]
    assert wire.decode(text) == sealed


@given(st.text(max_size=40))
def test_any_other_text_is_refused_or_is_standard_base64(text: str) -> None:
    try:
        decoded = wire.decode(text)
    except wire.MalformedValueError:
        return
    assert len(base64.b64encode(decoded)) == len(text.replace("\n", "").replace("\r", ""))


def test_a_value_of_a_later_format_is_named_as_that() -> None:
    with pytest.raises(wire.MalformedValueError, match="does not know") as caught:
        split(b"\xff\xff\x02\x01" + bytes(600))
    assert "upgrade" in str(caught.value.hint)
